"""When journal and broker are compared outside a look's own comparison.

At the start and after every reconnect; after codes 1101 and 1102, which end 1100 and 2110: what happened in between
was told late or never; after an order ended, one comparison for all that ended within a second; and every minute while
orders work. One that could not be read is tried again, and the journal says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.engine import events
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.reconcile import reconcile
from bot.errors import BrokerUnavailable, ReadUnknown

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.recovery.differences import Reconciliation

#: How often while orders work, seconds.
EVERY_S: Final = 60.0
#: The least pause between two comparisons, and after one that could not be read, seconds.
PAUSE_S: Final = 1.0
RETRY_S: Final = 10.0


def why_due(desk: Desk) -> str | None:
    """Return why journal and broker are to be compared now, or None."""
    now_s, watch = desk.clock.monotonic(), desk.watch
    if not (desk.broker.is_connected and desk.tracker.link_is_up) or now_s < watch.not_before_s:
        return None
    if desk.tracker.recheck is not None:
        return desk.tracker.recheck
    is_stale = watch.compared_at_s is None or now_s - watch.compared_at_s >= EVERY_S
    return "orders work" if is_stale and may_still_fill(desk) else None


async def reconcile_if_due(desk: Desk, *, is_working: bool = False) -> Reconciliation | None:
    """Compare journal and broker if that is due; a list that cannot be read is tried again later.

    Args:
        desk: Connected or not.
        is_working: Whether a plan is being worked: its worker takes the broker's events then.

    Raises:
        HaltRequired: For what no hold can contain.
    """
    why = why_due(desk)
    if why is None:
        return None
    watch = desk.watch
    try:
        result = await reconcile(desk, why, is_working=is_working)
    except (ReadUnknown, BrokerUnavailable) as error:
        desk.tracker.recheck = why
        watch.not_before_s = desk.clock.monotonic() + RETRY_S
        body = {"occasion": why, "unknown": str(error), "differences": []}
        desk.recorder.record(events.RECONCILED, body)
        return None
    watch.compared_at_s = desk.clock.monotonic()
    watch.not_before_s = watch.compared_at_s + PAUSE_S
    return result


async def keep_books(desk: Desk) -> Reconciliation | None:
    """Take the broker's events between looks, and compare if that is due.

    Raises:
        HaltRequired: For what no hold can contain, or a fill that must not be.
    """
    await desk.drain()
    return await reconcile_if_due(desk)
