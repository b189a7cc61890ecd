"""The table stops at what it does not know."""

from __future__ import annotations

from enum import Enum

import pytest

from bot.core.machines import order, plan
from bot.core.machines.table import Table
from bot.errors import InvariantBroken


class Light(Enum):
    RED = 1
    GREEN = 2
    BROKEN = 3


class Event(Enum):
    WAIT = 1
    TICK = 2
    HIT = 3


LIGHTS = Table[Light, Event](
    name="light",
    transitions={
        Light.RED: {Event.WAIT: Light.RED, Event.TICK: Light.GREEN, Event.HIT: Light.BROKEN},
        Light.GREEN: {Event.TICK: Light.RED, Event.WAIT: Light.RED},
        Light.BROKEN: {},
    },
)


def test_a_legal_event_leads_where_the_table_says() -> None:
    assert LIGHTS.advance(Light.RED, Event.TICK) is Light.GREEN


def test_an_illegal_event_is_refused_with_both_names_and_what_is_legal() -> None:
    with pytest.raises(
        InvariantBroken,
        match=r"^light: the event HIT is illegal in the state GREEN; legal there: TICK, WAIT$",
    ):
        LIGHTS.advance(Light.GREEN, Event.HIT)


def test_in_a_state_without_a_way_out_nothing_is_legal() -> None:
    with pytest.raises(InvariantBroken, match=r"TICK is illegal in the state BROKEN; .*: nothing"):
        LIGHTS.advance(Light.BROKEN, Event.TICK)


@pytest.mark.parametrize(
    ("table", "first"),
    [(order.TABLE, order.OrderState.INTENT), (plan.TABLE, plan.PlanState.OPEN)],
    ids=["order", "plan"],
)
def test_every_state_has_a_row_and_can_be_reached(table: Table[Enum, Enum], first: Enum) -> None:
    states = set(type(first))
    assert set(table.transitions) == states
    reached, frontier = {first}, [first]
    while frontier:
        following = set(table.transitions[frontier.pop()].values()) - reached
        reached |= following
        frontier.extend(following)
    assert reached == states
