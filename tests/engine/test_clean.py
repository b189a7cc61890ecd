"""What refuses a resume: an account that is not what the journal says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.machines.order import OrderState
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.recovery.acknowledging import acknowledge
from bot.engine.recovery.clean import objections
from bot.engine.report import Outcome
from bot.errors import JournalBehind


def journal_intent(desk, intent):
    """Leave what a crash between the intent and the wire leaves."""
    body = records.body_of(intent)
    keys = {"plan_id": intent.plan_id, "order_ref": intent.order_ref}
    desk.recorder.record(events.ORDER_INTENT, body, **keys)


async def test_an_account_that_is_as_the_journal_says_has_nothing_against_it(desk):
    await look(desk, execute=True)
    assert await objections(desk) == []


async def test_a_holding_that_our_fills_do_not_explain_refuses_until_a_person_accepts_it(
    world, desk
):
    """F81."""
    await look(desk, execute=True)
    world.gateway.strike("foreign-position", symbol="KO", shares=7)
    (line,) = await objections(desk)
    assert line.startswith("KO: ")
    assert "bot reconcile --acknowledge KO" in line
    await acknowledge(desk, "KO", "bought by hand")
    assert await objections(desk) == []


async def test_an_own_order_that_still_works_refuses_after_a_halt_and_not_beside_a_bot_at_work(
    world, desk, opened, first_intent, wait_until
):
    world.behaviour.fill = "none"
    journal_intent(desk, first_intent)
    await desk.broker.ready_to_send()
    desk.broker.place_order(first_intent)
    ref = first_intent.order_ref
    assert await objections(desk) == [f"order {ref} still works: cancel it at IB"]
    assert await objections(replace(desk, lease=None)) == []
    order_id = desk.broker.order_id_of(ref)
    await desk.broker.cancel_order(ref, order_id)
    await wait_until(lambda: world.gateway.orders[0].status.value == "Cancelled")
    assert await objections(desk) == []
    assert desk.recorder.ledger.order(ref).state is OrderState.CANCELLED


async def test_an_order_whose_fate_two_reads_do_not_tell_refuses(desk, opened, first_intent):
    """The broker reports a share more than the journal believes in: absence does not count then."""
    opened.positions[first_intent.instrument.con_id] -= 1
    journal_intent(desk, first_intent)
    found = await objections(desk)
    assert any(first_intent.order_ref in line for line in found)


async def test_an_order_that_the_journal_does_not_know_refuses(
    desk, first_intent, wait_until, world
):
    """Its journal is an old copy."""
    await desk.broker.ready_to_send()
    desk.broker.place_order(first_intent)
    await wait_until(lambda: world.gateway.orders)
    with pytest.raises(JournalBehind, match=first_intent.order_ref):
        await objections(desk)


async def test_a_pause_opens_no_plan_and_lets_the_open_one_finish(world, desk):
    desk.switch.pause("holiday")
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.PAUSED, 77)
    assert "no new plan: holiday" in report.statement
    assert world.gateway.orders == ()
    assert not desk.recorder.journal.events(kinds=[events.PLAN_OPENED])


async def test_a_pause_lets_the_open_plan_finish(world, desk, opened):
    desk.switch.pause("holiday")
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert len(world.gateway.orders) == len(opened.plan.legs)
