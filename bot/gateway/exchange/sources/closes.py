"""The shipped history: daily closes, which either stand still all day or have a bridge between."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.sessions import Sessions
from bot.gateway.exchange.sources.bridge import Bridge, Wobble
from bot.gateway.exchange.sources.days import DayTable, flat_table
from bot.gateway.exchange.sources.replay import Replay
from bot.prices import DAILY_VOLUME

if TYPE_CHECKING:
    from bot.gateway.exchange.actions import Action
    from bot.gateway.exchange.prices import TradingDays
    from bot.prices import PriceHistory

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class HistoryDays:
    """The tables of a price history."""

    def __init__(self, history: PriceHistory, bridge: Bridge | None) -> None:
        self._history = history
        self._bridge = bridge
        self._ordinals = history.dates.astype(np.int64) + _EPOCH_ORDINAL
        self._tables: dict[str, DayTable] = {}

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of a symbol; the history is the same whatever the date."""
        del until
        table = self._tables.get(key)
        if table is None:
            closes = np.ascontiguousarray(self._history.closes[:, self._history.column(key)])
            table = flat_table(self._ordinals, closes, DAILY_VOLUME.get(key, 0))
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
        bridge = None if wobble is None else Bridge(wobble)
        days = HistoryDays(history, bridge)
        super().__init__(days, bridge, sessions or Sessions(), actions)
