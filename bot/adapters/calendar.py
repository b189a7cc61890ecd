"""The exchange's sessions, from the exchange_calendars package.

Rule: a time that the calendar does not cover is an error of its own, never "closed" and never the
library's.
Why: the library covers a window only (by default one year ahead of the day it was imported) and
raises beyond it; inside a scheduler such an error ends all later looks. Here the window is given
explicitly and grows long before it is used up.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import exchange_calendars  # type: ignore[import-untyped] # the package has annotations, but no marker
from exchange_calendars.errors import (  # type: ignore[import-untyped]
    CalendarError,
    InvalidCalendarName,
)

from bot.core.domain.session import Session
from bot.errors import ConfigError, require

if TYPE_CHECKING:
    import pandas as pd

#: First years to try. Some exchanges are known for a shorter time only.
_FIRST_YEARS: Final = (1990, 2000, 2010, 2020)

#: The window always reaches this far past the time that is asked for, and is renewed to twice that.
_AHEAD: Final = timedelta(days=366)

_MESSAGE_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class _Window:
    """The sessions between two dates, ascending: dates, opens and closes side by side."""

    first_on: date
    last_on: date
    dates: list[date]
    opens: list[datetime]
    closes: list[datetime]
    half_days: frozenset[date]


class ExchangeCalendar:
    """Sessions of one exchange. Implements `bot.ports.Calendar`.

    A pause within the day (Tokyo, Hong Kong) counts as inside the session: the broker's trading
    hours know of it.

    Args:
        name: Calendar name or alias, e.g. ``XNYS``.

    Raises:
        ConfigError: If there is no such calendar; near names are given.
    """

    def __init__(self, name: str) -> None:
        try:
            self._name: str = exchange_calendars.resolve_alias(name)
        except InvalidCalendarName as error:
            raise ConfigError(_unknown_name(name)) from error
        self._window: _Window | None = None

    def session_at(self, now: datetime) -> Session | None:
        """Return the session that `now` (aware UTC) is inside, or None when the exchange is closed.

        Raises:
            ConfigError: If the calendar does not cover `now`.
        """
        window = self._covering(now)
        index = bisect_right(window.opens, now) - 1
        if index < 0 or now >= window.closes[index]:
            return None
        return self._session(window, index)

    def next_session(self, now: datetime) -> Session:
        """Return the first session that opens after `now` (aware UTC).

        Raises:
            ConfigError: If the calendar does not cover the year after `now`.
        """
        window = self._covering(now)
        index = bisect_right(window.opens, now)
        if index == len(window.opens):
            message = f"the calendar {self._name} has no session in the year after {now.date()}"
            raise ConfigError(message)
        return self._session(window, index)

    def sessions_before(self, day: date, count: int) -> tuple[date, ...]:
        """Return the dates of the newest `count` sessions before `day` (the exchange's zone), ascending.

        Raises:
            ConfigError: If the calendar does not reach that far back.
        """
        window = self._covering(_noon(day))
        index = bisect_left(window.dates, day)
        if index < count:
            message = (
                f"the calendar {self._name} begins {window.first_on}: there are {index} sessions before"
                f" {day}, {count} are needed"
            )
            raise ConfigError(message)
        return tuple(window.dates[index - count : index])

    def sessions_since(self, first: date, last: date) -> int:
        """Return how many sessions are after `first` up to and with `last`: 0 for the same session.

        Raises:
            ConfigError: If the calendar does not cover both.
        """
        self._covering(_noon(first))
        window = self._covering(_noon(last))
        return bisect_right(window.dates, last) - bisect_right(window.dates, first)

    def _covering(self, now: datetime) -> _Window:
        require(
            now.utcoffset() is not None, f"a calendar needs an aware time, found {now.isoformat()}"
        )
        window = self._window
        if window is None or now.date() > window.last_on - _AHEAD:
            window = self._window = _load(self._name, now.date())
        if now.date() < window.first_on:
            message = f"the calendar {self._name} begins {window.first_on}, asked for {now.date()}"
            raise ConfigError(message)
        return window

    def _session(self, window: _Window, index: int) -> Session:
        held_on = window.dates[index]
        starts = _period_starts(held_on)
        numbers = {
            period: index - bisect_left(window.dates, start) + 1 for period, start in starts.items()
        }
        return Session(
            exchange=self._name,
            held_on=held_on,
            opens_at=window.opens[index],
            closes_at=window.closes[index],
            is_half_day=held_on in window.half_days,
            number_in=numbers,
        )


def _noon(day: date) -> datetime:
    # A moment of that day, to ask whether the calendar covers it.
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _period_starts(day: date) -> dict[str, date]:
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "half": day.replace(month=1 if day.month <= 6 else 7, day=1),  # noqa: PLR2004 - June
        "year": day.replace(month=1, day=1),
    }


def _load(name: str, asked_on: date) -> _Window:
    """Load a window that covers `asked_on` and two years after it."""
    try:
        last_on = date((asked_on + 2 * _AHEAD).year, 12, 31)
    except OverflowError as error:
        message = f"the calendar {name} does not reach {asked_on}"
        raise ConfigError(message) from error
    refusals: list[str] = []
    for year in _FIRST_YEARS:
        new_year = date(year, 1, 1)
        # From the Monday of that week on, so that the first week's sessions are counted whole.
        start = new_year - timedelta(days=new_year.weekday())
        try:
            with warnings.catch_warnings():
                # The library reads its own tables in a way that pandas 4 will change.
                warnings.filterwarnings("ignore", "Series.values", DeprecationWarning)
                calendar = exchange_calendars.get_calendar(name, start=start, end=last_on)
        except (ValueError, RuntimeError, CalendarError) as error:
            # RuntimeError: what pandas lacks for some rules of holidays shows as one.
            refusals.append(str(error)[:_MESSAGE_LENGTH_MAX])
            continue
        return _Window(
            first_on=new_year,
            last_on=last_on,
            dates=[stamp.date() for stamp in calendar.sessions],
            opens=_moments(calendar.opens),
            closes=_moments(calendar.closes),
            half_days=frozenset(calendar.early_closes.date),
        )
    message = f"the calendar {name} cannot be made up to {last_on}: {refusals[-1]}"
    raise ConfigError(message)


def _moments(stamps: pd.Series[pd.Timestamp]) -> list[datetime]:
    # Plain datetimes, once: a look-up then costs microseconds, and nothing of pandas is in it.
    return [stamp.to_pydatetime().astimezone(UTC) for stamp in stamps]


def _unknown_name(name: str) -> str:
    known = exchange_calendars.get_calendar_names(include_aliases=True)
    near = get_close_matches(name.upper(), known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "a name is e.g. XNYS (New York)"
    return f"there is no exchange calendar {name!r}; {hint}"
