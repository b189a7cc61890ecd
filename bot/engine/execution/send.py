"""The one send path. Nothing else in this program makes the broker place an order.

What holds here, whatever the caller thinks: the switch is off, the lease is ours, the mode may trade, the account is
the mandate's, the leg has room for these shares, leg and plan have orders left in their budgets, no other attempt of
the leg may still fill, the guards agree on quotes of this moment, the session is not about to close, and the intent
is durable under a reference that the database has never seen.

All of it is asked before the intent is made durable, and again after it: a far journal takes its time and a near disk
may, and the world goes on meanwhile. After that second look there is no await until the order is written, and the
switch is the last to be read: what was checked is what is sent. There is no override.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events, records
from bot.engine.approval import check_approved
from bot.engine.execution.judging import judge
from bot.errors import (
    BrokerUnavailable,
    InvariantBroken,
    LeaseHeld,
    MarketClosed,
    Stopped,
    require,
)

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.domain.orders import OrderIntent
    from bot.core.guards.proposal import Market
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord


@dataclass(frozen=True, slots=True)
class Sent:
    """The order was written to the broker."""

    order_ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The order was not sent, and nothing of it is left behind; `breaches` say why."""

    order_ref: str
    breaches: tuple[Breach, ...]


async def send(desk: Desk, plan: PlanRecord, intent: OrderIntent, market: Market) -> Sent | Refused:
    """Send one order of a plan, or say why not.

    Raises:
        Stopped: If trading is halted, or the mode may not trade.
        MarketClosed: If the session is about to end.
        LeaseHeld: If this process does not hold the lease.
        JournalWriteFailed: If the intent is not durable; nothing was sent then.
        BrokerUnavailable: If the line broke; the order is UNKNOWN then, and a later read decides.
        InvariantBroken: If the plan has no room for this order: a bug, and nothing was sent.
    """
    await desk.broker.ready_to_send()
    require(intent.order_ref not in plan.orders, f"{intent.order_ref} was journaled before")
    _may_trade(desk)
    _has_room(desk, plan, intent)
    breaches = judge(desk, plan, [intent], market)
    if breaches:
        return Refused(intent.order_ref, breaches)
    await _commit(desk, intent)
    record = plan.orders[intent.order_ref]
    require(record.state is OrderState.INTENT, f"{intent.order_ref} is {record.state.value}")
    try:
        _has_room(desk, plan, intent)
        late = judge(desk, plan, [intent], market)  # quotes grow old while a journal is written
        _may_trade(desk)
    except (Stopped, LeaseHeld, MarketClosed) as error:
        desk.tracker.move(record, OrderEvent.WITHHELD, f"before a byte was written: {error}")
        raise
    if late:
        desk.tracker.move(record, OrderEvent.WITHHELD, late[0].statement)
        return Refused(intent.order_ref, late)
    if desk.switch.is_halted():
        desk.tracker.move(record, OrderEvent.WITHHELD, "halted before a byte was written")
        raise Stopped(desk.switch.reason())
    try:
        desk.broker.place_order(intent)
    except BrokerUnavailable as error:
        desk.tracker.move(record, OrderEvent.DOUBTED, f"the line broke while sending: {error}")
        raise
    desk.tracker.move(record, OrderEvent.SENT, "written to the broker")
    return Sent(intent.order_ref)


async def _commit(desk: Desk, intent: OrderIntent) -> None:
    """Make the intent durable: on a disk of this machine at once, on a server while the event loop goes on."""
    recorder = desk.recorder
    body = records.body_of(intent)
    keys = {"plan_id": intent.plan_id, "order_ref": intent.order_ref}
    if recorder.journal.is_remote:
        await recorder.record_remotely(events.ORDER_INTENT, body, **keys)
    else:
        recorder.record(events.ORDER_INTENT, body, **keys)


def _without(plan: PlanRecord, intent: OrderIntent) -> PlanRecord:
    """Return the plan without this order: its own intent, once journaled, is committed already."""
    others = {ref: record for ref, record in plan.orders.items() if ref != intent.order_ref}
    return replace(plan, orders=others)


def _may_trade(desk: Desk) -> None:
    if desk.switch.is_halted():
        raise Stopped(desk.switch.reason())
    if desk.mandate.mode != "paper":
        message = f'mode = "{desk.mandate.mode}" sends no orders'
        raise Stopped(message)
    if desk.lease is None or not desk.lease.is_held():
        message = "this process does not hold the lock beside the journal; another one may trade"
        raise LeaseHeld(message)


def _has_room(desk: Desk, plan: PlanRecord, intent: OrderIntent) -> None:
    require(intent.account == desk.mandate.account, "an order must be for the mandate's account")
    require(plan.plan.account == intent.account, "a plan is worked for the account it was made for")
    require(plan.end is None, f"plan {intent.plan_id} has ended: {plan.end}")
    check_approved(desk.recorder.journal, plan)
    require(intent.plan_id == plan.plan.plan_id, "an order must belong to the plan it is sent for")
    leg = plan.plan.legs[intent.leg]
    require(leg.instrument == intent.instrument, "an order must trade its leg's instrument")
    attempts = [record for record in plan.attempts(leg) if record.intent != intent]
    if any(not attempt.is_final for attempt in attempts):
        message = f"{intent.order_ref}: an earlier attempt of this leg may still fill"
        raise InvariantBroken(message)
    require(intent.attempt == len(attempts) + 1, "attempts of a leg are numbered without gaps")
    rules = desk.mandate.execution
    require(
        len(attempts) < rules.orders_per_leg_max,
        f"{intent.order_ref}: its leg has had {len(attempts)} orders, all that a leg may have",
    )
    require(
        len(plan.orders.keys() - {intent.order_ref}) < rules.orders_per_plan_max,
        f"{intent.order_ref}: its plan has had {rules.orders_per_plan_max} orders, all that it may have",
    )
    room = _without(plan, intent).remaining(leg)
    require(
        room * intent.shares > 0 and abs(intent.shares) <= abs(room),
        f"{intent.order_ref} wants {intent.shares} shares, the plan has room for {room}",
    )
    last_moment = plan.plan.expires_at - timedelta(seconds=rules.no_trade_before_close_s)
    if desk.clock.now() >= last_moment:
        message = f"the session ends at {plan.plan.expires_at:%H:%M} UTC: too late to send"
        raise MarketClosed(message)
