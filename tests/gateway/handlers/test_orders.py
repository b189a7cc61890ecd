"""Orders as the real client library places them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.orders.order import Status


def stock(library: Any, symbol: str = "AAPL") -> Any:
    return library.Stock(symbol, "SMART", "USD")


def limit(library: Any, action: str, quantity: float, price: float, /, **terms: object) -> Any:
    order = library.LimitOrder(action, quantity, price, tif="DAY")
    for name, term in terms.items():
        assert hasattr(order, name)
        order.__dict__[name] = term
    return order


async def filled(trade: Any, wait_for: Any) -> None:
    """Wait until the last fill's commission is known."""
    await wait_for(
        trade.commissionReportEvent,
        lambda: trade.isDone() and all(fill.commissionReport.execId for fill in trade.fills),
    )


async def test_marketable_limit_fills_at_the_far_side_and_is_charged(
    client: Any, library: Any, wait_for: Any, running: Any
) -> None:
    cash = running.gateway.cash
    trade = client.placeOrder(stock(library), limit(library, "BUY", 10, 80, orderRef="my-ref"))
    await filled(trade, wait_for)
    (fill,) = trade.fills
    assert (fill.execution.shares, fill.execution.price) == (10, 79.01)
    assert (fill.execution.side, fill.execution.orderRef) == ("BOT", "my-ref")
    assert f"{fill.execution.time:%Y-%m-%d %H:%M}" == "2020-06-01 14:30"
    assert fill.commissionReport.commission == 0.08  # 1 bp of 790.10
    assert trade.orderStatus.avgFillPrice == 79.01
    assert trade.order.permId == running.gateway.orders[0].permanent_id
    assert running.gateway.cash == cash - Decimal("790.10") - Decimal("0.08")
    assert running.gateway.positions["AAPL"].shares == 2494


async def test_sale_reports_its_profit(client: Any, library: Any, wait_for: Any) -> None:
    """10 at 78.99 less 0.08 less a cost of 270.96."""
    trade = client.placeOrder(stock(library), library.MarketOrder("SELL", 10, tif="DAY"))
    await filled(trade, wait_for)
    report = trade.fills[0].commissionReport
    assert trade.fills[0].execution.side == "SLD"
    assert report.realizedPNL == pytest.approx(518.86)


async def test_resting_limit_waits_and_can_be_cancelled(
    client: Any, library: Any, wait_for: Any, running: Any
) -> None:
    trade = client.placeOrder(stock(library), limit(library, "BUY", 10, 50))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    assert len(await client.reqOpenOrdersAsync()) == 1
    client.cancelOrder(trade.order)
    await wait_for(trade.statusEvent, trade.isDone)
    assert trade.orderStatus.status == "Cancelled"
    assert running.gateway.orders[0].status is Status.CANCELLED
    assert await client.reqOpenOrdersAsync() == []


