"""Rules combined: any or all of them, each explained, and a calendar is consumed by a look that found nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.cash_flow import CashFlow
from bot.core.policy.combined import measure_limits, rules_with_measure
from bot.core.policy.destination import Destination, Reach, course_of
from bot.core.policy.not_rule import NotRule
from bot.core.policy.policy import Ask, Policy
from bot.core.policy.state import PolicyState
from bot.core.policy.total_drift import TotalDrift
from bot.core.policy.tracking_error import TrackingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAND = AbsoluteBand(width=0.05)
DUE, NOT_DUE = Calendar(every="month"), Calendar(every="month", nth_session=11)

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 2),
    opens_at=datetime(2020, 3, 2, 14, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 2, 21, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={"month": 1},
)

# Row 0 is inside its bands, row 1 is 10 points out.
STATE = PolicyState(
    weights=np.array([[0.52, 0.48], [0.6, 0.4]]),
    targets=np.array([[0.5, 0.5]]),
    session=SESSION,
    occurrences_done=frozenset(),
    symbols=("AAPL", "cash"),
)

NOTHING, USE_CASH, REBALANCE, TO_TARGET, ANYTHING = Ask


@dataclass(frozen=True, slots=True)
class Asking(Policy):
    """Asks for the same in every row."""

    kind: ClassVar[str] = "asking"
    ask: Ask

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        return np.full(len(state.weights), self.ask, dtype=np.int8)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        return Finding(
            "asking", self.ask > 0, self.ask.name, {"ask_count": 1.0}, asks=self.ask.name.lower()
        )

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset({f"{self.ask.name}_SYMBOL"})

    @override
    def asset_classes(self) -> frozenset[str]:
        return frozenset({f"{self.ask.name}_CLASS"})


# What two rules ask for, any of them and all of them. A permission alone stays one; beside a wish it counts as
# REBALANCE in any_of, and as more than each wish in all_of. The table is the same with the two exchanged.
TABLE = [
    (NOTHING, NOTHING, NOTHING, NOTHING),
    (NOTHING, USE_CASH, USE_CASH, NOTHING),
    (NOTHING, REBALANCE, REBALANCE, NOTHING),
    (NOTHING, TO_TARGET, TO_TARGET, NOTHING),
    (NOTHING, ANYTHING, ANYTHING, NOTHING),
    (USE_CASH, USE_CASH, USE_CASH, USE_CASH),
    (USE_CASH, REBALANCE, REBALANCE, USE_CASH),
    (USE_CASH, TO_TARGET, TO_TARGET, USE_CASH),
    (USE_CASH, ANYTHING, REBALANCE, USE_CASH),
    (REBALANCE, REBALANCE, REBALANCE, REBALANCE),
    (REBALANCE, TO_TARGET, TO_TARGET, REBALANCE),
    (REBALANCE, ANYTHING, REBALANCE, REBALANCE),
    (TO_TARGET, TO_TARGET, TO_TARGET, TO_TARGET),
    (TO_TARGET, ANYTHING, TO_TARGET, TO_TARGET),
    (ANYTHING, ANYTHING, ANYTHING, ANYTHING),
]


@pytest.mark.parametrize(("one", "other", "any_of", "all_of"), TABLE)
def test_the_most_is_done_of_any_and_the_least_of_all(
    one: Ask, other: Ask, any_of: Ask, all_of: Ask
) -> None:
    for pair in ((Asking(one), Asking(other)), (Asking(other), Asking(one))):
        for rule, ask in ((AnyOf(pair), any_of), (AllOf(pair), all_of)):
            asked = rule.asks(STATE)
            assert asked.tolist() == [ask, ask]
            assert asked.dtype == np.int8
            found = rule.explain(STATE, 1)
            assert found.asks == ask.name.lower()
            assert found.fired == (ask is not NOTHING)


@pytest.mark.parametrize("ask", list(Ask))
def test_one_rule_alone_is_itself_in_either(ask: Ask) -> None:
    for rule in (AnyOf((Asking(ask),)), AllOf((Asking(ask),))):
        assert rule.asks(STATE).tolist() == [ask, ask]


@pytest.mark.parametrize("ask", list(Ask))
def test_a_negation_permits_or_does_not(ask: Ask) -> None:
    expected = ANYTHING if ask is NOTHING else NOTHING
    assert NotRule(Asking(ask)).asks(STATE).tolist() == [expected, expected]


@given(asks=st.lists(st.sampled_from(list(Ask)), min_size=1, max_size=5), data=st.data())
def test_neither_order_nor_brackets_matter(asks: list[Ask], data: st.DataObject) -> None:
    rules = tuple(Asking(ask) for ask in asks)
    order = tuple(Asking(ask) for ask in data.draw(st.permutations(asks)))
    for kind in (AnyOf, AllOf):
        asked = kind(rules).asks(STATE).tolist()
        assert kind(order).asks(STATE).tolist() == asked
        assert kind((rules[0], kind(rules))).asks(STATE).tolist() == asked


@pytest.mark.parametrize(
    ("ask", "reach"),
    [
        (ANYTHING, Reach.HALFWAY),
        (REBALANCE, Reach.HALFWAY),
        (TO_TARGET, Reach.TARGET),
        (USE_CASH, Reach.USE_CASH),
    ],
)
def test_a_permission_alone_goes_as_far_as_the_destination(ask: Ask, reach: Reach) -> None:
    course = course_of(AnyOf((Asking(ask),)), STATE, ask, Destination(Reach.HALFWAY))
    assert course.destination.reach is reach


def test_any_of_fires_where_one_part_does() -> None:
    assert AnyOf((BAND, NOT_DUE)).asks(STATE).tolist() == [NOTHING, REBALANCE]
    assert AnyOf((BAND, DUE)).asks(STATE).tolist() == [ANYTHING, REBALANCE]


def test_all_of_fires_where_every_part_does() -> None:
    assert AllOf((BAND, NOT_DUE)).asks(STATE).tolist() == [NOTHING, NOTHING]
    assert AllOf((BAND, DUE)).asks(STATE).tolist() == [NOTHING, REBALANCE]


def test_any_of_tells_the_parts_that_fired() -> None:
    inside = BAND.explain(STATE, 1)
    found = AnyOf((NOT_DUE, BAND)).explain(STATE, 1)
    assert (found.rule, found.fired) == ("any_of", True)
    assert found.statement == f"1 of 2 rules fired, 1 needed: {inside.statement}"
    assert found.numbers == {"fired_count": 1.0, "needed_count": 1.0, "distance_count": 0.0}
    assert found.parts == (NOT_DUE.explain(STATE, 1), inside)
    both = AnyOf((DUE, BAND)).explain(STATE, 1)
    assert both.numbers == {"fired_count": 2.0, "needed_count": 1.0, "distance_count": -1.0}
    assert both.statement.startswith("2 of 2 rules fired, 1 needed: month:2020-03 is due: ")
    assert both.statement.endswith(f"; {inside.statement}")


def test_any_of_tells_every_part_when_none_fired() -> None:
    found = AnyOf((NOT_DUE, BAND)).explain(STATE, 0)
    assert not found.fired
    parts = "; ".join(rule.explain(STATE, 0).statement for rule in (NOT_DUE, BAND))
    assert found.statement == f"0 of 2 rules fired, 1 needed: {parts}"
    assert found.numbers == {"fired_count": 0.0, "needed_count": 1.0, "distance_count": 1.0}


def test_all_of_tells_the_parts_that_are_missing() -> None:
    inside = BAND.explain(STATE, 0)
    found = AllOf((DUE, BAND)).explain(STATE, 0)
    assert (found.rule, found.fired) == ("all_of", False)
    assert found.statement == f"1 of 2 rules fired, all needed: {inside.statement}"
    assert found.numbers == {"fired_count": 1.0, "needed_count": 2.0, "distance_count": 1.0}
    assert found.parts == (DUE.explain(STATE, 0), inside)


def test_all_of_tells_every_part_when_all_fired() -> None:
    found = AllOf((DUE, BAND)).explain(STATE, 1)
    assert found.fired
    parts = "; ".join(rule.explain(STATE, 1).statement for rule in (DUE, BAND))
    assert found.statement == f"2 of 2 rules fired, all needed: {parts}"
    assert found.numbers == {"fired_count": 2.0, "needed_count": 2.0, "distance_count": 0.0}


def test_a_monthly_check_that_found_nothing_is_consumed() -> None:
    found = AllOf((DUE, BAND)).explain(STATE, 0)
    assert not found.fired
    assert found.occurrences() == ("month:2020-03",)


def test_a_calendar_that_is_not_due_is_not_consumed() -> None:
    assert AllOf((NOT_DUE, BAND)).explain(STATE, 1).occurrences() == ()


def test_occurrences_are_found_at_any_depth() -> None:
    nested = AnyOf((BAND, AllOf((DUE, AnyOf((NOT_DUE, BAND))))))
    assert nested.explain(STATE, 0).occurrences() == ("month:2020-03",)


def test_a_part_needs_and_names_what_the_whole_does() -> None:
    flow = CashFlow(excess_max=0.1, flow_min=0.01)
    error = TrackingError(tracking_error_max=0.01, half_life_sessions=5)
    for kind in (AnyOf, AllOf):
        assert kind((BAND, AnyOf((flow, error)))).needs() == Needs(
            history_sessions=26, has_flows=True
        )
        named = kind((Asking(REBALANCE), AllOf((Asking(USE_CASH), BAND))))
        assert named.symbols() == frozenset({"REBALANCE_SYMBOL", "USE_CASH_SYMBOL"})
        assert named.asset_classes() == frozenset({"REBALANCE_CLASS", "USE_CASH_CLASS"})


def test_the_tightest_band_of_the_parts_is_kept() -> None:
    wide = AbsoluteBand(width=0.1, cash_width=0.02)
    for kind in (AnyOf, AllOf):
        rule = kind((DUE, BAND, wide))
        assert rule.has_band()
        band = rule.band(STATE)
        assert band is not None
        # 0.05 is tighter than 0.1, and 0.02 for cash than none.
        assert band.below.tolist() == [[0.05, 0.02]]
        assert band.above.tolist() == [[0.05, 0.02]]
        assert not kind((DUE, NotRule(BAND))).has_band()
        assert kind((DUE, NotRule(BAND))).band(STATE) is None


def test_the_measure_is_that_of_the_part_that_has_one() -> None:
    drift = TotalDrift(total_drift_max=0.05)
    for kind in (AnyOf, AllOf):
        rule = kind(
            (BAND, kind((DUE, drift)), TotalDrift(total_drift_max=0.05, is_cash_counted=False))
        )
        assert rule.has_measure()
        # The first: cash counts, 0.02 and 0.10 are off on either side.
        assert rule.measure(STATE) == pytest.approx([0.02, 0.1])
        assert not kind((BAND, NotRule(drift))).has_measure()
        assert kind((BAND, NotRule(drift))).measure(STATE) is None


def test_more_than_one_measure_can_be_told() -> None:
    drift, error = TotalDrift(total_drift_max=0.05), TrackingError(tracking_error_max=0.01)
    assert rules_with_measure(drift) == ("total_drift",)
    assert rules_with_measure(BAND) == ()
    assert rules_with_measure(AnyOf((BAND, AllOf((DUE, drift))))) == ("total_drift",)
    both = AnyOf((drift, AllOf((NotRule(drift), error))))
    assert rules_with_measure(both) == ("total_drift", "tracking_error")
    # Their limits in the same order; what has no measure has no limit.
    assert measure_limits(both) == (0.05, 0.01)
    assert measure_limits(AnyOf((BAND, AllOf((DUE, drift))))) == (0.05,)
    assert measure_limits(BAND) == ()
    assert (BAND.measure_max(), both.measure_max()) == (None, None)


def test_a_row_alone_asks_for_what_it_asks_among_many() -> None:
    rule = AnyOf((AllOf((DUE, BAND)), CashFlow(excess_max=0.05)))
    assert rule.asks(STATE).tolist() == [NOTHING, REBALANCE]
    for row in (0, 1):
        alone = replace(STATE, weights=STATE.weights[row : row + 1])
        assert rule.asks(alone).tolist() == [rule.asks(STATE)[row]]
        assert rule.explain(alone, 0) == rule.explain(STATE, row)


def test_no_rules_and_too_many_are_refused() -> None:
    for kind in (AnyOf, AllOf):
        with pytest.raises(ValueError, match="rules must have 1 to 16 entries, found 0"):
            kind(())
        with pytest.raises(ValueError, match="rules must have 1 to 16 entries, found 17"):
            kind((BAND,) * 17)
        assert len(kind((BAND,) * 16).rules) == 16
