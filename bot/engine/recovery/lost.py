"""Orders that can fill no more and whose fate nobody will tell: UNKNOWN, and their session is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.machines.order import OrderState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.engine.desk import Desk
    from bot.engine.ledger import Ledger
    from bot.engine.order_record import OrderRecord


def is_lost(ledger: Ledger, record: OrderRecord, now: datetime) -> bool:
    """Return whether an order is UNKNOWN and its session is over at `now` (aware UTC).

    Every order is for the day: after its session's close it works no more. Whether it filled before is not known.
    """
    if record.state is not OrderState.UNKNOWN:
        return False
    return now >= ledger.plans[record.intent.plan_id].plan.expires_at


def may_still_fill(desk: Desk) -> list[OrderRecord]:
    """Return the orders that are not final and not lost, oldest first."""
    ledger, now = desk.recorder.ledger, desk.clock.now()
    return [record for record in ledger.unsettled() if not is_lost(ledger, record, now)]
