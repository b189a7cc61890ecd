"""A person's word on what nothing else can settle. It is asked for, checked against the broker, and journaled.

The broker is read first and speaks before the person: an order that its lists have cannot be acknowledged away, a
holding is accepted as the broker reports it at this moment, and somebody else's order, while it works, not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.plan import PlanEnd
from bot.core.domain.reading import known
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events
from bot.engine.plans import end_plan
from bot.engine.recovery.differences import CASH_NAME, Kind
from bot.engine.recovery.evidence import Found, evidence_of
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.reconcile import reconcile_all
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.engine.desk import Desk
    from bot.engine.order_record import OrderRecord
    from bot.engine.recorder import Recorder
    from bot.engine.recovery.differences import Difference

#: Kinds that end by themselves, at the broker, and by no word.
_AT_WORK = frozenset({Kind.FOREIGN_ORDER, Kind.OVER_ORDER})


async def acknowledge(desk: Desk, named: str, reason: str) -> tuple[str, ...]:
    """Take a person's word on a symbol, an order or ``cash``.

    Args:
        desk: Connected, with the lease of this account's journal.
        named: A symbol of the mandate, an order's reference, or ``cash``.
        reason: How the person knows.

    Returns:
        What was accepted, one line each.

    Raises:
        ConfigError: If nothing of that name can be accepted, with what there is instead.
        ReadUnknown: If the broker's lists could not be read.
    """
    if desk.recorder.ledger.order(named) is not None:
        return (await acknowledge_order(desk, named, reason),)
    result = await reconcile_all(desk, f"an acknowledgement of {named}")
    meant = [each for each in result.differences if each.symbol.upper() == named.upper()]
    at_work = [each for each in meant if each.kind in _AT_WORK]
    if at_work:
        message = f"{at_work[0].statement}: {at_work[0].remedy}; nothing was accepted"
        raise ConfigError(message)
    _refuse_unsettled(desk, meant)
    accepted = [await _accept(desk, each, reason) for each in _ordered(meant)]
    if not accepted:
        message = (
            f"{named} is neither an UNKNOWN order nor a difference; {_there(result.differences)}"
        )
        raise ConfigError(message)
    return tuple(accepted)


def _refuse_unsettled(desk: Desk, meant: Sequence[Difference]) -> None:
    """A holding that an own order may still change has no number that a person could accept."""
    con_ids = {each.con_id for each in meant if each.kind in {Kind.SHARES, Kind.CONTRACT}}
    for record in may_still_fill(desk):
        if record.intent.instrument.con_id in con_ids:
            message = (
                f"{record.intent.order_ref} may still fill: the next look settles it, or acknowledge it first if it is"
                " over; nothing was accepted"
            )
            raise ConfigError(message)


def _ordered(differences: Sequence[Difference]) -> list[Difference]:
    """Return the orders first: what one of them may have filled is then in the holding, which is accepted as it is."""
    return sorted(differences, key=lambda each: each.kind is not Kind.LOST_ORDER)


def _there(differences: Sequence[Difference]) -> str:
    names = ", ".join(sorted({f"{each.symbol} ({each.kind.value})" for each in differences}))
    return f"there is: {names}" if names else "there is none"


async def _accept(desk: Desk, difference: Difference, reason: str) -> str:
    if difference.kind in {Kind.LOST_ORDER, Kind.UNKNOWN_ORDER}:
        return await acknowledge_order(desk, difference.subject, reason)
    if difference.kind is Kind.CASH:
        return _accept_cash(desk.recorder, difference, reason)
    return _accept_holding(desk.recorder, difference, reason)


def _accept_holding(recorder: Recorder, difference: Difference, reason: str) -> str:
    body = {
        "con_id": difference.con_id,
        "symbol": difference.symbol,
        "shares": difference.broker,
        "reason": reason,
    }
    recorder.record(events.POSITION_ACCEPTED, body)
    _release(recorder, difference.key, difference.symbol, reason)
    return f"{difference.symbol}: {difference.broker} shares, by {reason}"


def _accept_cash(recorder: Recorder, difference: Difference, reason: str) -> str:
    amount = (difference.broker or 0) - (difference.journal or 0)
    body = {
        "amount": amount,
        "currency": difference.unit,
        "cash": difference.broker,
        "reason": reason,
    }
    recorder.record(events.FLOW_ACCEPTED, body)
    _release(recorder, difference.key, CASH_NAME, reason)
    return f"cash: {amount:+,.2f} {difference.unit}, by {reason}"


def _release(recorder: Recorder, key: str, symbol: str, reason: str) -> None:
    if recorder.holds.get(key) is not None:
        body = {"key": key, "symbol": symbol, "by": "a person", "reason": reason}
        recorder.record(events.RELEASED, body)


async def acknowledge_order(desk: Desk, order_ref: str, reason: str) -> str:
    """Take a person's word that an UNKNOWN order is over; its plan ends with it, so that nothing is sent again for it.

    Args:
        desk: Connected; the broker's lists are read first, and speak before the person.
        order_ref: The order.
        reason: How the person knows.

    Raises:
        ConfigError: If the order is not UNKNOWN, or the broker's lists have it: the next look settles it then.
        ReadUnknown: If the lists could not be read.
    """
    record = desk.recorder.ledger.order(order_ref)
    if record is None or record.state is not OrderState.UNKNOWN:
        state = "not in the journal" if record is None else record.state.value
        message = f"{order_ref} is {state}; only an order that is UNKNOWN can be acknowledged"
        raise ConfigError(message)
    books = known(await desk.broker.read_orders())
    for execution in books.executions:
        desk.tracker.count(execution)
    evidence = evidence_of(record, books)
    if evidence.found not in {Found.ABSENT, Found.UNCLEAR}:
        message = (
            f"{order_ref} is {evidence.statement}: the next look settles it, nothing to acknowledge"
        )
        raise ConfigError(message)
    _end_order(desk, record, evidence.statement, reason)
    return f"{order_ref}: over with {record.filled} shares filled, by {reason}"


def _end_order(desk: Desk, record: OrderRecord, evidence: str, reason: str) -> None:
    order_ref = record.intent.order_ref
    desk.recorder.record(
        events.ACKNOWLEDGED,
        {"reason": reason, "evidence": evidence},
        plan_id=record.intent.plan_id,
        order_ref=order_ref,
    )
    # Cancelled, not never-arrived: a late fill of it is still counted, where the other would halt.
    desk.tracker.move(record, OrderEvent.CANCEL_CONFIRMED, f"a person says: {reason}")
    symbol = record.intent.instrument.symbol
    _release(desk.recorder, f"{Kind.LOST_ORDER.value}:{order_ref}", symbol, reason)
    plan = desk.recorder.ledger.plans[record.intent.plan_id]
    if plan.end is None and not plan.open_orders():
        end_plan(desk.recorder, plan, PlanEnd.ABANDONED, f"a person settled {order_ref}: {reason}")
