"""Looks in this process, with the real client over TCP to a real gateway: what they do when the world does not help."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from bot.core.machines.order import OrderState
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recorder import Recorder
from bot.engine.report import Outcome
from bot.errors import HaltRequired


def orders_of(desk):
    return [
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    ]


def refs_at_broker(world):
    return [order.ticket.order_ref for order in world.gateway.orders]


def belief(desk):
    """Net shares the journal's executions add up to, by symbol."""
    counted = {}
    for record in orders_of(desk):
        symbol = record.intent.instrument.symbol
        counted[symbol] = counted.get(symbol, 0) + int(record.filled)
    return counted


async def test_a_look_trades_in_two_steps_sells_first(world, desk):
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED
    sides = [order.ticket.action for order in world.gateway.orders]
    assert sides == sorted(sides, reverse=True), "every SELL before every BUY"
    assert belief(desk) == world.filled()
    assert report.plan_end == "done"


async def test_buys_never_spend_more_than_cash_and_proceeds(world, desk):
    await look(desk, execute=True)
    plan = next(iter(desk.recorder.ledger.plans.values()))
    assert plan.cash_now() >= 0
    assert world.gateway.cash > 0


async def test_an_order_that_the_line_swallowed_is_found_again_and_not_sent_twice(world, desk):
    """The gateway accepts the order and the connection dies before a word about it."""
    world.behaviour.drop_on_place = True
    first = await look(desk, execute=True)
    assert first.outcome is Outcome.UNKNOWN
    assert first.exit_code == 69
    assert desk.recorder.ledger.open_plan() is not None
    second = await look(desk, execute=True)
    assert second.outcome is Outcome.TRADED, second.statement
    assert len(refs_at_broker(world)) == len(set(refs_at_broker(world)))
    assert belief(desk) == world.filled()


@pytest.mark.settings("settle_s = 0.3\nacknowledge_timeout_s = 1")
async def test_an_order_of_which_nothing_is_heard_is_unknown_until_the_lists_show_it(world, desk):
    world.behaviour.hold_acks = True
    report = await look(desk, execute=True)
    # The executions list shows the fills although no event came: nothing was sent again.
    assert report.outcome is Outcome.TRADED, report.statement
    assert len(refs_at_broker(world)) == len(set(refs_at_broker(world)))
    assert belief(desk) == world.filled()


async def test_a_refused_order_is_not_tried_again_and_the_plan_is_given_up(world, desk):
    world.behaviour.reject_code = 201
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert report.exit_code == 1
    assert "refused by the broker" in report.statement
    attempts = [record.intent.attempt for record in orders_of(desk)]
    assert set(attempts) == {1}
    assert world.filled() == dict.fromkeys(world.filled(), 0)


@pytest.mark.settings("settle_s = 0.3\norder_timeout_s = 1\nattempts_max = 2")
async def test_what_does_not_fill_is_cancelled_repriced_and_then_given_up(world, desk):
    world.behaviour.fill = "none"
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert {record.state for record in orders_of(desk)} == {OrderState.CANCELLED}
    sells = [record.intent for record in orders_of(desk) if record.intent.shares < 0]
    assert sorted(intent.attempt for intent in sells) == [1, 1, 2, 2]
    # Without proceeds, buys may use only the cash that was there: 0.72 % of base, less the buffer of 0.2 %.
    buys = [record.intent for record in orders_of(desk) if record.intent.shares > 0]
    plan = next(iter(desk.recorder.ledger.plans.values()))
    assert sum(buy.shares * buy.limit_price for buy in buys if buy.attempt == 1) <= plan.cash
    assert all(order.status.value == "Cancelled" for order in world.gateway.orders)


@pytest.mark.settings("settle_s = 0.3\norder_timeout_s = 1\nattempts_max = 4")
async def test_partial_fills_are_counted_once_and_the_rest_is_tried_again(world, desk):
    """The gateway fills half of every order, so four attempts leave a sixteenth."""
    world.behaviour.fill = "partial"
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert belief(desk) == world.filled()
    plan = next(iter(desk.recorder.ledger.plans.values()))
    for leg in plan.plan.legs:
        approved = leg.shares - plan.trimmed.get(leg.index, 0)
        assert abs(plan.filled(leg)) <= abs(approved)
        assert abs(plan.remaining(leg)) <= abs(approved) / 16 + 4


#: Outgoing messages that end a read (IB.md section 2.3).
END_MARKERS = {
    "positions": 62,
    "open orders": 53,
    "completed orders": 102,
    "account": 54,
    "executions": 55,
}


@pytest.mark.settings("settle_s = 0.3", **{"port = ": "request_timeout_s = 1\nport = "})
@pytest.mark.parametrize("name", END_MARKERS)
async def test_a_read_that_does_not_end_is_unknown_and_nothing_is_sent(world, desk, name):
    world.behaviour.muted = {END_MARKERS[name]}
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.UNKNOWN
    assert report.exit_code == 69
    assert world.gateway.orders == ()
    world.behaviour.muted = set()
    again = await look(desk, execute=True)
    assert again.outcome is Outcome.TRADED, again.statement


@pytest.mark.settings("settle_s = 0.3", **{"port = ": "quote_timeout_s = 1\nport = "})
@pytest.mark.parametrize("quotes", ["frozen", "delayed", "absent", "silent", "noperm"])
async def test_quotes_that_are_not_live_send_nothing(world, desk, quotes):
    world.behaviour.quotes = quotes
    report = await look(desk, execute=True)
    assert report.outcome in {Outcome.BLOCKED, Outcome.UNKNOWN}
    assert any(symbol in report.statement for symbol in ("AAPL", "BAC"))
    assert world.gateway.orders == ()


