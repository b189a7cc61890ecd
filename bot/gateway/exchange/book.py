"""What fills: a marketable order at the far side, a resting one once the quote reaches it.

By default the market is as deep as the order: displayed sizes limit nothing, and trading moves no
price. The keys of `[book]` make it thin.

Depth: of each side of each instrument, so many shares trade at a time and then the side is empty
until it has refilled. Participation: that many shares are also no more than a part of what trades
at the pace of a day's volume in the time of one refill.

Impact: the price of a fill is the far side, worse by `impact_bps` times the square root of
participation, which is the shares lately taken from that side, this fill included, over the shares
of a day. What was taken is forgotten at the pace of the day's volume. The square root is what is
measured across markets (B. Toth et al., Anomalous price impact and the critical nature of
liquidity, 2011; R. Almgren et al., Direct estimation of equity market impact, 2005, find 0.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.exchange.quotes import Quote

FillKind = Literal["full", "partial", "none"]

_BASIS_POINT: Final = Decimal("0.0001")

#: Length of a trading day, over which a day's volume is spread evenly.
_DAY_S: Final = Decimal(23_400)


class Side(Enum):
    """Which way an order goes; the value is the sign of the shares."""

    BUY = 1
    SELL = -1


def fill_price(side: Side, limit: Decimal | None, quote: Quote) -> Decimal | None:
    """Return the price at which an order trades now, or None if it has to wait.

    Args:
        side: Which way it goes.
        limit: The worst price it takes, or None for any.
        quote: The market.

    Returns:
        The far side of the quote if the limit reaches it.
    """
    return within(side, limit, quote.ask if side is Side.BUY else quote.bid)


def middle_price(side: Side, limit: Decimal | None, quote: Quote) -> Decimal | None:
    """Return the middle of the quote, or None if the limit does not reach it.

    Trades at the middle may lie between two ticks.
    """
    return within(side, limit, (quote.bid + quote.ask) / 2)


def within(side: Side, limit: Decimal | None, price: Decimal) -> Decimal | None:
    """Return a price if an order with a limit takes it, else None."""
    if limit is None or side.value * (limit - price) >= 0:
        return price
    return None


def fill_shares(quantity: int, filled: int, kind: FillKind) -> int:
    """Return how many shares trade now.

    Args:
        quantity: Shares of the whole order.
        filled: Shares that traded before.
        kind: `full` trades all that is left; `partial` trades half of the order, rounded down, and
            never the rest; `none` trades nothing.
    """
    if kind == "full":
        return quantity - filled
    if kind == "partial":
        return max(quantity // 2 - filled, 0)
    return 0


def collar(side: Side, quote: Quote, fraction: Decimal) -> Decimal:
    """Return the worst price that is not too far through the market.

    Args:
        side: Which way the order goes.
        quote: The market.
        fraction: How far is too far, of the far side.
    """
    far = quote.ask if side is Side.BUY else quote.bid
    return far * (1 + side.value * fraction)


class Thinness(Protocol):
    """How thin a book is; the table `[book]` of the configuration says what the keys mean."""

    @property
    def displayed_shares(self) -> int:
        """Shares that trade before the book has to refill; 0 is as many as wanted."""
        ...

    @property
    def refill_s(self) -> Decimal:
        """Seconds that it takes to refill."""
        ...

    @property
    def participation_max(self) -> Decimal:
        """Part of the pace of a day's volume; 0 is no limit."""
        ...

    @property
    def impact_bps(self) -> Decimal:
        """Impact of a whole day's volume, in basis points of the price."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What the book has for an order now.

    Attributes:
        price: Per share, within the order's limit.
        shares: How many; 0 if the side is empty at the moment.
    """

    price: Decimal
    shares: int


@dataclass(slots=True)
class _Level:
    """What is left of one side of an instrument.

    Attributes:
        left: Shares that still trade before the next refill.
        refills_at: When there are as many as at first again.
        taken: Shares lately taken, not yet forgotten.
        taken_at: When that was last worked out.
    """

    left: int
    refills_at: datetime
    taken: Decimal
    taken_at: datetime


