"""What can trade when: the phases of a day, and halts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Phase(Enum):
    """What an exchange does with the orders of an instrument at a moment.

    The auctions take no time: the opening one is the first moment of CONTINUOUS, the closing one
    the first moment after it.
    """

    CLOSED = "closed"
    PRE_OPEN = "pre-open"
    CONTINUOUS = "continuous"
    AFTER_HOURS = "after hours"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the phase stays the same.

    Attributes:
        phase: It.
        begins_at: First moment, aware UTC.
        ends_at: First moment of the next stretch, aware UTC.
    """

    phase: Phase
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Halt:
    """A time in which an instrument does not trade.

    Attributes:
        symbol: Of the instrument; empty for all of them.
        begins_at: First moment, aware UTC.
        ends_at: First moment that is no longer in it, aware UTC; None until somebody ends it.
    """

    symbol: str
    begins_at: datetime
    ends_at: datetime | None = None

    def is_on(self, symbol: str, now: datetime) -> bool:
        """Tell whether the halt keeps a symbol from trading at a moment."""
        if self.symbol not in ("", symbol):
            return False
        return self.begins_at <= now and (self.ends_at is None or now < self.ends_at)


class Halts:
    """The halts that are on, and those to come."""

    def __init__(self, halts: Iterable[Halt] = ()) -> None:
        self._halts = list(halts)

    @property
    def all(self) -> tuple[Halt, ...]:
        """Return them in the order in which they became known; what is over may be among them."""
        return tuple(self._halts)

    def is_on(self, symbol: str, now: datetime) -> bool:
        """Tell whether a symbol is halted at a moment; the empty one asks for all of them."""
        return any(halt.is_on(symbol, now) for halt in self._halts)

    def since(self, symbol: str, now: datetime) -> datetime | None:
        """Return since when a symbol is halted at a moment, or None if it is not."""
        if not self._halts:
            return None
        begun = [halt.begins_at for halt in self._halts if halt.is_on(symbol, now)]
        return min(begun, default=None)

    def next_change_after(self, now: datetime) -> datetime | None:
        """Return the first later moment at which a halt begins or ends, or None."""
        moments = [
            moment
            for halt in self._halts
            for moment in (halt.begins_at, halt.ends_at)
            if moment is not None and moment > now
        ]
        return min(moments, default=None)

    def begin(self, halt: Halt, now: datetime) -> None:
        """Add a halt, and forget those that are over at an aware moment."""
        self._halts = [it for it in self._halts if it.ends_at is None or it.ends_at > now]
        self._halts.append(halt)

    def end(self, symbol: str, now: datetime) -> bool:
        """End the halts of a symbol that are on; what is announced for later stays.

        Args:
            symbol: As it was halted: a halt of all ends by the empty symbol only.
            now: Aware moment.

        Returns:
            Whether there was any.
        """
        before = len(self._halts)
        self._halts = [
            halt for halt in self._halts if halt.symbol != symbol or not halt.is_on(symbol, now)
        ]
        return len(self._halts) < before
