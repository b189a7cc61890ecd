"""The switches, as a client of the library sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.gateway import Behaviour
from bot.gateway.orders.order import Status


def sale(library: Any, quantity: int = 10, **terms: object) -> tuple[Any, Any]:
    order = library.LimitOrder("SELL", quantity, 1, tif="DAY", **terms)
    return library.Stock("KO", "SMART", "USD"), order


def test_unknown_switches_and_positions_are_refused() -> None:
    behaviour = Behaviour()
    with pytest.raises(AttributeError, match="there is no behaviour 'quote'"):
        behaviour.quote = "live"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="quotes = 'stale': expected one of live, frozen"):
        behaviour.quotes = "stale"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="fill = 'half'"):
        Behaviour(fill="half")  # type: ignore[arg-type]


def test_watchers_are_told_until_they_stop() -> None:
    behaviour, told = Behaviour(), []
    behaviour.watch(told.append)
    behaviour.fill = "none"
    behaviour.unwatch(told.append)
    behaviour.fill = "full"
    assert told == ["fill"]


async def test_partial_fill_goes_on_when_the_switch_is_turned(
    client: Any, library: Any, running: Any, wait_for: Any
) -> None:
    running.behaviour.fill = "partial"
    trade = client.placeOrder(*sale(library))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.filled == 5)
    assert (trade.orderStatus.status, trade.orderStatus.remaining) == ("Submitted", 5)
    running.behaviour.fill = "full"
    await wait_for(trade.statusEvent, trade.isDone)
    assert [fill.execution.shares for fill in trade.fills] == [5, 5]


async def test_without_fills_a_marketable_order_rests(
    client: Any, library: Any, running: Any, wait_for: Any
) -> None:
    running.behaviour.fill = "none"
    trade = client.placeOrder(*sale(library))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    running.behaviour.fill = "full"
    await wait_for(trade.statusEvent, trade.isDone)


async def test_fill_delay_lets_the_acknowledgement_go_first(
    client: Any, library: Any, running: Any, wait_for: Any
) -> None:
    running.behaviour.fill_delay_s = 0.05
    trade = client.placeOrder(*sale(library))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    assert trade.fills == []
    await wait_for(trade.statusEvent, trade.isDone)
    assert len(trade.fills) == 1


async def test_muted_messages_are_swallowed(running: Any, raw: Any) -> None:
    running.behaviour.muted.add(62)
    raw.send(61, 1)
    assert [m[0] for m in await raw.answers()] == ["61"] * 10
    running.behaviour.muted.clear()
    raw.send(61, 1)
    assert (await raw.answers())[-1][0] == "62"


async def test_rejection_switch_rejects_with_its_code(
    client: Any, library: Any, running: Any, wait_for: Any
) -> None:
    running.behaviour.reject_code = 203
    client.placeOrder(*sale(library))
    await wait_for(client.errorEvent, lambda: client.errors[-1][1] == 203)
    assert running.gateway.orders[0].status is Status.INACTIVE
    assert running.gateway.executions == ()


async def test_held_acknowledgements_come_in_order_when_released(
    running: Any, raw: Any, library: Any
) -> None:
    running.behaviour.hold_acks = True
    raw.send_bytes(placed(library, raw))
    assert await raw.answers() == []
    assert running.gateway.orders[0].status is Status.FILLED
    running.behaviour.hold_acks = False
    assert [m[0] for m in await raw.answers()] == ["5", "3", "11", "5", "3", "5", "59"]


async def test_what_is_asked_for_is_answered_while_acknowledgements_are_held(
    running: Any, raw: Any, library: Any
) -> None:
    running.behaviour.hold_acks = True
    raw.send_bytes(placed(library, raw))
    raw.send(7, 3, 9, 0, "", "", "", "", "", "")
    assert [m[0] for m in await raw.answers()] == ["11", "59", "55"]


async def test_connection_is_dropped_before_the_acknowledgement_and_the_order_lives(
    running: Any, connect: Any, client: Any, library: Any
) -> None:
    running.behaviour.drop_on_place = True
    seen = []
    client.orderStatusEvent += lambda trade: seen.append(trade.orderStatus.status)
    client.placeOrder(*sale(library, orderRef="only-once"))
    async with asyncio.timeout(5):
        while client.isConnected():
            await client.disconnectedEvent
    assert "Filled" not in seen
    assert not running.behaviour.drop_on_place
    (order,) = running.gateway.orders
    assert (order.status, order.ticket.order_ref) == (Status.FILLED, "only-once")

    again = await connect(running.port, 1)
    assert [fill.execution.orderRef for fill in again.fills()] == ["only-once"]


def placed(library: Any, raw: Any) -> bytes:
    """Return the frame of a sale, as the library sends it."""
    tap = library.client.Client(None)
    tap.serverVersion = lambda: raw.version
    tap.isConnected = lambda: True
    sent: list[str] = []
    tap.sendMsg = sent.append
    tap.placeOrder(1, *sale(library))
    return bytes(raw.frame(*sent[0].split("\0")[:-1]))
