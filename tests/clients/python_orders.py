"""The steps of ib_insync and ib_async about orders, fills and what is known of them later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_client import LIBRARY
from python_steps import currency_pair, stock
from steps import ACCOUNT, SYMBOL, must

if TYPE_CHECKING:
    from python_client import Client

#: Under the market of the walk, on a tick, and near enough for every price check.
LOW_PRICE = 40.0
HIGH_PRICE = 45.0

#: Statuses of an order that waits, in the market or for its time.
WAITING = ("PreSubmitted", "Submitted")


def order_of(order_type: str, quantity: float = 10, **attributes: Any) -> Any:
    """Return an order to buy; a limit price where the type has one, unless it is given."""
    if "LMT" in order_type or order_type == "LOC":
        attributes = {"lmtPrice": LOW_PRICE, **attributes}
    return LIBRARY.Order(
        **{"tif": "DAY", "account": ACCOUNT, **attributes},
        action="BUY",
        orderType=order_type,
        totalQuantity=quantity,
    )


def _wire_status(trade: Any, *statuses: str) -> bool:
    """Tell whether the gateway itself has said a status; the library makes some up after errors."""
    return any(line.status in statuses and not line.errorCode for line in trade.log)


async def _waits(client: Client, order: Any, contract: Any = None) -> Any:
    """Send an order that waits."""
    trade = client.ib.placeOrder(contract or stock(), order)
    number = trade.order.orderId
    await client.until(lambda: _wire_status(trade, *WAITING), refusable=number)
    await client.settle()
    must(trade.orderStatus.status in WAITING, trade.orderStatus)
    must(trade.order.permId > 0, trade.order)
    return trade


async def _cancelled(client: Client, trade: Any) -> None:
    """Cancel an order and wait for it."""
    client.ib.cancelOrder(trade.order)
    await client.until(lambda: trade.orderStatus.status in ("Cancelled", "ApiCancelled"))


async def _told(client: Client, trade: Any) -> Any:
    """Return how the gateway tells an order: the library's own copy is what was sent."""
    found = await client.caught("openOrder", client.ib.client.reqOpenOrders)
    orders = [order for number, _, order, _ in found if number == trade.order.orderId]
    must(orders, "it is not told")
    return orders[-1]


async def _filled(client: Client, order: Any, contract: Any) -> str:
    """Send an order that fills, and look at all that is told of it."""
    trade = client.ib.placeOrder(contract, order)

    def is_over() -> bool:
        return (
            _wire_status(trade, "Filled")
            and trade.filled() == order.totalQuantity
            and all(fill.commissionReport.execId for fill in trade.fills)
        )

    await client.until(is_over, refusable=trade.order.orderId)
    await client.settle()
    fill = trade.fills[-1]
    must(fill.execution.side == "BOT" and fill.execution.orderRef == order.orderRef, fill)
    must(abs(fill.execution.avgPrice - trade.orderStatus.avgFillPrice) < 1e-6, trade.orderStatus)
    client.kept["filled"] = trade.order.permId
    return f"{trade.filled()} at {trade.orderStatus.avgFillPrice}"


async def market_order(client: Client) -> str:
    """Buy at the market."""
    return await _filled(client, order_of("MKT", orderRef="walk-market"), stock())


async def currency_order(client: Client) -> str:
    """Change money."""
    return await _filled(client, order_of("MKT", 20_000, orderRef="walk-fx"), currency_pair())


async def _executions(client: Client, **attributes: Any) -> list[Any]:
    """Ask for fills."""
    wanted = LIBRARY.ExecutionFilter(**attributes)
    return list(await client.ask(client.ib.reqExecutionsAsync(wanted)))


async def executions(client: Client) -> str:
    """Ask for all fills."""
    fills = await _executions(client)
    must("walk-market" in [fill.execution.orderRef for fill in fills], fills)
    # The library keeps commissions with the fill as it first came, not with this copy of it.
    paid = {fill.execution.execId for fill in client.ib.fills() if fill.commissionReport.execId}
    must({fill.execution.execId for fill in fills} <= paid, fills)
    return f"{len(fills)} fills, the first {fills[0].execution.time}"


async def executions_of_symbol(client: Client) -> str:
    """Ask for the fills of one symbol and side of this client."""
    own = client.client_id
    fills = await _executions(client, symbol=SYMBOL, secType="STK", side="BUY", clientId=own)
    must(fills and {fill.contract.symbol for fill in fills} == {SYMBOL}, fills)
    return f"{len(fills)} fills"


