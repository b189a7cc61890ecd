"""Half the sum of all drifts beyond the limit fires; at the limit does not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.policy.total_drift import TotalDrift
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)


def state(
    weights: list[list[float]],
    targets: list[list[float]],
    asset_classes: tuple[str, ...] = (),
) -> PolicyState:
    names = ("AAPL", "MSFT", "XOM", "WMT")[: len(weights[0]) - 1]
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*names, "cash"),
        asset_classes=asset_classes,
    )


# Drifts: AAPL +0.02, MSFT -0.05, XOM +0.01, cash +0.02. Sizes 0.10, half of it 0.05; without cash 0.08 and 0.04.
ROW = state([[0.32, 0.25, 0.31, 0.12]], [[0.3, 0.3, 0.3, 0.1]])


@pytest.mark.parametrize(("is_cash_counted", "found"), [(True, 0.05), (False, 0.04)])
def test_it_is_half_the_sum_of_the_sizes(*, is_cash_counted: bool, found: float) -> None:
    rule = TotalDrift(total_drift_max=0.03, is_cash_counted=is_cash_counted)
    assert rule.measure(ROW) == pytest.approx([found], abs=1e-15)


# As in ROW; AAPL and MSFT are one class: tech is 0.03 under, energy (XOM) 0.01 over, cash 0.02 over.
BY_CLASS = state(
    [[0.32, 0.25, 0.31, 0.12]], [[0.3, 0.3, 0.3, 0.1]], ("tech", "tech", "energy", "cash")
)


@pytest.mark.parametrize(("is_cash_counted", "found"), [(True, 0.03), (False, 0.02)])
def test_by_class_drifts_inside_a_class_make_up_for_each_other(
    *, is_cash_counted: bool, found: float
) -> None:
    rule = TotalDrift(total_drift_max=0.02, is_cash_counted=is_cash_counted, drift_of="asset_class")
    assert rule.measure(BY_CLASS) == pytest.approx([found], abs=1e-15)
    # At the limit it is quiet, though the instruments alone are 0.04 and more in the wrong place.
    assert rule.asks(BY_CLASS).tolist() == [Ask.REBALANCE if is_cash_counted else Ask.NOTHING]


def test_by_class_it_tells_of_the_class_that_is_furthest_off() -> None:
    found = TotalDrift(total_drift_max=0.02, drift_of="asset_class").explain(BY_CLASS, 0)
    assert found.statement == (
        "3.00 points of the portfolio are in the wrong place, limit 2.00 points; the largest: tech is 3.00 points under"
    )
    assert found.numbers == pytest.approx(
        {
            "total_drift_fraction": 0.03,
            "limit_fraction": 0.02,
            "distance_fraction": -0.01,
            "asset_class": "tech",
            "drift_fraction": -0.03,
        }
    )


def test_by_class_it_needs_the_class_of_every_instrument() -> None:
    rule = TotalDrift(total_drift_max=0.02, drift_of="asset_class")
    with pytest.raises(ReadUnknown, match=r"^total_drift needs the instruments' asset classes"):
        rule.asks(ROW)


def test_beyond_the_limit_it_asks_for_a_rebalance_and_says_by_how_much() -> None:
    rule = TotalDrift(total_drift_max=0.03)
    assert rule.asks(ROW).tolist() == [Ask.REBALANCE]
    found = rule.explain(ROW, 0)
    assert (found.rule, found.fired, found.asks) == ("total_drift", True, "rebalance")
    assert found.statement == (
        "5.00 points of the portfolio are in the wrong place, limit 3.00 points; the largest: "
        "MSFT is 5.00 points under"
    )
    assert found.numbers == pytest.approx(
        {
            "total_drift_fraction": 0.05,
            "limit_fraction": 0.03,
            "distance_fraction": -0.02,
            "symbol": "MSFT",
            "drift_fraction": -0.05,
        }
    )


def test_inside_the_limit_it_is_quiet_and_says_what_is_left() -> None:
    rule = TotalDrift(total_drift_max=0.06)
    assert rule.asks(ROW).tolist() == [Ask.NOTHING]
    found = rule.explain(ROW, 0)
    assert (found.fired, found.asks) == (False, "nothing")
    assert found.numbers["distance_fraction"] == pytest.approx(0.01)


def test_cash_is_named_where_it_is_the_largest_and_counts() -> None:
    # Cash is 15 points over, each stock 7.5 under.
    row = state([[0.425, 0.425, 0.15]], [[0.5, 0.5, 0.0]])
    found = TotalDrift(total_drift_max=0.1).explain(row, 0)
    assert found.statement.endswith("the largest: cash is 15.00 points over")
    without = TotalDrift(total_drift_max=0.1, is_cash_counted=False).explain(row, 0)
    # Half of 0.15 is below the limit. Both are as far off: the first by name is told.
    assert not without.fired
    assert without.statement.startswith("7.50 points of the portfolio")
    assert without.numbers["symbol"] == "AAPL"


def test_at_its_target_the_largest_is_none_over() -> None:
    found = TotalDrift(total_drift_max=0.1).explain(state([[0.5, 0.5]], [[0.5, 0.5]]), 0)
    assert found.statement.endswith("the largest: AAPL is 0.00 points over")


@pytest.mark.parametrize(("more", "ask"), [(5e-13, Ask.NOTHING), (2e-12, Ask.REBALANCE)])
def test_within_the_tolerance_of_its_limit_it_is_at_the_limit(more: float, ask: Ask) -> None:
    # Half of (0.25 + more and as much under) is 0.25 + more: sums of powers of two, without noise.
    row = state([[0.75 + more, 0.25 - more]], [[0.5, 0.5]])
    rule = TotalDrift(total_drift_max=0.25)
    assert rule.asks(row).tolist() == [ask]
    assert rule.explain(row, 0).fired == (ask is Ask.REBALANCE)


def test_each_row_has_its_own_targets_where_there_are_more() -> None:
    rows = state([[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5], [0.6, 0.4]])
    rule = TotalDrift(total_drift_max=0.05)
    assert rule.asks(rows).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert rule.explain(rows, 1).numbers["drift_fraction"] == pytest.approx(-0.1)


def test_it_needs_nothing_and_has_a_measure_but_no_band() -> None:
    rule = TotalDrift(total_drift_max=0.05)
    assert rule.needs() == Needs()
    assert (rule.has_measure(), rule.has_band(), rule.band(ROW)) == (True, False, None)


@given(seed=st.integers(0, 2**32 - 1), part=st.floats(0.0, 1.0))
def test_it_is_linear_in_the_way_to_the_target(seed: int, part: float) -> None:
    targets, weights = np.random.default_rng(seed).dirichlet(np.ones(4), 2)
    nearer = weights + part * (targets - weights)
    rule = TotalDrift(total_drift_max=0.05)
    before = rule.measure(state([weights.tolist()], [targets.tolist()]))
    after = rule.measure(state([nearer.tolist()], [targets.tolist()]))
    assert after == pytest.approx((1 - part) * before, abs=1e-12)


@given(seed=st.integers(0, 2**32 - 1), low=st.floats(0.001, 0.4), more=st.floats(0.0, 0.4))
def test_a_higher_limit_never_fires_where_a_lower_one_does_not(
    seed: int, low: float, more: float
) -> None:
    targets, weights = np.random.default_rng(seed).dirichlet(np.ones(4), 2)
    row = state([weights.tolist()], [targets.tolist()])
    assert (
        TotalDrift(total_drift_max=low + more).asks(row)[0]
        <= TotalDrift(total_drift_max=low).asks(row)[0]
    )


@pytest.mark.parametrize("limit", [0.0, -0.01, 1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_fraction_is_refused_with_its_number(limit: float) -> None:
    message = r"^total_drift_max must be more than 0 and less than 1 \(fraction of base\), found "
    with pytest.raises(ValueError, match=message + f"{limit:g}"):
        TotalDrift(total_drift_max=limit)
