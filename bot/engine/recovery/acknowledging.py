"""A person's word on what nothing else can settle. It is asked for, checked against the broker, and journaled."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.core.domain.plan import PlanEnd
from bot.core.domain.reading import known
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events
from bot.engine.plans import end_plan
from bot.engine.recovery.evidence import Found, evidence_of
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.recorder import Recorder


async def acknowledge_order(desk: Desk, order_ref: str, reason: str) -> None:
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
    desk.recorder.record(
        events.ACKNOWLEDGED,
        {"reason": reason, "evidence": evidence.statement},
        plan_id=record.intent.plan_id,
        order_ref=order_ref,
    )
    # Cancelled, not never-arrived: a late fill of it is still counted, where the other would halt.
    desk.tracker.move(record, OrderEvent.CANCEL_CONFIRMED, f"a person says: {reason}")
    plan = desk.recorder.ledger.plans[record.intent.plan_id]
    if plan.end is None and not plan.open_orders():
        end_plan(desk.recorder, plan, PlanEnd.ABANDONED, f"a person settled {order_ref}: {reason}")


def differing_positions(recorder: Recorder) -> list[dict[str, Any]]:
    """Return the holdings that the last look found different and that nobody has accepted since."""
    found = recorder.journal.events(kinds=[events.POSITIONS_DIFFER], newest=1)
    if not found:
        return []
    expected = recorder.ledger.expected
    return [
        row
        for row in found[0].body["positions"]
        if expected.get(row["con_id"]) == Decimal(row["expected"])
    ]


def acknowledge_position(recorder: Recorder, symbol: str, reason: str) -> None:
    """Take a person's word that a holding is right as the last look found it.

    Raises:
        ConfigError: If the last look found no difference in it.
    """
    rows = [row for row in differing_positions(recorder) if row["symbol"] == symbol]
    if not rows:
        message = (
            f"{symbol} is neither an UNKNOWN order nor a holding that the last look found different"
        )
        raise ConfigError(message)
    for row in rows:
        body = {"con_id": row["con_id"], "symbol": symbol, "shares": row["found"], "reason": reason}
        recorder.record(events.POSITION_ACCEPTED, body)
