"""What an order would mean for the account: the situation for the checks, and the preview."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.gateway.account.valuation import MARGIN_REQUIREMENT, Valuation, value_account
from bot.gateway.exchange.book import Side
from bot.gateway.orders.order import Order, Ticket
from bot.gateway.orders.reports import Preview

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.exchange.market import Market

_NOTHING = Decimal(0)


class Assessor:
    """Looks at the account with the eyes of an order that is not in yet."""

    def __init__(self, market: Market, ledger: Ledger) -> None:
        self._market = market
        self._ledger = ledger

    def valuation(self) -> Valuation:
        """Return what the account is worth now."""
        return value_account(self._ledger, self._market.pricing())

    def notional(self, ticket: Ticket) -> Decimal:
        """Return what an order is worth at its limit, or at the far side if it has none."""
        instrument = ticket.instrument
        if instrument is None or ticket.quantity is None:
            return _NOTHING
        price = ticket.limit
        if price is None or ticket.order_type == "MKT":
            quote = self._market.quote(instrument.symbol)
            price = quote.ask if ticket.action == Side.BUY.name else quote.bid
        return ticket.quantity * price

    def sellable(self, instrument: Instrument | None, others: Iterable[Order]) -> int:
        """Return the shares that are held and that no other working order sells already."""
        if instrument is None:
            return 0
        promised = sum(
            order.remaining
            for order in others
            if order.instrument is instrument and order.side is Side.SELL
        )
        return self._ledger.shares(instrument.symbol) - promised

    def buying_power(self, others: Iterable[Order]) -> Decimal:
        """Return the notional that could still be bought if all other orders had traded."""
        promised = sum(
            (
                self.notional(order.ticket) * order.remaining / order.quantity
                for order in others
                if order.side is Side.BUY
            ),
            _NOTHING,
        )
        return self.valuation().available_funds / MARGIN_REQUIREMENT - promised

    def preview(self, ticket: Ticket, instrument: Instrument) -> Preview:
        """Return what an order would do if all of it traded at the far side now."""
        quote = self._market.quote(instrument.symbol)
        quantity = int(ticket.quantity or 0)
        price = quote.ask if ticket.side is Side.BUY else quote.bid
        signed = ticket.side.value * quantity
        commission = self._ledger.commission_on(quantity * price)
        before = self.valuation()
        after = Valuation(
            before.cash - signed * price - commission,
            before.positions + signed * quote.last,
        )
        return Preview(Order(ticket, instrument, 0, quantity), before, after, commission)
