"""Requests about orders and executions."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.sessions import local
from bot.gateway.handlers.contracts import ambiguous, find_instrument, find_instruments
from bot.gateway.orders.bookkeeping import commission_currency
from bot.gateway.orders.order import Execution, Order, Ticket
from bot.gateway.reporting import (
    commission_values,
    completed_order_values,
    execution_values,
    open_order_values,
    status_values,
)
from bot.gateway.wire.moments import read_moment
from bot.gateway.wire.order_reports import (
    COMMISSION,
    COMPLETED_ORDER,
    EXECUTION,
    OPEN_ORDER,
    ORDER_STATUS,
)
from bot.gateway.wire.outgoing import COMPLETED_ORDERS_END, EXECUTION_END, OPEN_ORDER_END
from bot.gateway.wire.refusals import invalid_text
from bot.gateway.wire.requests import MalformedRequestError, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.gateway.client import Client
    from bot.gateway.venue import Venue

_SIDES: Final = {"BUY": "BUY", "BOT": "BUY", "SELL": "SELL", "SLD": "SELL"}


#: What an order can ask for beyond what is served, the field that does, and how to read it.
_UNSERVED: Final[tuple[tuple[str, str, Callable[[Request, str], object]], ...]] = (
    ("combinations", "security_type", lambda request, name: request.text(name) == "BAG"),
    ("parent orders", "parent_id", Request.integer),
    ("conditions", "conditions", Request.integer),
    ("hedges", "hedge_type", Request.text),
    ("scale orders", "scale_price_increment", Request.decimal),
    ("delta-neutral orders", "delta_neutral_order_type", Request.text),
    ("adjusted orders", "trigger_price", Request.decimal),
    ("allocations", "advisor_group", Request.text),
    ("models", "model_code", Request.text),
    ("cash quantities", "cash_quantity", Request.decimal),
    ("minimum quantities", "minimum_quantity", Request.integer),
    ("all-or-none orders", "all_or_none", Request.flag),
    ("hidden orders", "hidden", Request.flag),
    ("displayed sizes", "display_size", Request.integer),
    ("discretionary amounts", "discretionary_amount", Request.decimal),
    ("sweep-to-fill orders", "sweep_to_fill", Request.flag),
    ("block orders", "block_order", Request.flag),
)

#: Attributes that TWS once had and now refuses, with their code, their field and how to read it.
_REFUSED: Final[tuple[tuple[int, str, str, Callable[[Request, str], object]], ...]] = (
    (10268, "EtradeOnly", "electronic_trade_only", Request.flag),
    (10269, "FirmQuoteOnly", "firm_quote_only", Request.flag),
    (10270, "NbboPriceCap", "nbbo_price_cap", Request.decimal),
)

_RARE_FIELDS: Final = itemgetter(*(it[1] for it in _UNSERVED), *(it[2] for it in _REFUSED))

#: How plain orders fill those fields: one look tells that nothing of all that is asked for.
_PLAIN: Final = frozenset({"", "0", "0.0", "STK", "CASH", "False", "None"})


def place_order(venue: Venue, client: Client, request: Request) -> None:
    """Take an order, change one or preview one."""
    ticket = _read_ticket(venue, client, request)
    several = () if ticket.instrument else find_instruments(venue, request)
    if several:
        client.refuse(ticket.order_id, 200, ambiguous(several))
        return
    if venue.behaviour.drop_on_place and not ticket.is_preview:
        venue.behaviour.drop_on_place = False
        # Before the order is taken, so that nothing about it reaches its owner.
        del venue.publisher.clients[client.owner_id]
        client.abort()
    venue.desk.place(ticket)


def _read_ticket(venue: Venue, client: Client, request: Request) -> Ticket:
    """Return what an order asks for; nothing of it is dropped silently."""
    unserved, refused = _asked_beyond(request)
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
        unserved=unserved,
        oca_type=request.integer("oca_type"),
        good_after_time=request.text("good_after_time"),
        algorithm=request.text("algorithm"),
        algorithm_parameters=_algorithm_parameters(request),
        refused_attributes=refused,
    )


def _asked_beyond(request: Request) -> tuple[tuple[str, ...], tuple[tuple[int, str], ...]]:
    """Return what an order asks for that is not served, and what TWS refuses, with the codes."""
    if not request.flag("transmit"):
        return ("orders that are not transmitted",), ()
    if _PLAIN.issuperset(_RARE_FIELDS(request.texts)):
        return (), ()
    return (
        tuple(name for name, field, read in _UNSERVED if read(request, field)),
        tuple((code, name) for code, name, field, read in _REFUSED if read(request, field)),
    )


def _algorithm_parameters(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the tags and values of an order's algorithm."""
    rows = request.rows.get("algorithm_parameters")
    return tuple([(row["tag"], row["value"]) for row in rows]) if rows else ()