async def test_orders_and_executions_outlive_the_connection(
    running: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    first = await connect(running.port, 7)
    resting = first.placeOrder(stock(library), limit(library, "BUY", 10, 50, orderRef="rests"))
    done = first.placeOrder(stock(library, "KO"), limit(library, "SELL", 5, 1, orderRef="done"))
    await filled(done, wait_for)
    await wait_for(resting.statusEvent, lambda: resting.orderStatus.status == "Submitted")
    permanent_id = resting.order.permId
    first.disconnect()

    again = await connect(running.port, 7)
    trades = {trade.order.orderRef: trade for trade in again.trades()}
    assert trades["rests"].order.permId == permanent_id
    assert trades["rests"].order.orderId == resting.order.orderId
    assert trades["done"].orderStatus.status == "Filled"
    assert trades["done"].order.filledQuantity == 5
    assert [fill.execution.orderRef for fill in again.fills()] == ["done"]
    assert again.fills()[0].commissionReport.commission > 0
    assert again.client.getReqId() > done.order.orderId
    again.cancelOrder(trades["rests"].order)
    await wait_for(trades["rests"].statusEvent, trades["rests"].isDone)


async def test_orders_of_another_client_are_seen_on_request_but_not_owned(
    running: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    owner, other = await connect(running.port, 7), await connect(running.port, 8)
    trade = owner.placeOrder(stock(library), limit(library, "BUY", 10, 50))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    assert await other.reqOpenOrdersAsync() == []
    (seen,) = await other.reqAllOpenOrdersAsync()
    order = getattr(seen, "order", seen)
    assert (order.clientId, order.orderId) == (7, trade.order.orderId)
    other.client.cancelOrder(order.orderId, "")
    await wait_for(other.errorEvent, lambda: other.errors[-1][1] == 10147)
    other.reqGlobalCancel()
    await wait_for(trade.statusEvent, trade.isDone)


async def test_preview_has_margins_and_leaves_no_trace(
    client: Any, library: Any, running: Any
) -> None:
    """10 at 79.01 cost 790.10 and are worth 790.00; a quarter of that is margin."""
    state = await client.whatIfOrderAsync(stock(library), library.MarketOrder("BUY", 10))
    assert float(state.initMarginChange) == 197.50
    assert float(state.maintMarginAfter) == float(state.maintMarginBefore) + 197.50
    assert float(state.equityWithLoanChange) == -0.18
    assert float(state.commission) == 0.08
    assert running.gateway.orders == ()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"lmtPrice": 50.001}, 110),
        ({"totalQuantity": 0.5}, 10243),
        ({"totalQuantity": 10.5}, 10243),
        ({"totalQuantity": 0}, 434),
        ({"totalQuantity": 2e9}, 321),
        ({"action": "SELL", "totalQuantity": 2485}, 201),
        ({"totalQuantity": 100_000, "lmtPrice": 500}, 201),
        ({"action": "HOLD"}, 321),
        ({"tif": "FOK"}, 321),
        ({"tif": "GTD"}, 321),
        ({"tif": "GTD", "goodTillDate": "20200601 10:00:00 US/Eastern"}, 321),
        ({"tif": "GTD", "goodTillDate": "20200601 11:00:00 Mars/Base"}, 321),
        ({"tif": "GTD", "goodTillDate": "20200601 11:00:00 America"}, 321),
        ({"orderType": "STP"}, 321),
        ({"account": "DU9999999"}, 321),
        ({"transmit": False}, 321),
        ({"parentId": 5}, 321),
        ({"algoStrategy": "Vwap"}, 321),
        ({"algoStrategy": "Adaptive", "orderType": "MOC"}, 442),
        ({"orderType": "MOC", "tif": "GTC"}, 113),
        ({"orderType": "MIDPRICE", "tif": "IOC"}, 111),
        ({"hedgeType": "D", "hedgeParam": "1"}, 321),
        ({"scalePriceIncrement": 0.5, "scaleInitLevelSize": 5}, 321),
        ({"hidden": True}, 321),
        ({"displaySize": 100}, 321),
        ({"discretionaryAmt": 0.5}, 321),
        ({"sweepToFill": True}, 321),
        ({"faGroup": "everybody"}, 321),
        ({"eTradeOnly": True}, 10268),
        ({"firmQuoteOnly": True}, 10269),
        ({"nbboPriceCap": 80.0}, 10270),
        ({"cashQty": 100.0}, 321),
        ({"minQty": 5}, 321),
        ({"allOrNone": True}, 321),
    ],
    ids=str,
)
async def test_orders_that_cannot_be_are_refused_with_their_code(
    client: Any, library: Any, running: Any, terms: dict[str, object], code: int
) -> None:
    order = limit(library, "BUY", 1, 50, **terms)
    client.placeOrder(stock(library), order)
    await client.reqCurrentTimeAsync()
    assert client.errors[-1][:2] == (order.orderId, code)
    assert all(kept.status is Status.INACTIVE for kept in running.gateway.orders)
    assert len(running.gateway.orders) == (code == 201)


