"""`bot approve`: let a plan go that waits for a person. It sends nothing itself: the next look does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bot.app import memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.engine.approval import WAIT, is_approved, is_too_old
from bot.engine.recorder import Recorder

if TYPE_CHECKING:
    from bot.app import Memory
    from bot.settings import Settings


def approve(
    plan: Annotated[str, Parameter(help="The plan's id, as the look or `bot status` names it.")],
    *,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Approve the open plan that waits for a person; the next look works it if prices have hardly moved.

    Works beside a running daemon. An approval is for this one plan: the next one asks again.
    """
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        objection = _approve(settings, memory_of(settings), plan)
        if objection is None:
            voice.say(f"Plan {plan} is approved: the next look works it.")
        else:
            voice.say(f"Nothing was approved: {objection}.")
            voice.code = 1
        voice.answer(
            {
                "plan_id": plan,
                "approved": objection is None,
                "objection": objection,
                "exit_code": voice.code,
            }
        )
    return voice.code


def _approve(settings: Settings, memory: Memory, plan_id: str) -> str | None:
    """Journal the approval; return why there is none, or None."""
    if memory.exists():
        memory.switch().saw_owner()
    reader = memory.journal_to_read()
    if reader is None:
        return "there is no journal yet"
    reader.close()
    with memory.journal() as journal:
        plan = Recorder(journal).ledger.open_plan()
        if plan is None or plan.plan.plan_id != plan_id:
            found = "none" if plan is None else plan.plan.plan_id
            return f"the open plan is {found}, not {plan_id}"
        if is_approved(journal, plan):
            return f"plan {plan_id} needs no approval"
        # Where the gateway replays the past, this command's clock says nothing about the plan's age.
        if not settings.broker.follow_gateway_time and is_too_old(plan, memory.clock.now()):
            return f"plan {plan_id} is older than {WAIT.seconds // 60} minutes: the next look makes a new one"
        journal.append(events.PLAN_APPROVED, {"by": "command"}, plan_id=plan_id)
    return None
