"""The one send path: each of its safeguards, with nothing else between it and a real gateway."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from functools import partial

import pytest

from bot.core.domain.breach import Breach
from bot.core.machines.order import OrderState
from bot.core.planner.base import value
from bot.engine import events
from bot.engine.execution import send as send_module
from bot.engine.execution.send import Refused, Sent, send
from bot.engine.knowledge import read_outside
from bot.engine.market import market_of
from bot.engine.monitor.snapshot import take_snapshot
from bot.engine.recorder import Recorder
from bot.engine.tracker import Tracker
from bot.errors import InvariantBroken, JournalWriteFailed, LeaseHeld, MarketClosed, Stopped


@pytest.fixture
async def market(desk, opened):
    session = desk.calendar.session_at(desk.clock.now())
    instruments = tuple(leg.instrument for leg in opened.plan.legs)
    outside = await read_outside(desk, "L1", instruments, session.held_on)
    snapshot = await take_snapshot(desk.broker, desk.clock, desk.calendar, instruments)
    valuation = value(snapshot, desk.mandate.reserved_cash)
    seen = market_of(desk, snapshot, valuation, outside)
    return replace(seen, nav_difference=0.0, day_loss=0.0)


def intents(desk):
    return desk.recorder.journal.events(kinds=[events.ORDER_INTENT])


async def test_a_sound_order_is_journaled_and_then_sent(world, desk, opened, market, first_intent):
    result = await send(desk, opened, first_intent, market)
    assert result == Sent(first_intent.order_ref)
    assert len(intents(desk)) == 1
    assert opened.orders[first_intent.order_ref].state is OrderState.SENT


async def test_halted_nothing_is_sent_and_nothing_journaled(
    desk, opened, market, first_intent, world
):
    desk.switch.halt("test")
    with pytest.raises(Stopped, match="test"):
        await send(desk, opened, first_intent, market)
    assert intents(desk) == ()
    assert world.gateway.orders == ()


async def test_a_mode_that_only_observes_sends_nothing(desk, opened, market, first_intent, world):
    watching = replace(desk, mandate=replace(desk.mandate, mode="observe"))
    with pytest.raises(Stopped, match="observe"):
        await send(watching, opened, first_intent, market)
    assert world.gateway.orders == ()


async def test_a_lease_that_is_gone_sends_nothing(world, desk, opened, market, first_intent):
    world.memory.lock_path.unlink()
    with pytest.raises(LeaseHeld):
        await send(desk, opened, first_intent, market)
    with pytest.raises(LeaseHeld):
        await send(replace(desk, lease=None), opened, first_intent, market)
    assert world.gateway.orders == ()


async def test_more_shares_than_the_plan_approved_is_a_bug_and_not_sent(
    world, desk, opened, market, first_intent
):
    more = replace(first_intent, shares=first_intent.shares - 1)
    with pytest.raises(InvariantBroken, match="room"):
        await send(desk, opened, more, market)
    other_side = replace(first_intent, shares=-first_intent.shares)
    with pytest.raises(InvariantBroken, match="room"):
        await send(desk, opened, other_side, market)
    assert world.gateway.orders == ()


async def test_a_second_attempt_beside_a_living_first_one_is_a_bug_and_not_sent(
    world, desk, opened, market, first_intent
):
    world.behaviour.fill = "none"
    await send(desk, opened, first_intent, market)
    second = replace(first_intent, order_ref=f"{first_intent.order_ref}x", attempt=2)
    with pytest.raises(InvariantBroken, match="may still fill"):
        await send(desk, opened, second, market)
    assert len(intents(desk)) == 1


async def test_the_orders_of_a_leg_and_of_a_plan_are_counted_here(
    world, desk, opened, market, first_intent
):
    """The leg has had one order, which is over; with a budget of one it gets no other, nor does the plan."""
    record = (await send(desk, opened, first_intent, market)) and opened.orders[
        first_intent.order_ref
    ]
    record.state = OrderState.CANCELLED
    second = replace(first_intent, order_ref=f"{first_intent.order_ref[:-1]}2", attempt=2)
    for budget, words in (
        ("orders_per_leg_max", "leg has had"),
        ("orders_per_plan_max", "plan has had"),
    ):
        rules = replace(desk.mandate.execution, **{budget: 1})
        spent = replace(desk, mandate=replace(desk.mandate, execution=rules))
        with pytest.raises(InvariantBroken, match=words):
            await send(spent, opened, second, market)
    assert len(intents(desk)) == 1


async def test_an_order_that_is_in_the_plan_is_not_sent_again(
    world, desk, opened, market, first_intent
):
    await send(desk, opened, first_intent, market)
    opened.orders[first_intent.order_ref].state = OrderState.CANCELLED
    with pytest.raises(InvariantBroken, match="journaled before"):
        await send(desk, opened, first_intent, market)
    assert len(intents(desk)) == 1


class FarJournal:
    """The journal of the desk as a server would have it: a commit takes until `during` is done. Implements the port."""

    is_remote = True

    def __init__(self, journal, during):
        self._journal, self._during = journal, during
        self.name = journal.name

    def append(self, kind, body, **keys):
        return self._journal.append(kind, body, **keys)

    async def append_remotely(self, kind, body, **keys):
        event = self._journal.append(kind, body, **keys)
        await self._during()
        return event

    def events(self, **wanted):
        return self._journal.events(**wanted)

    def close(self):
        self._journal.close()


def far(desk, during):
    recorder = Recorder(FarJournal(desk.recorder.journal, during))
    return replace(desk, recorder=recorder, tracker=Tracker(recorder))


async def test_with_a_journal_on_a_server_the_commit_is_awaited_and_then_the_order_leaves(
    world, desk, opened, market, first_intent
):
    at_broker = []

    async def commit():
        at_broker.append(len(world.gateway.orders))
        await desk.broker.read_time()  # the loop goes on meanwhile

    remote = far(desk, commit)
    plan = remote.recorder.ledger.plans[opened.plan.plan_id]
    assert await send(remote, plan, first_intent, market) == Sent(first_intent.order_ref)
    assert at_broker == [0]
    await desk.broker.read_time()
    assert len(world.gateway.orders) == 1


@pytest.mark.parametrize("what", ["halt", "lease", "session", "plan"])
async def test_what_changed_while_a_server_committed_the_intent_withholds_the_order(
    world, desk, opened, market, first_intent, what
):
    async def change():
        if what == "halt":
            desk.switch.halt("while it was committed")
        elif what == "lease":
            world.memory.lock_path.unlink()
        elif what == "session":
            plan.plan = replace(plan.plan, expires_at=desk.clock.now())
        else:
            plan.end = "expired"

    remote = far(desk, change)
    plan = remote.recorder.ledger.plans[opened.plan.plan_id]
    with pytest.raises((Stopped, LeaseHeld, MarketClosed, InvariantBroken)):
        await send(remote, plan, first_intent, market)
    await desk.broker.read_time()
    assert world.gateway.orders == ()
    if what != "plan":  # a bug: the process ends, and recovery finds no trace of the order
        assert plan.orders[first_intent.order_ref].state is OrderState.NEVER_ARRIVED


async def test_a_quote_that_grew_old_while_a_server_committed_withholds_the_order(
    world, desk, opened, market, first_intent
):
    # The limiter may keep the order for a second, and the quote must be fresh when it is asked about first.
    limits = replace(desk.mandate.limits, quote_age_max_s=2.5)
    hasty = replace(desk, mandate=replace(desk.mandate, limits=limits))
    remote = far(hasty, partial(desk.clock.sleep, 2.6))
    plan = remote.recorder.ledger.plans[opened.plan.plan_id]
    instruments = [leg.instrument for leg in opened.plan.legs]
    quotes = await desk.broker.read_quotes(instruments)
    fresh = replace(market, quotes=quotes, now=desk.clock.now())
    result = await send(remote, plan, first_intent, fresh)
    assert isinstance(result, Refused)
    assert result.breaches[0].guard == "quote_age"
    assert plan.orders[first_intent.order_ref].state is OrderState.NEVER_ARRIVED
    await desk.broker.read_time()
    assert world.gateway.orders == ()


async def test_a_reference_that_was_used_before_is_refused_by_the_database(
    world, desk, opened, market, first_intent
):
    """Memory is wiped of the first order, as a bug might; the journal is not."""
    world.behaviour.fill = "none"
    await send(desk, opened, first_intent, market)
    opened.orders.clear()
    with pytest.raises(JournalWriteFailed, match=first_intent.order_ref):
        await send(desk, opened, first_intent, market)
    assert len(intents(desk)) == 1


async def test_a_stale_quote_refuses_the_order_and_leaves_no_intent(
    world, desk, opened, market, first_intent
):
    limits = replace(desk.mandate.limits, quote_age_max_s=1e-6)
    hasty = replace(desk, mandate=replace(desk.mandate, limits=limits))
    result = await send(hasty, opened, first_intent, market)
    assert isinstance(result, Refused)
    assert [type(breach) for breach in result.breaches] == [Breach]
    assert result.breaches[0].guard == "quote_age"
    assert intents(desk) == ()
    assert world.gateway.orders == ()


async def test_too_close_to_the_end_of_the_session_nothing_is_sent(
    world, desk, opened, market, first_intent
):
    """The plan ends with the session, 5.5 hours away; so no order within 6 hours of it."""
    rules = replace(desk.mandate.execution, no_trade_before_close_s=6 * 3600)
    with pytest.raises(MarketClosed, match="too late"):
        await send(
            replace(desk, mandate=replace(desk.mandate, execution=rules)),
            opened,
            first_intent,
            market,
        )
    assert world.gateway.orders == ()


async def test_another_account_is_a_bug_and_not_sent(world, desk, opened, market, first_intent):
    with pytest.raises(InvariantBroken, match="account"):
        await send(desk, opened, replace(first_intent, account="DU7654321"), market)
    assert world.gateway.orders == ()


def test_nothing_is_awaited_between_the_last_look_at_the_switch_and_the_order():
    """What was checked is what is sent: an await there would let the world change in between."""
    function = next(
        node
        for node in ast.walk(ast.parse(inspect.getsource(send_module)))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "send"
    )
    lines = {
        name: [
            node.lineno
            for node in ast.walk(function)
            if getattr(node, "attr", getattr(node, "id", None)) == name
        ]
        for name in ("is_halted", "place_order", "_commit", "_has_room", "judge", "_may_trade")
    }
    awaits = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Await)]
    (placed,), (committed,) = lines["place_order"], lines["_commit"]
    assert max(awaits) == committed
    for name in ("_has_room", "judge", "_may_trade"):
        before, after = lines[name]
        assert before < committed < after < placed, name
    assert max(lines["_may_trade"]) < lines["is_halted"][-1] < placed
