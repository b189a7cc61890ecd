"""The trading days of the exchange: its hours, what can trade in them, and the bells between.

The days and hours are those of a calendar (`calendars.py`), in the exchange's own zone. What is
told by the date of the account, such as "today's executions", goes by New York.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import (
    NEW_YORK,
    SHIPPED,
    TradingCalendar,
    local_moment,
    trading_calendar,
)
from bot.gateway.exchange.phases import Phase, Stretch

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.calendars import Hours

#: When trading before the open begins and trading after the close ends.
EXTENDED_OPENS: Final = time(4, 0)
EXTENDED_CLOSES: Final = time(20, 0)

_ONE_DAY: Final = timedelta(days=1)

#: The longest closure of any calendar that can be made is shorter: Shanghai at the new year of the
#: moon, 2000, 17 days from session to session.
_CLOSED_DAYS_MAX: Final = 30


def local(moment: datetime) -> datetime:
    """Return a moment in New York, whose midnight ends the account's day."""
    return moment.astimezone(NEW_YORK)


def midnight_after(day: date) -> datetime:
    """Return the moment at which a calendar date of New York ends, in UTC."""
    return datetime.combine(day + _ONE_DAY, time(), NEW_YORK).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day. All moments are aware UTC.

    Attributes:
        day: Its date at the exchange.
        opens_at: First moment, that of the opening auction.
        closes_at: First moment that is no longer in it, that of the closing auction.
        is_half_day: Whether it closes earlier than usual.
        extended_opens_at: When trading before the open begins; `opens_at` if there is none.
        extended_closes_at: When trading after the close ends; `closes_at` if there is none.
        break_starts_at: First moment of the pause at noon; None on exchanges without one.
        break_ends_at: First moment after the pause.
    """

    day: date
    opens_at: datetime
    closes_at: datetime
    is_half_day: bool
    extended_opens_at: datetime
    extended_closes_at: datetime
    break_starts_at: datetime | None = None
    break_ends_at: datetime | None = None

    def turns(self) -> list[tuple[datetime, Phase]]:
        """Return the moments at which a phase begins, ascending, each with its phase."""
        found = {self.extended_opens_at: Phase.PRE_OPEN, self.opens_at: Phase.CONTINUOUS}
        if self.break_starts_at is not None and self.break_ends_at is not None:
            found[self.break_starts_at] = Phase.CLOSED
            found[self.break_ends_at] = Phase.CONTINUOUS
        # A phase without length begins when the next one does, which then takes its place.
        found[self.closes_at] = Phase.AFTER_HOURS
        found[self.extended_closes_at] = Phase.CLOSED
        return list(found.items())


class Sessions:
    """The trading days of the exchange."""

    def __init__(
        self,
        calendar: str = SHIPPED,
        *,
        extended_opens: time | None = EXTENDED_OPENS,
        extended_closes: time | None = EXTENDED_CLOSES,
    ) -> None:
        """Take a calendar.

        Args:
            calendar: What exchange_calendars calls it.
            extended_opens: When trading before the open begins, local time; None for never.
            extended_closes: When trading after the close ends on a usual day, local time; None if
                it ends with the close. A half day has as many hours after its close as others.

        Raises:
            LookupError: If there is no such calendar.
        """
        self._calendar: TradingCalendar = trading_calendar(calendar)
        self._extended_opens = extended_opens
        self._extended_closes = extended_closes
        self._days: dict[date, Session | None] = {}
        self._current: Session | None = None
        self._stretch: Stretch | None = None

    @property
    def name(self) -> str:
        """What exchange_calendars calls the calendar."""
        return self._calendar.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the exchange."""
        return self._calendar.zone

    def on(self, day: date) -> Session | None:
        """Return the session of a date, or None if the exchange stays closed."""
        if day not in self._days:
            hours = self._calendar.on(day)
            self._days[day] = None if hours is None else self._session(day, hours)
        return self._days[day]

    def current_or_next(self, now: datetime) -> Session:
        """Return the session that is on, or else the next one.

        Raises:
            LookupError: If none is found within a month, which no calendar has.
        """
        found = self._current
        if found is not None and found.opens_at <= now < found.closes_at:
            return found
        today = now.astimezone(self.zone).date()
        found = self._search(today, _ONE_DAY, lambda session: now < session.closes_at)
        self._current = found
        return found

    def last_begun(self, now: datetime, *, extended: bool = False) -> Session:
        """Return the latest session that is on or over.

        Args:
            now: Aware moment.
            extended: Whether trading before the open counts as its begin.

        Raises:
            LookupError: If none is found within a month, which no calendar has.
        """

        def begin(session: Session) -> datetime:
            return session.extended_opens_at if extended else session.opens_at

        # Some exchanges open on the evening before.
        tomorrow = now.astimezone(self.zone).date() + _ONE_DAY
        return self._search(tomorrow, -_ONE_DAY, lambda session: begin(session) <= now)

    def before(self, session: Session) -> Session:
        """Return the session before another one.

        Raises:
            LookupError: If none is found within a month, which no calendar has.
        """
        return self._search(session.day - _ONE_DAY, -_ONE_DAY, lambda _: True)

    def stretch_at(self, now: datetime) -> Stretch:
        """Return the phase at a moment, with its begin and its end."""
        found = self._stretch
        if found is None or not found.begins_at <= now < found.ends_at:
            found = self._stretch = self._find_stretch(now)
        return found

    def is_open(self, now: datetime) -> bool:
        """Tell whether the exchange trades at a moment, in its regular hours."""
        return self.stretch_at(now).phase is Phase.CONTINUOUS

    def _search(self, day: date, step: timedelta, fits: Callable[[Session], bool]) -> Session:
        """Return the first session that fits, from a date on, forward or backward.

        Raises:
            LookupError: If none is found within a month.
        """
        first_day = day
        for _ in range(_CLOSED_DAYS_MAX):
            session = self.on(day)
            if session is not None and fits(session):
                return session
            day += step
        message = f"{self.name}: no session within {_CLOSED_DAYS_MAX} days of {first_day}"
        raise LookupError(message)

    def _session(self, day: date, hours: Hours) -> Session:
        """Return a session with the extended hours of the configuration."""
        before_at, after_at = hours.opens_at, hours.closes_at
        opens_on, zone = hours.opens_at.astimezone(self.zone).date(), self.zone
        if opens_on == day and self._extended_opens is not None:
            before_at = min(before_at, local_moment(day, self._extended_opens, zone))
        if opens_on == day and self._extended_closes is not None:
            length = local_moment(day, self._extended_closes, zone) - hours.closes_usually_at
            after_at += max(length, timedelta())
        return Session(
            day=day,
            opens_at=hours.opens_at,
            closes_at=hours.closes_at,
            is_half_day=hours.closes_at < hours.closes_usually_at,
            extended_opens_at=before_at,
            extended_closes_at=after_at,
            break_starts_at=hours.break_starts_at,
            break_ends_at=hours.break_ends_at,
        )

    def _find_stretch(self, now: datetime) -> Stretch:
        """Work out the phase at a moment."""
        session = self.last_begun(now, extended=True)
        following = self._search(session.day + _ONE_DAY, _ONE_DAY, lambda _: True)
        turns = [turn for turn in session.turns() if turn[0] < following.extended_opens_at]
        begun = [turn for turn in turns if turn[0] <= now]
        ends = [at for at, _ in turns if at > now]
        begins_at, phase = begun[-1]
        return Stretch(phase, begins_at, ends[0] if ends else following.extended_opens_at)
