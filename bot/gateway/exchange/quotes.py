"""Quotes: a bid and an ask around the price source's middle, on allowed prices."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.prices import Prices
from bot.gateway.exchange.sessions import local

if TYPE_CHECKING:
    from bot.gateway.exchange.instruments import Instrument, Universe
    from bot.gateway.exchange.prices import PriceSource

_BASIS_POINT: Final = Decimal("0.0001")
_LOT_SHARES: Final = 100
_LOT_OF_PAIR: Final = 100_000
_LOTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Quote:
    """The market of one instrument, prices in its currency, sizes in shares.

    Attributes:
        bid: Highest buyer, on a tick, never above the middle.
        ask: Lowest seller, on a tick, never below the middle.
        last: Last trade, the tick nearest to the middle.
        prior_close: Close of the session before, on a tick, or None.
        bid_size: Displayed, for show: fills are not limited by it.
        ask_size: Displayed, for show.
        volume: Shares traded so far on the day; the declared ones of a whole day if prices stand
            still within it.
    """

    bid: Decimal
    ask: Decimal
    last: Decimal
    prior_close: Decimal | None
    bid_size: int
    ask_size: int
    volume: int


class QuoteBoard:
    """Gives the quote of every instrument, worked out once for as long as prices stand still.

    Attributes:
        factors: What prices are multiplied by, by symbol; see `rescale`.
    """

    def __init__(
        self, universe: Universe, source: PriceSource, *, half_spread_bps: Decimal, seed: int
    ) -> None:
        """Take a price source.

        Args:
            universe: The instruments quoted.
            source: What they are worth.
            half_spread_bps: Distance of bid and ask from the middle, in basis points of it, before
                both are rounded outward to the tick.
            seed: Decides the displayed sizes.
        """
        self._universe = universe
        self._source = source
        self._half_spread = half_spread_bps * _BASIS_POINT
        self._seed = seed
        self._quotes: dict[str, Quote] = {}
        # As long as this, the quotes stay what they are.
        self._good_from = self._good_until = datetime.max.replace(tzinfo=UTC)
        self.factors: dict[str, Decimal] = {}

    def rescale(self, symbol: str, factor: Decimal) -> None:
        """Multiply all prices of a symbol by a factor from now on, as an unknown split does."""
        self.factors[symbol] = self.factors.get(symbol, Decimal(1)) * factor
        self._quotes.pop(symbol, None)

    def quote(self, symbol: str, now: datetime) -> Quote:
        """Return the quote of a symbol of the universe at a moment."""
        if not self._good_from <= now < self._good_until:
            self._quotes.clear()
            self._good_from, self._good_until = now, self._source.next_change_after(now)
        quote = self._quotes.get(symbol)
        if quote is None:
            quote = self._quotes[symbol] = self._make(self._universe.by_symbol[symbol], now)
        return quote

    def quote_at(self, symbol: str, moment: datetime) -> Quote:
        """Return the quote of a symbol at another moment, which may be over.

        Raises:
            LookupError: If there was no price yet.
        """
        return self._make(self._universe.by_symbol[symbol], moment)

    def price_at(self, symbol: str, moment: datetime) -> Decimal:
        """Return the tick nearest to what a symbol is worth at a moment, which may be over."""
        rule = self._universe.by_symbol[symbol].rule
        return rule.nearest(self._prices_at(symbol, moment).middle)

    def next_change_after(self, now: datetime) -> datetime:
        """Return the first later moment at which any quote may be another one."""
        if self._good_from <= now < self._good_until:
            return self._good_until
        return self._source.next_change_after(now)

    def _make(self, instrument: Instrument, now: datetime) -> Quote:
        """Work out one quote."""
        prices = self._prices_at(instrument.key, now)
        rule, middle = instrument.rule, prices.middle
        away = middle * self._half_spread
        close = None if prices.prior_close is None else rule.nearest(prices.prior_close)
        return Quote(
            bid=rule.floor(middle - away),
            ask=rule.ceiling(middle + away),
            last=rule.nearest(middle),
            prior_close=close,
            bid_size=self._displayed_shares(instrument, "bid", now),
            ask_size=self._displayed_shares(instrument, "ask", now),
            volume=instrument.daily_volume if prices.volume is None else prices.volume,
        )

    def _prices_at(self, symbol: str, moment: datetime) -> Prices:
        """Return what a symbol is worth at a moment."""
        prices, factor = self._source.prices_at(symbol, moment), self.factors.get(symbol)
        if factor is None:
            return prices
        close = prices.prior_close
        close = None if close is None else close * factor
        return Prices(prices.middle * factor, close, prices.volume)

    def _displayed_shares(self, instrument: Instrument, side: str, now: datetime) -> int:
        """Return round lots that look arbitrary and are the same in every run of a seed."""
        text = f"{self._seed}/{instrument.key}/{side}/{local(now).date()}"
        lot = _LOT_OF_PAIR if instrument.is_pair else _LOT_SHARES
        return (zlib.crc32(text.encode()) % _LOTS_MAX + 1) * lot
