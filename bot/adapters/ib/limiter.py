"""At most 45 messages in any rolling second, of which the last 5 are kept for cancels and heartbeats.

Why: IB allows 50 requests a second of one client and ends the session of one that goes on above it. The client
library has a throttle too, 45 a second, but a message that it does not let through *waits in its queue* and leaves
later - an order would leave after the moment at which everything was checked for it. So no message of ours may ever
meet a full throttle.

How that holds: a place counts from the moment its message was handed over (`renew` stamps it before and after the
write), so our stamp is never older than the library's. The window is 20 ms longer than the library's second: by the
time a place is free here it is free there, and messages that a slow network pushes together still arrive within
IB's 50. Below the cap nothing is smoothed: 40 orders leave at once.

Lanes differ in how full the window may be for them: urgent 45, normal 40, background 20. Housekeeping goes in the
background, and not while anybody waits in the normal lane: it is never in front of an order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.ports import Clock

#: Longest span that is looked at, seconds. See above for the 20 ms.
WINDOW_S: Final = 1.02
#: Most messages in a window: IB's limit is 50, the library's throttle 45.
CAPACITY: Final = 45
#: Places of the capacity that only cancels and heartbeats may take.
RESERVE: Final = 5
#: Most messages in a window for housekeeping to take one more.
BACKGROUND_CAPACITY: Final = 20
#: Shortest wait, seconds: less than a clock's resolution would spin.
_SHORTEST_WAIT_S: Final = 0.001
#: How long housekeeping stands back before it looks again, seconds.
_STAND_BACK_S: Final = 0.05


class Lane(Enum):
    """How many messages there may be in a window for one more of this kind."""

    URGENT = CAPACITY
    NORMAL = CAPACITY - RESERVE
    BACKGROUND = BACKGROUND_CAPACITY


class Place:
    """One message's place in the window."""

    __slots__ = ("at_s", "lane")

    def __init__(self, lane: Lane, at_s: float) -> None:
        self.lane = lane
        self.at_s = at_s


class Limiter:
    """Hands out places. One for each gateway connection's client id; it outlives reconnects."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: deque[Place] = deque()
        self._turns = {lane: asyncio.Lock() for lane in Lane}
        self._waiting = dict.fromkeys(Lane, 0)

    @property
    def in_window(self) -> int:
        """How many messages the window holds now."""
        self._forget_old()
        return len(self._taken)

    def holds(self, place: Place) -> bool:
        """Return whether a place is still in the window."""
        self._forget_old()
        return place in self._taken

    async def acquire(self, lane: Lane = Lane.NORMAL) -> Place:
        """Wait for a place and take it; first come, first served within a lane."""
        self._waiting[lane] += 1
        try:
            async with self._turns[lane]:
                while True:
                    stands_back = lane is Lane.BACKGROUND and self._waiting[Lane.NORMAL] > 0
                    place = None if stands_back else self.take_now(lane)
                    if place is not None:
                        return place
                    await self._clock.sleep(self._wait_s(lane))
        finally:
            self._waiting[lane] -= 1

    def take_now(self, lane: Lane) -> Place | None:
        """Take a place if one is free this moment."""
        if self.in_window >= lane.value:
            return None
        place = Place(lane, self._clock.monotonic())
        self._taken.append(place)
        return place

    def renew(self, place: Place) -> bool:
        """Let a place count from now; return whether it was, or could be made, valid.

        Call it right before and right after the message is handed over. A place that was taken long ago may have
        left the window; it is taken anew then if one is free.
        """
        self._forget_old()
        if place in self._taken:
            self._taken.remove(place)
        elif len(self._taken) >= place.lane.value:
            return False
        place.at_s = self._clock.monotonic()
        self._taken.append(place)
        return True

    def _wait_s(self, lane: Lane) -> float:
        """Return how long it takes until the window may have room for one more of a lane, seconds."""
        excess = self.in_window - lane.value
        if excess < 0:  # there is room, but others come first
            return _STAND_BACK_S
        free_at_s = self._taken[excess].at_s + WINDOW_S
        return max(free_at_s - self._clock.monotonic(), _SHORTEST_WAIT_S)

    def _forget_old(self) -> None:
        horizon_s = self._clock.monotonic() - WINDOW_S
        while self._taken and self._taken[0].at_s <= horizon_s:
            self._taken.popleft()
