"""The steps of ib_insync and ib_async on a login with several accounts, and without live data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_orders import order_of, refused
from python_steps import stock
from steps import ACCOUNT, ADVISOR, SECOND, must

if TYPE_CHECKING:
    from python_client import Client


async def family_accounts(client: Client) -> str:
    """Look at the accounts that the connection began with."""
    told = client.ib.managedAccounts()
    must(told == [ADVISOR, ACCOUNT, SECOND], told)
    return ",".join(told)


async def family_updates(client: Client) -> str:
    """Look at the values of the second account, which the library asks for when it connects."""
    values = {each.tag: each.value for each in client.ib.accountValues(SECOND)}
    must(float(values["NetLiquidation"]) > 50_000, values)
    return f"{len(values)} values"


async def family_positions(client: Client) -> str:
    """Ask for the positions of all accounts."""
    found = await client.ask(client.ib.reqPositionsAsync())
    must({each.account for each in found} == {ACCOUNT, SECOND}, found)
    second = {each.contract.symbol: int(each.position) for each in client.ib.positions(SECOND)}
    must(second == {"AAPL": 100}, second)
    return f"{len(found)} positions"


async def family_summary(client: Client) -> str:
    """Ask for the figures of all accounts."""
    await client.ask(client.ib.reqAccountSummaryAsync())
    rows = client.ib.wrapper.acctSummary.values()
    found = {row.account: row.value for row in rows if row.tag == "NetLiquidation"}
    must(set(found) >= {ACCOUNT, SECOND}, found)
    return str(found)


async def family_unnamed(client: Client) -> str:
    """Send an order that names no account."""
    return await refused(client, order_of("MKT", account=""), 435, 436)


async def family_named(client: Client) -> str:
    """Buy for the second account."""
    trade = client.ib.placeOrder(stock(), order_of("MKT", account=SECOND))
    await client.until(lambda: trade.fills, refusable=trade.order.orderId)
    must(trade.fills[0].execution.acctNumber == SECOND, trade.fills)
    await client.settle()
    return ""


async def family_profit(client: Client) -> str:
    """Ask for the profit of the second account."""
    found = client.ib.reqPnL(SECOND, "")
    number = client.ib.wrapper.pnlKey2ReqId[(SECOND, "")]
    await client.until(lambda: found.unrealizedPnL == found.unrealizedPnL, refusable=number)
    client.ib.cancelPnL(SECOND, "")
    return f"{found.dailyPnL}"


async def family_groups(client: Client) -> str:
    """Ask for the advisor's groups."""
    xml = await client.ask(client.ib.requestFAAsync(1))
    must(xml and "<" in xml, xml)
    return f"{len(xml)} characters"


async def delayed_quotes(client: Client) -> str:
    """Subscribe to quotes where there are only delayed ones."""
    client.ib.reqMarketDataType(3)
    contract = stock()
    await client.ask(client.ib.qualifyContractsAsync(contract))
    before = len(client.errors)
    ticker = client.ib.reqMktData(contract)
    await client.until(lambda: ticker.bid > 0 and ticker.ask > 0 and ticker.last > 0)
    client.ib.cancelMktData(contract)
    await client.settle()
    must([code for _, code, _ in client.errors[before:]] == [10167], client.errors[before:])
    must(ticker.marketDataType == 3 and ticker.bid < ticker.ask and ticker.close > 0, ticker)
    return f"{ticker.bid} {ticker.ask}"


async def delayed_snapshot(client: Client) -> str:
    """Ask once for quotes where there are only delayed ones."""
    contract = stock("XOM")
    await client.ask(client.ib.qualifyContractsAsync(contract))
    (ticker,) = await client.ask(client.ib.reqTickersAsync(contract))
    must(0 < ticker.bid < ticker.ask, ticker)
    return ""
