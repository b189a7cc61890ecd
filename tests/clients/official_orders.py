"""The steps of the official client that are about orders, fills and what is known of them later."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.tag_value import TagValue
from official_steps import currency_pair, named, stock
from steps import ACCOUNT, SYMBOL, Wrong, must

if TYPE_CHECKING:
    from ibapi.contract import Contract
    from official_client import Client, Event

#: Under the market of the walk, on a tick, and near enough for every price check.
LOW_PRICE = 40.0
HIGH_PRICE = 45.0

#: Statuses of an order that waits, in the market or for its time.
WAITING = ("PreSubmitted", "Submitted")


def order_of(order_type: str, quantity: int = 10, **attributes: Any) -> Order:
    """Return an order to buy; a limit price where the type has one, unless it is given."""
    order = Order()
    order.action, order.orderType, order.totalQuantity = "BUY", order_type, Decimal(quantity)
    order.tif, order.account, order.transmit = "DAY", ACCOUNT, True
    # The old client sets them, and no gateway of today takes them.
    order.eTradeOnly = order.firmQuoteOnly = False
    if "LMT" in order_type or order_type == "LOC":
        order.lmtPrice = LOW_PRICE
    for name, value in attributes.items():
        setattr(order, name, value)
    return order


def send_cancel(client: Client, order_id: int) -> None:
    """Cancel an order in the way of the client's version."""
    takes = len(inspect.signature(client.api.cancelOrder).parameters)
    client.api.cancelOrder(*[order_id, *extra(client.api.cancelOrder, takes - 1)])


def extra(method: Any, count: int) -> list[Any]:
    """Return what newer clients want beside the order id: the time of the cancel, or an object."""
    if not count:
        return []
    (*_, last) = inspect.signature(method).parameters.values()
    if last.name != "orderCancel":
        return [""]
    module = __import__("ibapi.order_cancel", fromlist=["OrderCancel"])
    return [module.OrderCancel()]


def place(client: Client, order: Order, contract: Contract | None = None) -> int:
    """Send an order."""
    order_id = client.next_order()
    client.api.placeOrder(order_id, contract or stock(), order)
    return order_id


def _until_status(client: Client, order_id: int, *statuses: str) -> list[Event]:
    """Return the events up to an order's status."""
    return client.until(
        lambda event: (
            event.name == "orderStatus" and event.orderId == order_id and event.status in statuses
        ),
        refusable=order_id,
    )


def waits(client: Client, order: Order, contract: Contract | None = None) -> tuple[int, Event]:
    """Send an order that waits; returns its number and how the gateway tells it."""
    order_id = place(client, order, contract)
    events = _until_status(client, order_id, *WAITING) + client.settled()
    told = [event for event in named(events, "openOrder") if event.orderId == order_id]
    must(told, "no openOrder")
    must(told[-1].orderState.status in WAITING, told[-1].orderState.status)
    must(told[-1].order.orderType == order.orderType, told[-1].order.orderType)
    must(told[-1].order.permId > 0, told[-1].order.permId)
    return order_id, told[-1]


def _cancelled(client: Client, order_id: int) -> None:
    """Cancel an order and wait for it."""
    send_cancel(client, order_id)
    until_cancelled(client, order_id)


def until_cancelled(client: Client, order_id: int) -> list[Event]:
    """Wait until an order is cancelled; the notice 202 about it may come before or after."""
    return client.until(
        lambda event: (
            event.name == "orderStatus"
            and event.orderId == order_id
            and event.status in ("Cancelled", "ApiCancelled")
        )
    )


def market_order(client: Client) -> str:
    """Buy at the market."""
    order = order_of("MKT", orderRef="walk-market")
    return _filled(client, order, stock())


def _filled(client: Client, order: Order, contract: Contract) -> str:
    """Send an order that fills, and look at all that is told of it."""
    order_id = place(client, order, contract)
    # Status, fill and commission come in an order that is not always the same.
    missing = {"orderStatus", "execDetails", "commission"}

    def is_last(event: Event) -> bool:
        if event.name == "orderStatus" and event.orderId == order_id and event.status == "Filled":
            missing.discard("orderStatus")
        elif event.name == "execDetails" and event.execution.cumQty == order.totalQuantity:
            missing.discard("execDetails")
        elif event.name.startswith("commission"):
            missing.discard("commission")
        return not missing

    try:
        events = client.until(is_last, refusable=order_id)
    except Wrong as wrong:
        message = f"no {sorted(missing)}: {wrong}"
        raise Wrong(message) from wrong
    events += client.settled()
    told = [event for event in named(events, "openOrder") if event.orderId == order_id]
    must(told and told[-1].orderState.status == "Filled", [e.orderState.status for e in told])
    must(told[-1].order.orderRef == order.orderRef, told[-1].order.orderRef)
    fills = [e.execution for e in named(events, "execDetails") if e.execution.orderId == order_id]
    must(fills and fills[-1].side == "BOT" and fills[-1].price > 0, fills)
    must(fills[-1].orderRef == order.orderRef, fills[-1].orderRef)
    (status,) = {e.avgFillPrice for e in named(events, "orderStatus") if e.status == "Filled"}
    must(abs(status - fills[-1].avgPrice) < 1e-6, f"{status} {fills[-1].avgPrice}")
    client.recorder.kept["filled"] = told[-1].order.permId
    return f"{fills[-1].cumQty} at {status}"


