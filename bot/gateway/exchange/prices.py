"""Where prices come from: one small interface, and the replay of daily closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from bot.gateway.exchange.sessions import local, midnight_after

if TYPE_CHECKING:
    from bot.prices import PriceHistory


@dataclass(frozen=True, slots=True)
class Prices:
    """What an instrument is worth at a moment, in its currency.

    Attributes:
        middle: Fair price, between bid and ask; also taken as the last trade.
        prior_close: Close of the session before, or None before the first one.
    """

    middle: Decimal
    prior_close: Decimal | None


class PriceSource(Protocol):
    """Anything that can say what an instrument is worth at a moment."""

    def prices_at(self, symbol: str, now: datetime) -> Prices:
        """Return the prices of a symbol at an aware moment."""
        ...

    def next_change_after(self, now: datetime) -> datetime:
        """Return the first later moment, aware UTC, at which any price may be another one."""
        ...


class DailyCloses:
    """Replays the closes of a history: all through a date of New York, that date's close.

    On a date without a session it is the close of the last one before. So the price moves at
    midnight and stands still during the session.
    """

    def __init__(self, history: PriceHistory) -> None:
        self._history = history

    def prices_at(self, symbol: str, now: datetime) -> Prices:
        """Return the close of the local date and the one before it."""
        row = self._history.row_on_or_before(local(now).date())
        closes = self._history.closes[:, self._history.column(symbol)]
        # `repr` of a float64 gives back the decimals of the source; `Decimal(float)` would not.
        prior = Decimal(repr(float(closes[row - 1]))) if row else None
        return Prices(Decimal(repr(float(closes[row]))), prior)

    def next_change_after(self, now: datetime) -> datetime:
        """Return the next midnight in New York."""
        return midnight_after(local(now.astimezone(UTC)).date())
