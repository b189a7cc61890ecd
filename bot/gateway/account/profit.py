"""Profits of the day and of what is held.

The day's profit is what a holding is worth now, less what the holding of yesterday was worth at the
close before, less what was paid for it since; commissions and dividends are in it, deposits and
the changes of exchange rates on cash are not. The day begins at midnight in New York before a
session.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import NO_POSITION, Ledger, SymbolDay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.gateway.exchange.quotes import Quote

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_QUIET: Final = SymbolDay()


@dataclass(frozen=True, slots=True)
class Profit:
    """What was earned; losses are negative.

    Attributes:
        daily: Since the close before.
        unrealized: On what is held, against its average cost.
        realized: Today, on what was closed.
    """

    daily: Decimal = _ZERO
    unrealized: Decimal = _ZERO
    realized: Decimal = _ZERO


def total(of_parts: Iterable[tuple[Profit, Decimal]]) -> Profit:
    """Return the sum of some profits, each with what one unit of its currency is worth."""
    daily = unrealized = realized = _ZERO
    for profit, rate in of_parts:
        daily += profit.daily * rate
        unrealized += profit.unrealized * rate
        realized += profit.realized * rate
    return Profit(daily, unrealized, realized)


def symbol_profit(ledger: Ledger, symbol: str, quote: Quote) -> Profit:
    """Return the profit with one symbol, in the currency of the instrument."""
    held = ledger.positions.get(symbol, NO_POSITION)
    day = ledger.today.get(symbol, _QUIET)
    close = quote.last if quote.prior_close is None else quote.prior_close
    return Profit(
        daily=held.shares * quote.last - (held.shares - day.received) * close - day.paid,
        unrealized=held.shares * (quote.last - held.average_cost),
        realized=day.realized,
    )


def profits(ledger: Ledger, quote_of: Callable[[str], Quote]) -> dict[str, Profit]:
    """Return the profit with everything that is held or was traded today, by symbol."""
    return {
        symbol: symbol_profit(ledger, symbol, quote_of(symbol))
        for symbol in dict.fromkeys((*ledger.positions, *ledger.today))
    }


def by_currency(ledger: Ledger, of_symbols: Mapping[str, Profit]) -> dict[str, Profit]:
    """Return the profits of an account in each currency, that currency's own."""
    found: dict[str, list[tuple[Profit, Decimal]]] = {}
    for symbol, profit in of_symbols.items():
        found.setdefault(ledger.currencies.of(symbol), []).append((profit, _ONE))
    return {currency: total(parts) for currency, parts in found.items()}
