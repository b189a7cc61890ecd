"""The trading days of an exchange, as the exchange_calendars package knows them.

That package takes a quarter of a second to import and a tenth to make a calendar. So the one of New
York, which nearly every gateway has, is shipped as a small table (`xnys.txt`) that was made from
it by `make_calendar.py`; a test compares the two day by day. All other calendars, and New York
beyond the table, come from the package when they are first asked for.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

NEW_YORK: Final = ZoneInfo("America/New_York")

#: What `xnys.txt` is the table of.
SHIPPED: Final = "XNYS"
SHIPPED_FILE: Final = Path(__file__).with_name("xnys.txt")
SHIPPED_FIRST_ON: Final = date(1990, 1, 1)
SHIPPED_LAST_ON: Final = date(2040, 12, 31)
SHIPPED_OPENS: Final = time(9, 30)
SHIPPED_CLOSES: Final = time(16, 0)

#: A year that all calendars of the package know.
_PROBE_YEAR: Final = 2022

#: How many years before and after the one that is asked for are loaded with it.
_YEARS_BEFORE: Final = 1
_YEARS_AFTER: Final = 5

_SATURDAY: Final = 5

_REASON_LENGTH_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Hours:
    """When an exchange trades on one day. All moments are aware UTC.

    Attributes:
        opens_at: First moment; on some exchanges on the evening before.
        closes_at: First moment that is no longer in it.
        closes_usually_at: When it closes on the days that are not cut short.
        break_starts_at: First moment of the pause at noon, or None.
        break_ends_at: First moment after it, or None.
    """

    opens_at: datetime
    closes_at: datetime
    closes_usually_at: datetime
    break_starts_at: datetime | None = None
    break_ends_at: datetime | None = None


class TradingCalendar(Protocol):
    """Anything that knows when an exchange trades."""

    @property
    def name(self) -> str:
        """What exchange_calendars calls it."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the exchange."""
        ...

    def on(self, day: date) -> Hours | None:
        """Return the hours of a date, or None if the exchange stays closed."""
        ...


@cache
def trading_calendar(name: str) -> TradingCalendar:
    """Return the calendar of a name or an alias; it is made once.

    Raises:
        LookupError: If there is none; the message is one line and has names that are near.
    """
    if name == SHIPPED:
        return NewYork()
    resolved = _resolve(name)
    return NewYork() if resolved == SHIPPED else PackageCalendar(resolved)


