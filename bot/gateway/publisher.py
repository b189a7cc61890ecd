"""Tells clients what happens: orders to their owners, the account and quotes to subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.orders.bookkeeping import commission_currency
from bot.gateway.quotes.feed import Feed
from bot.gateway.reporting import (
    commission_values,
    execution_values,
    open_order_values,
    preview_values,
    status_values,
)
from bot.gateway.wire.order_reports import COMMISSION, EXECUTION, OPEN_ORDER, ORDER_STATUS
from bot.gateway.wire.outgoing import ERROR

if TYPE_CHECKING:
    from bot.gateway.account_feed import AccountFeed
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.exchange.quotes import Quote
    from bot.gateway.orders.assessment import Preview
    from bot.gateway.orders.order import Execution, Order, Status
    from bot.gateway.turns import Turns


class Publisher:
    """The listener of the order desk, and the sender of everything that has subscribers.

    Attributes:
        clients: Those that have started the API, by client id.
        feed: Their lines of market data.
    """

    def __init__(
        self,
        config: GatewayConfig,
        market: Market,
        account_feed: AccountFeed,
        behaviour: Behaviour,
        turns: Turns,
    ) -> None:
        self.clients = account_feed.clients
        self.feed = Feed(self.clients, market, behaviour, turns, config.quotes)
        self._account_feed = account_feed
        self._accounts = account_feed.accounts
        self._market = market
        self._quotes: dict[str, Quote] = {}

    # -- Orders, to their owners

    def opened(self, order: Order) -> None:
        """Send the terms and the state of an order."""
        client = self.clients.get(order.ticket.client_id)
        if client is not None:
            client.report(OPEN_ORDER, open_order_values(order))

    def status_changed(self, order: Order, status: Status) -> None:
        """Send the state of an order."""
        client = self.clients.get(order.ticket.client_id)
        if client is not None:
            client.report(ORDER_STATUS, status_values(order, status))

    def executed(self, execution: Execution) -> None:
        """Send a fill."""
        client = self.clients.get(execution.order.ticket.client_id)
        if client is not None:
            values = execution_values(execution, client.version)
            client.report(EXECUTION, values)

    def charged(self, execution: Execution) -> None:
        """Send the commission of a fill."""
        client = self.clients.get(execution.order.ticket.client_id)
        if client is not None:
            order = execution.order
            books = self._accounts.of(order.account)
            currency = commission_currency(books, order.instrument)
            client.report(COMMISSION, commission_values(execution, currency))

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        """Send an error or a notice about an order."""
        client = self.clients.get(client_id)
        if client is not None:
            client.report(ERROR, {"request_id": order_id, "code": code, "text": text})

    def previewed(self, preview: Preview) -> None:
        """Send what an order would do."""
        client = self.clients.get(preview.order.ticket.client_id)
        if client is not None:
            client.send(OPEN_ORDER, **preview_values(preview))

    # -- The account and quotes, to subscribers

    def account_changed(self, _symbol: str) -> None:
        """Send what has changed of the accounts, once this turn is over."""
        self._account_feed.changed()

    def quotes_changed(self) -> None:
        """Send the quotes that differ from the last ones, and what accounts are worth at them."""
        before = self._quotes
        self.note_quotes()
        self.feed.look()
        if self._quotes != before:
            self._account_feed.changed()

    def repeat_quotes(self) -> None:
        """Send all quotes, in the way in which the behaviour now gives them."""
        self.feed.repeat()

    def note_quotes(self) -> None:
        """Take the quotes of now as known to everybody."""
        symbols = self._market.universe.by_symbol
        self._quotes = {symbol: self._market.quote(symbol) for symbol in symbols}
