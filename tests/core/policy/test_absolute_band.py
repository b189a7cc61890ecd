"""Out of the band fires; on its edge does not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)


def state(weights: list[float], targets: list[float]) -> PolicyState:
    """Return one row of AAPL, MSFT, ... and cash."""
    names = ("AAPL", "MSFT", "XOM", "WMT")[: len(weights) - 1]
    return PolicyState(
        weights=np.array([weights]),
        targets=np.array([targets]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*names, "cash"),
    )


def test_a_weight_beyond_the_band_fires_and_says_by_how_much() -> None:
    # 17.11 % - 9.90 % = 7.21 points; 5.00 - 7.21 = -2.21 points to the edge.
    found = AbsoluteBand(width=0.05).explain(state([0.1711, 0.8, 0.0289], [0.099, 0.851, 0.05]), 0)
    assert found.rule == "absolute_band"
    assert found.fired
    assert found.asks == "rebalance"
    assert (
        found.statement
        == "AAPL is 7.21 points over its target of 9.90 %, band 5.00 points; 1 more out of band"
    )
    assert found.numbers == {
        "symbol": "AAPL",
        "weight_fraction": 0.1711,
        "target_fraction": 0.099,
        "drift_fraction": pytest.approx(0.0721),
        "band_fraction": 0.05,
        "distance_fraction": pytest.approx(-0.0221),
        "out_of_band_count": 2.0,
    }


def test_inside_its_bands_nothing_fires_and_the_nearest_is_named() -> None:
    # MSFT: 57 % - 60 % = -3 points, the furthest; 2 points are left to the edge.
    found = AbsoluteBand(width=0.05).explain(state([0.41, 0.57, 0.02], [0.4, 0.6, 0.0]), 0)
    assert not found.fired
    assert found.asks == "nothing"
    assert found.statement == (
        "all inside their bands; the nearest: MSFT is 3.00 points under its target of 60.00 %, band 5.00 points"
    )
    assert found.numbers["distance_fraction"] == pytest.approx(0.02)
    assert found.numbers["out_of_band_count"] == 0


@pytest.mark.parametrize(("weight", "target"), [(0.55, 0.5), (0.15, 0.1), (0.25, 0.3), (0.45, 0.5)])
def test_a_weight_on_the_edge_is_inside_whatever_its_last_bit(weight: float, target: float) -> None:
    # 0.55 - 0.5 is 0.050000000000000044 in floats: noise, not drift.
    band = AbsoluteBand(width=0.05)
    assert band.asks(state([weight, 1 - weight], [target, 1 - target])).tolist() == [Ask.NOTHING]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_billionth_beyond_the_edge_fires(sign: int) -> None:
    weight = 0.5 + sign * (0.05 + 1e-9)
    band = AbsoluteBand(width=0.05)
    assert band.asks(state([weight, 1 - weight], [0.5, 0.5])).tolist() == [Ask.REBALANCE]


def test_cash_drifts_freely_unless_it_has_a_band() -> None:
    # Cash is 15 points over its target, each stock 7.5 under: only cash is beyond 10 points.
    row = state([0.425, 0.425, 0.15], [0.5, 0.5, 0.0])
    assert AbsoluteBand(width=0.1).asks(row).tolist() == [Ask.NOTHING]
    with_cash = AbsoluteBand(width=0.1, cash_width=0.1)
    assert with_cash.asks(row).tolist() == [Ask.REBALANCE]
    assert with_cash.explain(row, 0).statement == (
        "cash is 15.00 points over its target of 0.00 %, band 10.00 points"
    )


def test_the_band_is_as_wide_for_all_and_cash_may_be_free() -> None:
    row = state([0.5, 0.4, 0.1], [0.5, 0.5, 0.0])
    free = AbsoluteBand(width=0.05).band(row)
    assert free.below.tolist() == free.above.tolist() == [[0.05, 0.05, np.inf]]
    held = AbsoluteBand(width=0.05, cash_width=0.01).band(row)
    assert held.below.tolist() == held.above.tolist() == [[0.05, 0.05, 0.01]]


@pytest.mark.parametrize("width", [0.0, -0.01, 1.0, 1.01, float("nan"), float("inf")])
def test_a_width_that_is_no_fraction_is_refused_with_its_number(width: float) -> None:
    rule = r"must be more than 0 and less than 1 \(fraction of base\), found"
    with pytest.raises(ValueError, match=f"^width {rule} {width:g}$"):
        AbsoluteBand(width=width)
    with pytest.raises(ValueError, match=f"^cash_width {rule} {width:g}$"):
        AbsoluteBand(width=0.05, cash_width=width)
