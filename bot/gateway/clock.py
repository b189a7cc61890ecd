"""The clock that the gateway replays by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class GatewayClock(Protocol):
    """Tells the replayed time."""

    @property
    def speed(self) -> float:
        """Seconds by which it advances in one second of the event loop.

        0 for a clock that stands still until it is moved: no timer rings by itself then, and what
        is due happens before the next event from outside.
        """
        ...

    def now(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        ...
