"""A halt is answered while a look waits for something else.

Rule: cancels of own orders are asked for within a second of a halt, whatever the look is waiting for.
Why: a look waits for the broker in a dozen places, each for seconds. Where it works orders it sees the switch itself,
and cancels in good order; in a read that does not end it would see it ten seconds late.
Enforced by: a task beside every look that may trade. It lets the look go first, then asks for what was not cancelled.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from bot.core.domain.reading import Known
from bot.errors import BrokerUnavailable, InvariantBroken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.engine.desk import Desk

log = structlog.get_logger(__name__)

#: How often the switch is looked at, seconds.
POLL_S = 0.1
#: How long the look has for its own cancels, seconds: it polls as often as we do.
GRACE_S = 0.3
#: Pause between reads of the open orders, for orders of an earlier connection, seconds.
LIST_PAUSE_S = 2.0


@asynccontextmanager
async def cancelling_on_halt(desk: Desk) -> AsyncIterator[None]:
    """Ask to cancel own orders as soon as trading is halted, while the body runs; nothing where nothing may be sent."""
    if desk.lease is None:
        yield
        return
    watch = asyncio.create_task(_watch(desk))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.wait({watch})
        if not watch.cancelled():
            watch.result()  # it never ends by itself: what ended it must be heard


async def _watch(desk: Desk) -> None:
    while not desk.switch.is_halted():
        await desk.clock.sleep(POLL_S)
    await desk.clock.sleep(GRACE_S)
    asked: set[str] = set()
    listed_at_s: float | None = None
    while True:
        await _ask_known(desk, asked)
        now_s = desk.clock.monotonic()
        is_time = listed_at_s is None or now_s - listed_at_s > LIST_PAUSE_S
        if is_time and desk.broker.is_connected and _left(desk, asked):
            # Seeing an open order gives it its id here; the next round asks for it.
            listed_at_s = now_s
            if not isinstance(await desk.broker.read_orders(), Known):
                log.warning("open_orders_unknown", while_halted=True, runbook="read-unknown")
        await desk.clock.sleep(POLL_S)


def _left(desk: Desk, asked: set[str]) -> list[str]:
    """Return own orders that may still work and for which nobody has asked."""
    cancelled = asked | desk.tracker.said_cancelled
    refs = (record.intent.order_ref for record in desk.recorder.ledger.unsettled())
    return [ref for ref in refs if ref not in cancelled]


async def _ask_known(desk: Desk, asked: set[str]) -> None:
    for order_ref in _left(desk, asked):
        order_id = desk.broker.order_id_of(order_ref)
        if order_id is None:
            continue
        try:
            await desk.broker.cancel_order(order_ref, order_id)
        except (BrokerUnavailable, InvariantBroken):
            continue  # no line now; when there is one again, it has to be asked anew
        asked.add(order_ref)
