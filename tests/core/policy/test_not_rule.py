"""A negation permits where its rule is quiet, and a look into it uses no date up."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.cash_flow import CashFlow
from bot.core.policy.not_rule import NotRule
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.policy.total_drift import TotalDrift

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 2),
    opens_at=datetime(2020, 3, 2, 14, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 2, 21, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={"month": 1},
)
# Row 0 is inside a band of 5 points, row 1 is 10 points out.
STATE = PolicyState(
    weights=np.array([[0.52, 0.48], [0.6, 0.4]]),
    targets=np.array([[0.5, 0.5]]),
    session=SESSION,
    occurrences_done=frozenset(),
    symbols=("AAPL", "cash"),
)
BAND, CASH = AbsoluteBand(width=0.05), CashFlow(shortage_max=0.05)
DUE, NOT_DUE = Calendar(every="month"), Calendar(every="month", nth_session=11)


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (BAND, [Ask.ANYTHING, Ask.NOTHING]),
        # Any wish is one, the least as well as the most.
        (CASH, [Ask.ANYTHING, Ask.NOTHING]),
        (DUE, [Ask.NOTHING, Ask.NOTHING]),
        (NOT_DUE, [Ask.ANYTHING, Ask.ANYTHING]),
        (NotRule(BAND), [Ask.NOTHING, Ask.ANYTHING]),
    ],
)
def test_it_permits_where_its_rule_is_quiet(rule: object, asked: list[Ask]) -> None:
    assert NotRule(rule).asks(STATE).tolist() == asked  # type: ignore[arg-type]


def test_it_tells_what_the_rule_inside_found() -> None:
    found = NotRule(BAND).explain(STATE, 0)
    assert (found.rule, found.fired, found.asks) == ("not", True, "anything")
    inside = BAND.explain(STATE, 0)
    assert found.parts == (inside,)
    assert found.statement == f"absolute_band is quiet, quiet needed: {inside.statement}"
    assert found.numbers == {"fired_count": 0.0, "needed_count": 0.0, "distance_count": 0.0}


def test_it_tells_what_keeps_it_quiet() -> None:
    found = NotRule(BAND).explain(STATE, 1)
    assert (found.fired, found.asks) == (False, "nothing")
    inside = BAND.explain(STATE, 1)
    assert found.statement == f"absolute_band is not quiet, quiet needed: {inside.statement}"
    assert found.numbers == {"fired_count": 1.0, "needed_count": 0.0, "distance_count": 1.0}


def test_a_date_inside_is_not_used_up_at_any_depth() -> None:
    assert DUE.explain(STATE, 0).occurrences() == ("month:2020-03",)
    assert NotRule(DUE).explain(STATE, 0).occurrences() == ()
    deep = NotRule(AnyOf((BAND, AllOf((DUE, BAND)))))
    found = deep.explain(STATE, 1)
    assert found.occurrences() == ()
    # The rest of the finding stays as it is.
    calendar = found.parts[0].parts[1].parts[0]
    assert calendar.statement == DUE.explain(STATE, 1).statement
    assert calendar.fired
    assert calendar.numbers["occurrence"] == "month:2020-03"


def test_a_date_beside_it_is_used_up() -> None:
    whole = AllOf((DUE, NotRule(Calendar(every="month", at="open+30m", nth_session=2)), BAND))
    now = datetime(2020, 3, 2, 15, 0, tzinfo=UTC)
    state = PolicyState(
        weights=STATE.weights,
        targets=STATE.targets,
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=STATE.symbols,
        now=now,
    )
    assert whole.explain(state, 0).occurrences() == ("month:2020-03",)


def test_it_needs_what_its_rule_needs_and_keeps_nothing() -> None:
    rule = NotRule(CashFlow(excess_max=0.1, flow_min=0.0))
    assert rule.needs() == Needs(has_flows=True)
    for inside in (BAND, TotalDrift(total_drift_max=0.1)):
        negation = NotRule(inside)
        assert (negation.has_band(), negation.has_measure()) == (False, False)
        assert negation.band(STATE) is None
        assert negation.measure(STATE) is None


class Named(AbsoluteBand):
    """A rule that names an instrument and a class."""

    __slots__ = ()

    def symbols(self) -> frozenset[str]:
        return frozenset({"AAPL"})

    def asset_classes(self) -> frozenset[str]:
        return frozenset({"bonds"})


def test_the_names_inside_are_its_own() -> None:
    rule = NotRule(Named(width=0.1))
    assert rule.symbols() == frozenset({"AAPL"})
    assert rule.asset_classes() == frozenset({"bonds"})
