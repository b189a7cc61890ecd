"""Slippage in worked numbers: + is a cost on either side."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.execution.slippage import Slippage, total_bps


def of(shares: int, price: float, arrival: float = 100.0) -> Slippage:
    return Slippage("ref", "MSFT", Decimal(shares), price, arrival)


@pytest.mark.parametrize(
    ("shares", "price", "bps"),
    [
        (10, 100.05, 5.0),  # bought 0.05 above 100: 5 bps dearer
        (10, 99.95, -5.0),
        (-10, 99.95, 5.0),  # sold 0.05 below 100: 5 bps cheaper
        (-10, 100.05, -5.0),
    ],
)
def test_what_is_worse_than_the_arrival_mid_is_positive(
    shares: int, price: float, bps: float
) -> None:
    assert of(shares, price).bps == pytest.approx(bps)


def test_the_total_is_weighted_by_value_at_arrival() -> None:
    """10 shares at 100 cost 5 bps, 30 shares at 100 earn 1: (10 x 5 - 30 x 1) / 40 = 0.5 bps."""
    assert total_bps([of(10, 100.05), of(-30, 100.01)]) == pytest.approx(0.5)


def test_without_a_fill_the_total_is_unknown_and_not_zero() -> None:
    assert total_bps([]) is None
