"""The steps of the official client that a gateway refuses, and the one that ends all orders."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING

from official_orders import extra, order_of, place, send_cancel, waits
from official_steps import named, stock
from steps import must

if TYPE_CHECKING:
    from ibapi.order import Order
    from official_client import Client, Event


def refused(client: Client, order: Order, *codes: int) -> str:
    """Send an order that is refused."""
    order_id = place(client, order)
    events = client.until(lambda event: event.name == "error" and event.reqId == order_id)
    events += client.settled()
    (error,) = [event for event in named(events, "error") if event.reqId == order_id]
    must(error.errorCode in codes, f"{error.errorCode} {error.errorString}")
    must("Filled" not in [event.status for event in named(events, "orderStatus")], "it was filled")
    return f"{error.errorCode} {error.errorString}"


def fractional(client: Client) -> str:
    """Ask for a part of a share."""
    return refused(client, order_of("MKT", totalQuantity=Decimal("1.5")), 10243)


def unknown_type(client: Client) -> str:
    """Send an order of a type that does not exist."""
    return refused(client, order_of("NOSUCH"), 321, 387)


def off_tick(client: Client) -> str:
    """Name a price between two ticks."""
    return refused(client, order_of("LMT", lmtPrice=40.001), 110)


def duplicate_id(client: Client) -> str:
    """Use a number again whose order is over."""
    order_id = client.recorder.kept["resting"]
    client.api.placeOrder(order_id, stock(), order_of("LMT"))
    events = client.until(lambda event: event.name == "error" and event.reqId == order_id)
    must(events[-1].errorCode in (103, 104), events[-1].errorCode)
    return f"{events[-1].errorCode} {events[-1].errorString}"


def cancel_unknown(client: Client) -> str:
    """Cancel what there is not."""
    send_cancel(client, 999_999)
    return str(client.until_error(999_999, 10147)[-1].errorString)


def global_cancel(client: Client) -> str:
    """Cancel everything."""
    left = {waits(client, order_of("LMT"))[0], waits(client, order_of("LMT", tif="GTC"))[0]}
    takes = len(inspect.signature(client.api.reqGlobalCancel).parameters)
    client.api.reqGlobalCancel(*extra(client.api.reqGlobalCancel, takes))
    cancelled: set[int] = set()

    def is_last(event: Event) -> bool:
        if event.name == "orderStatus" and event.status == "Cancelled":
            cancelled.add(event.orderId)
        return left <= cancelled

    client.until(is_last)
    client.api.reqAllOpenOrders()
    rest = named(client.until_name("openOrderEnd"), "openOrder")
    must(not rest, rest)
    return ""
