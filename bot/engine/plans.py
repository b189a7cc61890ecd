"""The end of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.machines.plan import TABLE, PlanState
from bot.engine import events
from bot.errors import require

if TYPE_CHECKING:
    from bot.core.domain.plan import PlanEnd
    from bot.engine.ledger import PlanRecord
    from bot.engine.recorder import Recorder


def end_plan(recorder: Recorder, plan: PlanRecord, end: PlanEnd, reason: str) -> None:
    """Journal a plan's end.

    Raises:
        InvariantBroken: If it has ended, or one of its orders may still fill; nothing is journaled then.
    """
    TABLE.advance(PlanState(plan.end or "open"), end)
    require(not plan.open_orders(), f"plan {plan.plan.plan_id} cannot end while orders are open")
    recorder.record(
        events.PLAN_ENDED, {"end": end.value, "reason": reason}, plan_id=plan.plan.plan_id
    )