def cancel_order(venue: Venue, client: Client, request: Request) -> None:
    """Cancel an order of this client."""
    venue.desk.cancel(client.owner_id, request.integer("order_id"))


def cancel_all_orders(venue: Venue, _client: Client, _request: Request) -> None:
    """Cancel the orders of every client."""
    venue.desk.cancel_all()


def bind_orders(venue: Venue, client: Client, request: Request) -> None:
    """Make the orders that were placed by hand client 0's own, or end that."""
    if client.owner_id:
        client.refuse(-1, 321, invalid_text("Only client 0 can bind"))
    else:
        venue.desk.bind(is_bound=request.flag("bind"))


def send_open_orders(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the working orders of this client."""
    _send_open(client, venue.view.working(client.owner_id))


def send_all_open_orders(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the working orders of every client."""
    _send_open(client, venue.view.working())


def _send_open(client: Client, orders: list[Order]) -> None:
    """Send some working orders and the end of them."""
    for order in orders:
        client.send(OPEN_ORDER, **open_order_values(order))
        client.send(ORDER_STATUS, **status_values(order, order.status))
    client.send(OPEN_ORDER_END)


def send_completed_orders(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the orders of every client that became final today, or with those of the API."""
    today = local(venue.turns.now()).date()
    is_api_only = request.flag("api_only")
    for order in venue.view.completed_on(today):
        if is_api_only and order.is_foreign:
            continue
        values = completed_order_values(order, client.version)
        client.send(COMPLETED_ORDER, **values)
    client.send(COMPLETED_ORDERS_END)


def send_executions(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the fills of every client since midnight in New York that pass the filter."""
    request_id = request.integer("request_id")
    for execution in _filtered(venue, request):
        order = execution.order
        values = execution_values(execution, client.version, request_id)
        client.send(EXECUTION, **values)
        currency = commission_currency(venue.accounts.of(order.account), order.instrument)
        client.send(COMMISSION, **commission_values(execution, currency))
    client.send(EXECUTION_END, request_id=request_id)


def _filtered(venue: Venue, request: Request) -> Iterator[Execution]:
    """Yield today's executions that pass a filter; an empty field of it lets everything pass."""
    today = local(venue.turns.now()).date()
    since = _read_filter_time(request.text("time"))
    client_id = request.integer("client_id")
    side = request.text("side")
    for execution in venue.view.executed_on(today):
        order = execution.order
        instrument = order.instrument
        if (
            (since is None or execution.at >= since)
            and client_id in (0, order.ticket.client_id)
            and request.text("account") in ("", order.account)
            and request.text("symbol") in ("", instrument.symbol)
            and request.text("security_type") in ("", instrument.security_type)
            and request.text("exchange") in ("", instrument.valid_exchanges[-1])
            and (not side or _SIDES.get(side.upper()) == order.side.name)
        ):
            yield execution


def _read_filter_time(text: str) -> datetime | None:
    """Return the moment from which executions are asked for; TWS takes a blank or a hyphen."""
    if not text:
        return None
    moment = read_moment(text.replace("-", " ", 1), NEW_YORK)
    if moment is None:
        message = f"reqExecutions: time: {text!r} is no moment"
        raise MalformedRequestError(message)
    return moment
