"""How often small bars may be asked for.

The documented limits of TWS for bars of 30 seconds and less: 60 requests within ten minutes, six
for the same contract, exchange and price within two seconds, and none that repeats another one
within 15 seconds. BID_ASK counts twice. Larger bars are not limited. They hold for the whole
gateway, since the data farm counts by user name.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Bars longer than this are not limited.
SMALL: Final = timedelta(seconds=30)

_WINDOW: Final = timedelta(minutes=10)
_WINDOW_MAX: Final = 60
_BURST: Final = timedelta(seconds=2)
_BURST_MAX: Final = 6
_IDENTICAL: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request of the past.

    Attributes:
        at: When.
        series: Contract, exchange and price.
        identity: Everything that was asked.
        weight: How many requests it counts as.
    """

    at: datetime
    series: tuple[object, ...]
    identity: tuple[object, ...]
    weight: int


class HistoryPacing:
    """Counts the requests for small bars."""

    def __init__(self) -> None:
        self._asked: deque[_Asked] = deque()

    def is_too_fast(
        self, now: datetime, series: tuple[object, ...], identity: tuple[object, ...], kind: str
    ) -> bool:
        """Count one more request for small bars, and tell whether it is one too many.

        A refused one does not count, so whoever waits gets through.

        Args:
            now: The moment, aware; never before that of an earlier call.
            series: Contract, exchange and price asked for.
            identity: The whole request but for its id.
            kind: Which prices.
        """
        while self._asked and self._asked[0].at <= now - _WINDOW:
            self._asked.popleft()
        weight = 2 if kind == "BID_ASK" else 1
        lately = [it for it in self._asked if it.at > now - _IDENTICAL]
        burst = sum(it.weight for it in lately if it.series == series and it.at > now - _BURST)
        is_refused = (
            sum(it.weight for it in self._asked) + weight > _WINDOW_MAX
            or burst + weight > _BURST_MAX
            or any(it.identity == identity for it in lately)
        )
        if not is_refused:
            self._asked.append(_Asked(now, series, identity, weight))
        return is_refused
