"""The one send path. Nothing else in this program makes the broker place an order.

What holds here, whatever the caller thinks: the switch is off, the lease is ours, the mode may trade, the account is
the mandate's, the leg has room for these shares, no other attempt of the leg may still fill, the guards agree on
quotes of this moment, the session is not about to close, and the intent is on the disk under a reference that the
database has never seen. After the last look at the switch there is no await until the order is written: what was
checked is what is sent. There is no override.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.machines.order import OrderEvent
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
    _may_trade(desk)
    _has_room(desk, plan, intent)
    breaches = judge(desk, plan, [intent], market)
    if breaches:
        return Refused(intent.order_ref, breaches)
    desk.recorder.record(
        events.ORDER_INTENT,
        records.body_of(intent),
        plan_id=intent.plan_id,
        order_ref=intent.order_ref,
    )
    record = plan.orders[intent.order_ref]
    late = judge(desk, plan, [intent], market)  # a slow disk may have let the quote grow old
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
    attempts = plan.attempts(leg)
    if any(not attempt.is_final for attempt in attempts):
        message = f"{intent.order_ref}: an earlier attempt of this leg may still fill"
        raise InvariantBroken(message)
    require(intent.attempt == len(attempts) + 1, "attempts of a leg are numbered without gaps")
    room = plan.remaining(leg)
    require(
        room * intent.shares > 0 and abs(intent.shares) <= abs(room),
        f"{intent.order_ref} wants {intent.shares} shares, the plan has room for {room}",
    )
    last_moment = plan.plan.expires_at - timedelta(
        seconds=desk.mandate.execution.no_trade_before_close_s
    )
    if desk.clock.now() >= last_moment:
        message = f"the session ends at {plan.plan.expires_at:%H:%M} UTC: too late to send"
        raise MarketClosed(message)
