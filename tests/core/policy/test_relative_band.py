"""A fraction of the target is the limit: points for large holdings, tenths of a point for small ones."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.policy import Ask
from bot.core.policy.relative_band import RelativeBand
from bot.core.policy.state import PolicyState

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)


def state(weights: list[list[float]], targets: list[list[float]]) -> PolicyState:
    """Return rows of AAPL, MSFT, XOM and cash."""
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "XOM", "cash"),
    )


def test_half_widths_are_in_proportion_to_the_targets_of_their_row() -> None:
    # A fifth of 40 % is 8 points, of 10 % 2 points, of 2 % 0.4 points: not below half a point. 0 % has that, too.
    rows = state(
        [[0.4, 0.1, 0.02, 0.48]] * 2,
        [[0.4, 0.1, 0.02, 0.48], [0.5, 0.5, 0.0, 0.0]],
    )
    band = RelativeBand(width=0.2).corridor(rows)
    assert band.below is band.above
    expected = [[0.08, 0.02, 0.005, np.inf], [0.1, 0.1, 0.005, np.inf]]
    assert band.below.tolist() == [pytest.approx(row) for row in expected]
    held = RelativeBand(width=0.2, width_min=0.03, cash_width=0.015).band(rows)
    assert held.below[0].tolist() == pytest.approx([0.08, 0.03, 0.03, 0.015])


def test_the_small_holding_fires_where_the_large_one_may_wander() -> None:
    # AAPL is 5 points over of 8 allowed. XOM is 3 points over its 5 %, and a fifth of 5 % is 1 point.
    row = state([[0.45, 0.3, 0.08, 0.17]], [[0.4, 0.35, 0.05, 0.2]])
    found = RelativeBand(width=0.2).explain(row, 0)
    assert found.rule == "relative_band"
    assert found.statement == "XOM is 3.00 points over its target of 5.00 %, band 1.00 points"
    assert found.numbers["distance_fraction"] == pytest.approx(-0.02)
    # With the whole target as the band, 5 points for XOM, nothing fires.
    assert RelativeBand(width=1.0).asks(row).tolist() == [Ask.NOTHING]


@pytest.mark.parametrize(
    ("weight", "ask"),
    [
        (0.36, Ask.NOTHING),
        (0.36 + 1e-9, Ask.REBALANCE),
        (0.24, Ask.NOTHING),
        (0.24 - 1e-9, Ask.REBALANCE),
    ],
)
def test_a_fifth_of_the_target_is_the_edge(weight: float, ask: Ask) -> None:
    # A fifth of 30 % is 6 points: 24 % to 36 %.
    row = state([[weight, 0.35, 0.35, 0.3 - weight]], [[0.3, 0.35, 0.35, 0.0]])
    assert RelativeBand(width=0.2).asks(row).tolist() == [ask]


@pytest.mark.parametrize(("weight", "ask"), [(0.015, Ask.NOTHING), (0.016, Ask.REBALANCE)])
def test_a_small_target_has_the_narrowest_band(weight: float, ask: Ask) -> None:
    # A fifth of 1 % is 0.2 points, and half a point is the narrowest: up to 1.5 %.
    row = state([[weight, 0.5, 0.49, 0.01 - weight]], [[0.01, 0.5, 0.49, 0.0]])
    assert RelativeBand(width=0.2).asks(row).tolist() == [ask]


@pytest.mark.parametrize("width", [0.0, -0.2, 10.5, float("nan"), float("inf")])
def test_a_width_out_of_range_is_refused_with_its_number(width: float) -> None:
    message = rf"^width must be more than 0 and at most 10 \(fraction of the target weight\), found {width:g}$"
    with pytest.raises(ValueError, match=message):
        RelativeBand(width=width)


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_floor_and_cash_are_fractions_of_base(width: float) -> None:
    rule = r"must be more than 0 and less than 1 \(fraction of base\), found"
    with pytest.raises(ValueError, match=f"^width_min {rule} {width:g}$"):
        RelativeBand(width=0.2, width_min=width)
    with pytest.raises(ValueError, match=f"^cash_width {rule} {width:g}$"):
        RelativeBand(width=0.2, cash_width=width)


def test_ten_times_the_target_is_allowed() -> None:
    assert RelativeBand(width=10.0).width == 10
