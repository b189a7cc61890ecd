"""What fills, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.config.market import BookTable
from bot.gateway.exchange.book import (
    Book,
    Offer,
    Side,
    collar,
    fill_price,
    fill_shares,
    middle_price,
)
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
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


@pytest.mark.parametrize(
    ("side", "limit", "price"),
    [
        (Side.BUY, None, "10.01"),
        (Side.BUY, "10.01", "10.01"),
        (Side.BUY, "10", None),
        (Side.SELL, "10.01", "10.01"),
        (Side.SELL, "10.02", None),
    ],
)
def test_inside_the_spread_the_price_is_the_middle(
    side: Side, limit: str | None, price: str | None
) -> None:
    given_limit = None if limit is None else Decimal(limit)
    assert middle_price(side, given_limit, QUOTE) == (None if price is None else Decimal(price))


def test_collars_are_a_fraction_through_the_far_side() -> None:
    assert collar(Side.BUY, QUOTE, Decimal("0.1")) == Decimal("11.022")
    assert collar(Side.SELL, QUOTE, Decimal("0.1")) == Decimal(9)


NOW = datetime(2020, 6, 1, 15, tzinfo=UTC)
#: 2,340,000 shares a day are 100 a second.
STOCK = replace(KNOWN_INSTRUMENTS["AAPL"], daily_volume=2_340_000)


def offered(book: Book, shares: int, at: datetime = NOW, limit: str | None = None) -> Offer:
    """Return what a purchase at 10.00 gets, and take it."""
    worst = None if limit is None else Decimal(limit)
    offer = book.offer(STOCK, Side.BUY, Offer(Decimal(10), shares), worst, at)
    book.take(STOCK, Side.BUY, offer.shares, at)
    return offer


def test_without_keys_every_order_finds_what_it_wants() -> None:
    book = Book(BookTable())
    assert book.is_deep
    assert offered(book, 1_000_000_000) == Offer(Decimal(10), 1_000_000_000)
    assert offered(book, 1_000_000_000) == Offer(Decimal(10), 1_000_000_000)


def test_a_side_is_empty_until_it_has_refilled() -> None:
    book = Book(BookTable(displayed_shares=300, refill_s=Decimal(2)))
    assert [offered(book, 200).shares for _ in range(3)] == [200, 100, 0]
    assert offered(book, 200, NOW + timedelta(seconds=1.9)).shares == 0
    assert offered(book, 400, NOW + timedelta(seconds=2)).shares == 300


def test_participation_is_a_part_of_the_pace_of_the_day() -> None:
    """Of 100 shares a second, a tenth is 10; in the two seconds of a refill, 20."""
    table = BookTable(participation_max=Decimal("0.1"), refill_s=Decimal(2))
    assert offered(Book(table), 1000).shares == 20
    both = replace(table, displayed_shares=15)
    assert offered(Book(both), 1000).shares == 15
    tiny = replace(table, participation_max=Decimal("0.000001"))
    assert offered(Book(tiny), 1000).shares == 1


def test_impact_grows_with_the_square_root_of_participation() -> None:
    """A hundredth of the day: 100 bp * 0.1 = 10 bp, 10.01. Four hundredths: 20 bp, 10.02."""
    table = BookTable(impact_bps=Decimal(100))
    assert offered(Book(table), 23_400) == Offer(Decimal("10.01"), 23_400)
    assert offered(Book(table), 93_600) == Offer(Decimal("10.02"), 93_600)
    sale = Book(table).offer(STOCK, Side.SELL, Offer(Decimal(10), 23_400), None, NOW)
    assert sale == Offer(Decimal("9.99"), 23_400)


def test_what_was_taken_counts_until_the_days_volume_has_passed_it() -> None:
    """Three hundredths taken are 70,200 shares; 468 seconds later 46,800 of them are forgotten.

    Then one more hundredth makes two: 100 bp * sqrt(0.02) = 14.1 bp, 10.02 on a tick.
    """
    book = Book(BookTable(impact_bps=Decimal(100)))
    offered(book, 70_200)
    at_once = book.offer(STOCK, Side.BUY, Offer(Decimal(10), 23_400), None, NOW)
    assert at_once.price == Decimal("10.02")
    later = NOW + timedelta(seconds=468)
    assert offered(book, 23_400, later).price == Decimal("10.02")
    assert offered(book, 23_400, later + timedelta(seconds=468)).price == Decimal("10.01")


def test_no_more_trades_than_the_limit_has_room_for() -> None:
    """10.01 is 10 bp away, which is a hundredth of the day; then there is no room left."""
    book = Book(BookTable(impact_bps=Decimal(100)))
    offer = offered(book, 1_000_000, limit="10.01")
    assert offer.price == Decimal("10.01")
    assert 23_399 <= offer.shares <= 23_400
    assert offered(book, 1_000, limit="10.01").shares <= 1


@given(st.integers(1, 10**7), st.decimals("10.00", 12, places=2), st.integers(1, 5000))
def test_impact_keeps_to_the_limit_and_to_what_is_wanted(
    shares: int, limit: Decimal, impact_bps: int
) -> None:
    offer = offered(Book(BookTable(impact_bps=Decimal(impact_bps))), shares, limit=str(limit))
    assert 0 <= offer.shares <= shares
    assert 10 <= offer.price <= limit
