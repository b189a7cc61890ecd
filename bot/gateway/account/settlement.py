"""When trades settle: so many sessions after the date of the trade in New York.

US stocks settle on the next session since 2024-05-28, before that on the second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.exchange.sessions import local, midnight_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from bot.gateway.exchange.sessions import Sessions


class Settlement:
    """Gives the settlement date of a trade that happens now."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime], days: int) -> None:
        """Take a calendar.

        Args:
            sessions: The exchange's.
            now: Gives the replayed moment.
            days: Sessions from the trade to its settlement; 0 for at once.
        """
        self._sessions = sessions
        self._now = now
        self._days = days
        self._settles_on: date | None = None
        self._good_until: datetime | None = None

    def __call__(self) -> date | None:
        """Return the date, or None if trades settle at once."""
        if not self._days:
            return None
        now = self._now()
        if self._good_until is None or now >= self._good_until:
            day = local(now).date()
            self._good_until = midnight_after(day)
            for _ in range(self._days):
                day = self._sessions.current_or_next(midnight_after(day)).day
            self._settles_on = day
        return self._settles_on
