"""The table stops at what it does not know, and draws itself."""

from __future__ import annotations

from enum import Enum

import pytest

from bot.core.machines import order, plan, switch
from bot.core.machines.table import Table, mermaid
from bot.errors import InvariantBroken

TABLES = [order.TABLE, plan.TABLE, switch.TABLE]


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
    initial=Light.RED,
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


def test_the_picture_has_one_arrow_for_each_pair_of_states() -> None:
    assert mermaid(LIGHTS) == (
        "stateDiagram-v2\n"
        "    [*] --> RED\n"
        "    RED --> RED: WAIT\n"
        "    RED --> GREEN: TICK\n"
        "    RED --> BROKEN: HIT\n"
        "    GREEN --> RED: TICK / WAIT\n"
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_has_a_row_and_can_be_reached(table: Table[Enum, Enum]) -> None:
    states = set(type(table.initial))
    assert set(table.transitions) == states
    reached, frontier = {table.initial}, [table.initial]
    while frontier:
        following = set(table.transitions[frontier.pop()].values()) - reached
        reached |= following
        frontier.extend(following)
    assert reached == states


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_transition_is_in_the_picture(table: Table[Enum, Enum]) -> None:
    picture = mermaid(table)
    for state, row in table.transitions.items():
        for event, following in row.items():
            line = next(
                line
                for line in picture.splitlines()
                if line.strip().startswith(f"{state.name} --> {following.name}:")
            )
            assert event.name in line