async def executions_of_another(client: Client) -> str:
    """Ask for fills of which there are none."""
    found = await _executions(client, symbol=SYMBOL, side="SELL", acctCode=ACCOUNT)
    must(not found, found)
    return ""


async def limit_order(client: Client) -> str:
    """Leave an order in the market."""
    trade = await _waits(client, order_of("LMT", orderRef="walk-limit"))
    told = await _told(client, trade)
    must(told.orderRef == "walk-limit" and told.lmtPrice == LOW_PRICE, told)
    client.kept["resting"] = trade
    return f"order {trade.order.orderId}"


def _among(client: Client, trades: list[Any]) -> str:
    """Look for the resting order."""
    found = [trade.order.permId for trade in trades]
    must(client.kept["resting"].order.permId in found, found)
    return f"{len(found)} orders"


async def open_orders(client: Client) -> str:
    """Ask for the own orders."""
    return _among(client, await client.ask(client.ib.reqOpenOrdersAsync()))


async def all_open_orders(client: Client) -> str:
    """Ask for the orders of all clients."""
    return _among(client, await client.ask(client.ib.reqAllOpenOrdersAsync()))


async def auto_open_orders(client: Client) -> str:
    """Ask to be bound to orders that were typed in by hand."""
    before = len(client.errors)
    client.ib.reqAutoOpenOrders(autoBind=True)
    await client.settle()
    codes = [code for _, code, _ in client.errors[before:]]
    must(set(codes) <= {321}, codes)
    return str(codes)


async def modify(client: Client) -> str:
    """Change the price of the resting order."""
    trade = client.kept["resting"]
    trade.order.lmtPrice = LOW_PRICE + 0.5
    client.ib.placeOrder(trade.contract, trade.order)
    await client.settle()
    told = await _told(client, trade)
    must(told.lmtPrice == LOW_PRICE + 0.5, told.lmtPrice)
    must(trade.orderStatus.status in WAITING, trade.orderStatus)
    return ""


async def cancel(client: Client) -> str:
    """Cancel the resting order."""
    trade = client.kept["resting"]
    client.ib.cancelOrder(trade.order)
    number = trade.order.orderId
    await client.until(lambda: 202 in client.codes(number))
    await client.until(lambda: _wire_status(trade, "Cancelled"))
    return ", ".join(line.status for line in trade.log)


async def completed_orders(client: Client) -> str:
    """Ask for the orders that are over."""
    found = await client.ask(client.ib.reqCompletedOrdersAsync(apiOnly=False))
    by_ref = {trade.order.orderRef: trade for trade in found}
    filled, cancelled = by_ref["walk-market"], by_ref["walk-limit"]
    must(filled.order.filledQuantity == 10, filled.order)
    must(filled.orderStatus.status == "Filled", filled.orderStatus)
    must(cancelled.orderStatus.status == "Cancelled", cancelled.orderStatus)
    must(cancelled.order.permId == client.kept["resting"].order.permId, cancelled.order)
    return f"{len(found)} orders"


async def what_if(client: Client) -> str:
    """Preview an order."""
    state = await client.ask(client.ib.whatIfOrderAsync(stock(), order_of("MKT")))
    must(0 < float(state.initMarginAfter) < 1e300, state)
    must(float(state.equityWithLoanAfter) < 1e300, state)
    return f"initial margin {state.initMarginChange}"


async def _kept(client: Client, order: Any, **attributes: Any) -> str:
    """Send an order that waits, see that attributes of it are told, and cancel it."""
    trade = await _waits(client, order)
    told = await _told(client, trade)
    for name, value in {"orderType": order.orderType, **attributes}.items():
        must(getattr(told, name) == value, f"{name} {getattr(told, name)!r}")
    status = trade.orderStatus.status
    await _cancelled(client, trade)
    return str(status)


async def on_close(client: Client) -> str:
    """Buy at the closing price."""
    return await _kept(client, order_of("MOC"))


async def limit_on_close(client: Client) -> str:
    """Buy at the closing price, at most at a limit."""
    return await _kept(client, order_of("LOC"), lmtPrice=LOW_PRICE)


async def midprice(client: Client) -> str:
    """Buy at the midpoint, at most at a price far below it."""
    return await _kept(client, order_of("MIDPRICE", lmtPrice=LOW_PRICE))


def _adaptive(order: Any) -> Any:
    """Give an order to the Adaptive algorithm."""
    order.algoStrategy = "Adaptive"
    order.algoParams = [LIBRARY.TagValue("adaptivePriority", "Normal")]
    return order


