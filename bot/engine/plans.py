"""How far a plan has come, in words, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.plan import PlanEnd
from bot.core.execution.slippage import total_bps
from bot.core.machines.order import OrderState
from bot.core.machines.plan import TABLE, PlanState
from bot.engine import events, records
from bot.errors import require

if TYPE_CHECKING:
    from bot.engine.ledger import PlanRecord
    from bot.engine.recorder import Recorder


def end_plan(recorder: Recorder, plan: PlanRecord, end: PlanEnd, reason: str) -> None:
    """Journal a plan's end, with what its orders cost against the mids at which it was fixed.

    Raises:
        InvariantBroken: If it has ended, or one of its orders may still fill; nothing is journaled then. One that is
            UNKNOWN when the session is over fills no more, and holds its symbol without the plan.
    """
    TABLE.advance(PlanState(plan.end or "open"), end)
    is_expired = end is PlanEnd.EXPIRED
    still_open = [
        each for each in plan.open_orders() if not (is_expired and each.state is OrderState.UNKNOWN)
    ]
    require(not still_open, f"plan {plan.plan.plan_id} cannot end while orders are open")
    slippages = plan.slippages()
    body = {
        "end": end.value,
        "reason": reason,
        "slippage_bps": total_bps(slippages),
        "orders": [{**records.body_of(each), "slippage_bps": each.bps} for each in slippages],
    }
    recorder.record(events.PLAN_ENDED, body, plan_id=plan.plan.plan_id)


def left_of(plan: PlanRecord) -> str:
    """Return what is still to be traded of a plan, for a person."""
    left = [
        f"{leg.instrument.symbol} {plan.remaining(leg):+}"
        for leg in plan.plan.legs
        if plan.remaining(leg)
    ]
    return f"still to do: {', '.join(left)} shares" if left else "every leg is filled"


def summary_of(plan: PlanRecord) -> str:
    """Return what was traded of a plan, for a person."""
    orders = len(plan.orders)
    notional = sum(
        abs(fill.shares * fill.price)
        for record in plan.orders.values()
        for fill in record.fills.values()
    )
    legs = sum(1 for leg in plan.plan.legs if plan.filled(leg))
    return (
        f"{legs} of {len(plan.plan.legs)} trades filled with {orders} orders,"
        f" {notional:,.2f} {plan.plan.currency} traded{_cost_words(plan)}"
    )


def _cost_words(plan: PlanRecord) -> str:
    bps = total_bps(plan.slippages())
    return "" if bps is None else f" at {bps:+.1f} bps against the arrival mid (+ is a cost)"
