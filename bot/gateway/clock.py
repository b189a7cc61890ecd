"""The clock that the gateway replays by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class GatewayClock(Protocol):
    """Tells the replayed time."""

    @property
    def speed(self) -> float:
        """Seconds by which it advances in one second of the event loop, > 0."""
        ...

    def now(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        ...
