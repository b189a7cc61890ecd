"""How fills change the books of an account: of stocks, of currencies, and corrected ones."""

from __future__ import annotations

from collections import deque
from copy import copy
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import CENT, Charge
from bot.gateway.exchange.book import Side

if TYPE_CHECKING:
    from bot.gateway.account.ledger import Ledger
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.orders.order import Execution, Order

#: IBKR's price for conversions up to a billion a month: a fifth of a basis point, at least two
#: dollars. https://www.interactivebrokers.com/en/pricing/commissions-spot-currencies.php
_CONVERSION_RATE: Final = Decimal("0.00002")
_CONVERSION_MIN: Final = Decimal(2)


def commission_on(ledger: Ledger, instrument: Instrument, notional: Decimal) -> Decimal:
    """Return the commission of a trade.

    Args:
        ledger: Whose trade it is.
        instrument: What is traded.
        notional: Price times quantity, > 0, in the currency of the price.
    """
    if not instrument.is_pair:
        return ledger.commission_on(notional)
    rated = (notional * _CONVERSION_RATE).quantize(CENT, ROUND_HALF_EVEN)
    return max(rated, _CONVERSION_MIN)


def commission_currency(ledger: Ledger, instrument: Instrument) -> str:
    """Return the currency in which the commission of a trade is charged."""
    currencies = ledger.currencies
    return currencies.base if instrument.is_pair else currencies.of(instrument.key)


def book_fill(ledger: Ledger, order: Order, shares: int, price: Decimal) -> Charge:
    """Book a fill: shares for cash, or one currency for another.

    Args:
        ledger: The books.
        order: What traded.
        shares: How many, > 0.
        price: Per share.
    """
    instrument = order.instrument
    if not instrument.is_pair:
        return ledger.trade(instrument.key, order.side.value * shares, price)
    commission = commission_on(ledger, instrument, shares * price)
    # The symbol of a pair is its first currency; prices are in the second one.
    bought = (instrument.symbol, Decimal(shares))
    sold = (instrument.currency, (shares * price).quantize(CENT, ROUND_HALF_EVEN))
    if order.side is Side.SELL:
        bought, sold = sold, bought
    ledger.convert(*bought, *sold, commission)
    return Charge(commission, None)


def book_correction(ledger: Ledger, before: Execution, after: Execution) -> None:
    """Book the difference of a fill and what it is corrected to.

    Shares that come or go have the corrected price as their cost; a corrected price alone moves
    cash, and leaves the average cost.
    """
    order = before.order
    instrument, sign = order.instrument, order.side.value
    shares = sign * (after.shares - before.shares)
    amount = sign * (before.shares * before.price - after.shares * after.price)
    if instrument.is_pair:
        ledger.deposit(instrument.currency, amount)
        ledger.deposit(instrument.symbol, Decimal(shares))
    else:
        ledger.correct(instrument.key, shares, after.price, amount)


def copied(ledger: Ledger) -> Ledger:
    """Return books that stay as they are now: the records in them never change, the lists do."""
    books = copy(ledger)
    for name, held in vars(ledger).items():
        if isinstance(held, (dict, list, set, deque)):
            setattr(books, name, copy(held))
    return books
