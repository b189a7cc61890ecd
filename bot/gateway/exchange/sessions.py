"""When the exchange is open: 09:30 to 16:00 in New York on the days that the history has a close.

Half days are served as whole days. After the last day of the history every weekday is a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from bot.prices import PriceHistory

NEW_YORK: Final = ZoneInfo("America/New_York")
OPENS: Final = time(9, 30)
CLOSES: Final = time(16, 0)

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)

#: No real closure of the exchange since 1990 was longer than a week.
_CLOSED_DAYS_MAX: Final = 14


def local(moment: datetime) -> datetime:
    """Return a moment in the exchange's zone."""
    return moment.astimezone(NEW_YORK)


def midnight_after(day: date) -> datetime:
    """Return the moment at which a calendar date of the exchange ends, in UTC."""
    return datetime.combine(day + _ONE_DAY, time(), NEW_YORK).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day.

    Attributes:
        day: Its date in New York.
        opens_at: First moment, aware UTC.
        closes_at: First moment that is no longer in it, aware UTC.
    """

    day: date
    opens_at: datetime
    closes_at: datetime


class Sessions:
    """The trading days of the exchange."""

    def __init__(self, history: PriceHistory) -> None:
        self._history = history
        self._current: Session | None = None

    def on(self, day: date) -> Session | None:
        """Return the session of a date, or None if the exchange stays closed."""
        is_session = (
            day.weekday() < _SATURDAY
            if day > self._history.last_on
            else self._history.is_session(day)
        )
        if not is_session:
            return None
        opens_at = datetime.combine(day, OPENS, NEW_YORK).astimezone(UTC)
        closes_at = datetime.combine(day, CLOSES, NEW_YORK).astimezone(UTC)
        return Session(day, opens_at, closes_at)

    def current_or_next(self, now: datetime) -> Session:
        """Return the session that is on, or else the next one.

        Raises:
            LookupError: If none is found within two weeks, which no calendar has.
        """
        found = self._current
        if found is not None and found.opens_at <= now < found.closes_at:
            return found
        day = local(now).date()
        for _ in range(_CLOSED_DAYS_MAX):
            session = self.on(day)
            if session is not None and now < session.closes_at:
                self._current = session
                return session
            day += _ONE_DAY
        message = f"no session within {_CLOSED_DAYS_MAX} days after {now}"
        raise LookupError(message)

    def is_open(self, now: datetime) -> bool:
        """Tell whether orders can be filled now."""
        return self.current_or_next(now).opens_at <= now
