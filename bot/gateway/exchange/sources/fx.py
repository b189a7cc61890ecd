"""Currency pairs, from declared rates.

A rate says what one unit of a currency is worth in the currency of the account. The pair is called
as on IDEALPRO, which has an order of precedence: EUR.USD and GBP.USD, but USD.CHF and USD.JPY. So
the price of a pair is the rate itself or its inverse.

Rates have no history: a pair costs the same on every weekday. If prices move within days, a pair
moves from midnight to 17:00 New York, when it is back at its rate; on weekends it stands still.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.instruments import PAIR_RULE, Instrument, fixed_rule, own_contract_id
from bot.gateway.exchange.sources.bridge import Bridge, Wobble
from bot.gateway.exchange.sources.days import DayTable, Weekdays, flat_table
from bot.gateway.exchange.sources.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_WORKING_DAYS: Final = 5

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


class _PairDays:
    """The same price on every weekday."""

    def __init__(self, prices: Mapping[str, Decimal], bridge: Bridge | None) -> None:
        days = np.arange(_FIRST_DAY.toordinal(), _LAST_DAY.toordinal() + 1, dtype=np.int64)
        # The ordinal 1 is a Monday.
        self._ordinals = days[(days - 1) % _WEEK < _WORKING_DAYS]
        self._prices = prices
        self._bridge = bridge
        self._tables: dict[str, DayTable] = {}

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of a pair."""
        del until
        table = self._tables.get(key)
        if table is None:
            closes = np.full(len(self._ordinals), float(self._prices[key]))
            table = flat_table(self._ordinals, closes, 0)
            if self._bridge is not None:
                table = self._bridge.spread(key, table)
            self._tables[key] = table
        return table


class PairPrices(Replay):
    """The prices of currency pairs."""

    def __init__(self, prices: Mapping[str, Decimal], wobble: Wobble | None = None) -> None:
        """Take prices by the names of the pairs, and how they move within a day."""
        bridge = None if wobble is None else Bridge(wobble)
        super().__init__(_PairDays(prices, bridge), bridge, Weekdays(time(), _DAY_ENDS))