def local_moment(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """Return the moment of a date and a clock time of a zone, in UTC."""
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


class NewYork:
    """The New York Stock Exchange, from the shipped table for as long as that reaches."""

    name: Final = SHIPPED
    zone: Final = NEW_YORK

    def __init__(self) -> None:
        self._closed, self._early = _read_table()
        self._beyond: PackageCalendar | None = None

    def on(self, day: date) -> Hours | None:
        """Return the hours of a date, or None if the exchange stays closed."""
        if not SHIPPED_FIRST_ON <= day <= SHIPPED_LAST_ON:
            self._beyond = self._beyond or PackageCalendar(SHIPPED)
            return self._beyond.on(day)
        if day.weekday() >= _SATURDAY or day in self._closed:
            return None
        usually = local_moment(day, SHIPPED_CLOSES, self.zone)
        early = self._early.get(day)
        return Hours(
            opens_at=local_moment(day, SHIPPED_OPENS, self.zone),
            closes_at=usually if early is None else local_moment(day, early, self.zone),
            closes_usually_at=usually,
        )


def _read_table() -> tuple[frozenset[date], dict[date, time]]:
    """Return the weekdays without a session, and the early closes."""
    closed: set[date] = set()
    early: dict[date, time] = {}
    for line in SHIPPED_FILE.read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        day, _, word = line.partition(" ")
        if word == "closed":
            closed.add(date.fromisoformat(day))
        else:
            early[date.fromisoformat(day)] = time.fromisoformat(word)
    return frozenset(closed), early


class PackageCalendar:
    """A calendar of the exchange_calendars package, loaded some years at a time.

    Where the package knows nothing, every weekday is a session with the usual hours.

    Raises:
        LookupError: If the package cannot make it; the message is one line.
    """

    def __init__(self, name: str) -> None:
        self._package = importlib.import_module("exchange_calendars")
        self._name = name
        self._days: dict[date, Hours | None] = {}
        # Also the source of what does not depend on the years: zone, usual hours, bounds.
        self._any = self._make(date(_PROBE_YEAR, 1, 1), date(_PROBE_YEAR, 12, 31))

    @property
    def name(self) -> str:
        """What exchange_calendars calls it."""
        return self._name

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the exchange."""
        return ZoneInfo(str(self._any.tz))

    def on(self, day: date) -> Hours | None:
        """Return the hours of a date, or None if the exchange stays closed."""
        if day not in self._days:
            self._load(day)
        return self._days[day]

    def _load(self, day: date) -> None:
        """Read the years around a date, and fill in what the package does not know."""
        start, end = date(day.year - _YEARS_BEFORE, 1, 1), date(day.year + _YEARS_AFTER, 12, 31)
        low, high = self._any.bound_min(), self._any.bound_max()
        known_from = start if low is None else max(start, low.date())
        known_to = end if high is None else min(end, high.date())
        sessions: dict[date, Hours] = {}
        if known_from < known_to:
            sessions = self._sessions(self._make(known_from, known_to))
        for offset in range((end - start).days + 1):
            each = start + timedelta(days=offset)
            if known_from <= each <= known_to:
                self._days[each] = sessions.get(each)
            else:
                is_weekday = each.weekday() < _SATURDAY
                self._days[each] = self._usual_hours(each) if is_weekday else None

    def _sessions(self, made: Any) -> dict[date, Hours]:  # noqa: ANN401  the package is untyped
        """Return the hours of all sessions of the package's calendar."""
        table = made.schedule
        columns = [_moments(table[name]) for name in ("open", "close", "break_start", "break_end")]
        found: dict[date, Hours] = {}
        for stamp, opens_at, closes_at, starts_at, ends_at in zip(
            made.sessions, *columns, strict=True
        ):
            day = stamp.date()
            if opens_at is not None and closes_at is not None:
                usually_at = self._usual_hours(day).closes_at
                found[day] = Hours(opens_at, closes_at, usually_at, starts_at, ends_at)
        return found

    def _make(self, start: date, end: date) -> Any:  # noqa: ANN401  the package is untyped
        """Return the package's calendar between two dates, both included.

        Raises:
            LookupError: If it cannot be made: some have rules that do not fit the installed pandas.
        """
        try:
            with warnings.catch_warnings():
                # The package reads its own tables in a way that pandas 4 will change.
                warnings.simplefilter("ignore", DeprecationWarning)
                return self._package.get_calendar(self._name, start=start, end=end)
        except (ValueError, RuntimeError, self._package.errors.CalendarError) as error:
            reason = " ".join(str(error).split())[:_REASON_LENGTH_MAX]
            message = f"the exchange calendar {self._name} cannot be made: {reason}"
            raise LookupError(message) from error

    def _usual_hours(self, day: date) -> Hours:
        """Return the hours of a date if nothing cuts it short."""
        made, zone = self._any, self.zone
        opens = _in_force(made.open_times, day)
        closes = _in_force(made.close_times, day)
        closes_at = local_moment(day + timedelta(days=made.close_offset), closes, zone)
        opens_at = local_moment(day + timedelta(days=made.open_offset), opens, zone)
        return Hours(opens_at, closes_at, closes_at)


def _in_force(times: Any, day: date) -> time:  # noqa: ANN401  the package is untyped
    """Return which of some clock times, each with its first date, holds on a date."""
    found: time = times[0][1]
    for since, clock_time in times:
        if since is None or since.date() <= day:
            found = clock_time
    return found


def _moments(stamps: Any) -> list[datetime | None]:  # noqa: ANN401  the package is untyped
    """Return a column of the package as plain moments, None where it has none."""
    return [
        None if stamp is None or stamp != stamp else stamp.to_pydatetime().astimezone(UTC)  # noqa: PLR0124  NaT
        for stamp in stamps
    ]


def _resolve(name: str) -> str:
    """Return what a name or an alias stands for.

    Raises:
        LookupError: If there is no such calendar.
    """
    package = importlib.import_module("exchange_calendars")
    known = package.get_calendar_names(include_aliases=True)
    if name in known:
        return str(package.resolve_alias(name))
    near = get_close_matches(name.upper(), known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "a name is, for instance, XNYS"
    message = f"there is no exchange calendar {name!r}; {hint}"
    raise LookupError(message)
