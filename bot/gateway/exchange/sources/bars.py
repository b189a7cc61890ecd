"""Bars of one's own, from files: daily ones, or intraday ones.

Daily bars stand still at the day's close all through the date, or have a bridge from open to close
by high and low. Intraday bars are always played through: a bar's price is its open in the first
quarter of its time, the low and the high in the two quarters between (the low first if it closes
at or above its open, else the high), and its close in the last quarter. So quotes lie within bars.

Intraday bars outside of regular hours are left out. A bar is as long as the shortest distance of
two bars of its symbol; until the next one the price stands.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.sessions import Sessions
from bot.gateway.exchange.sources.bridge import Wobble, bridge_of
from bot.gateway.exchange.sources.days import DayTable
from bot.gateway.exchange.sources.paths import SECOND_US, Path, from_us, to_us
from bot.gateway.exchange.sources.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.gateway.exchange.actions import Action, ActionKind
    from bot.gateway.exchange.prices import OpenHours, TradingDays
    from bot.gateway.exchange.sources.days import Day
    from bot.gateway.exchange.sources.files import FileBars
    from bot.gateway.exchange.sources.paths import Floats, Integers, Within

_QUARTERS: Final = 4

#: The length of a bar that is alone.
_MINUTE_US: Final = 60 * SECOND_US


class BarDays:
    """The tables of files with daily bars."""

    def __init__(self, files: Mapping[str, FileBars], volumes: Mapping[str, int]) -> None:
        self._tables = {key: _day_table(bars, volumes[key]) for key, bars in files.items()}

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of an instrument."""
        del until
        return self._tables[key]


