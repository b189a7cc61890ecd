"""Prices made from a seed: correlated random walks of daily closes.

Each day multiplies a price by 1 + d + s (sqrt(c) f + sqrt(1 - c) e): d is the day's drift, s its
volatility, f a number common to all instruments, e one of the instrument's own, and c the
correlation of any two of them. A year has 252 days. It is geometric Brownian motion in steps of a
day, without its logarithm (see `noise`).

The declared price is the close of the first session on or after the first date. A price does not
depend on which other instruments there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.sessions import Sessions
from bot.gateway.exchange.sources.bridge import Bridge, Wobble, bridge_of
from bot.gateway.exchange.sources.days import DayTable, flat_table
from bot.gateway.exchange.sources.noise import normals
from bot.gateway.exchange.sources.paths import PRICE_DIGITS
from bot.gateway.exchange.sources.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.gateway.exchange.actions import Action
    from bot.gateway.exchange.prices import TradingDays
    from bot.gateway.exchange.sources.paths import Floats, Integers

_SESSIONS_A_YEAR: Final = 252
_DAYS_OF_YEAR: Final = 366

#: A day's return is cut here, both ways; so no price gets to zero.
_RETURN_MAX: Final = 0.5

#: No price falls below this; one that did would have no tick left.
_PRICE_MIN: Final = 0.01


@dataclass(frozen=True, slots=True)
class Walk:
    """How one instrument's price goes.

    Attributes:
        price: First close, > 0.
        volatility: Standard deviation of a year's return, as a fraction.
        drift: Mean return of a year, as a fraction.
        daily_volume: Shares a day.
    """

    price: float
    volatility: float
    drift: float
    daily_volume: int


class SyntheticDays:
    """Tables of random walks, made as far as they are asked for."""

    def __init__(
        self,
        walks: Mapping[str, Walk],
        sessions: TradingDays,
        bridge: Bridge | None,
        *,
        seed: int,
        starts_on: date,
        correlation: float,
    ) -> None:
        """Take the walks; see `SyntheticPrices`."""
        self._walks = walks
        self._sessions = sessions
        self._bridge = bridge
        self._seed = seed
        self._starts_on = starts_on
        self._shares = (math.sqrt(correlation), math.sqrt(1 - correlation))
        self._tables: dict[str, DayTable] = {}
        self._last_year: dict[str, int] = {}
        self._ordinals: dict[int, Integers] = {}

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of an instrument, at least until the end of a date's year."""
        year = max(until.year, self._starts_on.year + 1)
        if self._last_year.get(key, 0) < year:
            self._tables[key] = self._make(key, year)
            self._last_year[key] = year
        return self._tables[key]

    def _make(self, key: str, last_year: int) -> DayTable:
        """Return the days of an instrument until the end of a year."""
        try:
            walk = self._walks[key]
        except KeyError:
            message = f"no prices for {key!r}: declared are {', '.join(self._walks)}"
            raise LookupError(message) from None
        years = range(self._starts_on.year, last_year + 1)
        ordinals = np.concatenate([self._sessions_of(year) for year in years])
        returns = np.concatenate([self._returns(key, walk, year) for year in years])
        returns[0] = 0.0
        closes: Floats = np.maximum(walk.price * np.cumprod(1 + returns), _PRICE_MIN)
        table = flat_table(ordinals, closes.round(PRICE_DIGITS), walk.daily_volume)
        return table if self._bridge is None else self._bridge.spread(key, table)

    def _sessions_of(self, year: int) -> Integers:
        """Return the sessions of a year from the first date on."""
        found = self._ordinals.get(year)
        if found is None:
            first = max(date(year, 1, 1), self._starts_on).toordinal()
            days = range(first, date(year, 12, 31).toordinal() + 1)
            open_days = [day for day in days if self._sessions.on(date.fromordinal(day))]
            found = self._ordinals[year] = np.array(open_days, dtype=np.int64)
        return found

    def _returns(self, key: str, walk: Walk, year: int) -> Floats:
        """Return the returns of the sessions of a year; they belong to dates, not to counts."""
        places = self._sessions_of(year) - date(year, 1, 1).toordinal()
        common, own = (
            normals(f"{self._seed}/synthetic/{name}/{year}", _DAYS_OF_YEAR)[places]
            for name in ("common", f"of {key}")
        )
        noise = self._shares[0] * common + self._shares[1] * own
        drift = walk.drift / _SESSIONS_A_YEAR
        returns = drift + walk.volatility / math.sqrt(_SESSIONS_A_YEAR) * noise
        cut: Floats = np.clip(returns, -_RETURN_MAX, _RETURN_MAX)
        return cut


class SyntheticPrices(Replay):
    """Prices of random walks."""

    def __init__(
        self,
        walks: Mapping[str, Walk],
        *,
        wobble: Wobble,
        starts_on: date,
        correlation: float,
        sessions: TradingDays | None = None,
        actions: Iterable[Action] = (),
    ) -> None:
        """Take the walks.

        Args:
            walks: By key.
            wobble: Its seed decides the closes, too; without steps prices stand still all day.
            starts_on: The first date; there are no prices before it.
            correlation: Of the daily returns of any two instruments, 0 to 1.
            sessions: When the exchange is open; those of New York if None.
            actions: Dividends and splits, which the walks are adjusted for.
        """
        sessions = sessions or Sessions()
        bridge = bridge_of(wobble)
        days = SyntheticDays(
            walks,
            sessions,
            bridge,
            seed=wobble.seed,
            starts_on=starts_on,
            correlation=correlation,
        )
        super().__init__(days, bridge, sessions, actions)