async def adaptive_market(client: Client) -> str:
    """Buy at the market with the algorithm."""
    return await _filled(client, _adaptive(order_of("MKT", orderRef="walk-adaptive")), stock())


async def adaptive_limit(client: Client) -> str:
    """Leave an order of the algorithm in the market."""
    trade = await _waits(client, _adaptive(order_of("LMT")))
    told = await _told(client, trade)
    must(told.algoStrategy == "Adaptive", told.algoStrategy)
    parameters = [(item.tag, item.value) for item in told.algoParams]
    must(parameters == [("adaptivePriority", "Normal")], parameters)
    await _cancelled(client, trade)
    return ""


async def opening(client: Client) -> str:
    """Buy in the next opening auction."""
    return await _kept(client, order_of("LMT", tif="OPG"), tif="OPG")


async def good_till_cancelled(client: Client) -> str:
    """Leave an order that outlives the day."""
    return await _kept(client, order_of("LMT", tif="GTC"), tif="GTC")


async def good_till_date(client: Client) -> str:
    """Leave an order that ends at a time."""
    date = "20200601-19:30:00"
    return await _kept(client, order_of("LMT", tif="GTD", goodTillDate=date), tif="GTD")


async def immediate_or_cancel(client: Client) -> str:
    """Miss the market."""
    trade = client.ib.placeOrder(stock(), order_of("LMT", tif="IOC"))
    number = trade.order.orderId
    await client.until(lambda: _wire_status(trade, "Cancelled"), refusable=number)
    await client.settle()
    must(not trade.fills, trade.fills)
    return ", ".join(line.status for line in trade.log)


async def outside_hours(client: Client) -> str:
    """Leave an order that also trades before and after the session."""
    return await _kept(client, order_of("LMT", outsideRth=True), outsideRth=True)


async def one_cancels_other(client: Client) -> str:
    """Send two orders of a group, one of which fills."""
    group = {"ocaGroup": "walk-group", "ocaType": 1}
    resting = await _waits(client, order_of("LMT", **group))
    told = await _told(client, resting)
    must(told.ocaGroup == "walk-group" and told.ocaType == 1, told)
    filling = client.ib.placeOrder(stock(), order_of("LMT", lmtPrice=HIGH_PRICE, **group))
    number = filling.order.orderId
    await client.until(lambda: _wire_status(filling, "Filled"), refusable=number)
    await client.until(lambda: _wire_status(resting, "Cancelled"))
    return ""


async def refused(client: Client, order: Any, *codes: int) -> str:
    """Send an order that is refused."""
    trade = client.ib.placeOrder(stock(), order)
    number = trade.order.orderId
    await client.until(lambda: client.codes(number))
    await client.settle()
    (error,) = [error for error in client.errors if error[0] == number]
    must(error[1] in codes, error)
    must(not trade.fills, trade.fills)
    return f"{error[1]} {error[2]}"


async def fractional(client: Client) -> str:
    """Ask for a part of a share."""
    return await refused(client, order_of("MKT", 1.5), 10243)


async def unknown_type(client: Client) -> str:
    """Send an order of a type that does not exist."""
    return await refused(client, order_of("NOSUCH"), 321, 387)


async def off_tick(client: Client) -> str:
    """Name a price between two ticks."""
    return await refused(client, order_of("LMT", lmtPrice=40.001), 110)


async def duplicate_id(client: Client) -> str:
    """Use a number again whose order is over; the library itself would not."""
    number = client.kept["resting"].order.orderId
    before = len(client.codes(number))
    client.ib.client.placeOrder(number, stock(), order_of("LMT"))
    await client.settle()
    codes = client.codes(number)[before:]
    must(len(codes) == 1 and codes[0] in (103, 104), codes)
    return str(codes)


async def cancel_unknown(client: Client) -> str:
    """Cancel what there is not."""
    client.ib.client.cancelOrder(999_999, "")
    await client.settle()
    must(client.codes(999_999) == [10147], client.errors[-3:])
    return ""


async def global_cancel(client: Client) -> str:
    """Cancel everything."""
    left = [
        await _waits(client, order_of("LMT")),
        await _waits(client, order_of("LMT", tif="GTC")),
    ]
    client.ib.reqGlobalCancel()
    await client.until(lambda: all(_wire_status(trade, "Cancelled") for trade in left))
    await client.settle()
    rest = await client.ask(client.ib.reqAllOpenOrdersAsync())
    must(not rest, rest)
    return ""
