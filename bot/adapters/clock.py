"""The machine's clock: the only file of the running bot that reads one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class WallClock:
    """Wall time, which may run at an offset. Implements `bot.ports.FollowableClock`.

    The offset is for a paper gateway that replays another day: its time and ours must then agree,
    or every quote is stale. Intervals and waits are not touched by it.
    """

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """Return the machine's time plus the offset, aware UTC."""
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Return seconds that never go back, for intervals; the offset does not move them."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` (>= 0) of real time."""
        await asyncio.sleep(seconds)

    def follow(self, offset: timedelta) -> None:
        """Run `offset` ahead of the machine's own clock from now on; zero follows it again."""
        self._offset = offset
