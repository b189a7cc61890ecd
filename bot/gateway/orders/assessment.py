"""What an order would mean for its account: the situation for the checks, and the preview."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.account.valuation import value_account
from bot.gateway.exchange.book import Side
from bot.gateway.orders.bookkeeping import book_fill, copied
from bot.gateway.orders.order import LIMITED, Order, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.account.valuation import Valuation
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.exchange.market import Market

_NOTHING: Final = Decimal(0)

_CLOSED: Final = "Your order will not be placed at the exchange until it opens."


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do to the account.

    Attributes:
        order: The order as it would be, without a permanent id.
        before: The account now.
        after: The account after the whole order traded at the far side of the quote.
        commission: What that would cost.
        warning: What there is to say about it, or empty.
    """

    order: Order
    before: Valuation
    after: Valuation
    commission: Decimal
    warning: str = ""


class Assessor:
    """Looks at accounts with the eyes of an order that is not in yet."""

    def __init__(self, market: Market, accounts: Accounts) -> None:
        self._market = market
        self._accounts = accounts

    def notional(self, ticket: Ticket) -> Decimal:
        """Return what an order is worth at its limit, or at the far side if it has none."""
        instrument = ticket.instrument
        if instrument is None or ticket.quantity is None:
            return _NOTHING
        return ticket.quantity * self._price(ticket, instrument)

    def _price(self, ticket: Ticket, instrument: Instrument) -> Decimal:
        """Return the worst price that an order would trade at now, in its account's currency."""
        if ticket.limit and ticket.order_type in LIMITED:
            price = ticket.limit
        else:
            quote = self._market.quote(instrument.key)
            price = quote.ask if ticket.action == Side.BUY.name else quote.bid
        return price * self._accounts.rate(ticket.account, instrument.key)

    def opened_notional(self, account: str, ticket: Ticket, sellable: int) -> Decimal:
        """Return what an order opens: all that it buys, or sells beyond what is held.

        A cash account has to have the commission, too.
        """
        instrument, quantity = ticket.instrument, ticket.quantity
        if instrument is None or quantity is None:
            return _NOTHING
        if ticket.action == Side.BUY.name:
            notional = self.notional(ticket)
            ledger = self._accounts.of(account)
            is_paid_in_full = ledger.rules.kind == "cash"
            return notional + ledger.commission_on(notional) if is_paid_in_full else notional
        return max(quantity - max(sellable, 0), _NOTHING) * self._price(ticket, instrument)

    def conversion(
        self, account: str, ticket: Ticket, others: Iterable[Order]
    ) -> tuple[Decimal, Decimal]:
        """Return how much a conversion could give of the currency it sells, and how much it gives.

        A cash account gives what it has and what has settled. A margin account can owe as much
        beyond what it has as it could buy stocks for; nobody lends it any amount.
        """
        given, amount = self._given(ticket)
        ledger = self._accounts.of(account)
        room = ledger.balances.get(given, _NOTHING)
        for order in others:
            if order.instrument.is_pair and self._given(order.ticket)[0] == given:
                room -= self._given(replace(order.ticket, quantity=Decimal(order.remaining)))[1]
        if ledger.rules.kind == "cash":
            room -= sum(it for (_, name), it in ledger.pending.items() if name == given)
            return room, amount
        if not ledger.currencies.is_known(given):
            return room, amount
        rate = ledger.currencies.rate(given, self._market.last_price)
        lent = max(self._accounts.valuation(account).purchasable, _NOTHING)
        return room * rate + lent, amount * rate

    def _given(self, ticket: Ticket) -> tuple[str, Decimal]:
        """Return which currency a conversion sells, and how much of it at its worst price."""
        instrument, quantity = ticket.instrument, ticket.quantity or _NOTHING
        if instrument is None:
            return "", _NOTHING
        if ticket.action != Side.BUY.name:
            return instrument.symbol, quantity
        if ticket.limit and ticket.order_type in LIMITED:
            return instrument.currency, quantity * ticket.limit
        return instrument.currency, quantity * self._market.quote(instrument.key).ask

    def sellable(self, account: str, instrument: Instrument, others: Iterable[Order]) -> int:
        """Return the shares that are held and that no other working order sells already."""
        promised = sum(
            order.remaining
            for order in others
            if order.instrument is instrument and order.side is Side.SELL
        )
        return self._accounts.of(account).shares(instrument.key) - promised

    def buying_power(self, account: str, others: Iterable[Order]) -> Decimal:
        """Return the notional that could still be bought if all other orders had traded."""
        promised = sum(
            (
                self.notional(order.ticket) * order.remaining / order.quantity
                for order in others
                if order.side is Side.BUY and not order.instrument.is_pair
            ),
            _NOTHING,
        )
        return self._accounts.valuation(account).purchasable - promised

    def preview(self, order: Order) -> Preview:
        """Return what an order would do if all of it traded at the far side now."""
        quote = self._market.quote(order.instrument.key)
        price = quote.ask if order.side is Side.BUY else quote.bid
        books = copied(self._accounts.of(order.account))
        charge = book_fill(books, order, order.quantity, price)
        before = self._accounts.valuation(order.account)
        after = value_account(books, self._market.pricing())
        warning = "" if self._market.is_open() else _CLOSED
        return Preview(order, before, after, charge.commission, warning)