@pytest.mark.settings("settle_s = 0.3", **{"quote_age_max_s = 10": "quote_age_max_s = 0.000001"})
async def test_stale_quotes_send_nothing(world, desk):
    """With a limit of a microsecond every quote is too old by the time it is judged."""
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.BLOCKED, report.statement
    assert "old" in report.statement
    assert world.gateway.orders == ()


async def test_a_halt_that_is_there_before_the_look_sends_nothing(world, desk):
    desk.switch.halt("test")
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.HALTED, 77)
    assert world.gateway.orders == ()


@pytest.mark.at("2020-06-01T21:30:00")
async def test_a_closed_exchange_is_said_with_the_next_opening(world, desk):
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.CLOSED, 0)
    assert "2020-06-02 13:30 UTC" in report.statement
    assert world.gateway.orders == ()


async def test_every_look_is_in_the_journal_with_its_end(world, desk):
    await look(desk, execute=True)
    await look(desk, execute=True)
    journal = desk.recorder.journal
    started = journal.events(kinds=[events.LOOK_STARTED])
    ended = journal.events(kinds=[events.LOOK_ENDED])
    assert [f"L{event.sequence}" for event in started] == [event.look_id for event in ended]
    assert [event.body["outcome"] for event in ended] == ["traded", "nothing_to_do"]


async def test_a_restart_knows_exactly_what_the_process_before_it_knew(world, desk):
    await look(desk, execute=True)
    again = Recorder(desk.recorder.journal)
    assert again.ledger.plans == desk.recorder.ledger.plans
    assert again.ledger.occurrences_done == desk.recorder.ledger.occurrences_done


async def test_a_look_without_a_lease_only_shows(world, desk):
    report = await look(replace(desk, lease=None), execute=False)
    assert report.outcome is Outcome.WOULD_TRADE
    assert world.gateway.orders == ()


async def test_a_foreign_order_holds_its_symbol_and_is_never_touched(world, desk):
    """Another program's resting order on MSFT: MSFT is not traded, the others are."""
    from bot.adapters.ib.broker import IbBroker  # noqa: PLC0415 - only this test needs a stranger
    from bot.adapters.ib.settings import IbSettings  # noqa: PLC0415

    settings = IbSettings(
        host="127.0.0.1",
        port=world.port,
        client_id=99,
        library=world.settings.broker.library,
        account="DU1234567",
        mode="paper",
        own_prefix="stranger-",
    )
    stranger = IbBroker(settings, desk.clock)
    await stranger.connect()
    (instrument,) = await stranger.resolve(
        [spec for spec in desk.mandate.specs if spec.symbol == "MSFT"]
    )
    await stranger.ready_to_send()
    from bot.core.domain.orders import OrderIntent  # noqa: PLC0415

    stranger.place_order(
        OrderIntent("stranger-1", "P0", 0, 1, instrument, 1, Decimal("1.00"), "DU1234567")
    )
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.TRADED, 1)
    assert (
        "MSFT is held: an order for 1 shares works that this bot did not place" in report.statement
    )
    traded = {
        order.instrument.symbol
        for order in world.gateway.orders
        if order.ticket.order_ref != "stranger-1"
    }
    assert "MSFT" not in traded
    assert "AAPL" in traded
    resting = next(
        order for order in world.gateway.orders if order.ticket.order_ref == "stranger-1"
    )
    assert resting.status.value in {"PreSubmitted", "Submitted"}
    await stranger.disconnect()


async def test_more_filled_than_asked_for_halts(desk, world):
    await look(desk, execute=True)
    record = orders_of(desk)[0]
    fill = next(iter(record.fills.values()))
    extra = replace(fill, execution_id="feed.beef.01.01")
    with pytest.raises(HaltRequired, match="more than was sent"):
        desk.tracker.count(extra)


async def test_a_fill_that_was_corrected_after_the_look_is_counted_in_the_next_one(world, desk):
    """The broker corrects a price while nobody is connected: the journal has it after the next look."""
    await look(desk, execute=True)
    await desk.broker.disconnect()
    world.gateway.strike("corrected-execution", factor="0.9")
    again = await look(desk, execute=True)
    assert again.outcome is Outcome.NOTHING_TO_DO, again.statement
    believed = {
        fill.execution_id: fill.price
        for record in orders_of(desk)
        for fill in record.fills.values()
    }
    assert believed == {each.execution_id: each.price for each in world.gateway.executions}


async def test_a_fill_of_an_order_that_was_proven_absent_halts_with_its_reason(world, desk):
    """The lists were too late: another attempt may be out, and no restart may go on by itself."""
    await look(desk, execute=True)
    record = orders_of(desk)[0]
    fill = next(iter(record.fills.values()))
    record.fills.clear()
    record.state = OrderState.NEVER_ARRIVED
    with pytest.raises(HaltRequired, match="settle_s"):
        desk.tracker.count(fill)
    assert record.filled == fill.shares


async def test_a_buy_that_the_cash_cuts_is_cut_to_whole_lots(world, desk):
    """Cash for the buys is short by the sells' costs and more: what is left of a leg is a multiple of its lot."""
    marks = desk.mandate.marks
    lots = replace(marks, lots=np.full_like(marks.lots, 7))
    desk = replace(desk, mandate=replace(desk.mandate, marks=lots))
    assert desk.mandate.lot_of("AAPL") == desk.mandate.lot_of("aapl") == 7
    await look(desk, execute=True)
    sent = [record.intent.shares for record in orders_of(desk)]
    assert sent
    assert all(shares % 7 == 0 for shares in sent)
