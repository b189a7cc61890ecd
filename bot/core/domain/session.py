"""One exchange session and its place in the calendar: what the core needs to know of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

#: By which the volatility of a session is said as that of a year.
SESSIONS_PER_YEAR: Final = 252


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day of one exchange.

    Attributes:
        exchange: Calendar name, e.g. ``XNYS``.
        held_on: The session's date in the exchange's zone.
        opens_at: Aware UTC.
        closes_at: Aware UTC; earlier on half days.
        is_half_day: Whether it closes early.
        number_in: Its number from 1 within the running ``week``, ``month``, ``quarter``, ``half`` and ``year``
            (``day`` is always 1), counting sessions only.
    """

    exchange: str
    held_on: date
    opens_at: datetime
    closes_at: datetime
    is_half_day: bool
    number_in: dict[str, int]

    def contains(self, now: datetime) -> bool:
        """Return whether `now` (aware UTC) is inside: the open counts, the close does not."""
        return self.opens_at <= now < self.closes_at