class IntradayBars:
    """The tables of files with intraday bars, and the paths through their days."""

    def __init__(
        self, files: Mapping[str, FileBars], volumes: Mapping[str, int], sessions: TradingDays
    ) -> None:
        """Sort the bars by day.

        Args:
            files: The bars.
            volumes: Shares a day of each instrument, for files without volume.
            sessions: When the exchange is open.

        Raises:
            LookupError: If an instrument has no bars in regular hours.
        """
        self._files = files
        self._tables: dict[str, DayTable] = {}
        self._rows: dict[str, dict[int, tuple[int, int]]] = {}
        self._lengths = {key: _length_us(bars.begins) for key, bars in files.items()}
        self._day: tuple[date, Integers] | None = None
        for key, bars in files.items():
            rows = _days_of(bars.begins, sessions)
            if not rows:
                message = f"no bar of {key} lies in the regular hours of the exchange"
                raise LookupError(message)
            self._rows[key] = rows
            self._tables[key] = _table_of(bars, rows, volumes[key])

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of an instrument."""
        del until
        return self._tables[key]

    def path(self, key: str, on: date, day: Day, hours: OpenHours) -> Path | None:
        """Return the way of an instrument through the bars of a day, or None without bars."""
        rows = self._rows[key].get(on.toordinal())
        if rows is None:
            return None
        bars, part = self._files[key], slice(*rows)
        begins, closes_us = bars.begins[part], to_us(hours.closes_at)
        times = self._knots(key, begins, closes_us)
        opens, closes = bars.opens[part], bars.closes[part]
        rises = closes >= opens
        second = np.where(rises, bars.lows[part], bars.highs[part])
        third = np.where(rises, bars.highs[part], bars.lows[part])
        prices = np.column_stack((opens, second, third, closes)).ravel()
        shares = _shares(bars, part, day.volume)
        before = np.concatenate(([0], np.cumsum(shares)))
        quarters = np.arange(_QUARTERS)
        volumes = (before[:-1, None] + shares[:, None] * quarters // _QUARTERS).ravel()
        return _from_open_to_close(times, prices, volumes, (hours, int(before[-1])))

    def next_time_after(self, on: date, hours: OpenHours, moment_us: int) -> int | None:
        """Return the next moment at which any price changes, or None after the last one."""
        if self._day is None or self._day[0] != on:
            self._day = (on, self._all_knots(on, hours))
        times = self._day[1]
        place = int(times.searchsorted(moment_us, side="right"))
        return int(times[place]) if place < len(times) else None

    def _all_knots(self, on: date, hours: OpenHours) -> Integers:
        """Return the moments of a day at which any price changes, and the two bells."""
        opens_us, closes_us = to_us(hours.opens_at), to_us(hours.closes_at)
        knots = [np.array([opens_us, closes_us])]
        for key, days in self._rows.items():
            rows = days.get(on.toordinal())
            if rows is not None:
                knots.append(self._knots(key, self._files[key].begins[slice(*rows)], closes_us))
        return np.unique(np.concatenate(knots))

    def _knots(self, key: str, begins: Integers, closes_us: int) -> Integers:
        """Return the four moments of each bar."""
        ends = np.minimum(begins + self._lengths[key], np.append(begins[1:], closes_us))
        quarters = (ends - begins)[:, None] * np.arange(_QUARTERS) // _QUARTERS
        knots: Integers = (begins[:, None] + quarters).ravel()
        return knots


class FilePrices(Replay):
    """The prices of bars from files."""

    def __init__(
        self,
        files: Mapping[str, FileBars],
        volumes: Mapping[str, int],
        *,
        wobble: Wobble,
        sessions: TradingDays | None = None,
        actions: Iterable[Action] = (),
        worked_in: frozenset[ActionKind] = frozenset(),
    ) -> None:
        """Take bars.

        Args:
            files: By key, all of them daily or all intraday, at least one.
            volumes: Shares a day by key, for files without volume.
            wobble: How prices move within daily bars.
            sessions: When the exchange is open; those of New York if None.
            actions: Dividends and splits.
            worked_in: Kinds of them that the bars are adjusted for.

        Raises:
            LookupError: If an instrument has no bars in regular hours.
        """
        sessions = sessions or Sessions()
        days: BarDays | IntradayBars
        within: Within | None
        if next(iter(files.values())).is_daily:
            days = BarDays(files, volumes)
            within = bridge_of(wobble)
        else:
            days = within = IntradayBars(files, volumes, sessions)
        super().__init__(days, within, sessions, actions, worked_in)


def _day_table(bars: FileBars, volume: int) -> DayTable:
    """Return daily bars as a table."""
    volumes = bars.volumes
    if volumes is None:
        volumes = np.full(len(bars.begins), volume, dtype=np.int64)
    return DayTable(bars.begins, bars.opens, bars.highs, bars.lows, bars.closes, volumes)


def _length_us(begins: Integers) -> int:
    """Return how long a bar is."""
    return int(np.diff(begins).min()) if len(begins) > 1 else _MINUTE_US


def _days_of(begins: Integers, sessions: TradingDays) -> dict[int, tuple[int, int]]:
    """Return the first row, and the one after the last, of each session, by its ordinal."""
    found = {}
    on = from_us(int(begins[0])).astimezone(sessions.zone).date().toordinal()
    last = from_us(int(begins[-1])).astimezone(sessions.zone).date().toordinal()
    while on <= last:
        hours = sessions.on(date.fromordinal(on))
        if hours is not None:
            edges = [to_us(hours.opens_at), to_us(hours.closes_at)]
            first, end = (int(it) for it in begins.searchsorted(edges))
            if first < end:
                found[on] = (first, end)
        on += 1
    return found


def _table_of(bars: FileBars, rows: Mapping[int, tuple[int, int]], volume: int) -> DayTable:
    """Return intraday bars as a table of days."""
    firsts = np.array([first for first, _ in rows.values()])
    lasts = np.array([end - 1 for _, end in rows.values()])
    spans = list(rows.values())
    volumes = [volume if bars.volumes is None else bars.volumes[slice(*it)].sum() for it in spans]
    return DayTable(
        np.array(list(rows), dtype=np.int64),
        bars.opens[firsts],
        np.array([bars.highs[slice(*it)].max() for it in spans]),
        np.array([bars.lows[slice(*it)].min() for it in spans]),
        bars.closes[lasts],
        np.array(volumes, dtype=np.int64),
    )


def _shares(bars: FileBars, part: slice, volume: int) -> Integers:
    """Return the shares of each bar of a day; the declared ones are spread evenly."""
    if bars.volumes is not None:
        return bars.volumes[part]
    count = len(bars.begins[part])
    until = volume * np.arange(count + 1, dtype=np.int64) // count
    return np.diff(until)


def _from_open_to_close(
    times: Integers, prices: Floats, volumes: Integers, ends: tuple[OpenHours, int]
) -> Path:
    """Return a path that begins at the open and ends at the close; `ends` has the day's shares."""
    hours, total = ends
    opens_us, closes_us = to_us(hours.opens_at), to_us(hours.closes_at)
    if times[0] > opens_us:
        times = np.insert(times, 0, opens_us)
        prices, volumes = np.insert(prices, 0, prices[0]), np.insert(volumes, 0, 0)
    return Path(
        np.append(times, closes_us), np.append(prices, prices[-1]), np.append(volumes, total)
    )
