"""When journal and broker are compared outside a look's own comparison.

At the start and after every reconnect; after codes 1101 and 1102, which end 1100 and 2110: what happened in between
was told late or never; after an order ended, one comparison for all that ended within a second; and every minute while
orders work. One that could not be read is tried again, and the journal says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.engine import events
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.reconcile import reconcile
from bot.errors import BrokerUnavailable, ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from bot.engine.desk import Desk
    from bot.engine.recovery.differences import Reconciliation

#: How often while orders work, seconds.
EVERY_S: Final = 60.0
#: The least pause after a comparison that could not be read, seconds.
RETRY_S: Final = 10.0
#: How soon a halt is noticed while the broker's lists are read, seconds.
POLL_S: Final = 0.1


def why_due(desk: Desk, *, is_over: bool = False) -> str | None:
    """Return why journal and broker are to be compared now, or None.

    Args:
        desk: Connected or not.
        is_over: Whether no order works any more and others are to follow: then no pause is kept.
    """
    now_s, watch = desk.clock.monotonic(), desk.watch
    if not (desk.broker.is_connected and desk.tracker.link_is_up):
        return None
    if now_s < watch.not_before_s and not is_over:
        return None
    if desk.tracker.recheck is not None:
        return desk.tracker.recheck
    is_stale = watch.compared_at_s is None or now_s - watch.compared_at_s >= EVERY_S
    return "orders work" if is_stale and may_still_fill(desk) else None


async def reconcile_if_due(
    desk: Desk, *, is_working: bool = False, is_over: bool = False
) -> Reconciliation | None:
    """Compare journal and broker if that is due; a list that cannot be read is tried again later.

    Args:
        desk: Connected or not.
        is_working: Whether a plan is being worked: its worker takes the broker's events then.
        is_over: Whether the plan's orders are over and others are to follow: no pause is kept then.

    Raises:
        HaltRequired: For what no hold can contain.
    """
    why = why_due(desk, is_over=is_over)
    if why is None:
        return None
    try:
        if is_working:
            return await _unless_halted(desk, reconcile(desk, why, is_working=True))
        return await reconcile(desk, why)
    except (ReadUnknown, BrokerUnavailable) as error:
        desk.tracker.recheck = why
        desk.watch.not_before_s = desk.clock.monotonic() + RETRY_S
        body = {"occasion": why, "unknown": str(error), "differences": []}
        desk.recorder.record(events.RECONCILED, body)
        return None


async def _unless_halted(
    desk: Desk, comparing: Coroutine[None, None, Reconciliation]
) -> Reconciliation | None:
    """Compare, unless trading is halted meanwhile: then the worker must cancel at once, and no read keeps it."""
    task = asyncio.create_task(comparing)
    try:
        while not task.done():
            if desk.switch.is_halted():
                desk.tracker.recheck = "trading was halted in a comparison"
                return None
            await asyncio.wait({task}, timeout=POLL_S)
        return task.result()
    finally:
        task.cancel()


async def keep_books(desk: Desk) -> Reconciliation | None:
    """Take the broker's events between looks, and compare if that is due.

    Raises:
        HaltRequired: For what no hold can contain, or a fill that must not be.
    """
    await desk.drain()
    return await reconcile_if_due(desk)
