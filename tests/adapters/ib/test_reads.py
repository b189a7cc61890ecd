"""Reads of account, positions, orders and time: known, confirmed empty, or unknown - and never a guess."""

from __future__ import annotations

import asyncio
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.ib.limiter import Lane
from bot.core.domain.instrument import InstrumentSpec, Unresolved
from bot.core.domain.orders import Commission, CompletedOrder, Execution, OpenOrder
from bot.core.domain.reading import ConfirmedEmpty, Known, Reading, Unknown, known, rows
from bot.gateway import GatewayConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.adapters.ib import IbBroker
    from tests.adapters.ib.conftest import Rig, Tools

    Read = Callable[[IbBroker], Coroutine[Any, Any, Reading[Any]]]

READS: dict[str, Read] = {
    "positions": lambda broker: broker.read_positions(),
    "account": lambda broker: broker.read_account(),
    "orders": lambda broker: broker.read_orders(),
    "time": lambda broker: broker.read_time(),
}

# The message that ends each read, and the words for it.
ENDS = [
    ("positions", 62, "positions"),
    ("account", 54, "account"),
    ("orders", 53, "open orders"),
    ("orders", 102, "completed orders"),
    ("orders", 55, "executions"),
    ("time", 49, "time"),
]


async def test_the_account_is_read_in_its_base_currency(rig: Rig, broker: IbBroker) -> None:
    state = known(await broker.read_account())
    assert (state.account, state.account_type, state.currency) == ("DU1234567", "INDIVIDUAL", "USD")
    assert state.cash == rig.gateway.cash
    assert state.net_liquidation is not None
    assert sum(state.market_values.values()) + rig.gateway.cash == state.net_liquidation
    assert state.foreign_cash == {}


