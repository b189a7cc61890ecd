"""The replay of days: every price source is one, with tables and ways through the days of its own.

Within a date of the exchange's zone, the price of an instrument

* stands at the last close before, less a dividend of the date, until the session opens;
* goes along the day's path until the session closes, where it is exactly the day's close;
* stands at the close until midnight.

Where nothing moves within days, it is the date's close all through the date. On a date without a
session it is the close of the last one before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.actions import ALL, NOTHING, SPLITS, Actions
from bot.gateway.exchange.calendars import local_moment
from bot.gateway.exchange.prices import ONE_DAY, Adjusted, Bar, Prices
from bot.gateway.exchange.sources.bars_of import Piece, daily_bars, day_bar, path_bars, scaled
from bot.gateway.exchange.sources.days import Day
from bot.gateway.exchange.sources.paths import (
    SECOND_US,
    Path,
    from_us,
    grid,
    still_path,
    to_us,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.gateway.exchange.actions import Action, ActionKind
    from bot.gateway.exchange.prices import OpenHours, TradingDays
    from bot.gateway.exchange.sources.days import Days, DayTable
    from bot.gateway.exchange.sources.paths import Within

_ADJUSTED: Final = {"nothing": NOTHING, "splits": SPLITS, "all": ALL}
#: Paths that are kept; all are forgotten when there are more.
_PATHS_MAX: Final = 512


class Replay:
    """Replays tables of days.

    Attributes:
        actions: Dividends and splits.
    """

    def __init__(
        self,
        days: Days,
        within: Within | None,
        sessions: TradingDays,
        actions: Iterable[Action] = (),
        worked_in: frozenset[ActionKind] = ALL,
    ) -> None:
        """Take what there is to replay.

        Args:
            days: The tables.
            within: The ways through the days; None if prices stand still all day.
            sessions: When the exchange is open.
            actions: Dividends and splits.
            worked_in: Kinds of actions that the tables have worked into their past.
        """
        self._days = days
        self._within = within
        self._sessions = sessions
        self.actions = Actions(actions, self.close_before, worked_in, sessions.zone)
        self._paths: dict[tuple[str, date], Path | None] = {}
        self._hours: dict[date, OpenHours | None] = {}

    def prices_at(self, key: str, now: datetime) -> Prices:
        """Return the prices of an instrument at a moment.

        Raises:
            LookupError: If there are none yet.
        """
        today = self._date(now)
        table, row = self._row(key, today)
        prior = self._close(key, table, row - 1, today) if row else None
        if self._within is None:
            return Prices(self._close(key, table, row, today), prior)
        path = self._path(key, table, row, today)
        if path is None:
            return Prices(self._close(key, table, row, today), prior, int(table.volumes[row]))
        index = path.index(to_us(now))
        if index < 0:
            return Prices(self._before_open(key, table, row, today), prior, 0)
        middle = self._price(key, path.prices[index], today)
        return Prices(middle, prior, int(path.volumes[index]))

    def next_change_after(self, now: datetime) -> datetime:
        """Return the next step of a path or else the next midnight of the exchange."""
        today = self._date(now)
        midnight = self._midnight_after(today)
        hours = self._hours_of(today)
        if self._within is None or hours is None:
            return midnight
        next_us = self._within.next_time_after(today, hours, to_us(now))
        return midnight if next_us is None else min(from_us(next_us), midnight)

    def bars(
        self,
        key: str,
        span: tuple[datetime, datetime],
        size: timedelta,
        *,
        adjusted: Adjusted = "splits",
        as_of: datetime | None = None,
    ) -> list[Bar]:
        """Return the bars of an instrument, the oldest first; see `PriceSource`."""
        seen_on, kinds = self._date(as_of or span[1]), _ADJUSTED[adjusted]
        pieces = self._pieces(key, span, lambda day: self.actions.factor(key, day, seen_on, kinds))
        if size >= ONE_DAY:
            days = [(piece.on, self._whole(key, piece, span[1])) for piece in pieces]
            return daily_bars(days, size)
        found: list[Bar] = []
        for piece in pieces:
            found += path_bars(self._path_for_bars(key, piece), piece, span, size)
        return found

    def first_at(self, key: str) -> datetime:
        """Return the open of the first day of an instrument."""
        first = self._days.table(key, date.min).on(0)
        hours = self._hours_of(first)
        return hours.opens_at if hours else self._midnight_after(first - ONE_DAY)

    def reach(self, key: str) -> tuple[date, date]:
        """Return the dates of the first and the last price of an instrument."""
        table = self._days.table(key, date.min)
        return table.on(0), table.on(-1)

    def close_on(self, key: str, day: date, as_of: date) -> Decimal:
        """Return the last close on or before a date, in the shares of a later date.

        Raises:
            LookupError: If there is none yet on that date.
        """
        table, row = self._row(key, day)
        return self._close(key, table, row, as_of)

    def close_before(self, key: str, day: date) -> Decimal | None:
        """Return the last close before a date as the table has it, or None before the first."""
        table = self._days.table(key, day)
        row = table.row(day - ONE_DAY)
        return None if row < 0 else Decimal(repr(float(table.closes[row])))

    # -- Rows and prices

    def _row(self, key: str, day: date) -> tuple[DayTable, int]:
        """Return the table of an instrument and its last row on or before a date."""
        table = self._days.table(key, day)
        row = table.row(day)
        if row < 0:
            message = f"no price of {key} on or before {day}: they start on {table.on(0)}"
            raise LookupError(message)
        return table, row

    def _close(self, key: str, table: DayTable, row: int, today: date) -> Decimal:
        """Return the close of a row, in the shares of today."""
        factor = self.actions.factor(key, table.on(row), today)
        return scaled(table.closes[row], factor)

    def _before_open(self, key: str, table: DayTable, row: int, today: date) -> Decimal:
        """Return what stands until the open: the last close, without what is paid out today."""
        if not row:
            return self._price(key, table.opens[row], today)
        factor = self.actions.factor(key, table.on(row - 1), today, ALL)
        return scaled(table.closes[row - 1], factor)

    def _price(self, key: str, price: float, today: date) -> Decimal:
        """Return a price of today's path."""
        return scaled(price, self.actions.factor(key, today, today))

    def _date(self, moment: datetime) -> date:
        """Return the date of a moment at the exchange."""
        return moment.astimezone(self._sessions.zone).date()

    def _midnight_after(self, day: date) -> datetime:
        """Return the moment at which a date of the exchange ends, in UTC."""
        return local_moment(day + ONE_DAY, time(), self._sessions.zone)

    def _hours_of(self, day: date) -> OpenHours | None:
        """Return the hours of a date."""
        try:
            return self._hours[day]
        except KeyError:
            hours = self._hours[day] = self._sessions.on(day)
            return hours

    def _path(self, key: str, table: DayTable, row: int, day: date) -> Path | None:
        """Return the path of an instrument through a date, or None without a session or a row."""
        try:
            return self._paths[key, day]
        except KeyError:
            hours = self._hours_of(day)
            path = None
            if self._within is not None and hours is not None and table.on(row) == day:
                path = self._within.path(key, day, table.day(row), hours)
            if len(self._paths) >= _PATHS_MAX:
                self._paths.clear()
            self._paths[key, day] = path
            return path

    # -- Bars

    def _pieces(
        self, key: str, span: tuple[datetime, datetime], factor_of: Callable[[date], Decimal]
    ) -> list[Piece]:
        """Return the days of an instrument that have a session within a span."""
        start, end = span
        last = self._date(end)
        table = self._days.table(key, last)
        first_row = table.row(self._date(start) - ONE_DAY) + 1
        found, zone = [], self._sessions.zone
        for row in range(first_row, table.row(last) + 1):
            on = table.on(row)
            hours = self._hours_of(on)
            if hours is not None and hours.opens_at < end and hours.closes_at > start:
                found.append(Piece(on, hours, table.day(row), factor_of(on), zone))
        return found

    def _whole(self, key: str, piece: Piece, end: datetime) -> Bar:
        """Return the bar of a day, as far as it has got at the end of a span."""
        if piece.hours.closes_at <= end:
            return day_bar(piece)
        if self._within is None:
            close = piece.day.close  # the day's other prices are not yet known
            return day_bar(replace(piece, day=Day(close, close, close, close, piece.day.volume)))
        path = self._path_for_bars(key, piece)
        return path_bars(path, piece, (piece.hours.opens_at, end), ONE_DAY)[0]

    def _path_for_bars(self, key: str, piece: Piece) -> Path:
        """Return the path of a day; a price that stands still has one, too."""
        path = None
        if self._within is not None:
            table, row = self._row(key, piece.on)
            path = self._path(key, table, row, piece.on)
        return path or still_path(piece.day, grid(piece.hours, SECOND_US))
