"""The bridge: a seeded way through a day that ends exactly at its close.

A day begins at the close before it and a seeded gap. Its highest and lowest price are drawn as
those of a Brownian bridge from open to close are distributed: for a bridge from o to c with the
standard deviation s, the maximum is ((o + c) + sqrt((o - c)^2 + 2 s^2 E)) / 2 with E exponential,
and 2 E is the sum of two squared normals. So a year of daily bars needs no way through any day.

The way itself is a bridge, too; what lies above the higher or below the lower one of open and
close is stretched, so that it reaches the day's high and low and nothing beyond.

Everything comes from the seed, the key and the date, and any day can be had without those before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.sources.days import DayTable
from bot.gateway.exchange.sources.noise import normals
from bot.gateway.exchange.sources.paths import (
    PRICE_DIGITS,
    SECOND_US,
    Path,
    elapsed,
    grid,
    to_us,
    traded,
)

if TYPE_CHECKING:
    from bot.gateway.exchange.prices import OpenHours
    from bot.gateway.exchange.sources.days import Day
    from bot.gateway.exchange.sources.paths import Floats, Integers

_DAYS_OF_YEAR: Final = 366
_NUMBERS_A_DAY: Final = 5

#: No day opens farther from the close before, and none goes farther out than that, as fractions.
_EXTREME: Final = 0.5


@dataclass(frozen=True, slots=True)
class Wobble:
    """How much prices move within a day.

    Attributes:
        seed: Decides how.
        step_s: Seconds from one price to the next; 0 if prices stand still all day.
        intraday_volatility: Standard deviation of a whole session, as a fraction of the price.
        gap_volatility: Standard deviation from a close to the next open, likewise.
    """

    seed: int
    step_s: float
    intraday_volatility: float
    gap_volatility: float


class Bridge:
    """Ways through days at even steps."""

    def __init__(self, wobble: Wobble) -> None:
        self._wobble = wobble
        self._step_us = round(wobble.step_s * SECOND_US)
        self._grid: tuple[OpenHours, Integers] | None = None

    def spread(self, key: str, table: DayTable) -> DayTable:
        """Return a table of closes with opens, highs and lows."""
        noise = self._noise(key, table)
        closes, volatility = table.closes, self._wobble.intraday_volatility
        gaps = np.clip(self._wobble.gap_volatility * noise[:, 0], -_EXTREME, _EXTREME)
        opens = np.concatenate((closes[:1], closes[:-1] * (1 + gaps[1:])))
        opens = np.round(opens, PRICE_DIGITS)
        squares = noise * noise * (volatility * closes * volatility * closes)[:, None]
        width = (opens - closes) * (opens - closes)
        upper = (opens + closes + np.sqrt(width + squares[:, 1] + squares[:, 2])) / 2
        lower = (opens + closes - np.sqrt(width + squares[:, 3] + squares[:, 4])) / 2
        top, bottom = np.maximum(opens, closes), np.minimum(opens, closes)
        highs = np.maximum(np.round(np.minimum(upper, top * (1 + _EXTREME)), PRICE_DIGITS), top)
        lows = np.minimum(np.round(np.maximum(lower, bottom * _EXTREME), PRICE_DIGITS), bottom)
        return DayTable(table.ordinals, opens, highs, lows, closes, table.volumes)

    def path(self, key: str, on: date, day: Day, hours: OpenHours) -> Path | None:
        """Return the way from the day's open to its close, by its high and its low."""
        times = self._times(hours)
        steps = len(times) - 1
        fractions = elapsed(times)
        numbers = normals(f"{self._wobble.seed}/within/{key}/{on.isoformat()}", steps)
        walk = np.concatenate(([0.0], np.cumsum(numbers))) / np.sqrt(steps)
        bridge = walk - fractions * walk[-1]
        scale = self._wobble.intraday_volatility * day.close
        way = day.open + (day.close - day.open) * fractions + scale * bridge
        prices = np.round(_stretched(way, day), PRICE_DIGITS)
        np.clip(prices, day.low, day.high, out=prices)
        prices[0], prices[-1] = day.open, day.close
        return Path(times, prices, traded(day.volume, fractions))

    def next_time_after(self, on: date, hours: OpenHours, moment_us: int) -> int | None:
        """Return the next step, or None after the close."""
        del on
        opens_us, closes_us = to_us(hours.opens_at), to_us(hours.closes_at)
        if moment_us < opens_us:
            return opens_us
        if moment_us >= closes_us:
            return None
        steps = (moment_us - opens_us) // self._step_us + 1
        return min(opens_us + steps * self._step_us, closes_us)

    def _times(self, hours: OpenHours) -> Integers:
        """Return the steps of a session; all instruments have the same ones."""
        if self._grid is None or self._grid[0] != hours:
            self._grid = (hours, grid(hours, self._step_us))
        return self._grid[1]

    def _noise(self, key: str, table: DayTable) -> Floats:
        """Return the numbers that belong to the days of a table, shape (T, 5)."""
        first_year = table.on(0).year
        years = range(first_year, table.on(-1).year + 1)
        starts = np.array([date(year, 1, 1).toordinal() for year in years])
        blocks = [
            normals(f"{self._wobble.seed}/days/{key}/{year}", _DAYS_OF_YEAR * _NUMBERS_A_DAY)
            for year in years
        ]
        numbers = np.concatenate(blocks).reshape(-1, _NUMBERS_A_DAY)
        year_of = starts.searchsorted(table.ordinals, side="right") - 1
        found: Floats = numbers[year_of * _DAYS_OF_YEAR + table.ordinals - starts[year_of]]
        return found


def bridge_of(wobble: Wobble | None) -> Bridge | None:
    """Return the ways through the days, or None if prices stand still."""
    return None if wobble is None or not wobble.step_s else Bridge(wobble)


def _stretched(way: Floats, day: Day) -> Floats:
    """Return a way whose highest and lowest prices are those of the day.

    What lies between open and close stays as it is. A way without a price beyond them is pulled
    out at its highest or lowest one.
    """
    top, bottom = max(day.open, day.close), min(day.open, day.close)
    inner = way[1:-1]
    if not len(inner):
        return way
    at_high, at_low = int(inner.argmax()) + 1, int(inner.argmin()) + 1
    highest, lowest = way[at_high], way[at_low]
    if highest > top:
        way = np.where(way > top, top + (way - top) * ((day.high - top) / (highest - top)), way)
    if lowest < bottom:
        share = (bottom - day.low) / (bottom - lowest)
        way = np.where(way < bottom, bottom - (bottom - way) * share, way)
    way[at_high] = day.high
    if at_low != at_high:
        way[at_low] = day.low
    return way
