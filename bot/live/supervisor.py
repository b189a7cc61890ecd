"""One look under supervision: what must stop trading does, durably, before anybody is told.

The only broad handler of this program is here. A failure that nobody foresaw leaves the orders and the journal in a
state that nobody foresaw either, so it engages the switch like a broken journal does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recovery.cancelling import cancel_own_orders
from bot.errors import BotError, HaltRequired, InvariantBroken
from bot.live.watching import cancelling_on_halt

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.report import LookReport

log = structlog.get_logger(__name__)


async def supervised_look(desk: Desk, *, execute: bool) -> LookReport:
    """Make one look; halt on whatever demands it.

    Raises:
        HaltRequired: After the switch was engaged.
        InvariantBroken: For a failure that nobody foresaw, after the switch was engaged.
        ConfigError: As the look raised it; nothing was sent.
    """
    try:
        async with cancelling_on_halt(desk):
            return await look(desk, execute=execute)
    except (HaltRequired, InvariantBroken) as error:
        await stop_trading(desk, f"{type(error).__name__}: {error}")
        raise
    except BotError:
        raise
    except Exception as error:
        log.exception("look_failed", runbook=InvariantBroken.runbook)
        await stop_trading(desk, f"unforeseen {type(error).__name__}: {error}")
        message = f"the look failed in a way that nobody foresaw: {type(error).__name__}: {error}"
        raise InvariantBroken(message) from error


def stop_on_signal(desk: Desk) -> None:
    """Halt because of a signal; whoever works or waits sees it within a tenth of a second and cancels."""
    reason = "signal SIGUSR1"
    try:
        desk.switch.halt(reason)
        desk.recorder.record(events.HALTED, {"reason": reason, "by": "signal"})
    except HaltRequired as error:
        log.critical("halt_not_recorded", reason=str(error), runbook=error.runbook)
    log.critical("halted", reason=reason, runbook=HaltRequired.runbook)


async def stop_trading(desk: Desk, reason: str) -> None:
    """Engage the switch first, journal it second, and ask the broker to cancel what works of ours.

    In that order, since the journal may be what is broken, and nothing may be sent while we cancel.
    """
    try:
        desk.switch.halt(reason)
        desk.recorder.record(events.HALTED, {"reason": reason, "by": "bot"})
    except HaltRequired as error:
        # The disk takes neither file nor line. This process is halted all the same, and cancels.
        log.critical("halt_not_recorded", reason=str(error), runbook=error.runbook)
    log.critical("halted", reason=reason, runbook=HaltRequired.runbook)
    asked, left = await cancel_own_orders(desk)
    if asked or left:
        log.critical("own_orders_cancelled", asked=asked, not_reached=left)
