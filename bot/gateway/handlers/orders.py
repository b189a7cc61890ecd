"""Requests about orders and executions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.sessions import NEW_YORK, local
from bot.gateway.handlers.contracts import find_instrument
from bot.gateway.orders.order import Execution, Order, Ticket
from bot.gateway.reporting import (
    commission_values,
    completed_order_values,
    execution_values,
    open_order_values,
    status_values,
)
from bot.gateway.wire.order_reports import (
    COMMISSION,
    COMPLETED_ORDER,
    EXECUTION,
    OPEN_ORDER,
    ORDER_STATUS,
)
from bot.gateway.wire.outgoing import COMPLETED_ORDERS_END, EXECUTION_END, OPEN_ORDER_END
from bot.gateway.wire.requests import MalformedRequestError, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.gateway.client import Client
    from bot.gateway.venue import Venue

_SIDES: Final = {"BUY": "BUY", "BOT": "BUY", "SELL": "SELL", "SLD": "SELL"}


#: What an order can ask for beyond what is served, and how to see that it does.
_UNSERVED: Final[tuple[tuple[str, Callable[[Request], object]], ...]] = (
    ("orders that are not transmitted", lambda request: not request.flag("transmit")),
    ("parent orders", lambda request: request.integer("parent_id")),
    ("OCA groups", lambda request: request.text("oca_group")),
    ("algorithms", lambda request: request.text("algorithm")),
    ("conditions", lambda request: request.rows["conditions"]),
    ("hedges", lambda request: request.text("hedge_type")),
    ("cash quantities", lambda request: request.decimal("cash_quantity")),
    ("good-after times", lambda request: request.text("good_after_time")),
    ("minimum quantities", lambda request: request.integer("minimum_quantity")),
    ("all-or-none orders", lambda request: request.flag("all_or_none")),
)


def place_order(venue: Venue, client: Client, request: Request) -> None:
    """Take an order, change one or preview one."""
    ticket = _read_ticket(venue, client, request)
    if venue.behaviour.drop_on_place and not ticket.is_preview:
        venue.behaviour.drop_on_place = False
        # Before the order is taken, so that nothing about it reaches its owner.
        del venue.publisher.clients[client.owner_id]
        client.abort()
    venue.desk.place(ticket)


def _read_ticket(venue: Venue, client: Client, request: Request) -> Ticket:
    """Return what an order asks for."""
    return Ticket(
        client_id=client.owner_id,
        order_id=request.integer("order_id"),
        instrument=find_instrument(venue, request),
        exchange=request.text("exchange"),
        action=request.text("action"),
        quantity=request.decimal("quantity"),
        order_type=request.text("order_type"),
        limit=request.decimal("limit_price"),
        aux_price=request.decimal("aux_price"),
        time_in_force=request.text("time_in_force"),
        good_till_date=request.text("good_till_date"),
        account=request.text("account"),
        order_ref=request.text("order_ref"),
        oca_group=request.text("oca_group"),
        parent_id=request.integer("parent_id"),
        outside_hours=request.flag("outside_hours"),
        is_preview=request.flag("what_if"),
        # Nothing that was asked for is dropped silently.
        unserved=tuple(name for name, asks_for in _UNSERVED if asks_for(request)),
    )


def cancel_order(venue: Venue, client: Client, request: Request) -> None:
    """Cancel an order of this client."""
    venue.desk.cancel(client.owner_id, request.integer("order_id"))


def cancel_all_orders(venue: Venue, _client: Client, _request: Request) -> None:
    """Cancel the orders of every client."""
    venue.desk.cancel_all()


def send_open_orders(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the working orders of this client."""
    _send_open(venue, client, venue.view.working(client.owner_id))


def send_all_open_orders(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the working orders of every client."""
    _send_open(venue, client, venue.view.working())


def _send_open(venue: Venue, client: Client, orders: list[Order]) -> None:
    """Send some working orders and the end of them."""
    for order in orders:
        client.send(OPEN_ORDER, **open_order_values(order, venue.config.account))
        client.send(ORDER_STATUS, **status_values(order, order.status))
    client.send(OPEN_ORDER_END)


def send_completed_orders(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the orders of every client that became final today.

    All of them came through the API, so its filter for those makes no difference.
    """
    today = local(venue.turns.now()).date()
    for order in venue.view.orders():
        if order.ended_at is not None and local(order.ended_at).date() == today:
            values = completed_order_values(order, venue.config.account, client.version)
            client.send(COMPLETED_ORDER, **values)
    client.send(COMPLETED_ORDERS_END)


def send_executions(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the fills of every client since midnight in New York that pass the filter."""
    request_id = request.integer("request_id")
    account = venue.config.account
    for execution in _filtered(venue, request):
        values = execution_values(execution, account, client.version, request_id)
        client.send(EXECUTION, **values)
        client.send(COMMISSION, **commission_values(execution, venue.config.currency))
    client.send(EXECUTION_END, request_id=request_id)


def _filtered(venue: Venue, request: Request) -> Iterator[Execution]:
    """Yield today's executions that pass a filter; an empty field of it lets everything pass."""
    today = local(venue.turns.now()).date()
    since = _read_filter_time(request.text("time"))
    client_id = request.integer("client_id")
    side = request.text("side")
    if request.text("account") not in ("", venue.config.account):
        return
    for execution in venue.view.executions():
        order = execution.order
        instrument = order.instrument
        if (
            local(execution.at).date() == today
            and (since is None or execution.at >= since)
            and client_id in (0, order.ticket.client_id)
            and request.text("symbol") in ("", instrument.symbol)
            and request.text("security_type") in ("", instrument.security_type)
            and request.text("exchange") in ("", instrument.primary_exchange)
            and (not side or _SIDES.get(side.upper()) == order.side.name)
        ):
            yield execution


def _read_filter_time(text: str) -> datetime | None:
    """Return the moment from which executions are asked for; TWS takes a blank or a hyphen."""
    if not text:
        return None
    try:
        moment = datetime.strptime(text.replace("-", " ", 1), "%Y%m%d %H:%M:%S").replace(
            tzinfo=NEW_YORK
        )
    except ValueError:
        message = f"reqExecutions: time: {text!r} is no moment"
        raise MalformedRequestError(message) from None
    return moment
