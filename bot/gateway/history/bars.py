"""The bars that answer a query: from the price source, in the prices that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.gateway.exchange.prices import ONE_DAY
from bot.gateway.history.durations import is_intraday
from bot.gateway.history.query import WITHOUT_DATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.instruments import Instrument, MarketRule
    from bot.gateway.exchange.market import Market
    from bot.gateway.exchange.prices import Adjusted, Bar, PriceSource
    from bot.gateway.exchange.sessions import Session
    from bot.gateway.history.query import Query

_BASIS_POINT: Final = Decimal("0.0001")

#: Averages are printed with one decimal more than prices have.
_FINER: Final = Decimal("0.1")

#: What stands for volume, average price and number of trades where there are none.
_NONE: Final = Decimal(-1)

#: Declared shares a trade; only its order of magnitude is real.
_SHARES_A_TRADE: Final = 100

#: No year has more sessions, and no stretch without one is longer: looking back stops there.
_DAYS_BACK_MAX: Final = 800

#: How far bars within days reach back: a year, and this many steps of the clock. A year of bars of
#: five minutes has less, one of bars of a minute has more.
_INTRADAY_MAX: Final = timedelta(days=367)
_STEPS_MAX: Final = 200_000

#: Prices of trades; of currency pairs, nobody tells any.
_TRADED: Final = ("TRADES", "ADJUSTED_LAST")


#: Open, high, low, close.
_Four: TypeAlias = "tuple[Decimal, Decimal, Decimal, Decimal]"


@dataclass(frozen=True, slots=True)
class Candle:
    """A bar as clients see it.

    Attributes:
        at: First moment, aware UTC.
        open: First price, or the average bid.
        high: Highest price.
        low: Lowest price.
        close: Last price, or the average ask.
        volume: Shares, or -1 if the prices are not those of trades.
        average: Price by volume, or -1.
        trades: How many there were, or -1.
    """

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    average: Decimal
    trades: int


class History:
    """Gives bars."""

    def __init__(self, market: Market, source: PriceSource, half_spread_bps: Decimal) -> None:
        """Take what knows prices.

        Args:
            market: Trading days.
            source: Bars of the middle.
            half_spread_bps: Distance of bid and ask from it, in basis points, before both are
                rounded outward to the tick, as in quotes.
        """
        self._market = market
        self._source = source
        self._half_spread = half_spread_bps * _BASIS_POINT

    def candles(self, instrument: Instrument, query: Query, now: datetime) -> list[Candle]:
        """Return the bars that answer a query, the oldest first; none if there is no data.

        Days of the duration are sessions, the one that is on at its end among them. Only regular
        hours have bars, so it makes no difference whether a client wants others, too.
        """
        if query.kind in WITHOUT_DATA or (query.kind in _TRADED and instrument.is_pair):
            return []
        begin = max(self.begin(instrument, query), self._source.first_at(instrument.key))
        return self.within(instrument, query, (begin, query.end.at), now)

    def is_too_long(self, instrument: Instrument, query: Query) -> bool:
        """Tell whether a query for bars within days reaches back further than one answer does.

        The bound is the gateway's own: nobody else is served while bars are made.
        """
        if not is_intraday(query.size):
            return False
        reach = query.end.at - self.begin(instrument, query)
        return reach > _INTRADAY_MAX or reach / query.size > _STEPS_MAX

    def within(
        self, instrument: Instrument, query: Query, span: tuple[datetime, datetime], now: datetime
    ) -> list[Candle]:
        """Return the bars of a stretch of time, in the prices of a query."""
        if span[0] >= span[1]:
            return []
        adjusted: Adjusted = "all" if query.kind == "ADJUSTED_LAST" else "splits"
        bars = self._source.bars(instrument.key, span, query.size, adjusted=adjusted, as_of=now)
        return [self._candle(instrument, bar, query.kind) for bar in bars]

    def first_at(self, instrument: Instrument) -> datetime:
        """Return the first moment with a price."""
        return self._source.first_at(instrument.key)

    def begin(self, instrument: Instrument, query: Query) -> datetime:
        """Return the moment from which on bars answer a query."""
        zone = self._market.zone(instrument)
        end = query.end.at.astimezone(zone)
        if query.duration.unit == "D" and not instrument.is_pair:
            sessions = self.sessions_before(end, query.duration.count)
            return sessions[0].opens_at if sessions else end
        begin = query.duration.before(end)
        if is_intraday(query.size):
            return begin
        # The day of the begin is over: a week before a Monday begins on Tuesday.
        return _midnight(begin.date() + ONE_DAY, zone)

    def sessions_before(self, end: datetime, count: int) -> list[Session]:
        """Return the last sessions that began before a moment, the oldest first."""
        found: list[Session] = []
        day = end.astimezone(self._market.sessions.zone).date()
        for offset in range(_DAYS_BACK_MAX):
            session = self._market.sessions.on(day - timedelta(days=offset))
            if session is not None and session.opens_at < end:
                found.append(session)
            if len(found) == count:
                break
        return found[::-1]

    def _candle(self, instrument: Instrument, bar: Bar, kind: str) -> Candle:
        """Return a bar of the middle in the prices of some kind."""
        rule = instrument.rule
        if kind in _TRADED:
            low, high = rule.nearest(bar.low), rule.nearest(bar.high)
            prices = (rule.nearest(bar.open), high, low, rule.nearest(bar.close))
            trades = max(1, bar.volume // _SHARES_A_TRADE) if bar.volume else 0
            return Candle(bar.at, *prices, bar.volume, _mean(prices, rule), trades)
        middles = (bar.open, bar.high, bar.low, bar.close)
        if kind == "MIDPOINT":
            return Candle(bar.at, *middles, -1, _NONE, -1)
        bids = _each(middles, lambda price: rule.floor(price * (1 - self._half_spread)))
        asks = _each(middles, lambda price: rule.ceiling(price * (1 + self._half_spread)))
        both = (_mean(bids, rule), asks[1], bids[2], _mean(asks, rule))
        return Candle(bar.at, *{"BID": bids, "ASK": asks}.get(kind, both), -1, _NONE, -1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a date."""
    return datetime.combine(day, time(), zone)


def _each(prices: _Four, change: Callable[[Decimal], Decimal]) -> _Four:
    """Return open, high, low and close, each of them changed in the same way."""
    first, high, low, last = prices
    return change(first), change(high), change(low), change(last)


def _mean(prices: _Four, rule: MarketRule) -> Decimal:
    """Return the average of open, high, low and close, which stands for that over time."""
    step = rule.increment_at(prices[0]) * _FINER
    return (sum(prices, Decimal(0)) / len(prices)).quantize(step, ROUND_HALF_EVEN)
