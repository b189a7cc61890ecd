"""What fills, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.book import Side, fill_price, fill_shares
from bot.gateway.exchange.quotes import Quote

QUOTE = Quote(Decimal(10), Decimal("10.02"), Decimal("10.01"), None, 100, 100, 1000)
CENTS = st.decimals("0.01", 20, places=2)


@pytest.mark.parametrize(
    ("side", "limit", "price"),
    [
        (Side.BUY, "10.02", "10.02"),
        (Side.BUY, "11", "10.02"),
        (Side.BUY, "10.01", None),
        (Side.SELL, "10", "10"),
        (Side.SELL, "9", "10"),
        (Side.SELL, "10.01", None),
    ],
)
def test_marketable_orders_fill_at_the_far_side(side: Side, limit: str, price: str | None) -> None:
    expected = None if price is None else Decimal(price)
    assert fill_price(side, Decimal(limit), QUOTE) == expected


def test_orders_without_a_limit_always_fill() -> None:
    assert fill_price(Side.BUY, None, QUOTE) == QUOTE.ask
    assert fill_price(Side.SELL, None, QUOTE) == QUOTE.bid


@given(st.sampled_from(Side), CENTS, CENTS, CENTS)
def test_no_fill_is_worse_than_the_limit(
    side: Side, limit: Decimal, bid: Decimal, width: Decimal
) -> None:
    price = fill_price(side, limit, replace(QUOTE, bid=bid, ask=bid + width))
    if price is not None:
        assert side.value * (limit - price) >= 0


@pytest.mark.parametrize(
    ("kind", "quantity", "filled", "shares"),
    [
        ("full", 10, 0, 10),
        ("full", 10, 5, 5),
        ("partial", 10, 0, 5),
        ("partial", 11, 0, 5),
        ("partial", 10, 5, 0),
        ("partial", 1, 0, 0),
        ("none", 10, 0, 0),
    ],
)
def test_shares_follow_the_kind_of_fill(kind: str, quantity: int, filled: int, shares: int) -> None:
    assert fill_shares(quantity, filled, kind) == shares
