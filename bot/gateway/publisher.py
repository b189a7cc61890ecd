"""Tells clients what happens: orders to their owners, the account and quotes to subscribers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import Position
from bot.gateway.account.valuation import AccountValue, account_values, value_account
from bot.gateway.exchange.sessions import local
from bot.gateway.reporting import (
    commission_values,
    execution_values,
    open_order_values,
    portfolio_values,
    position_values,
    preview_values,
    status_values,
)
from bot.gateway.ticks import send_ticks
from bot.gateway.wire.order_reports import COMMISSION, EXECUTION, OPEN_ORDER, ORDER_STATUS
from bot.gateway.wire.outgoing import (
    ACCOUNT_SUMMARY,
    ACCOUNT_TIME,
    ACCOUNT_UPDATE_MULTI,
    ACCOUNT_VALUE,
    ERROR,
    PORTFOLIO,
    POSITION,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.client import Client
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.exchange.quotes import Quote
    from bot.gateway.orders.order import Execution, Order, Status
    from bot.gateway.orders.reports import Preview
    from bot.gateway.turns import Turns

_NO_POSITION: Final = Position(0, Decimal(0))


class Publisher:
    """The listener of the order desk, and the sender of everything that has subscribers.

    Attributes:
        clients: Those that have started the API, by client id.
    """

    def __init__(
        self,
        config: GatewayConfig,
        market: Market,
        accounts: Accounts,
        behaviour: Behaviour,
        turns: Turns,
    ) -> None:
        self.clients: dict[int, Client] = {}
        self._account = config.account
        self._currency = config.currency
        self._market = market
        self._ledger = accounts.of("")
        self._behaviour = behaviour
        self._turns = turns
        self._changed_symbols: dict[str, None] = {}
        self._quotes: dict[str, Quote] = {}

    # -- Orders, to their owners

    def opened(self, order: Order) -> None:
        """Send the terms and the state of an order."""
        client = self.clients.get(order.ticket.client_id)
        if client is not None:
            client.report(OPEN_ORDER, **open_order_values(order, self._account))

    def status_changed(self, order: Order, status: Status) -> None:
        """Send the state of an order."""
        client = self.clients.get(order.ticket.client_id)
        if client is not None:
            client.report(ORDER_STATUS, **status_values(order, status))

    def executed(self, execution: Execution) -> None:
        """Send a fill."""
        client = self.clients.get(execution.order.ticket.client_id)
        if client is not None:
            values = execution_values(execution, self._account, client.version)
            client.report(EXECUTION, **values)

    def charged(self, execution: Execution) -> None:
        """Send the commission of a fill."""
        client = self.clients.get(execution.order.ticket.client_id)
        if client is not None:
            client.report(COMMISSION, **commission_values(execution, self._currency))

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        """Send an error or a notice about an order."""
        client = self.clients.get(client_id)
        if client is not None:
            client.report(ERROR, request_id=order_id, code=code, text=text)

    def previewed(self, preview: Preview) -> None:
        """Send what an order would do."""
        client = self.clients.get(preview.order.ticket.client_id)
        if client is not None:
            client.send(OPEN_ORDER, **preview_values(preview, self._account))

    # -- The account and quotes, to subscribers

    def account_changed(self, symbol: str) -> None:
        """Send the account and a position, once this turn is over."""
        is_first = not self._changed_symbols
        self._changed_symbols[symbol] = None
        if is_first:
            self._turns.at_end(self._publish_account)

    def quotes_changed(self) -> None:
        """Send the quotes that differ from the last ones, and what the account is worth at them."""
        before = self._quotes
        self.note_quotes()
        changed = {symbol for symbol, quote in self._quotes.items() if quote != before[symbol]}
        self._send_quotes(changed)
        for symbol in self._ledger.positions:
            if symbol in changed:
                self.account_changed(symbol)

    def repeat_quotes(self) -> None:
        """Send all quotes, in the way in which the behaviour now gives them."""
        self._send_quotes(self._market.universe.by_symbol)

    def note_quotes(self) -> None:
        """Take the quotes of now as known to everybody."""
        symbols = self._market.universe.by_symbol
        self._quotes = {symbol: self._market.quote(symbol) for symbol in symbols}

    def _send_quotes(self, symbols: Container[str]) -> None:
        """Send the quotes of some symbols to whoever has subscribed to them."""
        kind = self._behaviour.quotes
        for client in self.clients.values():
            for request_id, instrument in client.subscriptions.tickers.items():
                if instrument.symbol in symbols:
                    send_ticks(client, request_id, instrument, self._market, kind)

    def send_positions(self, client: Client, symbols: Iterable[str]) -> None:
        """Send the positions of some symbols; a closed one as zero."""
        for symbol in symbols:
            position = self._ledger.positions.get(symbol, _NO_POSITION)
            instrument = self._market.universe.by_symbol[symbol]
            client.send(POSITION, **position_values(instrument, position, self._account))

    def send_account(self, client: Client, symbols: Iterable[str]) -> None:
        """Send all account values, the portfolio lines of some symbols, and their time."""
        for line in self.account_values():
            client.send(
                ACCOUNT_VALUE,
                key=line.key,
                value=line.value,
                currency=line.currency,
                account=self._account,
            )
        for symbol in symbols:
            position = self._ledger.positions.get(symbol, _NO_POSITION)
            instrument = self._market.universe.by_symbol[symbol]
            price = self._market.last_price(symbol)
            client.send(PORTFOLIO, **portfolio_values(instrument, position, price, self._account))
        client.send(ACCOUNT_TIME, time=local(self._market.now()).strftime("%H:%M"))

    def send_account_multi(self, client: Client, request_id: int, model_code: str) -> None:
        """Send all account values under a request id."""
        for line in self.account_values():
            client.send(
                ACCOUNT_UPDATE_MULTI,
                request_id=request_id,
                account=self._account,
                model_code=model_code,
                key=line.key,
                value=line.value,
                currency=line.currency,
            )

    def send_summary(self, client: Client, request_id: int, keys: frozenset[str]) -> None:
        """Send the account values with some keys; `All` asks for every one."""
        for line in self.account_values():
            if line.key in keys or "All" in keys:
                client.send(
                    ACCOUNT_SUMMARY,
                    request_id=request_id,
                    account=self._account,
                    key=line.key,
                    value=line.value,
                    currency=line.currency,
                )

    def account_values(self) -> list[AccountValue]:
        """Return all lines of the account as they are now."""
        valuation = value_account(self._ledger, self._market.pricing())
        return account_values(valuation, self._currency)

    def _publish_account(self) -> None:
        """Send what has changed to everybody who has subscribed to it."""
        symbols = tuple(self._changed_symbols)
        self._changed_symbols.clear()
        for client in self.clients.values():
            subscriptions = client.subscriptions
            if subscriptions.has_positions:
                self.send_positions(client, symbols)
            if subscriptions.has_account:
                self.send_account(client, symbols)
            for request_id, model_code in subscriptions.updates_multi.items():
                self.send_account_multi(client, request_id, model_code)
            for request_id, keys in subscriptions.summaries.items():
                self.send_summary(client, request_id, keys)
