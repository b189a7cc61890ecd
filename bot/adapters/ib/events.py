"""The bounded queue of what the broker says unasked.

Rule: nothing is ever dropped in silence. The receiver never waits, so what does not fit is lost - and then the whole
connection is doubtful: only a new one, which reads everything again, is believed. `Disconnected` always fits, since
it is what tells the reader that something is missing; of several in a row one is enough.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.core.domain.orders import Disconnected

if TYPE_CHECKING:
    from bot.core.domain.orders import BrokerEvent

#: An order brings up to about 15 events in its life, and a plan has some dozens of orders.
QUEUE_SIZE: Final = 10_000


class EventQueue:
    """First in, first out; outlives connections, since what was said stays said."""

    def __init__(self, size: int = QUEUE_SIZE) -> None:
        self._size = size
        self._queue: asyncio.Queue[BrokerEvent] = asyncio.Queue()
        self._ends_disconnected = False

    def put(self, event: BrokerEvent) -> bool:
        """Append an event; return False if there was no room and it is lost."""
        is_disconnected = isinstance(event, Disconnected)
        if self._queue.qsize() >= self._size:
            if not is_disconnected:
                return False
            if self._ends_disconnected:
                return True
        self._ends_disconnected = is_disconnected
        self._queue.put_nowait(event)
        return True

    async def get(self, timeout_s: float) -> BrokerEvent | None:
        """Return the oldest event, or None after `timeout_s` seconds without one; 0 does not wait."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        if timeout_s <= 0:
            return None
        try:
            async with asyncio.timeout(timeout_s):
                return await self._queue.get()
        except TimeoutError:
            return None
