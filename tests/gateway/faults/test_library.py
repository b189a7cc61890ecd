"""A few faults as the real client library sees them, which is why they matter."""

from __future__ import annotations

from typing import Any

from bot.gateway.orders.order import Status


def sale(library: Any, limit: float = 1) -> tuple[Any, Any]:
    return library.Stock("KO", "SMART", "USD"), library.LimitOrder("SELL", 10, limit, tif="DAY")


async def test_an_informational_code_makes_the_library_believe_that_a_live_order_is_cancelled(
    running: Any, client: Any, library: Any, wait_for: Any
) -> None:
    running.gateway.strike("order-notice", code=10349)
    trade = client.placeOrder(*sale(library, 1000))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Cancelled")
    (order,) = running.gateway.orders
    assert order.status is Status.SUBMITTED
    open_orders = await client.reqAllOpenOrdersAsync()
    assert [each.order.orderId for each in open_orders] == [trade.order.orderId]


async def test_a_reconnect_within_the_lag_finds_no_trace_of_an_order_that_has_traded(
    running: Any, connect: Any, client: Any, library: Any, wait_for: Any
) -> None:
    held = running.gateway.positions["KO"].shares
    running.gateway.strike("view-lag", lag_s=3600)
    running.gateway.strike("drop-connection", side="before-ack")
    client.placeOrder(*sale(library))
    await wait_for(client.disconnectedEvent, lambda: not client.isConnected())
    again = await connect(running.port, 1)
    assert (again.trades(), again.fills()) == ([], [])
    (shown,) = [each for each in again.positions() if each.contract.symbol == "KO"]
    assert shown.position == held
    assert running.gateway.positions["KO"].shares == held - 10
    running.gateway.end_fault("view-lag")
    fills = await again.reqExecutionsAsync()
    assert [fill.execution.shares for fill in fills] == [10]


async def test_an_execution_before_its_status_ends_in_the_same_state(
    running: Any, client: Any, library: Any, wait_for: Any
) -> None:
    for name in ("execution-before-status", "duplicate-execution", "duplicate-commission"):
        running.gateway.strike(name)
    trade = client.placeOrder(*sale(library))
    await wait_for(trade.statusEvent, trade.isDone)
    # The library drops the second execution, since it has the same id.
    assert (trade.orderStatus.status, trade.filled(), len(trade.fills)) == ("Filled", 10, 1)


async def test_positions_that_look_flat_are_believed(
    running: Any, connect: Any, library: Any
) -> None:
    running.gateway.strike("positions-empty")
    client = await connect(running.port, 5)
    assert (client.positions(), client.portfolio()) == ([], [])
    assert len(running.gateway.positions) == 10


async def test_slow_and_split_frames_are_read_all_the_same(
    running: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    client = await connect(running.port, 5)
    running.gateway.strike("slow-frames", piece_bytes=500, step_s=0.001)
    trade = client.placeOrder(*sale(library))
    await wait_for(trade.commissionReportEvent, lambda: trade.isDone() and trade.fills != [])
    assert trade.filled() == 10
