"""Quotes: a price is usable only with its kind, both sides and its own age."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class QuoteKind(Enum):
    """IB's market-data types (message 58)."""

    LIVE = "live"
    FROZEN = "frozen"
    DELAYED = "delayed"
    DELAYED_FROZEN = "delayed_frozen"


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's prices as one completed request brought them.

    Attributes:
        con_id: The instrument.
        bid: Best bid, price per share, > 0, or None where there is none.
        ask: Best ask, price per share, > 0, or None where there is none.
        last: Last trade, price per share, > 0, or None.
        close: Prior session's close, price per share, > 0, or None.
        kind: Live, frozen or delayed, as the gateway said; None if it did not say.
        received_at: When the newer of bid and ask arrived here, aware UTC.
        bid_size: Shares shown at the bid, > 0, or None where nobody said; an old gateway tells lots of 100.
        ask_size: The same at the ask.
        is_halted: Whether IB said that it is kept from trading; None if it said nothing.
    """

    con_id: int
    bid: float | None
    ask: float | None
    last: float | None
    close: float | None
    kind: QuoteKind | None
    received_at: datetime
    bid_size: float | None = None
    ask_size: float | None = None
    is_halted: bool | None = None

    @property
    def mid(self) -> float | None:
        """Midpoint (price per share) if both sides are there, finite, positive and not crossed."""
        if self.bid is None or self.ask is None:
            return None
        if not (math.isfinite(self.bid) and math.isfinite(self.ask)):
            return None
        if not 0 < self.bid <= self.ask:
            return None
        return (self.bid + self.ask) / 2

    @property
    def spread_bps(self) -> float | None:
        """Spread over mid in basis points, or None without a mid."""
        mid = self.mid
        if mid is None or self.bid is None or self.ask is None:
            return None
        return (self.ask - self.bid) / mid * 1e4

    def age_s(self, now: datetime) -> float:
        """Seconds since the quote arrived; `now` is aware UTC."""
        return (now - self.received_at).total_seconds()
