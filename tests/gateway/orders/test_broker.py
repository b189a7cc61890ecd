"""What the broker does by itself: orders placed by hand, liquidations, corrected and lost orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.orders.order import Status


async def test_orders_placed_by_hand_have_numbers_below_zero_and_trade(bench: Any) -> None:
    """AAPL is quoted 78.99 to 79.01."""
    before = bench.ledger.shares("AAPL")
    bought = bench.desk.place_foreign("AAPL", 10)
    rests = bench.desk.place_foreign("AAPL", -5, "LMT", Decimal(500))
    assert [order.key for order in (bought, rests)] == [(0, -1), (0, -2)]
    assert (bought.status, bought.average_price) == (Status.FILLED, Decimal("79.01"))
    assert (rests.status, rests.ticket.order_ref) == (Status.SUBMITTED, "")
    assert bench.ledger.shares("AAPL") == before + 10
    assert bench.desk.numbering.next_order_id(0) == 1


async def test_orders_placed_by_hand_are_told_to_client_0_once_it_has_bound_them(
    bench: Any,
) -> None:
    hidden = bench.desk.place_foreign("AAPL", 5, "LMT", Decimal(50))
    assert bench.told == []
    assert bench.desk.working(0) == []
    assert bench.desk.working() == [hidden]
    bench.desk.cancel(0, -1)
    assert bench.told[-1].startswith("notice 0/-1 10147")
    bench.desk.bind(is_bound=True)
    assert bench.desk.working(0) == [hidden]
    assert bench.desk.working(1) == []
    bench.desk.cancel(0, -1)
    assert (hidden.status, bench.told[-2]) == (Status.CANCELLED, "status Cancelled 0/5")


async def test_a_bound_order_stays_one_that_was_placed_by_hand(bench: Any) -> None:
    bench.desk.bind(is_bound=True)
    order = bench.desk.place_foreign("AAPL", 5, "LMT", Decimal(50))
    bench.change(order, limit=Decimal(51), is_foreign=False)
    assert (order.ticket.limit, order.is_foreign) == (51, True)


@pytest.mark.parametrize(
    ("symbol", "shares", "words"),
    [
        ("NOPE", 1, "No security definition"),
        ("AAPL", 0, "order size cannot be zero"),
        ("AAPL", -100_000, "may not hold short positions"),
    ],
)
async def test_orders_by_hand_that_cannot_be_are_refused(
    bench: Any, symbol: str, shares: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        bench.desk.place_foreign(symbol, shares)


async def test_a_liquidation_is_an_order_of_the_broker(bench: Any) -> None:
    before = bench.ledger.shares("AAPL")
    order = bench.desk.liquidate("", "AAPL", -100)
    assert (order.status, order.ticket.is_liquidation) == (Status.FILLED, True)
    assert (order.ticket.client_id, order.account) == (0, "DU1234567")
    assert bench.ledger.shares("AAPL") == before - 100


async def test_a_corrected_price_moves_cash_and_replaces_the_fill(bench: Any) -> None:
    """10 shares at 79.00 and not at 79.01 cost 0.10 less."""
    order = bench.place()
    (wrong,) = bench.desk.executions
    cash = bench.ledger.cash
    right = bench.desk.correct(wrong, price=Decimal("79.00"))
    assert wrong.execution_id.endswith(".01")
    assert right.execution_id == wrong.execution_id[:-2] + "02"
    assert bench.desk.executions == [right]
    assert bench.desk.records.executed_on(bench.moment.date()) == [right]
    assert bench.ledger.cash == cash + Decimal("0.10")
    assert (order.average_price, order.status) == (79, Status.FILLED)
    assert bench.told[-4:] == [
        "execution 10 at 79.00",
        "status Filled 10/10",
        "commission 0.08",
        "account AAPL",
    ]
    again = bench.desk.correct(right, price=Decimal("79.02"))
    assert again.execution_id.endswith(".03")


async def test_a_corrected_size_moves_shares_and_cash(bench: Any) -> None:
    """3 shares fewer: 3 times 79.01 comes back."""
    order = bench.place()
    cash, shares = bench.ledger.cash, bench.ledger.shares("AAPL")
    bench.desk.correct(bench.desk.executions[0], shares=7)
    assert bench.ledger.shares("AAPL") == shares - 3
    assert bench.ledger.cash == cash + Decimal("237.03")
    assert (order.filled, order.remaining, order.status) == (7, 0, Status.FILLED)


async def test_a_correction_can_fill_the_order(bench: Any) -> None:
    bench.behaviour.fill = "partial"
    order = bench.place()
    bench.desk.correct(bench.desk.executions[0], shares=10)
    assert (order.status, bench.desk.working()) == (Status.FILLED, [])


@pytest.mark.parametrize("shares", [0, 11])
async def test_corrections_fit_the_order(bench: Any, shares: int) -> None:
    bench.place()
    with pytest.raises(ValueError, match="do not fit an order for 10"):
        bench.desk.correct(bench.desk.executions[0], shares=shares)
    old = bench.desk.executions[0]
    bench.desk.correct(old, shares=9)
    with pytest.raises(ValueError, match="not in list"):
        bench.desk.correct(old, shares=8)


async def test_a_real_client_0_binds_and_cancels_an_order_placed_by_hand(
    running: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    """The library binds by itself if it connects as client 0."""
    desk = running.gateway._venue.desk
    client = await connect(running.port, 0)
    await client.reqCurrentTimeAsync()
    order = desk.place_foreign("AAPL", 5, "LMT", Decimal(50))
    await wait_for(client.openOrderEvent, lambda: bool(client.openTrades()))
    (trade,) = client.openTrades()
    assert (trade.order.orderId, trade.order.permId) == (-1, order.permanent_id)
    client.cancelOrder(trade.order)
    await wait_for(trade.statusEvent, trade.isDone)
    assert order.status is Status.CANCELLED


async def test_a_liquidation_is_marked_on_the_wire(running: Any, raw: Any) -> None:
    """The mark of a liquidation stands behind the client id."""
    desk = running.gateway._venue.desk
    desk.liquidate("", "AAPL", -1)
    raw.send(7, 3, 9, 0, "", "", "", "", "", "")
    execution, *_ = await raw.answers()
    assert (execution[0], execution[2], execution[22], execution[23]) == ("11", "-1", "0", "1")
