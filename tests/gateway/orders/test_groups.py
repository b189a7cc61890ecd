"""One-cancels-all groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Status


def grouped(bench: Any, quantity: int, oca_type: int, **terms: Any) -> Any:
    """Place an order of the group, which rests unless its terms say otherwise."""
    values = {"limit": Decimal(50), "oca_group": "group", "oca_type": oca_type, **terms}
    return bench.place(quantity=Decimal(quantity), **values)


@pytest.mark.parametrize("oca_type", [0, 1, 2, 3])
async def test_a_complete_fill_cancels_the_others(bench: Any, oca_type: int) -> None:
    others = [grouped(bench, 10, oca_type), grouped(bench, 20, oca_type)]
    alone = bench.place(limit=Decimal(50))
    told = len(bench.told)
    filled = grouped(bench, 5, oca_type, limit=Decimal(80))
    assert filled.status is Status.FILLED
    assert [other.status for other in others] == [Status.CANCELLED] * 2
    assert alone.status is Status.SUBMITTED
    cancels = [line for line in bench.told[told:] if "Cancelled" in line or "202" in line]
    assert cancels == [
        "status Cancelled 0/10",
        "notice 1/1 202: Order Canceled - reason:",
        "status Cancelled 0/20",
        "notice 1/2 202: Order Canceled - reason:",
    ]


@pytest.mark.parametrize(
    ("oca_type", "left"), [(1, [0, 0]), (2, [5, 10]), (3, [5, 10]), (0, [5, 10])]
)
async def test_a_partial_fill_cancels_or_reduces_the_others(
    bench: Any, oca_type: int, left: list[int]
) -> None:
    """Half of 10 trades; half of 11 and half of 20 stay, rounded down."""
    others = [grouped(bench, 11, oca_type), grouped(bench, 20, oca_type)]
    bench.behaviour.fill = "partial"
    filled = grouped(bench, 10, oca_type, limit=Decimal(80))
    assert (filled.filled, filled.status) == (5, Status.SUBMITTED)
    assert [other.remaining if other.is_working else 0 for other in others] == left
    if oca_type != 1:
        assert "status Submitted 0/5" in bench.told
    bench.behaviour.fill = "full"
    bench.desk.look_again()
    assert [other.status for other in others] == [Status.CANCELLED] * 2


async def test_of_a_blocking_group_one_order_trades_at_a_time(bench: Any) -> None:
    bench.behaviour.fill_delay_s = 1
    first = grouped(bench, 10, 1, limit=Decimal(80))
    second = grouped(bench, 10, 1, limit=Decimal(80))
    bench.go(seconds=2)
    assert (first.status, second.status) == (Status.FILLED, Status.CANCELLED)
    assert len(bench.desk.executions) == 1


async def test_the_next_one_of_a_blocking_group_trades_if_the_first_is_cancelled(
    bench: Any,
) -> None:
    bench.behaviour.fill_delay_s = 1
    grouped(bench, 10, 2, limit=Decimal(80))
    second = grouped(bench, 10, 2, limit=Decimal(80))
    bench.desk.cancel(1, 1)
    bench.go(seconds=2)
    assert second.status is Status.FILLED


async def test_a_group_without_block_works_all_of_its_orders(bench: Any) -> None:
    """Both would trade a second later; the first one that does takes the other one away."""
    bench.behaviour.fill_delay_s = 1
    stocks = [KNOWN_INSTRUMENTS[symbol] for symbol in ("AAPL", "KO")]
    orders = [grouped(bench, 10, 3, limit=Decimal(80), instrument=stock) for stock in stocks]
    bench.go(seconds=2)
    assert [order.status for order in orders] == [Status.FILLED, Status.CANCELLED]


async def test_a_name_can_be_used_again_on_the_day_after_its_group_was_filled(bench: Any) -> None:
    grouped(bench, 10, 2)
    grouped(bench, 10, 2, limit=Decimal(80))
    bench.go("2020-06-02T14:30:00")
    again = grouped(bench, 10, 2)
    bench.behaviour.fill = "partial"
    grouped(bench, 10, 2, limit=Decimal(80))
    assert (again.status, again.remaining) == (Status.SUBMITTED, 5)


async def test_groups_outlive_a_restart(bench: Any) -> None:
    rests = grouped(bench, 10, 1)
    bench.desk.stop()
    bench.desk.start()
    grouped(bench, 10, 1, limit=Decimal(80))
    assert rests.status is Status.CANCELLED


async def test_a_real_client_sees_its_group_cancelled(
    client: Any, library: Any, wait_for: Any
) -> None:
    stock = library.Stock("AAPL", "SMART", "USD")
    orders = [library.LimitOrder("BUY", 10, price, tif="DAY") for price in (50, 80)]
    library.IB.oneCancelsAll(orders, "my group", 1)
    rests, fills = [client.placeOrder(stock, order) for order in orders]
    await wait_for(rests.statusEvent, rests.isDone)
    assert (rests.orderStatus.status, fills.orderStatus.status) == ("Cancelled", "Filled")
