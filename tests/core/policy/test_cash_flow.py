"""Cash that is too far from its target is put to use; nothing else is a reason to trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.any_of import AnyOf
from bot.core.policy.cash_flow import CashFlow
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
BOTH = CashFlow(excess_max=0.05, shortage_max=0.02)


def state(
    cash: list[float], flows: list[float] | None = None, target: float | list[float] = 0.1
) -> PolicyState:
    """Return a row of AAPL and cash for each entry of `cash`; its target is 0.1."""
    column, wanted = np.array(cash), np.atleast_1d(np.array(target))
    return PolicyState(
        weights=np.stack([1 - column, column], axis=1),
        targets=np.stack([1 - wanted, wanted], axis=1),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "cash"),
        flows=None if flows is None else np.array(flows),
    )


def test_it_uses_cash_beyond_its_limits_on_either_side() -> None:
    # The target is 0.10: quiet from 0.08 to 0.15.
    asked = BOTH.asks(state([0.16, 0.14, 0.10, 0.09, 0.07, -0.2]))
    assert asked.tolist() == [1, 0, 0, 0, 1, 1]
    assert Ask.USE_CASH == 1


def test_without_a_limit_on_one_side_that_side_is_quiet() -> None:
    rows = state([0.9, 0.10, -0.5])
    assert CashFlow(excess_max=0.05).asks(rows).tolist() == [Ask.USE_CASH, 0, 0]
    assert CashFlow(shortage_max=0.02).asks(rows).tolist() == [0, 0, Ask.USE_CASH]


@pytest.mark.parametrize(("beyond", "ask"), [(5e-13, Ask.NOTHING), (2e-12, Ask.USE_CASH)])
def test_within_the_tolerance_of_its_limit_it_is_at_the_limit(beyond: float, ask: Ask) -> None:
    rule = CashFlow(excess_max=0.25, shortage_max=0.125)
    rows = state([0.5 + beyond, 0.125 - beyond], target=0.25)
    assert rule.asks(rows).tolist() == [ask, ask]


def test_just_the_tolerance_beyond_its_limit_is_at_it() -> None:
    # Numbers so small that their difference is the tolerance to the last bit.
    rule = CashFlow(excess_max=1e-12, shortage_max=1e-12)
    assert rule.asks(state([2e-12, -2e-12], target=0.0)).tolist() == [0, 0]


def test_it_says_how_much_is_spare() -> None:
    found = BOTH.explain(state([0.16]), 0)
    assert (found.rule, found.fired, found.asks) == ("cash_flow", True, "use_cash")
    assert found.statement == "cash is 6.00 points over its target of 10.00 %, limit 5.00 points"
    assert found.numbers == pytest.approx(
        {
            "cash_fraction": 0.16,
            "target_fraction": 0.1,
            "drift_fraction": 0.06,
            "distance_fraction": -0.01,
            "excess_fraction": 0.05,
            "shortage_fraction": 0.02,
        }
    )


def test_it_says_how_much_is_missing() -> None:
    # 0.10 - (-0.03) = 0.13 missing, 0.11 more than 0.02.
    found = BOTH.explain(state([0.16, -0.03]), 1)
    assert found.statement == "cash is 13.00 points under its target of 10.00 %, limit 2.00 points"
    assert found.numbers["distance_fraction"] == pytest.approx(-0.11)
    assert found.numbers["cash_fraction"] == -0.03


def test_inside_its_limits_it_says_what_is_left_to_the_nearer_one() -> None:
    # 0.13: 0.02 to the upper limit, 0.05 to the lower one.
    found = BOTH.explain(state([0.13]), 0)
    assert (found.fired, found.asks) == (False, "nothing")
    assert found.numbers["distance_fraction"] == pytest.approx(0.02)
    assert BOTH.explain(state([0.09]), 0).numbers["distance_fraction"] == pytest.approx(0.01)


def test_a_side_without_a_limit_is_told_so() -> None:
    found = CashFlow(excess_max=0.05).explain(state([0.04]), 0)
    assert found.statement == "cash is 6.00 points under its target of 10.00 %, no limit"
    assert set(found.numbers) == {
        "cash_fraction",
        "target_fraction",
        "drift_fraction",
        "distance_fraction",
        "excess_fraction",
    }
    # 0.06 under, and 0.05 over would be the limit.
    assert found.numbers["distance_fraction"] == pytest.approx(0.11)
    other = CashFlow(shortage_max=0.05).explain(state([0.04]), 0)
    assert "excess_fraction" not in other.numbers
    assert other.numbers["distance_fraction"] == pytest.approx(-0.01)


def test_cash_is_the_last_column() -> None:
    row = PolicyState(
        weights=np.array([[0.3, 0.5, 0.2]]),
        targets=np.array([[0.4, 0.5, 0.1]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "cash"),
    )
    assert BOTH.asks(row).tolist() == [Ask.USE_CASH]
    assert BOTH.explain(row, 0).numbers["drift_fraction"] == pytest.approx(0.1)
    assert BOTH.explain(row, 0).numbers["target_fraction"] == 0.1


def test_cash_at_its_target_is_told_against_the_upper_limit() -> None:
    found = BOTH.explain(state([0.1]), 0)
    assert found.statement == "cash is 0.00 points over its target of 10.00 %, limit 5.00 points"


def test_each_row_has_its_own_target_where_there_are_more() -> None:
    rows = state([0.2, 0.2], target=[0.2, 0.1])
    assert BOTH.asks(rows).tolist() == [Ask.NOTHING, Ask.USE_CASH]
    assert BOTH.explain(rows, 1).numbers["target_fraction"] == 0.1


def test_with_a_flow_it_fires_only_where_one_explains_the_cash() -> None:
    rule = CashFlow(excess_max=0.05, shortage_max=0.02, flow_min=0.01)
    # Spare: 0.02 came in, just 0.01, nothing, 0.02 went out. Missing: the same flows, signs turned.
    spare = state([0.2, 0.2, 0.2, 0.2], [0.02, 0.01, 0.0, -0.02])
    assert rule.asks(spare).tolist() == [Ask.USE_CASH, 0, 0, 0]
    missing = state([0.0, 0.0, 0.0, 0.0], [-0.02, -0.01, 0.0, 0.02])
    assert rule.asks(missing).tolist() == [Ask.USE_CASH, 0, 0, 0]
    # A flow without cash beyond its limits is no reason either.
    assert rule.asks(state([0.1], [0.5])).tolist() == [Ask.NOTHING]


@pytest.mark.parametrize(
    ("more", "ask"), [(5e-13, Ask.NOTHING), (1e-12, Ask.NOTHING), (2e-12, Ask.USE_CASH)]
)
def test_a_flow_within_the_tolerance_of_its_limit_is_at_it(more: float, ask: Ask) -> None:
    rule = CashFlow(excess_max=0.05, shortage_max=0.02, flow_min=0.0)
    assert rule.asks(state([0.2, 0.0], [more, -more])).tolist() == [ask, ask]


def test_with_a_flow_it_says_what_came_in_or_went_out() -> None:
    rule = CashFlow(excess_max=0.05, shortage_max=0.02, flow_min=0.01)
    found = rule.explain(state([0.16], [0.005]), 0)
    assert (found.fired, found.asks) == (False, "nothing")
    assert found.statement == (
        "cash is 6.00 points over its target of 10.00 %, limit 5.00 points; 0.50 points came in since the last "
        "rebalance, more than 1.00 in are needed"
    )
    assert found.numbers["flow_fraction"] == 0.005
    assert found.numbers["flow_limit_fraction"] == 0.01
    # 0.5 points more have to come in.
    assert found.numbers["flow_distance_fraction"] == pytest.approx(0.005)
    out = rule.explain(state([0.05, 0.05], [0.0, -0.03]), 1)
    assert out.fired
    # 3 points went out, 2 more than 1.
    assert out.numbers["flow_distance_fraction"] == pytest.approx(-0.02)
    assert out.statement.endswith(
        "3.00 points went out since the last rebalance, more than 1.00 out are needed"
    )
    still = rule.explain(state([0.05, 0.05], [0.0, -0.03]), 0)
    assert "0.00 points came in since" in still.statement
    assert still.numbers["flow_distance_fraction"] == 0.01
    at_target = rule.explain(state([0.1], [0.0]), 0)
    assert at_target.statement.endswith("more than 1.00 in are needed")


def test_unknown_flows_are_not_none() -> None:
    message = "cash_flow needs what came in and went out since the last rebalance, which is unknown"
    rule = CashFlow(excess_max=0.05, flow_min=0.0)
    with pytest.raises(ReadUnknown, match=message):
        rule.asks(state([0.1]))
    with pytest.raises(ReadUnknown, match=message):
        rule.explain(state([0.1]), 0)


def test_it_needs_flows_only_where_it_asks_for_them() -> None:
    assert BOTH.needs() == Needs()
    assert CashFlow(excess_max=0.05, flow_min=0.0).needs() == Needs(has_flows=True)
    assert (BOTH.has_band(), BOTH.has_measure()) == (False, False)


def priced(weights: list[float], targets: list[float], shares: list[float]) -> PolicyState:
    """Return one row of instruments, each with what one share weighs, and cash last; the base is 10,000."""
    names = ("AAPL", "KO")[: len(shares)]
    return PolicyState(
        weights=np.array([weights]),
        targets=np.array([targets]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*names, "cash"),
        base=np.array([10_000.0]),
        prices=np.array([shares]) * 10_000,
    )


@pytest.mark.parametrize(
    ("weights", "targets", "shares", "ask"),
    [
        # 0.01 is missing, and a share weighs 0.04: cash would end 0.03 above its target.
        ([0.96, 0.04], [0.95, 0.05], [0.04], Ask.NOTHING),
        # 0.0625 is missing: a share of as much brings it to its target, one that is heavier does not.
        ([1.0, 0.0], [0.9375, 0.0625], [0.0625], Ask.USE_CASH),
        ([1.0, 0.0], [0.9375, 0.0625], [0.0626], Ask.NOTHING),
        # 0.0625 is missing, both are over by half a share: it would be as far below. A little more, and it helps.
        ([0.53125, 0.46875, 0.0], [0.5, 0.4375, 0.0625], [0.0625, 0.0625], Ask.NOTHING),
        ([0.5313, 0.4687, 0.0], [0.5, 0.4375, 0.0625], [0.0625, 0.0625], Ask.USE_CASH),
        # What is owed is raised in any case.
        ([1.01, -0.01], [0.95, 0.05], [0.2], Ask.USE_CASH),
        ([0.51, 0.5, -0.01], [0.475, 0.475, 0.05], [0.2, 0.2], Ask.USE_CASH),
        ([1.0, 0.0], [0.95, 0.05], [0.2], Ask.NOTHING),
        # Spare cash is another matter: the planner buys no more than it pays for.
        ([0.9, 0.1], [0.95, 0.05], [0.2], Ask.USE_CASH),
    ],
)
def test_missing_cash_is_raised_where_a_share_can_help(
    weights: list[float], targets: list[float], shares: list[float], ask: Ask
) -> None:
    rule = CashFlow(excess_max=0.005, shortage_max=0.005)
    row = priced(weights, targets, shares)
    assert rule.asks(row).tolist() == [ask]
    finding = rule.explain(row, 0)
    assert (finding.fired, finding.asks) == (ask is not Ask.NOTHING, ask.name.lower())
    assert finding.statement.endswith("; no share can raise it") == (ask is Ask.NOTHING)


def test_each_row_has_shares_of_its_own_weight() -> None:
    # 0.05 is missing in both. A share weighs 0.2 in an account of 10,000, and 0.02 in one of 100,000.
    one = priced([1.0, 0.0], [0.95, 0.05], [0.2])
    two = replace(one, weights=np.tile(one.weights, (2, 1)), base=np.array([10_000.0, 100_000.0]))
    assert CashFlow(shortage_max=0.005).asks(two).tolist() == [Ask.NOTHING, Ask.USE_CASH]


def test_inside_its_limit_nothing_is_said_of_shares() -> None:
    row = priced([0.954, 0.046], [0.95, 0.05], [0.04])
    assert BOTH.explain(row, 0).statement.endswith("limit 2.00 points")


def test_it_and_a_band_do_not_trade_one_share_for_ever() -> None:
    """A share of KO weighs 3 %. Cash is 0.6 points short, by which KO is over; AAPL is at its target.

    Sold, KO would be 2.4 points under its target, out of its band, and be bought back in the next look.
    """
    rule = AnyOf((AbsoluteBand(width=0.02), CashFlow(shortage_max=0.005)))
    row = priced([0.57, 0.384, 0.046], [0.57, 0.378, 0.052], [0.03, 0.03])
    assert rule.asks(row).tolist() == [Ask.NOTHING]
    sold = priced([0.57, 0.354, 0.076], [0.57, 0.378, 0.052], [0.03, 0.03])
    assert rule.asks(sold).tolist() == [Ask.REBALANCE]


@given(cash=st.floats(-1, 1), low=st.floats(0.001, 0.4), more=st.floats(0.0, 0.4))
def test_wider_limits_never_fire_where_narrower_ones_do_not(
    cash: float, low: float, more: float
) -> None:
    row = state([cash])
    wide, narrow = (
        CashFlow(excess_max=limit, shortage_max=limit).asks(row)[0] for limit in (low + more, low)
    )
    assert wide <= narrow


def test_a_rule_that_never_fires_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^cash_flow needs excess_max, shortage_max or both .* neither"
    ):
        CashFlow()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"excess_max": 0.0}, "excess_max must be more than 0 and less than 1"),
        ({"excess_max": 1.0}, "excess_max must be more than 0 and less than 1"),
        ({"shortage_max": 0.0}, r"shortage_max must be more than 0 and at most 1 .* found 0"),
        ({"shortage_max": 1.1}, r"shortage_max .* at most 1 \(fraction of base\), found 1.1"),
        ({"excess_max": 0.1, "flow_min": -0.1}, "flow_min must be at least 0 and less than 1"),
        ({"excess_max": 0.1, "flow_min": 1.0}, "flow_min must be at least 0 and less than 1"),
    ],
)
def test_a_limit_out_of_range_is_refused_with_its_number(
    arguments: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CashFlow(**arguments)


def test_cash_may_be_deep_in_margin() -> None:
    # The target is 0.10, all of base may be missing from it, and not more.
    assert CashFlow(shortage_max=1.0).asks(state([-0.8, -1.0])).tolist() == [0, Ask.USE_CASH]
