"""An open plan over several looks: it goes on, it ends, and what the journal and the broker disagree on stops it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.domain.orders import Commission, Disconnected, Execution, SystemMessage
from bot.core.domain.plan import PlanEnd
from bot.core.machines.order import OrderEvent
from bot.engine import events, records
from bot.engine.cycle import look, still_open
from bot.engine.monitor.snapshot import take_snapshot
from bot.engine.plans import end_plan
from bot.engine.recorder import Recorder
from bot.engine.report import Outcome
from bot.errors import HaltRequired, InvariantBroken, JournalBehind


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


async def left_open(world, desk, wait_until):
    """Halt a look while its sells work: they are cancelled, the plan stays open; then allow trading again."""
    world.behaviour.fill = "none"
    working = asyncio.create_task(look(desk, execute=True))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    desk.switch.halt("test")
    report = await working
    assert report.outcome is Outcome.HALTED
    world.arm(is_resumed=True)
    world.behaviour.fill = "full"
    plan = desk.recorder.ledger.open_plan()
    assert plan is not None
    assert plan.open_orders() == []
    return plan


async def test_an_open_plan_goes_on_in_the_next_look(world, desk, wait_until):
    plan = await left_open(world, desk, wait_until)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert report.plan.plan_id == plan.plan.plan_id
    assert belief(desk) == world.filled()


async def test_a_plan_ends_with_the_configuration_it_was_made_under(world, desk, wait_until):
    """The targets are changed while a plan is open: what was approved is not what is wanted any more."""
    plan = await left_open(world, desk, wait_until)
    changed = replace(desk, mandate=replace(desk.mandate, digest="another"))
    report = await look(changed, execute=True)
    assert plan.end == "expired"
    assert report.outcome is Outcome.TRADED
    assert report.plan.plan_id != plan.plan.plan_id


async def test_an_own_order_that_the_journal_does_not_know_halts(world, desk, first_intent):
    """A journal restored from before that order would trade on top of it."""
    world.behaviour.fill = "none"
    await desk.broker.ready_to_send()
    desk.broker.place_order(first_intent)
    with pytest.raises(JournalBehind, match=first_intent.order_ref):
        await look(desk, execute=True)
    assert len(world.gateway.orders) == 1


async def test_a_session_in_which_a_plan_was_given_up_gets_no_other_one(world, desk):
    world.behaviour.reject_code = 201
    first = await look(desk, execute=True)
    assert first.outcome is Outcome.ABANDONED
    refusals = len(desk.recorder.journal.events(kinds=[events.ORDER_INTENT]))
    second = await look(desk, execute=True)
    assert (second.outcome, second.exit_code) == (Outcome.BLOCKED, 1)
    assert "given up in this session" in second.statement
    assert len(desk.recorder.journal.events(kinds=[events.ORDER_INTENT])) == refusals


async def test_a_late_fill_beyond_the_leg_halts(world, desk):
    """An order is cancelled and replaced, and a fill of the first one comes after all: more than was approved."""
    await look(desk, execute=True)
    record = orders_of(desk)[0]
    fill = next(iter(record.fills.values()))
    twin = replace(record.intent, order_ref=f"{record.intent.order_ref}x", attempt=2)
    desk.recorder.record(
        events.ORDER_INTENT,
        records.body_of(twin),
        plan_id=twin.plan_id,
        order_ref=twin.order_ref,
    )
    late = replace(fill, order_ref=twin.order_ref, execution_id="feed.beef.02.01")
    with pytest.raises(HaltRequired, match="its leg"):
        desk.tracker.count(late)


async def test_what_the_gateway_said_of_its_line_dies_with_the_session(desk):
    """Code 1100 before a nightly restart: no 1102 ever comes in the new session."""
    desk.tracker.take(SystemMessage(1100, "connectivity lost"))
    assert not desk.tracker.link_is_up
    desk.tracker.take(Disconnected("restart"))
    assert desk.tracker.link_is_up


async def test_a_commission_that_comes_before_its_execution_is_counted(world, desk, first_intent):
    desk.recorder.record(
        events.ORDER_INTENT,
        records.body_of(first_intent),
        plan_id=first_intent.plan_id,
        order_ref=first_intent.order_ref,
    )
    fill = Execution(
        execution_id="a.b.01.01",
        order_ref=first_intent.order_ref,
        perm_id=1,
        order_id=1,
        client_id=17,
        con_id=first_intent.instrument.con_id,
        symbol="MSFT",
        shares=Decimal(-1),
        price=Decimal("177.00"),
        executed_at=desk.clock.now(),
    )
    desk.tracker.take(Commission("a.b.01.01", Decimal("1.25"), "USD"))
    desk.tracker.take(fill)
    record = desk.recorder.ledger.order(first_intent.order_ref)
    assert record.cash_flow == Decimal("175.75")


async def test_an_open_plan_ends_with_its_session(world, desk, wait_until):
    """A plan is open without a working order; the next look is made after the close of that session."""
    plan = await left_open(world, desk, wait_until)
    assert plan.plan.expires_at == desk.calendar.session_at(desk.clock.now()).closes_at
    snapshot = await take_snapshot(desk.broker, desk.clock, desk.calendar, ())
    late = replace(snapshot, taken_at=plan.plan.expires_at)
    assert still_open(desk, late) is None
    assert plan.end == "expired"
    assert desk.recorder.ledger.open_plan() is None


@pytest.mark.settings("settle_s = 0.3", **{'mode = "paper"': 'mode = "observe"'})
async def test_in_mode_observe_a_look_that_may_execute_only_shows(world, desk):
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.WOULD_TRADE
    assert desk.recorder.journal.events(kinds=[events.PLAN_OPENED]) == ()
    assert world.gateway.orders == ()


async def test_a_plan_ends_once(world, desk):
    await look(desk, execute=True)
    plan = next(iter(desk.recorder.ledger.plans.values()))
    with pytest.raises(InvariantBroken, match="DONE"):
        end_plan(desk.recorder, plan, PlanEnd.EXPIRED, "again")
    assert len(desk.recorder.journal.events(kinds=[events.PLAN_ENDED])) == 1


async def test_an_illegal_step_is_refused_before_it_is_in_the_journal(world, desk):
    """A step that the table forbids must not be journaled: no restart could read the journal any more."""
    await look(desk, execute=True)
    record = orders_of(desk)[0]
    before = desk.recorder.journal.events(newest=1)
    with pytest.raises(InvariantBroken):
        desk.tracker.move(record, OrderEvent.ABSENCE_CONFIRMED, "a bug")
    assert desk.recorder.journal.events(newest=1) == before
    assert Recorder(desk.recorder.journal).ledger.plans == desk.recorder.ledger.plans