@pytest.mark.parametrize(
    "terms",
    [
        {"orderType": "LOC", "lmtPrice": 50.0},
        {"orderType": "MIDPRICE", "lmtPrice": 50.0},
        {"tif": "OPG"},
        {"tif": "GTC", "outsideRth": True},
        {"tif": "GTD", "goodTillDate": "20200601 15:00:00 US/Eastern"},
        {"goodAfterTime": "20200601 15:00:00 US/Eastern"},
        {"ocaGroup": "group", "ocaType": 2},
        {"algoStrategy": "Adaptive", "algoParams": [("adaptivePriority", "Patient")]},
        {"orderRef": "a reference", "account": "DU1234567"},
    ],
    ids=str,
)
async def test_an_open_order_echoes_its_terms(
    client: Any, connect: Any, running: Any, library: Any, terms: dict[str, Any]
) -> None:
    if "algoParams" in terms:
        pairs = [library.TagValue(tag, value) for tag, value in terms["algoParams"]]
        terms = {**terms, "algoParams": pairs}
    client.placeOrder(stock(library), limit(library, "BUY", 10, 50, **terms))
    other = await connect(running.port, 9)
    (seen,) = await other.reqAllOpenOrdersAsync()
    order = getattr(seen, "order", seen)
    assert {name: getattr(order, name) for name in terms} == terms
    other.reqGlobalCancel()
    third = await connect(running.port, 10)
    (done,) = third.trades()
    assert {name: getattr(done.order, name) for name in terms} == {
        name: value if name != "algoParams" else getattr(done.order, name)
        for name, value in terms.items()
    }


async def test_order_for_an_unknown_contract_is_refused(
    client: Any, library: Any, wait_for: Any
) -> None:
    client.placeOrder(stock(library, "NOPE"), limit(library, "BUY", 1, 50))
    await wait_for(client.errorEvent, lambda: client.errors[-1][1] == 200)


async def test_shares_promised_to_another_sale_cannot_be_sold_again(
    client: Any, library: Any, wait_for: Any
) -> None:
    client.placeOrder(stock(library), limit(library, "SELL", 2000, 500))
    client.placeOrder(stock(library), limit(library, "SELL", 485, 500))
    await wait_for(client.errorEvent, lambda: client.errors[-1][1] == 201)
    assert "484 shares can be sold" in client.errors[-1][2]


async def test_price_of_an_order_can_be_changed(
    client: Any, library: Any, wait_for: Any, running: Any
) -> None:
    trade = client.placeOrder(stock(library), limit(library, "BUY", 10, 50))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    permanent_id = trade.order.permId
    trade.order.lmtPrice = 80
    client.placeOrder(trade.contract, trade.order)
    await filled(trade, wait_for)
    assert trade.fills[0].execution.permId == permanent_id
    assert trade.fills[0].execution.lastLiquidity == 1
    assert len(running.gateway.orders) == 1


async def test_executions_are_filtered(
    client: Any, library: Any, wait_for: Any, running: Any, connect: Any
) -> None:
    for symbol, action in (("AAPL", "SELL"), ("KO", "BUY")):
        trade = client.placeOrder(stock(library, symbol), library.MarketOrder(action, 1, tif="DAY"))
        await filled(trade, wait_for)
    other = await connect(running.port, 9)

    async def symbols(**terms: object) -> list[str]:
        fills = await other.reqExecutionsAsync(library.ExecutionFilter(**terms))
        return [fill.contract.symbol for fill in fills]

    assert await symbols() == ["AAPL", "KO"]
    assert await symbols(symbol="KO") == ["KO"]
    assert await symbols(side="SELL") == ["AAPL"]
    assert await symbols(clientId=9) == []
    assert await symbols(clientId=1, acctCode="DU1234567", secType="STK") == ["AAPL", "KO"]
    assert await symbols(acctCode="DU9999999") == []
    assert await symbols(exchange="NYSE") == ["KO"]
    assert await symbols(time="20200601 09:00:00") == ["AAPL", "KO"]
    assert await symbols(time="20200601-11:00:00") == []


async def test_commission_is_that_of_the_configuration(
    start_gateway: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    running = await start_gateway(GatewayConfig(commission_bps=Decimal(50)))
    client = await connect(running.port)
    trade = client.placeOrder(stock(library), library.MarketOrder("BUY", 10, tif="DAY"))
    await filled(trade, wait_for)
    assert trade.fills[0].commissionReport.commission == 3.95  # 50 bp of 790.10


async def test_completed_orders_of_the_api_alone_leave_out_those_by_hand(
    running: Any, raw: Any
) -> None:
    venue = running.gateway._venue
    venue.turns.take(lambda: venue.desk.place_foreign("AAPL", 5))
    counts = []
    for api_only in (0, 1):
        raw.send(99, api_only)
        counts.append(sum(message[0] == "101" for message in await raw.until(102)))
    assert counts == [1, 0]
