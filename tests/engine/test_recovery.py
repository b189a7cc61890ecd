"""What became of an order: positive evidence settles it, absence only twice, and only if nothing speaks against it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.domain.orders import CompletedOrder, OpenOrder, OrderBooks
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.execution.proposals import intent_for
from bot.engine.order_record import OrderRecord
from bot.engine.recorder import Recorder
from bot.engine.recovery.acknowledging import acknowledge, acknowledge_order
from bot.engine.recovery.evidence import Found, evidence_of
from bot.engine.recovery.settle import settle
from bot.engine.report import Outcome
from bot.errors import ConfigError


def journal_intent(desk, intent):
    """Leave what a crash between the intent and the wire leaves."""
    desk.recorder.record(
        events.ORDER_INTENT,
        records.body_of(intent),
        plan_id=intent.plan_id,
        order_ref=intent.order_ref,
    )
    return desk.recorder.ledger.order(intent.order_ref)


async def test_an_intent_that_never_left_is_proven_absent_and_tried_again_under_a_new_reference(
    world, desk, opened, first_intent
):
    record = journal_intent(desk, first_intent)
    report = await look(desk, execute=True)
    assert record.state is OrderState.NEVER_ARRIVED
    assert report.outcome is Outcome.TRADED, report.statement
    refs = [order.ticket.order_ref for order in world.gateway.orders]
    assert first_intent.order_ref not in refs
    assert first_intent.order_ref[:-1] + "2" in refs


@pytest.mark.settings("settle_s = 20")
async def test_a_halt_in_the_settle_window_cancels_at_once(
    world, desk, opened, first_intent, wait_until
):
    """One order works, another one's intent never left: the window runs 20 s, and a person halts in it."""
    world.behaviour.fill = "none"
    journal_intent(desk, first_intent)
    await desk.broker.ready_to_send()
    desk.broker.place_order(first_intent)
    leg = opened.plan.legs[1]
    limit = Decimal(str(round(leg.arrival_price, 2)))
    journal_intent(desk, intent_for(desk, opened, leg, leg.shares, limit))
    working = asyncio.create_task(look(desk, execute=True))
    await wait_until(
        lambda: desk.recorder.ledger.order(first_intent.order_ref).state is OrderState.WORKING
    )
    desk.switch.halt("test")
    await wait_until(lambda: world.gateway.orders[0].status.value == "Cancelled", 5.0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_absence_does_not_count_when_the_position_moved(world, desk, opened, first_intent):
    """The journal believes in one share more than the broker reports: something happened that no list tells."""
    con_id = first_intent.instrument.con_id
    opened.positions[con_id] += 1
    record = journal_intent(desk, first_intent)
    report = await look(desk, execute=True)
    assert record.state is OrderState.UNKNOWN
    assert (report.outcome, report.exit_code) == (Outcome.UNKNOWN, 69)
    assert first_intent.order_ref in report.statement
    assert world.gateway.orders == ()


async def test_absence_does_not_count_on_another_day_than_the_order_s(
    world, desk, opened, first_intent
):
    """The broker's lists reach back to midnight: an order of yesterday is in none of them, whatever became of it."""
    record = journal_intent(desk, first_intent)
    record.recorded_at -= timedelta(days=1)
    await settle(desk, [record])
    assert record.state is OrderState.UNKNOWN
    last = desk.recorder.journal.events(kinds=[events.ORDER_STATE], newest=1)[0]
    assert "reach back" in last.body["evidence"]


async def test_a_person_s_word_ends_what_nothing_else_can(world, desk, opened, first_intent):
    """The broker's lists are asked first; the plan ends with the order, so that nothing is sent again for it."""
    opened.positions[first_intent.instrument.con_id] += 1
    journal_intent(desk, first_intent)
    await look(desk, execute=True)
    desk.lease.__exit__(None, None, None)
    await desk.broker.disconnect()
    config = str(world.config)
    listed = await world.bot("reconcile", "--config", config, "--json")
    assert (listed.code, listed.facts["unknown"]) == (1, [first_intent.order_ref])
    wordless = await world.bot(
        "reconcile", "--acknowledge", first_intent.order_ref, "--config", config
    )
    assert wordless.code == 78
    words = ("--acknowledge", first_intent.order_ref, "--reason", "not in TWS")
    done = await world.bot("reconcile", *words, "--config", config, "--json")
    assert (done.code, done.facts["unknown"]) == (0, []), done.err
    assert Recorder(desk.recorder.journal).ledger.plans[opened.plan.plan_id].end == "abandoned"
    assert world.gateway.orders == ()


async def test_a_person_cannot_end_an_order_that_the_broker_still_works(
    world, desk, opened, first_intent
):
    """The line broke, the order works: acknowledged blindly, its shares would be sold twice."""
    world.behaviour.fill = "none"
    record = journal_intent(desk, first_intent)
    await desk.broker.ready_to_send()
    desk.broker.place_order(first_intent)
    desk.tracker.move(record, OrderEvent.DOUBTED, "the line broke")
    with pytest.raises(ConfigError, match="open orders"):
        await acknowledge_order(desk, first_intent.order_ref, "not in TWS")
    assert record.state is OrderState.UNKNOWN


async def test_a_holding_is_accepted_as_the_broker_reports_it(world, desk, opened):
    con_id = opened.plan.legs[0].instrument.con_id
    held = desk.recorder.ledger.expected[con_id]
    desk.recorder.ledger.expected[con_id] = held + 600
    with pytest.raises(ConfigError, match=r"NOSUCH is neither .*; there is: MSFT \(shares\)"):
        await acknowledge(desk, "NOSUCH", "a typing error")
    assert [hold.con_id for hold in desk.recorder.holds.all()] == [con_id]
    assert await acknowledge(desk, "msft", "sold by hand") == (
        "MSFT: 1173 shares, by sold by hand",
    )
    assert desk.recorder.ledger.expected[con_id] == held == 1173
    assert desk.recorder.holds.all() == ()


@pytest.fixture
def sent(desk, opened, first_intent):
    """An order of -474 shares of which nothing is filled yet."""
    return OrderRecord(first_intent, OrderState.UNKNOWN, desk.clock.now())


def open_order(record, status="Submitted"):
    intent = record.intent
    return OpenOrder(
        order_ref=intent.order_ref,
        perm_id=1,
        order_id=1,
        client_id=17,
        con_id=intent.instrument.con_id,
        symbol=intent.instrument.symbol,
        shares=Decimal(intent.shares),
        limit_price=intent.limit_price,
        status=status,
    )


def completed(record, filled, status="Cancelled", words="Cancelled by Trader"):
    return CompletedOrder(
        order_ref=record.intent.order_ref,
        perm_id=1,
        con_id=record.intent.instrument.con_id,
        shares=Decimal(record.intent.shares),
        filled=None if filled is None else Decimal(filled),
        status=status,
        completed_status=words,
    )


NOTHING = OrderBooks((), (), ())


async def test_evidence_by_list(sent):
    assert evidence_of(sent, NOTHING).found is Found.ABSENT
    assert evidence_of(sent, replace(NOTHING, open_orders=(open_order(sent),))).found is Found.OPEN
    cases = {
        ("Cancelled", "Cancelled by Trader", 0): Found.CANCELLED,
        ("Inactive", "", 0): Found.REJECTED,
        ("Cancelled", "Rejected by System: margin", 0): Found.REJECTED,
        ("Cancelled", "Expired", 0): Found.EXPIRED,
        # 100 shares filled there that no execution told of yet: not over for us.
        ("Cancelled", "Cancelled by Trader", 100): Found.UNCLEAR,
        ("Filled", "Filled Size: 474", 474): Found.UNCLEAR,
        ("Filled", "Filled Size: 474", None): Found.UNCLEAR,
        # Cancelled, and nobody says how much of it was filled before.
        ("Cancelled", "Cancelled by Trader", None): Found.UNCLEAR,
    }
    for (status, words, filled), found in cases.items():
        books = replace(NOTHING, completed_orders=(completed(sent, filled, status, words),))
        assert evidence_of(sent, books).found is found, (status, words, filled)


async def test_an_open_order_beats_a_completed_one(sent):
    """Two lists that contradict each other: the dangerous reading, that it still works, wins."""
    books = OrderBooks((open_order(sent),), (completed(sent, 0),), ())
    assert evidence_of(sent, books).found is Found.OPEN


async def test_a_partly_filled_order_is_never_proven_absent(world, desk):
    """Half of a sell fills, then the order is in neither list: its rest may still be anywhere."""
    await look(desk, execute=True)
    record = next(
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    )
    (key, fill), *_ = record.fills.items()
    record.fills[key] = replace(fill, shares=Decimal(-100))
    assert evidence_of(record, NOTHING).found is Found.UNCLEAR
