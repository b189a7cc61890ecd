"""Which currency things are in, and what it is worth in the currency of an account.

Rates are the prices of the pairs that the market quotes, such as EUR.USD. A stock whose currency no
rate leads to is booked as though it were priced in the currency of the account: that account is
one whose currency is not that of its stocks, and whoever trades it has to notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.gateway.exchange.instruments import Instrument

_ONE: Final = Decimal(1)

#: The pairs of two currencies that have none between them both have one with this.
_MIDDLE: Final = "USD"

#: Pairs to go through, each with whether its price divides instead of multiplying.
_Route = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Currencies:
    """What an account knows about currencies.

    Attributes:
        base: The one in which it reports.
        by_symbol: Currency of every instrument that is priced in another one, if there is a rate.
        routes: How to come from each other currency to the base.
    """

    base: str = "USD"
    by_symbol: Mapping[str, str] = field(default_factory=dict)
    routes: Mapping[str, _Route] = field(default_factory=dict)

    def of(self, symbol: str) -> str:
        """Return the currency in which trades of a symbol are booked."""
        return self.by_symbol.get(symbol, self.base)

    def is_known(self, currency: str) -> bool:
        """Tell whether amounts in a currency can be valued."""
        return currency == self.base or currency in self.routes

    def rate(self, currency: str, price_of: Callable[[str], Decimal]) -> Decimal:
        """Return what one unit of a known currency is worth, in the base currency."""
        rate = _ONE
        for pair, divides in self.routes.get(currency, ()):
            rate = rate / price_of(pair) if divides else rate * price_of(pair)
        return rate


def currencies_of(base: str, instruments: Mapping[str, Instrument]) -> Currencies:
    """Return what an account knows about currencies.

    Args:
        base: Its own currency.
        instruments: Everything quoted, by the name under which it is priced.
    """
    pairs = {
        (item.symbol, item.currency): name
        for name, item in instruments.items()
        if item.security_type == "CASH"
    }
    named = dict.fromkeys(it.currency for it in instruments.values())
    named |= dict.fromkeys(currency for currency, _ in pairs)
    routes = {it: route for it in named if it != base and (route := _route(it, base, pairs))}
    return Currencies(
        base,
        {name: it.currency for name, it in instruments.items() if it.currency in routes},
        routes,
    )


def _route(currency: str, base: str, pairs: Mapping[tuple[str, str], str]) -> _Route:
    """Return the pairs that lead from a currency to the base; none if nothing does."""
    direct = _step(currency, base, pairs)
    if direct:
        return direct
    first, second = _step(currency, _MIDDLE, pairs), _step(_MIDDLE, base, pairs)
    return first + second if first and second else ()


def _step(currency: str, base: str, pairs: Mapping[tuple[str, str], str]) -> _Route:
    """Return the one pair of two currencies, if there is one."""
    if (currency, base) in pairs:
        return ((pairs[currency, base], False),)
    return ((pairs[base, currency], True),) if (base, currency) in pairs else ()
