"""The shipped history: daily closes, which either stand still all day or have a bridge between."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.sessions import Sessions
from bot.gateway.exchange.sources.bridge import Bridge, Wobble, bridge_of
from bot.gateway.exchange.sources.days import DayTable, flat_table
from bot.gateway.exchange.sources.replay import Replay
from bot.prices import DAILY_VOLUME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.gateway.exchange.actions import Action
    from bot.gateway.exchange.prices import TradingDays
    from bot.gateway.exchange.sources.paths import Floats, Integers
    from bot.prices import PriceHistory

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class CloseDays:
    """Tables of closes, with a bridge between them or without."""

    def __init__(
        self,
        ordinals: Integers,
        closes_of: Callable[[str], Floats],
        volumes: Mapping[str, int],
        bridge: Bridge | None,
    ) -> None:
        """Take what there is.

        Args:
            ordinals: The dates of all instruments, shape (T,), see `DayTable`.
            closes_of: Gives the closes of an instrument, shape (T,), contiguous.
            volumes: Shares a day by key; 0 for those that are missing.
            bridge: The ways through the days; None if prices stand still.
        """
        self._ordinals = ordinals
        self._closes_of = closes_of
        self._volumes = volumes
        self._bridge = bridge
        self._tables: dict[str, DayTable] = {}

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of an instrument; they are the same whatever the date."""
        del until
        table = self._tables.get(key)
        if table is None:
            table = flat_table(self._ordinals, self._closes_of(key), self._volumes.get(key, 0))
            if self._bridge is not None:
                table = self._bridge.spread(key, table)
            self._tables[key] = table
        return table


class DailyCloses(Replay):
    """Replays the closes of a history."""

    def __init__(
        self,
        history: PriceHistory,
        sessions: TradingDays | None = None,
        wobble: Wobble | None = None,
        actions: tuple[Action, ...] = (),
    ) -> None:
        """Take a history.

        Args:
            history: Closes, adjusted for splits and dividends.
            sessions: When the exchange is open; those of New York if None.
            wobble: How prices move within a day; they stand still if None.
            actions: Dividends and splits that the history has worked in.
        """
        bridge = bridge_of(wobble)
        ordinals = history.dates.astype(np.int64) + _EPOCH_ORDINAL

        def closes_of(key: str) -> Floats:
            return np.ascontiguousarray(history.closes[:, history.column(key)])

        days = CloseDays(ordinals, closes_of, DAILY_VOLUME, bridge)
        super().__init__(days, bridge, sessions or Sessions(), actions)