def currency_order(client: Client) -> str:
    """Change money."""
    return _filled(client, order_of("MKT", 20_000, orderRef="walk-fx"), currency_pair())


def _executions(client: Client, **attributes: Any) -> list[Event]:
    """Ask for fills."""
    wanted = ExecutionFilter()
    for name, value in attributes.items():
        setattr(wanted, name, value)
    request_id = client.next_request()
    client.api.reqExecutions(request_id, wanted)
    events = client.until_name("execDetailsEnd", refusable=request_id)
    fills = named(events, "execDetails")
    must(all(event.reqId == request_id for event in fills), fills)
    must(len(fills) <= sum(event.name.startswith("commission") for event in events), events)
    return fills


def executions(client: Client) -> str:
    """Ask for all fills."""
    fills = _executions(client)
    must(any(event.execution.orderRef == "walk-market" for event in fills), fills)
    return f"{len(fills)} fills, the first {fills[0].execution.time}"


def executions_of_symbol(client: Client) -> str:
    """Ask for the fills of one symbol and side of this client."""
    fills = _executions(client, symbol=SYMBOL, secType="STK", side="BUY", clientId=client.client_id)
    must(fills and {event.contract.symbol for event in fills} == {SYMBOL}, fills)
    return f"{len(fills)} fills"


def executions_of_another(client: Client) -> str:
    """Ask for fills of which there are none."""
    must(not _executions(client, symbol=SYMBOL, side="SELL", acctCode=ACCOUNT), "there are some")
    return ""


def limit_order(client: Client) -> str:
    """Leave an order in the market."""
    order_id, told = waits(client, order_of("LMT", orderRef="walk-limit"))
    must(told.order.orderRef == "walk-limit", told.order.orderRef)
    must(told.order.lmtPrice == LOW_PRICE, told.order.lmtPrice)
    must(told.contract.symbol == SYMBOL and told.contract.conId > 0, told.contract)
    client.recorder.kept["resting"] = order_id
    return f"order {order_id}"


def _told(client: Client, events: list[Event]) -> str:
    """Look for the resting order among the ones that are told."""
    order_id = client.recorder.kept["resting"]
    found = [event.orderId for event in named(events, "openOrder")]
    must(order_id in found, found)
    must(order_id in [event.orderId for event in named(events, "orderStatus")], "no status")
    return f"{len(found)} orders"


def open_orders(client: Client) -> str:
    """Ask for the own orders."""
    client.api.reqOpenOrders()
    return _told(client, client.until_name("openOrderEnd"))


def all_open_orders(client: Client) -> str:
    """Ask for the orders of all clients."""
    client.api.reqAllOpenOrders()
    return _told(client, client.until_name("openOrderEnd"))


def auto_open_orders(client: Client) -> str:
    """Ask to be bound to orders that were typed in by hand."""
    client.api.reqAutoOpenOrders(True)  # noqa: FBT003 - the client's own signature
    codes = [event.errorCode for event in named(client.settled(), "error")]
    must(set(codes) <= {321}, codes)
    return str(codes)


def modify(client: Client) -> str:
    """Change the price of the resting order."""
    order_id = client.recorder.kept["resting"]
    changed = order_of("LMT", orderRef="walk-limit", lmtPrice=LOW_PRICE + 0.5)
    client.api.placeOrder(order_id, stock(), changed)
    events = client.until(
        lambda event: event.name == "openOrder" and event.order.lmtPrice == LOW_PRICE + 0.5,
        refusable=order_id,
    )
    must(events[-1].orderId == order_id, events[-1].orderId)
    client.settled()
    return ""


def cancel(client: Client) -> str:
    """Cancel the resting order."""
    order_id = client.recorder.kept["resting"]
    send_cancel(client, order_id)
    events = client.until(
        lambda event: event.name == "error" and event.reqId == order_id and event.errorCode == 202
    )
    statuses = [e.status for e in named(events, "orderStatus") if e.orderId == order_id]
    must(statuses and statuses[-1] == "Cancelled", statuses)
    return ", ".join(statuses)


