"""Orders in a thin book: slices, impact, caps and collars.

AAPL is quoted 78.99 to 79.01, and its declared volume is that of `bot.prices`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.config.market import BookTable
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Status

SLICES = BookTable(displayed_shares=100, refill_s=Decimal(2))


async def test_a_large_order_trades_in_slices_as_the_book_refills(bench_class: Any) -> None:
    bench = bench_class(book=SLICES)
    order = bench.place(quantity=Decimal(250))
    assert (order.filled, order.status) == (100, Status.SUBMITTED)
    bench.go(seconds=1.9)
    assert order.filled == 100
    bench.go(seconds=0.1)
    assert order.filled == 200
    bench.go(seconds=2)
    assert (order.filled, order.status) == (250, Status.FILLED)
    assert [fill.cumulative for fill in bench.desk.executions] == [100, 200, 250]
    bench.turns.cancel_all()


async def test_two_orders_share_a_side_and_not_the_other_one(bench_class: Any) -> None:
    bench = bench_class(book=SLICES)
    first, second = bench.place(quantity=Decimal(60)), bench.place(quantity=Decimal(60))
    sale = bench.place(action="SELL", quantity=Decimal(60), limit=Decimal(70))
    assert (first.filled, second.filled, sale.filled) == (60, 40, 60)
    bench.go(seconds=2)
    assert second.status is Status.FILLED
    bench.turns.cancel_all()


async def test_an_immediate_order_takes_what_is_there(bench_class: Any) -> None:
    bench = bench_class(book=SLICES)
    order = bench.place(quantity=Decimal(250), time_in_force="IOC")
    assert (order.filled, order.status) == (100, Status.CANCELLED)
    late = bench.place(time_in_force="IOC")
    assert (late.filled, late.status) == (0, Status.CANCELLED)
    bench.turns.cancel_all()


async def test_slices_stop_when_the_exchange_closes(bench_class: Any) -> None:
    bench = bench_class("2020-06-01T19:59:59", book=SLICES)
    bench.desk.start()
    order = bench.place(quantity=Decimal(250))
    bench.go(seconds=10)
    assert (order.filled, order.status) == (100, Status.CANCELLED)
    bench.turns.cancel_all()


async def test_impact_makes_the_price_worse_and_tells_it_in_the_fill(bench_class: Any) -> None:
    """With 200 bp for a day's volume, one 10,000th of it costs 2 bp: 79.01 * 1.0002 = 79.026."""
    bench = bench_class(book=BookTable(impact_bps=Decimal(200)), cash=Decimal(10**9), positions={})
    shares = Decimal(KNOWN_INSTRUMENTS["AAPL"].daily_volume // 10_000)
    order = bench.place(quantity=shares, order_type="MKT", limit=None)
    assert order.average_price == Decimal("79.03")
    bench.turns.cancel_all()


async def test_an_order_trades_up_to_its_limit_and_waits_there(bench_class: Any) -> None:
    """From 79.01 to 79.02 there are 1.2657 bp; of 200 that is a participation of 0.00004005."""
    bench = bench_class(book=BookTable(impact_bps=Decimal(200)), cash=Decimal(10**9), positions={})
    volume = KNOWN_INSTRUMENTS["AAPL"].daily_volume
    room = int(Decimal("0.000040048") * volume)
    order = bench.place(quantity=Decimal(volume // 1000), limit=Decimal("79.02"))
    assert abs(order.filled - room) <= room // 1000 + 1
    assert order.average_price == Decimal("79.02")
    bench.turns.cancel_all()


async def test_market_orders_are_capped_and_say_so(bench_class: Any) -> None:
    """The cap is 0.1 % through the ask: 79.01 * 1.001 = 79.089, 79.08 on a tick."""
    table = BookTable(impact_bps=Decimal(1000), collar_fraction=Decimal("0.001"))
    bench = bench_class(book=table, cash=Decimal(10**9), positions={})
    volume = Decimal(KNOWN_INSTRUMENTS["AAPL"].daily_volume)
    order = bench.place(quantity=volume // 100, order_type="MKT", limit=None)
    assert 0 < order.filled < order.quantity
    assert max(fill.price for fill in bench.desk.executions) <= Decimal("79.08")
    bench.market.halt("AAPL")
    assert (order.price_cap, order.told_cap) == (Decimal("79.08"), Decimal("79.08"))
    bench.turns.cancel_all()


@pytest.mark.parametrize(
    ("action", "limit", "status"),
    [
        ("BUY", "86.91", Status.FILLED),
        ("BUY", "86.92", Status.CANCELLED),
        ("SELL", "71.10", Status.FILLED),
        ("SELL", "71.09", Status.CANCELLED),
        ("BUY", "10.00", Status.SUBMITTED),
        ("SELL", "500.00", Status.SUBMITTED),
    ],
)
async def test_limits_too_far_through_the_market_are_rejected(
    bench_class: Any, action: str, limit: str, status: Status
) -> None:
    """A tenth through the quote is 79.01 * 1.1 = 86.911 and 78.99 * 0.9 = 71.091."""
    bench = bench_class(book=BookTable(collar_fraction=Decimal("0.1")))
    order = bench.place(action=action, limit=Decimal(limit))
    assert order.status is status
    if status is Status.CANCELLED:
        assert "202: Order Canceled - reason:We cannot accept" in bench.told[-1]
    bench.turns.cancel_all()
