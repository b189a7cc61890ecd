"""Currency pairs, from declared rates.

A rate says what one unit of a currency is worth in the currency of the account. The pair is called
as on IDEALPRO, which has an order of precedence: EUR.USD and GBP.USD, but USD.CHF and USD.JPY. So
the price of a pair is the rate itself or its inverse.

Rates have no history: a pair costs the same on every weekday. If prices move within days, a pair
moves from midnight to 17:00 New York, when it is back at its rate; on weekends it stands still.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.calendars import NEW_YORK, Hours, local_moment
from bot.gateway.exchange.instruments import PAIR_RULE, Instrument, fixed_rule, own_contract_id
from bot.gateway.exchange.sources.bridge import Wobble, bridge_of
from bot.gateway.exchange.sources.closes import CloseDays
from bot.gateway.exchange.sources.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from bot.gateway.exchange.prices import Adjusted, Bar, Prices, PriceSource

#: The currency of a pair that is named first is the one that comes first here; others come last.
_PRECEDENCE: Final = ("EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY")

#: The only real id that is certain. A wrong one would be worse than one of our own.
_REAL_IDS: Final = MappingProxyType({"EUR.USD": 12087792})

#: Pairs priced in yen have two decimals fewer.
_YEN_RULE: Final = fixed_rule(Decimal("0.005"))

_FIRST_DAY: Final = date(1990, 1, 1)
_LAST_DAY: Final = date(2040, 12, 31)
_DAY_ENDS: Final = time(17, 0)
_WEEK: Final = 7
_SATURDAY: Final = 5

_DIGITS: Final = Decimal("0.00000001")


def currency_pairs(rates: Mapping[str, Decimal], base: str) -> dict[Instrument, Decimal]:
    """Return the pairs that follow from rates, each with its price.

    Args:
        rates: What one unit is worth in the base currency, > 0, by currency.
        base: The currency of the account.
    """
    pairs = {}
    for currency, rate in rates.items():
        if _rank(currency) < _rank(base):
            pairs[_pair(currency, base)] = rate
        else:
            pairs[_pair(base, currency)] = (1 / rate).quantize(_DIGITS)
    return pairs


def _rank(currency: str) -> tuple[int, str]:
    """Return what decides which currency of a pair is named first."""
    known = currency in _PRECEDENCE
    return (_PRECEDENCE.index(currency) if known else len(_PRECEDENCE), currency)


def _pair(bought: str, paid: str) -> Instrument:
    """Return the pair of two currencies."""
    name = f"{bought}.{paid}"
    return Instrument(
        contract_id=_REAL_IDS.get(name, own_contract_id(name)),
        symbol=bought,
        name=f"{bought}/{paid}",
        primary_exchange="",
        trading_class=name,
        industry="",
        daily_volume=0,
        currency=paid,
        security_type="CASH",
        rule=_YEN_RULE if paid == "JPY" else PAIR_RULE,
        exchange="IDEALPRO",
        local_symbol=name,
    )


class Weekdays:
    """An exchange in New York that is open on every weekday at the same hours."""

    zone: Final = NEW_YORK

    def __init__(self, opens: time, closes: time) -> None:
        """Take the local hours; a closing time of midnight is the one that ends the day."""
        self._opens = opens
        self._closes = closes

    def on(self, day: date) -> Hours | None:
        """Return the hours of a date, or None on a weekend."""
        if day.weekday() >= _SATURDAY:
            return None
        last = day if self._closes != time() else day + timedelta(days=1)
        opens_at = local_moment(day, self._opens, self.zone)
        closes_at = local_moment(last, self._closes, self.zone)
        return Hours(opens_at, closes_at, closes_at)


class PairPrices(Replay):
    """The prices of currency pairs."""

    def __init__(self, prices: Mapping[str, Decimal], wobble: Wobble | None = None) -> None:
        """Take prices by the names of the pairs, and how they move within a day."""
        bridge = bridge_of(wobble)
        days = np.arange(_FIRST_DAY.toordinal(), _LAST_DAY.toordinal() + 1, dtype=np.int64)
        # The ordinal 1 is a Monday.
        weekdays = days[(days - 1) % _WEEK < _SATURDAY]
        tables = CloseDays(
            weekdays, lambda key: np.full(len(weekdays), float(prices[key])), {}, bridge
        )
        super().__init__(tables, bridge, Weekdays(time(), _DAY_ENDS))


class Several:
    """A source for some instruments, and another one for all others."""

    def __init__(self, some: Collection[str], source: PriceSource, others: PriceSource) -> None:
        """Take two sources; `some` are the keys of the instruments of the first one."""
        self._some = frozenset(some)
        self._source = source
        self._others = others

    def prices_at(self, key: str, now: datetime) -> Prices:
        """Return the prices of an instrument at an aware moment."""
        return self._of(key).prices_at(key, now)

    def next_change_after(self, now: datetime) -> datetime:
        """Return the first later moment at which any price may be another one."""
        return min(self._source.next_change_after(now), self._others.next_change_after(now))

    def bars(
        self,
        key: str,
        span: tuple[datetime, datetime],
        size: timedelta,
        *,
        adjusted: Adjusted = "splits",
        as_of: datetime | None = None,
    ) -> list[Bar]:
        """Return the bars of an instrument, the oldest first."""
        return self._of(key).bars(key, span, size, adjusted=adjusted, as_of=as_of)

    def first_at(self, key: str) -> datetime:
        """Return the moment of the first price of an instrument."""
        return self._of(key).first_at(key)

    def close_on(self, key: str, day: date, as_of: date) -> Decimal:
        """Return the last close on or before a date, in the shares of a later date."""
        return self._of(key).close_on(key, day, as_of)

    def _of(self, key: str) -> PriceSource:
        """Return the source of an instrument."""
        return self._source if key in self._some else self._others
