"""`bot look`: one look; it sends nothing unless it is told to."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter

from bot.app import desk_of, memory_of, start_logs
from bot.cli.options import AsJson, Config, arm_command, settings_of
from bot.cli.progress import Progress
from bot.cli.signals import on_end, on_halt
from bot.cli.tables import plan_table
from bot.cli.voice import Voice
from bot.core.execution.slippage import total_bps
from bot.engine.records import body_of
from bot.live.alerting import telling
from bot.live.stopping import StoppableSwitch, refuse_while_halted
from bot.live.supervisor import stop_on_signal, supervised_look

if TYPE_CHECKING:
    from bot.engine.report import LookReport
    from bot.settings import Settings

Execute: TypeAlias = Annotated[
    bool, Parameter(negative="", help="Send the orders. Without it the plan is only shown.")
]


def look(*, execute: Execute = False, config: Config = None, json: AsJson = False) -> int:
    """Make one look: read the account, decide, explain. Sends nothing unless --execute is given."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        progress = Progress(voice)
        report = asyncio.run(_look(settings, progress, arm_command(config), execute=execute))
        show(voice, report, progress)
        voice.code = report.exit_code
        voice.answer({**facts_of(report), "journal": progress.tip})
    return voice.code


async def _look(settings: Settings, progress: Progress, arm: str, *, execute: bool) -> LookReport:
    memory = memory_of(settings)
    start_logs(settings, memory.clock)
    with ExitStack() as stack:
        switch = StoppableSwitch(memory.switch())
        if execute:
            refuse_while_halted(memory.switch(), arm)
        lease = stack.enter_context(memory.lease()) if execute else None
        journal = stack.enter_context(memory.journal())
        desk = desk_of(settings, memory, journal, lease=lease, switch=switch, listener=progress)
        if execute:
            # Ctrl-C in the middle of a plan: nothing new goes out, and what works of ours is cancelled.
            on_end(switch.request_stop)
            on_halt(partial(stop_on_signal, desk))
        try:
            async with telling(desk):
                return await supervised_look(desk, execute=execute)
        finally:
            await desk.broker.disconnect()


def show(voice: Voice, report: LookReport, progress: Progress) -> None:
    """Show how a look ended; what came before was shown while it happened."""
    if report.plan is not None and not progress.plan_shown:
        voice.say(plan_table(report.plan))
    for breach in report.breaches:
        voice.say(f"held by {breach.guard}: {breach.statement} (see runbooks/{breach.runbook}.md)")
    for notice in report.notices:
        voice.say(f"told by {notice.guard}: {notice.statement} (see runbooks/{notice.runbook}.md)")
    voice.say(f"{report.outcome.value}: {report.statement}", "bold")


def facts_of(report: LookReport) -> dict[str, Any]:
    """Return a look for a program; money is text with its currency beside it."""
    plan = None
    if report.plan is not None:
        plan = {
            "plan_id": report.plan.plan_id,
            "currency": report.plan.currency,
            "turnover": report.plan.turnover,
            "expires_at": report.plan.expires_at,
            "end": report.plan_end,
            "legs": [
                {
                    "symbol": leg.instrument.symbol,
                    "con_id": leg.instrument.con_id,
                    "shares": leg.shares,
                    "arrival_price": leg.arrival_price,
                    "reason": leg.reason,
                }
                for leg in report.plan.legs
            ],
            "slippage_bps": total_bps(report.slippages),
            "orders": [
                {
                    "order_ref": each.order_ref,
                    "symbol": each.symbol,
                    "shares": int(each.shares),
                    "average_price": each.average_price,
                    "arrival_price": each.arrival_price,
                    "slippage_bps": each.bps,
                }
                for each in report.slippages
            ],
        }
    return {
        "look_id": report.look_id,
        "outcome": report.outcome,
        "statement": report.statement,
        "exit_code": report.exit_code,
        "decision": None if report.verdict is None else report.verdict.body(),
        "plan": plan,
        "breaches": [body_of(breach) for breach in report.breaches],
        "notices": [body_of(notice) for notice in report.notices],
    }
