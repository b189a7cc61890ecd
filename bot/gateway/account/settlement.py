"""When trades settle: so many sessions after the date of the trade in New York.

On two days a year New York trades and its banks are closed; nothing settles then.

US stocks settle on the next session since 2024-05-28, before that on the second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import SHIPPED
from bot.gateway.exchange.sessions import local, midnight_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from bot.gateway.exchange.sessions import Sessions

_OCTOBER: Final = 10
_NOVEMBER: Final = 11
_VETERANS_DAY: Final = 11
_SECOND_WEEK: Final = range(8, 15)


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
                while self._sessions.name == SHIPPED and _is_bank_holiday(day):
                    day = self._sessions.current_or_next(midnight_after(day)).day
            self._settles_on = day
        return self._settles_on


def _is_bank_holiday(day: date) -> bool:
    """Tell whether stocks trade in New York and banks are closed: Columbus Day, Veterans Day.

    Veterans Day on a Sunday is kept on the Monday after it.
    """
    is_second_monday = day.month == _OCTOBER and day.weekday() == 0 and day.day in _SECOND_WEEK
    if is_second_monday:
        return True
    on_sunday = day.weekday() == 0 and day.day == _VETERANS_DAY + 1
    return day.month == _NOVEMBER and (day.day == _VETERANS_DAY or on_sunday)