class Book:
    """The depth of every instrument, and how it wears off."""

    def __init__(self, table: Thinness) -> None:
        """Start with full depth everywhere."""
        self._displayed_shares = table.displayed_shares
        self._refill_s = table.refill_s
        self._participation_max = table.participation_max
        self._impact = table.impact_bps * _BASIS_POINT
        self._is_thin = bool(table.displayed_shares or table.participation_max)
        self._levels: dict[tuple[str, Side], _Level] = {}

    @property
    def is_deep(self) -> bool:
        """Tell whether every order finds all shares at one price."""
        return not self._is_thin and not self._impact

    @property
    def refill_s(self) -> float:
        """Seconds after which an order that found too little looks again."""
        return float(self._refill_s)

    def offer(
        self,
        instrument: Instrument,
        side: Side,
        wanted: Offer,
        limit: Decimal | None,
        now: datetime,
    ) -> Offer:
        """Return what an order gets of what it wants.

        Args:
            instrument: What is traded.
            side: Which way the order goes.
            wanted: The price that is quoted and the shares that are left of the order, > 0.
            limit: The worst price that the order takes, or None for any.
            now: Aware moment.

        Returns:
            Shares from 0 to those wanted, at a price from the quoted one to the limit.
        """
        if self.is_deep or not instrument.daily_volume:  # nobody knows how much currencies trade
            return wanted
        level = self._level(instrument, side, now)
        shares = min(wanted.shares, level.left) if self._is_thin else wanted.shares
        if not self._impact or not shares:
            return Offer(wanted.price, shares)
        if limit is not None:
            shares = min(shares, self._shares_within(instrument, level, wanted.price, limit))
        while shares > 0:
            price = self._price(instrument, side, level, wanted.price, shares)
            if within(side, limit, price) is not None:
                return Offer(price, shares)
            shares -= 1  # the square root was rounded upward
        return Offer(wanted.price, 0)

    def take(self, instrument: Instrument, side: Side, shares: int, now: datetime) -> None:
        """Note that shares were taken from the side that an order trades with."""
        if self.is_deep or not instrument.daily_volume:
            return
        level = self._level(instrument, side, now)
        level.left = max(level.left - shares, 0)
        level.taken += shares

    def _level(self, instrument: Instrument, side: Side, now: datetime) -> _Level:
        """Return a side of an instrument as it is now."""
        key = (instrument.symbol, side)
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = _Level(0, now, Decimal(0), now)
        if now >= level.refills_at:
            level.left = self._slice(instrument)
            level.refills_at = now + timedelta(seconds=self.refill_s)
        if level.taken:
            passed_s = Decimal(str((now - level.taken_at).total_seconds()))
            level.taken = max(level.taken - instrument.daily_volume * passed_s / _DAY_S, Decimal(0))
        level.taken_at = now
        return level

    def _slice(self, instrument: Instrument) -> int:
        """Return the shares that trade between two refills; at least one."""
        found = []
        if self._displayed_shares:
            found.append(self._displayed_shares)
        if self._participation_max:
            pace = instrument.daily_volume * self._refill_s / _DAY_S
            found.append(max(int(pace * self._participation_max), 1))
        return min(found, default=0)

    def _price(
        self, instrument: Instrument, side: Side, level: _Level, price: Decimal, shares: int
    ) -> Decimal:
        """Return the price of some shares, on a tick, rounded against the order."""
        participation = (level.taken + shares) / instrument.daily_volume
        worse = price * (1 + side.value * self._impact * participation.sqrt())
        rule = instrument.rule
        return rule.ceiling(worse) if side is Side.BUY else rule.floor(worse)

    def _shares_within(
        self, instrument: Instrument, level: _Level, price: Decimal, limit: Decimal
    ) -> int:
        """Return how many shares a limit has room for: the impact, solved for them."""
        room = abs(limit / price - 1) / self._impact
        return max(int(room * room * instrument.daily_volume - level.taken), 0)