async def test_the_subscriptions_end_with_the_reads(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    await broker.read_account()
    await broker.read_positions()
    await tools.until(lambda: len(rig.asked) == 4)
    assert rig.asked == ["6", "6", "61", "64"]
    assert [fields[2] for fields in rig.tap.sent if fields[0] == "6"] == ["1", "0"]


async def test_positions_are_signed_shares_of_the_account(rig: Rig, broker: IbBroker) -> None:
    positions = rows(await broker.read_positions())
    held = {symbol: position.shares for symbol, position in rig.gateway.positions.items()}
    assert {row.symbol: row.quantity for row in positions} == held
    assert all(row.security_type == "STK" and row.currency == "USD" for row in positions)
    assert all(row.average_cost is not None and row.average_cost > 0 for row in positions)


@pytest.mark.parametrize("gateway_config", [GatewayConfig(positions={}, cash=Decimal(1000))])
async def test_no_positions_at_all_are_confirmed_empty(broker: IbBroker) -> None:
    assert isinstance(await broker.read_positions(), ConfirmedEmpty)
    state = known(await broker.read_account())
    assert (state.cash, state.net_liquidation, state.market_values) == (1000, 1000, {})


@pytest.mark.parametrize("gateway_config", [GatewayConfig(positions={}, cash=Decimal(1000))])
async def test_rows_of_other_accounts_and_closed_positions_are_no_positions(
    rig: Rig, broker: IbBroker
) -> None:
    stock = (265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS")

    def say_more() -> None:
        rig.tap.say(61, 3, "DU7777777", 4242, *stock[1:], 10, 100.0)
        rig.tap.say(61, 3, "DU1234567", *stock, 10, 100.0)
        rig.tap.say(61, 3, "DU1234567", *stock, 0, 0)

    rig.tap.after["61"] = say_more
    assert isinstance(await broker.read_positions(), ConfirmedEmpty)


async def test_values_of_other_accounts_and_other_ends_are_not_ours(
    rig: Rig, broker: IbBroker
) -> None:
    def say_more() -> None:
        rig.tap.say(6, 2, "NetLiquidation", "1.00", "EUR", "DU7777777")
        rig.tap.say(54, 1, "DU7777777")

    rig.tap.after["6"] = say_more
    state = known(await broker.read_account())
    assert state.net_liquidation is not None
    assert state.net_liquidation > 1


async def test_an_account_that_is_not_ready_is_unknown(rig: Rig, broker: IbBroker) -> None:
    rig.behaviour.muted = {54}

    def say_more() -> None:
        if rig.tap.sent[-1][2] == "1":
            rig.tap.say(6, 2, "AccountReady", "false", "", "DU1234567")
            rig.tap.say(54, 1, "DU1234567")

    rig.tap.after["6"] = say_more
    reading = await broker.read_account()
    assert isinstance(reading, Unknown)
    assert "not ready" in reading.reason


async def test_the_brokers_time_is_aware_and_whole(rig: Rig, broker: IbBroker) -> None:
    time = known(await broker.read_time())
    assert time.tzinfo is UTC
    assert abs((time - rig.gateway.config.at).total_seconds()) < 30
    assert time.microsecond == 0


async def test_three_ended_lists_without_rows_are_known_to_be_empty(broker: IbBroker) -> None:
    books = known(await broker.read_orders())
    assert (books.open_orders, books.completed_orders, books.executions) == ((), (), ())


async def test_the_lists_are_asked_for_in_the_order_in_which_orders_move(
    rig: Rig, broker: IbBroker
) -> None:
    await broker.read_orders()
    assert rig.asked == ["16", "99", "7"]


async def test_orders_of_every_stage_are_read(rig: Rig, broker: IbBroker, tools: Tools) -> None:
    apple, exxon = await tools.resolved(broker, "AAPL", "XOM")
    broker.place_order(tools.intent(apple, -10, "1.00", "T-sold"))
    await tools.event_of(broker, Execution, order_ref="T-sold")
    broker.place_order(tools.intent(exxon, 5, "1.00", "T-resting"))
    await tools.event_of(broker, OpenOrder, order_ref="T-resting")
    books = known(await broker.read_orders())

    [resting] = books.open_orders
    assert (resting.order_ref, resting.shares, resting.limit_price) == ("T-resting", 5, 1)
    assert (resting.client_id, resting.con_id) == (7, exxon.con_id)
    [sold] = books.completed_orders
    assert isinstance(sold, CompletedOrder)
    assert (sold.order_ref, sold.shares, sold.filled, sold.status) == ("T-sold", -10, 10, "Filled")
    [fill] = books.executions
    assert (fill.order_ref, fill.shares, fill.con_id) == ("T-sold", -10, apple.con_id)
    assert fill.executed_at.tzinfo is UTC
    assert abs((fill.executed_at - rig.gateway.config.at).total_seconds()) < 30


async def test_orders_of_other_clients_are_read_and_their_fills(rig: Rig, tools: Tools) -> None:
    other = await rig.connected(client_id=9)
    [apple] = await tools.resolved(other, "AAPL")
    other.place_order(tools.intent(apple, 3, "1.00", "T-other"))
    await tools.event_of(other, OpenOrder)
    mine = await rig.connected(own_prefix="M-")
    [row] = known(await mine.read_orders()).open_orders
    assert (row.order_ref, row.client_id) == ("T-other", 9)
    assert mine.order_id_of("T-other") is None


@pytest.mark.parametrize(("read", "muted", "words"), ENDS)
async def test_a_lost_end_marker_leaves_the_read_unknown_until_a_new_connection(
    rig: Rig, read: str, muted: int, words: str
) -> None:
    broker = await rig.connected(request_timeout_s=0.1)
    rig.behaviour.muted = {muted}
    first = await READS[read](broker)
    assert isinstance(first, Unknown)
    assert first.reason == f"the end of the answer ({words}) did not come within 0.1 s"
    rig.behaviour.muted = set()
    if words != "executions":  # their answers carry the id of their question: nothing is owed
        second = await READS[read](broker)
        assert isinstance(second, Unknown)
        assert "connect anew" in second.reason
        assert not broker.is_connected
        await broker.connect()
    assert isinstance(await READS[read](broker), Known)


@pytest.mark.parametrize(("read", "muted", "words"), ENDS)
async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(
    rig: Rig, tools: Tools, read: str, muted: int, words: str
) -> None:
    del muted, words
    broker = await rig.connected(request_timeout_s=0.1)
    rig.tap.hold()
    assert isinstance(await READS[read](broker), Unknown)
    rig.tap.release()
    reading = await READS[read](broker)
    while isinstance(reading, Unknown):  # the owed answer is still on its way
        await tools.turn()
        reading = await READS[read](broker)
    assert broker.is_connected
    assert isinstance(reading, Known)


@pytest.mark.parametrize("read", READS)
async def test_a_line_that_drops_in_the_middle_of_a_read_ends_it_at_once(
    rig: Rig, broker: IbBroker, read: str
) -> None:
    rig.tap.hold()
    for message in ("6", "16", "49", "61"):
        rig.tap.after[message] = rig.tap.cut
    before_s = rig.clock.monotonic()
    reading = await READS[read](broker)
    assert isinstance(reading, Unknown)
    assert "the line dropped" in reading.reason
    assert rig.clock.monotonic() - before_s < rig.settings.request_timeout_s / 2


async def test_a_message_that_cannot_be_read_ends_the_reads_that_wait(
    rig: Rig, broker: IbBroker
) -> None:
    rig.behaviour.muted = {62}
    rig.tap.after["61"] = lambda: rig.tap.say("garbage")
    before_s = rig.clock.monotonic()
    reading = await broker.read_positions()
    assert isinstance(reading, Unknown)
    assert "became doubtful" in reading.reason
    assert rig.clock.monotonic() - before_s < rig.settings.request_timeout_s / 2


async def test_an_order_that_fills_while_the_list_is_read_is_no_open_order(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    rig.behaviour.fill = "none"
    [apple] = await tools.resolved(broker, "AAPL")
    broker.place_order(tools.intent(apple, 10, "1000.00", "T-1"))
    await tools.event_of(broker, OpenOrder)
    rig.behaviour.muted = {53}
    reading = asyncio.ensure_future(broker.read_orders())
    await tools.until(lambda: "16" in rig.asked)
    rig.behaviour.fill = "full"
    await tools.event_of(broker, OpenOrder, status="Filled")
    rig.tap.say(53, 1)
    books = known(await reading)
    assert books.open_orders == ()
    assert [row.status for row in books.completed_orders] == ["Filled"]
    assert [row.shares for row in books.executions] == [10]


async def test_orders_and_fills_of_other_accounts_are_not_read_unless_they_are_ours(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    """Ours in a wrong account must be seen, of all things."""
    [apple] = await tools.resolved(broker, "AAPL")
    broker.place_order(tools.intent(apple, 10, "1000.00", "T-1"))
    await tools.event_of(broker, Commission)
    [*_, order] = [fields for fields in rig.tap.answered if fields[0] == "5"]
    [fill] = [fields for fields in rig.tap.answered if fields[0] == "11"]
    for ref in ("foreign", "T-1"):
        names = {"DU1234567": "DU7777777", "T-1": ref}
        for fields in (order, fill):
            rig.tap.say(*(names.get(value, value) for value in fields))
    first, second = [await broker.next_event(1) for _ in range(2)]
    assert isinstance(first, OpenOrder)
    assert isinstance(second, Execution)
    assert first.order_ref == second.order_ref == "T-1"
    assert await broker.next_event(0) is None


async def test_a_question_that_waited_for_its_place_is_not_asked_in_another_connection(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    limiter = broker._connection.limiter
    while limiter.take_now(Lane.NORMAL) is not None:
        pass
    question = asyncio.ensure_future(broker.resolve([InstrumentSpec("AAPL", "USD")]))
    await tools.until(lambda: limiter._waiting[Lane.NORMAL] == 1)
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    [answer] = await question
    assert isinstance(answer, Unresolved)
    assert "made anew" in answer.reason
    assert rig.asked == []


async def test_heartbeats_find_a_place_when_orders_have_taken_theirs(
    rig: Rig, broker: IbBroker
) -> None:
    while broker._connection.limiter.take_now(Lane.NORMAL) is not None:
        pass
    before_s = rig.clock.monotonic()
    assert isinstance(await broker.read_time(), Known)
    assert rig.clock.monotonic() - before_s < 0.5


@pytest.mark.parametrize("read", READS)
async def test_without_a_line_every_read_is_unknown(rig: Rig, read: str) -> None:
    reading = await READS[read](rig.broker())
    assert isinstance(reading, Unknown)
    assert reading.reason == "not connected"


@pytest.mark.parametrize("code", [1100, 2110])
@pytest.mark.parametrize("read", READS)
async def test_nothing_is_believed_while_the_gateway_has_lost_ib(
    rig: Rig, broker: IbBroker, tools: Tools, read: str, code: int
) -> None:
    rig.tap.say(4, 2, -1, code, "Connectivity between IB and TWS has been lost.", "")
    await tools.said(broker, code)
    reading = await READS[read](broker)
    assert isinstance(reading, Unknown)
    assert "the gateway has lost IB's servers" in reading.reason
    rig.tap.say(4, 2, -1, 1102, "Connectivity restored - data maintained.", "")
    await tools.said(broker, 1102)
    assert isinstance(await READS[read](broker), Known)


async def test_ib_lost_in_the_middle_of_a_read_makes_it_unknown(rig: Rig, broker: IbBroker) -> None:
    rig.tap.after["61"] = lambda: rig.tap.say(4, 2, -1, 1100, "lost", "")
    reading = await broker.read_positions()
    assert isinstance(reading, Unknown)
    assert reading.reason.startswith("1100")


async def test_the_reason_of_a_time_out_repeats_what_ib_said_meanwhile(rig: Rig) -> None:
    broker = await rig.connected(request_timeout_s=0.1)
    rig.behaviour.muted = {53}
    rig.tap.after["16"] = lambda: rig.tap.say(4, 2, -1, 321, "The API is in Read-Only mode.", "")
    reading = await broker.read_orders()
    assert isinstance(reading, Unknown)
    assert "IB said meanwhile: 321" in reading.reason
    assert "Read-Only" in reading.reason


async def test_reads_of_one_kind_wait_for_each_other(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    readings = await asyncio.gather(*(broker.read_positions() for _ in range(3)))
    assert all(isinstance(reading, Known) for reading in readings)
    await tools.until(lambda: len(rig.asked) == 6)
    assert rig.asked == ["61", "64"] * 3


async def test_reads_of_all_kinds_at_once(broker: IbBroker) -> None:
    readings = await asyncio.gather(*(read(broker) for read in READS.values()))
    assert all(isinstance(reading, Known) for reading in readings)


async def test_a_read_that_is_cancelled_owes_its_end(rig: Rig, broker: IbBroker) -> None:
    rig.tap.hold()
    reading = asyncio.ensure_future(broker.read_positions())
    asked = asyncio.Event()
    rig.tap.after["61"] = asked.set
    await asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    second = await broker.read_positions()
    assert isinstance(second, Unknown)
    assert "connect anew" in second.reason


async def test_a_new_connection_is_not_told_what_the_old_one_was(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    [apple] = await tools.resolved(broker, "AAPL")
    rig.behaviour.fill = "none"
    broker.place_order(tools.intent(apple, 3, "1.00", "T-kept"))
    await tools.event_of(broker, OpenOrder)
    assert broker.order_id_of("T-kept") is not None
    await broker.disconnect()
    assert broker.order_id_of("T-kept") is None
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    assert broker.order_id_of("T-kept") is None
    [row] = known(await broker.read_orders()).open_orders
    assert row.order_ref == "T-kept"
    assert broker.order_id_of("T-kept") == row.order_id
