"""The truth as plain values, for whoever controls the gateway: numbers are texts, exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.gateway.account.ledger import Ledger
    from bot.gateway.orders.order import Execution, Order
    from bot.gateway.venue import Venue


def truth_of(venue: Venue) -> dict[str, Any]:
    """Return orders, executions, books and clients as they are, whatever clients are shown."""
    return {
        "at": venue.turns.now().isoformat(timespec="microseconds"),
        "clients": list(venue.publisher.clients),
        "accounts": {account: _books(books) for account, books in venue.accounts.books.items()},
        "orders": [order_facts(order) for order in venue.desk.orders.values()],
        "executions": [execution_facts(execution) for execution in venue.desk.executions],
    }


def order_facts(order: Order) -> dict[str, Any]:
    """Return an order."""
    ticket = order.ticket
    return {
        "client_id": ticket.client_id,
        "order_id": ticket.order_id,
        "permanent_id": order.permanent_id,
        "symbol": order.instrument.symbol,
        "action": ticket.action,
        "quantity": order.quantity,
        "order_type": ticket.order_type,
        "limit": None if ticket.limit is None else str(ticket.limit),
        "time_in_force": ticket.time_in_force,
        "order_ref": ticket.order_ref,
        "status": order.status.value,
        "filled": order.filled,
        "average_price": str(order.average_price),
        "end_text": order.end_text,
    }


def execution_facts(execution: Execution) -> dict[str, Any]:
    """Return a fill; shares are signed, + for a purchase."""
    order = execution.order
    return {
        "execution_id": execution.execution_id,
        "client_id": order.ticket.client_id,
        "order_id": order.ticket.order_id,
        "symbol": order.instrument.symbol,
        "shares": order.side.value * execution.shares,
        "price": str(execution.price),
        "commission": str(execution.commission),
        "at": execution.at.isoformat(timespec="microseconds"),
    }


def _books(books: Ledger) -> dict[str, Any]:
    """Return the cash and the positions of an account."""
    return {
        "cash": {currency: str(amount) for currency, amount in books.balances.items()},
        "positions": {symbol: held.shares for symbol, held in books.positions.items()},
    }