def completed_orders(client: Client) -> str:
    """Ask for the orders that are over."""
    client.api.reqCompletedOrders(False)  # noqa: FBT003 - the client's own signature
    found = named(client.until_name("completedOrdersEnd"), "completedOrder")
    by_ref = {event.order.orderRef: event for event in found}
    filled, cancelled = by_ref["walk-market"], by_ref["walk-limit"]
    must(filled.order.permId == client.recorder.kept["filled"], filled.order.permId)
    must(filled.order.filledQuantity == 10, filled.order.filledQuantity)
    must(filled.orderState.status == "Filled", filled.orderState.status)
    must(cancelled.orderState.status == "Cancelled", cancelled.orderState.status)
    must(cancelled.orderState.completedTime, "no time")
    return f"{len(found)} orders; {filled.orderState.completedStatus}"


def what_if(client: Client) -> str:
    """Preview an order."""
    order_id = place(client, order_of("MKT", whatIf=True))
    events = client.until(
        lambda event: event.name == "openOrder" and event.orderId == order_id, refusable=order_id
    )
    state = events[-1].orderState
    must(events[-1].order.whatIf, "not marked as a preview")
    must(0 < float(state.initMarginAfter) < 1e300, state.initMarginAfter)
    must(float(state.equityWithLoanAfter) < 1e300, state.equityWithLoanAfter)
    must(not [e for e in client.settled() if e.name == "execDetails"], "it was filled")
    return f"initial margin {state.initMarginChange}"


def _kept(client: Client, order: Order, **attributes: Any) -> str:
    """Send an order that waits, see that attributes of it are told, and cancel it."""
    order_id, told = waits(client, order)
    for name, value in attributes.items():
        must(getattr(told.order, name) == value, f"{name} {getattr(told.order, name)!r}")
    _cancelled(client, order_id)
    return f"{told.orderState.status}"


def on_close(client: Client) -> str:
    """Buy at the closing price."""
    return _kept(client, order_of("MOC"))


def limit_on_close(client: Client) -> str:
    """Buy at the closing price, at most at a limit."""
    return _kept(client, order_of("LOC"), lmtPrice=LOW_PRICE)


def midprice(client: Client) -> str:
    """Buy at the midpoint, at most at a price far below it."""
    return _kept(client, order_of("MIDPRICE", lmtPrice=LOW_PRICE))


def _adaptive(order: Order) -> Order:
    """Give an order to the Adaptive algorithm."""
    order.algoStrategy = "Adaptive"
    order.algoParams = [TagValue("adaptivePriority", "Normal")]
    return order


def adaptive_market(client: Client) -> str:
    """Buy at the market with the algorithm."""
    return _filled(client, _adaptive(order_of("MKT", orderRef="walk-adaptive")), stock())


def adaptive_limit(client: Client) -> str:
    """Leave an order of the algorithm in the market."""
    order_id, told = waits(client, _adaptive(order_of("LMT")))
    parameters = [(item.tag, item.value) for item in told.order.algoParams or []]
    must(told.order.algoStrategy == "Adaptive", told.order.algoStrategy)
    must(parameters == [("adaptivePriority", "Normal")], parameters)
    _cancelled(client, order_id)
    return ""


def opening(client: Client) -> str:
    """Buy in the next opening auction."""
    return _kept(client, order_of("LMT", tif="OPG"), tif="OPG")


def good_till_cancelled(client: Client) -> str:
    """Leave an order that outlives the day."""
    return _kept(client, order_of("LMT", tif="GTC"), tif="GTC")


def good_till_date(client: Client) -> str:
    """Leave an order that ends at a time."""
    date = "20200601-19:30:00"
    order_id, told = waits(client, order_of("LMT", tif="GTD", goodTillDate=date))
    must(told.order.tif == "GTD" and told.order.goodTillDate, told.order.goodTillDate)
    _cancelled(client, order_id)
    return str(told.order.goodTillDate)


def immediate_or_cancel(client: Client) -> str:
    """Miss the market."""
    order_id = place(client, order_of("LMT", tif="IOC"))
    events = until_cancelled(client, order_id) + client.settled()
    must(not named(events, "execDetails"), "it was filled")
    return ", ".join(event.status for event in named(events, "orderStatus"))


def outside_hours(client: Client) -> str:
    """Leave an order that also trades before and after the session."""
    return _kept(client, order_of("LMT", outsideRth=True), outsideRth=True)


def one_cancels_other(client: Client) -> str:
    """Send two orders of a group, one of which fills."""
    group = {"ocaGroup": "walk-group", "ocaType": 1}
    resting, told = waits(client, order_of("LMT", **group))
    must(told.order.ocaGroup == "walk-group", told.order.ocaGroup)
    must(told.order.ocaType == 1, told.order.ocaType)
    filling = place(client, order_of("LMT", lmtPrice=HIGH_PRICE, **group))
    seen: dict[int, str] = {}

    def is_last(event: Event) -> bool:
        if event.name == "orderStatus":
            seen[event.orderId] = event.status
        return seen.get(resting) == "Cancelled" and seen.get(filling) == "Filled"

    client.until(is_last, refusable=filling)
    return ""
