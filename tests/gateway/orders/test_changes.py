"""Changes and cancels of working orders, and how they race with fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.config.market import BookTable
from bot.gateway.orders.order import Status

SLOW = BookTable(cancel_delay_s=Decimal(2))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"limit": Decimal(51)}, "status Submitted 0/10"),
        ({"quantity": Decimal(20)}, "status Submitted 0/20"),
        ({"time_in_force": "GTC"}, "status Submitted 0/10"),
        ({}, "status Submitted 0/10"),
    ],
    ids=str,
)
async def test_an_order_that_is_sent_again_is_changed(
    bench: Any, change: dict[str, Any], told: str
) -> None:
    order = bench.place(limit=Decimal(50))
    permanent_id, before = order.permanent_id, len(bench.told)
    bench.change(order, **change)
    assert bench.told[before:] == ["open Submitted", told]
    assert (order.permanent_id, len(bench.desk.orders)) == (permanent_id, 1)
    for name, value in change.items():
        assert getattr(order.ticket, name) == value


async def test_another_time_in_force_moves_the_end(bench: Any) -> None:
    bench.desk.start()
    order = bench.place(limit=Decimal(50))
    bench.change(order, time_in_force="GTD", good_till_date="20200601 10:40:00")
    bench.go("2020-06-01T14:39:59")
    assert order.status is Status.SUBMITTED
    bench.go("2020-06-01T14:40:00")
    assert order.status is Status.CANCELLED


async def test_a_change_takes_back_the_fill_that_was_about_to_be(bench: Any) -> None:
    bench.behaviour.fill_delay_s = 1
    order = bench.place()
    bench.go(seconds=0.5)
    bench.change(order, limit=Decimal(50))
    bench.go(seconds=5)
    assert (order.status, order.filled) == (Status.SUBMITTED, 0)


async def test_a_cancel_takes_its_time(bench_class: Any) -> None:
    bench = bench_class(book=SLOW)
    order = bench.place(limit=Decimal(50))
    bench.desk.cancel(1, 1)
    assert (order.status, bench.told[-1]) == (Status.PENDING_CANCEL, "status PendingCancel 0/10")
    assert bench.desk.working() == [order]
    bench.go(seconds=2)
    assert order.status is Status.CANCELLED
    assert bench.told[-2:] == ["status Cancelled 0/10", "notice 1/1 202: Order Canceled - reason:"]
    bench.turns.cancel_all()


async def test_an_order_can_fill_after_its_cancel_was_asked_for(bench_class: Any) -> None:
    bench = bench_class(book=SLOW)
    bench.behaviour.fill_delay_s = 1
    order = bench.place()
    bench.desk.cancel(1, 1)
    bench.go(seconds=1)
    assert order.status is Status.FILLED
    bench.go(seconds=1)
    assert (order.status, order.filled) == (Status.FILLED, 10)
    assert bench.told[-1].startswith("notice 1/1 10148: ")
    assert bench.told[-1].endswith("state: Filled.")
    bench.turns.cancel_all()


async def test_a_part_can_fill_after_the_cancel_was_asked_for(bench_class: Any) -> None:
    bench = bench_class(book=SLOW)
    bench.behaviour.fill_delay_s = 1
    bench.behaviour.fill = "partial"
    order = bench.place()
    bench.desk.cancel(1, 1)
    bench.go(seconds=1)
    assert (order.status, order.filled) == (Status.PENDING_CANCEL, 5)
    bench.go(seconds=1)
    assert (order.status, order.filled) == (Status.CANCELLED, 5)
    bench.turns.cancel_all()


async def test_what_is_being_cancelled_cannot_be_changed_or_cancelled_again(
    bench_class: Any,
) -> None:
    bench = bench_class(book=SLOW)
    order = bench.place(limit=Decimal(50))
    bench.desk.cancel(1, 1)
    bench.change(order, limit=Decimal(80))
    assert bench.told[-1].startswith("notice 1/1 2102: ")
    bench.desk.cancel(1, 1)
    assert bench.told[-1].startswith("notice 1/1 161: Cancel attempted when")
    bench.desk.cancel_all()
    bench.go(seconds=2)
    assert (order.status, order.filled) == (Status.CANCELLED, 0)
    bench.turns.cancel_all()


async def test_a_cancel_that_was_on_its_way_is_done_after_a_restart(bench_class: Any) -> None:
    bench = bench_class(book=SLOW)
    order = bench.place(limit=Decimal(50))
    bench.desk.cancel(1, 1)
    bench.turns.cancel_all()
    bench.desk.stop()
    bench.desk.start()
    assert order.status is Status.CANCELLED
    bench.turns.cancel_all()


async def test_a_real_client_changes_quantity_price_and_time(
    client: Any, library: Any, running: Any, wait_for: Any
) -> None:
    stock = library.Stock("AAPL", "SMART", "USD")
    trade = client.placeOrder(stock, library.LimitOrder("BUY", 10, 50, tif="DAY"))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    trade.order.totalQuantity, trade.order.lmtPrice, trade.order.tif = 15, 51, "GTC"
    client.placeOrder(stock, trade.order)
    await client.reqCurrentTimeAsync()
    (order,) = running.gateway.orders
    assert (order.quantity, order.ticket.limit, order.ticket.time_in_force) == (15, 51, "GTC")
    assert trade.orderStatus.remaining == 15
    (told,) = await client.reqAllOpenOrdersAsync()
    assert getattr(told, "order", told).tif == "GTC"
