"""Decide what became of orders. A time-out never resolves UNKNOWN; the broker's lists do.

Rule: positive evidence (executions, the open list, the completed list) settles an order at once. Absence settles it
only when two reads, `settle_s` apart, agree that it is in none of the three lists, the position is what our fills
add up to, and it is still the broker day on which it was sent, since the lists reach back no further. Until then
the order is UNKNOWN, its leg gets no further attempt, and no new plan is made. After its session it can fill no more,
and holds its symbol alone until a person says what became of it (`lost.py`): no list will.
Why the two reads: the broker's view lags its own acceptance. An order that was accepted a moment before a crash is
in no list yet; one that is resent then is sent twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.core.domain.reading import known, rows
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine.recovery.cancelling import cancel_own_orders
from bot.engine.recovery.evidence import Evidence, Found, evidence_of
from bot.engine.recovery.lost import is_lost, may_still_fill
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.core.domain.orders import OrderBooks
    from bot.engine.desk import Desk
    from bot.engine.order_record import OrderRecord

#: How soon a halt is noticed while the settle window runs, seconds.
POLL_S = 0.1

_STEP = {
    Found.FILLED: OrderEvent.FILLED,
    Found.OPEN: OrderEvent.ACKNOWLEDGED,
    Found.CANCELLED: OrderEvent.CANCEL_CONFIRMED,
    Found.REJECTED: OrderEvent.REJECT_CONFIRMED,
    Found.EXPIRED: OrderEvent.EXPIRY_CONFIRMED,
}


async def confirm(desk: Desk, said: dict[str, str]) -> None:
    """Ask whether orders are over whose wire status or error says so.

    Args:
        desk: Ports and rules.
        said: The wire's words by order_ref, e.g. ``Cancelled`` or ``error 201: ...``.

    Only the broker's lists end an order here. One that is said to be over and is in none of them becomes UNKNOWN and
    is settled like any other, with two reads: a fill may be on its way, and the next attempt would come on top of it.

    Raises:
        ReadUnknown: If the lists could not be read; nothing was decided.
    """
    books = await _read_books(desk)
    for order_ref, words in said.items():
        record = desk.recorder.ledger.order(order_ref)
        if record is None or record.is_final:
            continue
        evidence = evidence_of(record, books)
        if evidence.found in {Found.ABSENT, Found.UNCLEAR}:
            desk.tracker.move(record, OrderEvent.DOUBTED, f"{words}; {evidence.statement}")
        elif evidence.found is not Found.OPEN:
            _apply(desk, record, evidence)


async def settle(desk: Desk, unsettled: list[OrderRecord]) -> None:
    """Decide what became of orders that are not final, e.g. after a crash, a broken line or silence.

    What cannot be decided stays UNKNOWN; the journal says why.

    Raises:
        ReadUnknown: If a list or the positions could not be read; what was not decided stays UNKNOWN.
    """
    for record in unsettled:
        if record.state in {OrderState.INTENT, OrderState.SENT}:
            desk.tracker.move(
                record, OrderEvent.DOUBTED, "nothing is known of it since it was written"
            )
    first = await _first_read(desk, unsettled)
    absent = _of_today(desk, [each for each in unsettled if each.state is OrderState.UNKNOWN])
    if not absent:
        return
    await _settle_window(desk)
    books = await _read_books(desk)
    positions = await _read_positions(desk)
    for record in absent:
        if record.is_final:
            continue
        evidence = evidence_of(record, books)
        if evidence.found in _STEP:
            _apply(desk, record, evidence)
            continue
        objection = _objection(desk, record, evidence, first, positions)
        if objection is None:
            desk.tracker.move(record, _absence(desk, record), f"{evidence.statement}, twice")
        else:
            desk.tracker.move(record, OrderEvent.DOUBTED, objection)


def _of_today(desk: Desk, absent: list[OrderRecord]) -> list[OrderRecord]:
    """Return those of which a second read could tell more; the others stay UNKNOWN, with the reason."""
    for record in absent:
        another_day = _of_another_day(desk, record)
        if another_day is not None:
            desk.tracker.move(record, OrderEvent.DOUBTED, f"in no list, {another_day}")
    return [record for record in absent if _of_another_day(desk, record) is None]


async def settle_earlier(desk: Desk) -> None:
    """Decide what became of orders of an earlier look or process before anything is planned.

    Raises:
        ReadUnknown: If that cannot be told of one that may still fill, or the broker's lists could not be read.
    """
    ledger, now = desk.recorder.ledger, desk.clock.now()
    unsettled = may_still_fill(desk)
    if unsettled:
        await settle(desk, unsettled)
    # One whose session is over holds its symbol, and the others go on.
    unknown = [
        f"{record.intent.order_ref} ({record.intent.instrument.symbol}, {record.intent.shares:+} shares)"
        for record in ledger.unknown()
        if not is_lost(ledger, record, now)
    ]
    if unknown:
        message = (
            f"what became of {', '.join(unknown)} is UNKNOWN: look it up at IB, then"
            " `bot reconcile --acknowledge REF --reason TEXT`; no plan until then"
        )
        raise ReadUnknown(message)
    left_over = [
        record.intent.order_ref
        for plan in ledger.plans.values()
        if plan.end is not None
        for record in plan.open_orders()
        if not is_lost(ledger, record, now)
    ]
    if left_over:
        message = (
            f"{', '.join(left_over)} may still fill although the plan has ended: cancel at IB,"
            " the next look settles it; no plan until then"
        )
        raise ReadUnknown(message)


def _absence(desk: Desk, record: OrderRecord) -> OrderEvent:
    """Return what proven absence means: cancelled, if the wire said so in this process, else that it never came."""
    was_cancelled = record.intent.order_ref in desk.tracker.said_cancelled
    return OrderEvent.CANCEL_CONFIRMED if was_cancelled else OrderEvent.ABSENCE_CONFIRMED


async def _settle_window(desk: Desk) -> None:
    """Wait out the window; a halt in it cancels what may still work at once."""
    ends_at_s = desk.clock.monotonic() + desk.mandate.execution.settle_s
    has_cancelled = False
    while desk.clock.monotonic() < ends_at_s:
        if desk.switch.is_halted() and not has_cancelled:
            has_cancelled = True
            await cancel_own_orders(desk)
        left_s = ends_at_s - desk.clock.monotonic()
        await desk.clock.sleep(max(0.0, min(POLL_S, left_s)))


async def _first_read(desk: Desk, unsettled: list[OrderRecord]) -> dict[int, Decimal]:
    books = await _read_books(desk)
    for record in unsettled:
        if record.is_final:
            continue
        evidence = evidence_of(record, books)
        if evidence.found in _STEP:
            _apply(desk, record, evidence)
        elif record.state is not OrderState.UNKNOWN:
            desk.tracker.move(record, OrderEvent.DOUBTED, evidence.statement)
    return await _read_positions(desk)


def _objection(
    desk: Desk,
    record: OrderRecord,
    evidence: Evidence,
    first: dict[int, Decimal],
    second: dict[int, Decimal],
) -> str | None:
    """Return why absence does not settle this order, or None if it does."""
    if evidence.found is not Found.ABSENT:
        return evidence.statement
    con_id = record.intent.instrument.con_id
    plan = desk.recorder.ledger.plans[record.intent.plan_id]
    expected = plan.expected_position(con_id)
    before, after = first.get(con_id, 0), second.get(con_id, 0)
    if not before == after == expected:
        return (
            f"{evidence.statement}, but the position is {after} shares (first read {before})"
            f" where our fills add up to {expected}"
        )
    another_day = _of_another_day(desk, record)
    return None if another_day is None else f"{evidence.statement}, {another_day}"


def _of_another_day(desk: Desk, record: OrderRecord) -> str | None:
    """Return why the lists cannot tell of an order any more, or None if it is of this broker day."""
    zone = ZoneInfo(record.intent.instrument.time_zone)
    sent_on = record.recorded_at.astimezone(zone).date()
    today = desk.clock.now().astimezone(zone).date()
    if sent_on == today:
        return None
    return f"but it is from {sent_on} and the lists reach back to {today}"


async def _read_books(desk: Desk) -> OrderBooks:
    """Read the three lists and count every fill in them first: executions beat everything."""
    books = known(await desk.broker.read_orders())
    for execution in books.executions:
        desk.tracker.count(execution)
    return books


async def _read_positions(desk: Desk) -> dict[int, Decimal]:
    positions = rows(await desk.broker.read_positions())
    return {position.con_id: position.quantity for position in positions}


def _apply(desk: Desk, record: OrderRecord, evidence: Evidence) -> None:
    # Counting its last execution has made a filled order FILLED, unless a crash came between the two.
    if not record.is_final:
        desk.tracker.move(record, _STEP[evidence.found], evidence.statement)
