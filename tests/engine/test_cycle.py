"""Looks in this process, with the real client over TCP to a real gateway: what they do when the world does not help."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.domain.orders import Commission, Disconnected, Execution, SystemMessage
from bot.core.domain.plan import PlanEnd
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events, records
from bot.engine.cycle import end_plan, look, still_open
from bot.engine.monitor.snapshot import take_snapshot
from bot.engine.recorder import Recorder
from bot.engine.report import Outcome
from bot.errors import HaltRequired, InvariantBroken, JournalBehind


def orders_of(desk):
    return [
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    ]


def refs_at_broker(world):
    return [order.ticket.order_ref for order in world.gateway.orders]


def truth(world):
    """Net shares the broker has filled, by symbol."""
    filled = {}
    for order in world.gateway.orders:
        symbol = order.instrument.symbol
        filled[symbol] = filled.get(symbol, 0) + order.ticket.side.value * int(order.filled)
    return filled


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
    assert belief(desk) == truth(world)
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
    assert belief(desk) == truth(world)


@pytest.mark.settings("settle_s = 0.3\nacknowledge_timeout_s = 1")
async def test_an_order_of_which_nothing_is_heard_is_unknown_until_the_lists_show_it(world, desk):
    world.behaviour.hold_acks = True
    report = await look(desk, execute=True)
    # The executions list shows the fills although no event came: nothing was sent again.
    assert report.outcome is Outcome.TRADED, report.statement
    assert len(refs_at_broker(world)) == len(set(refs_at_broker(world)))
    assert belief(desk) == truth(world)


async def test_a_refused_order_is_not_tried_again_and_the_plan_is_given_up(world, desk):
    world.behaviour.reject_code = 201
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert report.exit_code == 1
    assert "refused by the broker" in report.statement
    attempts = [record.intent.attempt for record in orders_of(desk)]
    assert set(attempts) == {1}
    assert truth(world) == dict.fromkeys(truth(world), 0)


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
    assert belief(desk) == truth(world)
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
    assert any(breach.guard == "foreign_order" for breach in report.breaches)
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


async def left_open(world, desk, wait_until):
    """Halt a look while its sells work: they are cancelled, the plan stays open; then allow trading again."""
    world.behaviour.fill = "none"
    working = asyncio.create_task(look(desk, execute=True))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    desk.switch.halt("test")
    report = await working
    assert report.outcome is Outcome.HALTED
    desk.switch.resume("test")
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
    assert belief(desk) == truth(world)


async def test_a_plan_ends_with_the_configuration_it_was_made_under(world, desk, wait_until):
    """The targets are changed while a plan is open: what was approved is not what is wanted any more."""
    plan = await left_open(world, desk, wait_until)
    changed = replace(desk, mandate=replace(desk.mandate, digest="another"))
    report = await look(changed, execute=True)
    assert plan.end == "expired"
    assert report.outcome is Outcome.TRADED
    assert report.plan.plan_id != plan.plan.plan_id


async def test_a_holding_changed_by_hand_stops_planning_until_a_person_accepts_it(world, desk):
    """Somebody else sells 600 MSFT: neither the weights nor an open plan mean what they meant."""
    await look(desk, execute=True)
    con_id = next(spec for spec in desk.recorder.ledger.expected)
    desk.recorder.ledger.expected[con_id] += 600
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.BLOCKED, 1)
    assert "shares held" in report.statement
    differ = desk.recorder.journal.events(kinds=[events.POSITIONS_DIFFER])[0]
    (row,) = differ.body["positions"]
    assert Decimal(row["expected"]) - Decimal(row["found"]) == 600


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
        end_plan(desk, plan, PlanEnd.EXPIRED, "again")
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
