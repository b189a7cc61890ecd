"""Orders and cancels: one message, now, or nothing of it; and everything that the wire says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.core.domain.orders import (
    Commission,
    Consequence,
    Disconnected,
    Execution,
    OpenOrder,
    OrderError,
    OrderStatus,
    SystemMessage,
)
from bot.core.domain.reading import Known, known
from bot.errors import BrokerUnavailable, InvariantBroken

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from bot.core.domain.instrument import Instrument
    from tests.adapters.ib.conftest import Rig, Tools

FAR_BELOW = "1.00"


async def test_an_order_says_all_that_the_intent_says(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    await broker.ready_to_send()
    broker.place_order(tools.intent(apple, -12, "79.25", "T-1"))
    assert broker.order_id_of("T-1") is not None
    await tools.event_of(broker, OpenOrder)
    [order] = rig.gateway.orders
    message = next(fields for fields in rig.tap.sent if fields[0] == "3")
    # 3|id|conId|symbol|type|expiry|strike|right|multiplier|exchange|primary|currency|local|class|secIdType|secId|...
    assert message[2:5] == [str(apple.con_id), "AAPL", "STK"]
    assert message[9:12] == ["SMART", "NASDAQ", "USD"]
    # ...|side|quantity|type|limit|aux|tif|oca|account|openClose|origin|orderRef|transmit|...
    assert message[16:20] == ["SELL", "12", "LMT", "79.25"]
    assert (message[21], message[23], message[26]) == ("DAY", "DU1234567", "T-1")
    assert message[27] == "1"
    assert order.ticket.order_id == broker.order_id_of("T-1")


async def test_an_algorithm_and_the_moment_of_its_end_leave_and_come_back_as_they_are(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    """15:00 UTC is written in UTC, so that no zone can be mistaken."""
    plain = tools.intent(apple, 10, FAR_BELOW, "T-1")
    good_till = rig.gateway_clock.now().replace(microsecond=0) + timedelta(minutes=3)
    broker.place_order(replace(plain, time_in_force="GTD", good_till=good_till))
    parameters = (("adaptivePriority", "Patient"),)
    broker.place_order(
        replace(plain, order_ref="T-2", algorithm="Adaptive", algorithm_parameters=parameters)
    )
    broker.place_order(replace(plain, order_ref="T-3", order_type="MIDPRICE"))
    broker.place_order(replace(plain, order_ref="T-4", order_type="LOC"))
    terms = {}
    for count in range(1, 5):
        echo = await tools.event_of(broker, OpenOrder, order_ref=f"T-{count}")
        terms[echo.order_ref] = (echo.order_type, echo.time_in_force, echo.algorithm)
        assert (echo.account, echo.limit_price) == ("DU1234567", 1)
        assert echo.algorithm_parameters == (parameters if count == 2 else ())
    assert terms == {
        "T-1": ("LMT", "GTD", ""),
        "T-2": ("LMT", "DAY", "Adaptive"),
        "T-3": ("MIDPRICE", "DAY", ""),
        "T-4": ("LOC", "DAY", ""),
    }
    until = {order.ticket.order_ref: order.expires_at for order in rig.gateway.orders}
    assert until["T-1"] == good_till


async def test_an_order_that_is_good_till_a_moment_dies_by_itself(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    """Nobody cancels it: a dead bot, or an order that a gateway kept back."""
    good_till = rig.gateway_clock.now().replace(microsecond=0) + timedelta(minutes=3)
    plain = tools.intent(apple, 10, FAR_BELOW, "T-1")
    broker.place_order(replace(plain, time_in_force="GTD", good_till=good_till))
    await tools.event_of(broker, OrderStatus, status="Submitted")
    rig.gateway_clock.jump(timedelta(minutes=3))
    await broker.read_time()
    await tools.event_of(broker, OrderStatus, status="Cancelled", order_ref="T-1")


async def test_a_number_that_was_used_before_is_left_out_with_those_after_it(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.fill = "none"
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    first = broker.order_id_of("T-1") or 0
    rig.tap.say(4, 2, first, 103, "Duplicate order id", "")
    error = await tools.event_of(broker, OrderError)
    assert error.consequence is Consequence.ORDER_NUMBER
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-2"))
    assert (broker.order_id_of("T-2") or 0) > first + 1000


async def test_the_life_of_an_order_comes_as_facts_of_the_wire(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, "1000.00", "T-1"))
    order_id = broker.order_id_of("T-1")
    acknowledged = await tools.event_of(broker, OpenOrder)
    assert (acknowledged.order_ref, acknowledged.shares) == ("T-1", 10)
    assert acknowledged.limit_price == 1000
    assert acknowledged.perm_id > 0
    fill = await tools.event_of(broker, Execution)
    assert (fill.order_ref, fill.order_id, fill.shares) == ("T-1", order_id, 10)
    assert fill.price < 1000
    assert fill.perm_id == acknowledged.perm_id
    status = await tools.event_of(broker, OrderStatus, status="Filled")
    assert (status.order_ref, status.filled, status.remaining) == ("T-1", 10, 0)
    cost = await tools.event_of(broker, Commission)
    assert cost.execution_id == fill.execution_id
    assert cost.amount is not None
    assert cost.amount > 0
    assert cost.currency == "USD"


async def test_partial_fills_are_single_executions(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.fill = "partial"
    broker.place_order(tools.intent(apple, -10, FAR_BELOW, "T-1"))
    fill = await tools.event_of(broker, Execution)
    assert -10 < fill.shares < 0
    status = await tools.event_of(broker, OrderStatus, filled=-fill.shares)
    assert status.remaining == 10 + fill.shares
    books = known(await broker.read_orders())
    assert sum(row.shares for row in books.executions) == -status.filled


async def test_a_rejected_order_is_a_hint_with_its_code(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.reject_code = 201
    broker.place_order(tools.intent(apple, 10, "1000.00", "T-1"))
    error = await tools.event_of(broker, OrderError)
    assert (error.order_ref, error.code, error.is_refusal) == ("T-1", 201, True)


@pytest.mark.parametrize("code", [399, 404, 2109, 10349, 10147, 10148, 161, 202, 4711])
async def test_other_codes_are_no_refusals_and_change_nothing(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument, code: int
) -> None:
    rig.behaviour.fill = "none"
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OrderStatus)
    rig.tap.say(4, 2, broker.order_id_of("T-1"), code, "words", "")
    error = await tools.event_of(broker, OrderError)
    assert (error.order_ref, error.code, error.is_refusal) == ("T-1", code, False)
    [row] = known(await broker.read_orders()).open_orders
    assert row.order_ref == "T-1"


async def test_errors_of_orders_that_are_not_ours_are_no_order_errors(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    rig.tap.say(4, 2, 4711, 201, "somebody else's", "")
    event = await tools.event_of(broker, SystemMessage, code=201)
    assert event.message == "somebody else's"


async def test_errors_of_orders_of_another_journal_are_no_order_errors(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OpenOrder)
    order_id = broker.order_id_of("T-1")
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    other = await rig.connected(own_prefix="U-")
    await other.read_orders()
    rig.tap.say(4, 2, order_id, 202, "words", "")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    events = []
    while SystemMessage(2107, "marker") not in events:
        events.append(await other.next_event(1))
    assert not any(isinstance(event, OrderError) for event in events)


async def test_a_cancel_is_asked_for_and_confirmed_by_the_wire(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OrderStatus, status="Submitted")
    order_id = broker.order_id_of("T-1")
    assert order_id is not None
    await broker.cancel_order("T-1", order_id)
    await tools.event_of(broker, OrderStatus, status="Cancelled", order_ref="T-1")
    books = known(await broker.read_orders())
    assert books.open_orders == ()
    assert [row.order_ref for row in books.completed_orders] == ["T-1"]


async def test_an_order_of_an_earlier_connection_can_be_cancelled_once_it_was_seen(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OpenOrder)
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    [row] = known(await broker.read_orders()).open_orders
    await broker.cancel_order(row.order_ref, row.order_id)
    await tools.event_of(broker, OrderStatus, status="Cancelled", order_ref="T-1")


async def test_a_cancel_never_hits_another_order(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    order_id = broker.order_id_of("T-1")
    assert order_id is not None
    with pytest.raises(InvariantBroken, match=r"is T-1 here, not T-2"):
        await broker.cancel_order("T-2", order_id)
    with pytest.raises(InvariantBroken, match="no order of this journal"):
        await broker.cancel_order("foreign", order_id)


async def test_order_ids_go_up_and_never_below_one_that_was_seen(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.fill = "none"
    ids = []
    for count in range(3):
        ref = f"T-{count}"
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, ref))
        ids.append(broker.order_id_of(ref) or 0)
    rig.tap.say(3, 5000, "Submitted", 0, 1, 0, 77, 0, 0, 7, "", 0)
    rig.tap.say(3, 9000, "Submitted", 0, 1, 0, 78, 0, 0, 8, "", 0)
    await tools.event_of(broker, OrderStatus, order_id=9000)
    broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-3"))
    ids.append(broker.order_id_of("T-3") or 0)
    assert ids == sorted(set(ids))
    assert ids[-1] == 5001
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-4"))
    assert (broker.order_id_of("T-4") or 0) > 5001


async def test_an_id_that_was_seen_does_not_come_again_after_a_reconnect(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    """A gateway that restarts may hand out old ids anew."""
    rig.tap.say(3, 5000, "Submitted", 0, 1, 0, 77, 0, 0, 7, "", 0)
    await tools.event_of(broker, OrderStatus, order_id=5000)
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-4"))
    assert broker.order_id_of("T-4") == 5001


async def test_nothing_leaves_over_a_read_only_connection(rig: Rig, tools: Tools) -> None:
    for changes in ({"read_only": True}, {"mode": "observe"}):
        broker = await rig.connected(**changes)
        [apple] = await tools.resolved(broker, "AAPL")
        with pytest.raises(InvariantBroken, match="read-only"):
            broker.place_order(tools.intent(apple, 10, FAR_BELOW))
        with pytest.raises(InvariantBroken, match="read-only"):
            await broker.cancel_order("T-1", 5)
        assert isinstance(await broker.read_time(), Known)
        await broker.disconnect()
        await tools.until(lambda: rig.gateway.client_ids == ())
    assert not {"3", "4"} & set(rig.asked)


async def test_an_intent_that_does_not_fit_the_connection_is_a_bug(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    intent = tools.intent(apple, 10, FAR_BELOW)
    for wrong in (
        replace(intent, account="DU7777777"),
        replace(intent, order_ref="other-1"),
        replace(intent, time_in_force="GTC"),
        replace(intent, time_in_force=""),
        replace(intent, time_in_force="GTD"),
        replace(intent, good_till=rig.clock.now()),
        replace(intent, order_type="MKT"),
        replace(intent, order_type="MOC"),
        replace(intent, limit_price=Decimal(0)),
        replace(intent, shares=0),
    ):
        with pytest.raises(InvariantBroken):
            broker.place_order(wrong)
    broker.place_order(intent)
    with pytest.raises(InvariantBroken, match="was sent before"):
        broker.place_order(intent)
    await broker.read_time()
    assert rig.asked.count("3") == 1


async def test_without_a_line_nothing_is_written(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    intent = tools.intent(apple, 10, FAR_BELOW)
    rig.gateway.drop_connections()
    await tools.event_of(broker, Disconnected)
    with pytest.raises(BrokerUnavailable):
        await broker.ready_to_send()
    with pytest.raises(BrokerUnavailable):
        broker.place_order(intent)
    with pytest.raises(BrokerUnavailable):
        await broker.cancel_order("T-1", 5)
    assert broker.order_id_of(intent.order_ref) is None
    await broker.connect()
    assert known(await broker.read_orders()).open_orders == ()


async def test_a_line_that_drops_on_an_order_says_so_and_the_order_is_found_again(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.drop_on_place = True
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, Disconnected)
    await broker.connect()
    [row] = known(await broker.read_orders()).open_orders
    assert (row.order_ref, row.shares) == ("T-1", 10)
    assert len(rig.gateway.orders) == 1


@pytest.mark.parametrize("code", [1100, 2110])
async def test_no_order_is_given_to_a_gateway_that_has_lost_ib_but_cancels_are(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument, code: int
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OpenOrder)
    rig.tap.say(4, 2, -1, code, "lost", "")
    await tools.said(broker, code)
    with pytest.raises(BrokerUnavailable, match="lost IB's servers"):
        await broker.ready_to_send()
    with pytest.raises(BrokerUnavailable, match="lost IB's servers"):
        broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-2"))
    await broker.cancel_order("T-1", broker.order_id_of("T-1") or 0)
    await tools.event_of(broker, OrderStatus, status="Cancelled")
    assert rig.asked.count("3") == 1


async def test_a_doubtful_connection_takes_no_order_but_cancels(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-1"))
    await tools.event_of(broker, OpenOrder)
    rig.tap.say("garbage")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    await tools.said(broker, 2107)
    with pytest.raises(BrokerUnavailable, match="doubtful"):
        broker.place_order(tools.intent(apple, 10, FAR_BELOW, "T-2"))
    await broker.cancel_order("T-1", broker.order_id_of("T-1") or 0)
    await tools.event_of(broker, OrderStatus, status="Cancelled")


async def test_fills_keep_coming_while_the_gateway_has_lost_ib(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.tap.after["3"] = lambda: rig.tap.say(4, 2, -1, 1100, "lost", "")
    for count in range(5):
        broker.place_order(tools.intent(apple, 1, "1000.00", f"T-{count}"))
    fills = [await tools.event_of(broker, Execution) for _ in range(5)]
    assert {fill.order_ref for fill in fills} == {f"T-{count}" for count in range(5)}


async def test_prices_keep_their_spelling(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.behaviour.fill = "none"
    for price in ("0.0001", "10.1", "100", "123.45", "1234.5"):
        broker.place_order(tools.intent(apple, 1, price, f"T-{price}"))
        row = await tools.event_of(broker, OpenOrder, order_ref=f"T-{price}")
        assert row.limit_price == Decimal(price)
