"""The clock of the gateway, and the timers that wait on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

#: A timer fires a little late rather than early: due a moment before its time by rounding, it would
#: look at the clock, find that nothing is due and be set again without end.
_LATE_S: Final = 0.001


class GatewayClock(Protocol):
    """Tells the replayed time. It has to advance at the pace of the event loop's own clock."""

    def now(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        ...


class Timers:
    """Calls back after a delay or at a replayed moment, until all of it is cancelled."""

    def __init__(self, clock: GatewayClock) -> None:
        self._clock = clock
        self._handles: set[asyncio.TimerHandle] = set()

    def after(self, delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back once, some seconds from now."""
        handle: asyncio.TimerHandle

        def fire() -> None:
            self._handles.discard(handle)
            callback()

        handle = asyncio.get_running_loop().call_later(delay_s, fire)
        self._handles.add(handle)
        return handle

    def at(self, moment: datetime, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back once, when the replayed clock has reached a moment."""
        wait_s = (moment - self._clock.now()).total_seconds()
        return self.after(max(wait_s, 0.0) + _LATE_S, callback)

    def cancel(self, handle: asyncio.TimerHandle) -> None:
        """Forget one call."""
        handle.cancel()
        self._handles.discard(handle)

    def cancel_all(self) -> None:
        """Forget every call."""
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
