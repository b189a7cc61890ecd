"""The steps of ib_insync and ib_async that send no order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_client import LIBRARY
from steps import ACCOUNT, HELD, SUMMARY_TAGS, SYMBOL, Wrong, must, must_have_tags

if TYPE_CHECKING:
    from python_client import Client


def stock(symbol: str = SYMBOL) -> Any:
    """Return a US stock."""
    return LIBRARY.Stock(symbol, "SMART", "USD")


def currency_pair() -> Any:
    """Return EUR.USD."""
    return LIBRARY.Forex("EURUSD")


async def handshake(client: Client) -> str:
    """Look at what the connection began with."""
    version = client.ib.client.serverVersion()
    must(version == client.version, f"version {version}, asked for {client.version}")
    must(client.ib.managedAccounts() == [ACCOUNT], client.ib.managedAccounts())
    codes = {code for _, code, _ in client.errors}
    must({2104, 2106, 2158} <= codes, codes)
    must(client.ib.positions() and client.ib.accountValues(), "it was not synchronised")
    return f"version {version}"


async def log_level(client: Client) -> str:
    """Set the level of the server's log."""
    before = len(client.errors)
    client.ib.client.setServerLogLevel(5)
    await client.settle()
    must(len(client.errors) == before, client.errors)
    return ""


async def ids(client: Client) -> str:
    """Ask for the next order id."""
    ((number,),) = await client.caught("nextValidId", lambda: client.ib.client.reqIds(-1))
    must(number >= 1, number)
    return str(number)


async def time(client: Client) -> str:
    """Ask for the time."""
    moment = await client.ask(client.ib.reqCurrentTimeAsync())
    must(moment.year >= 1990, moment)
    return str(moment)


async def accounts(client: Client) -> str:
    """Ask for the accounts."""
    client.ib.wrapper.accounts = []
    client.ib.client.reqManagedAccts()
    await client.settle()
    must(ACCOUNT in client.ib.managedAccounts(), client.ib.managedAccounts())
    return ",".join(client.ib.managedAccounts())


async def positions(client: Client) -> str:
    """Ask for the positions and end the subscription."""
    found = await client.ask(client.ib.reqPositionsAsync())
    must({each.contract.symbol for each in found} >= set(HELD), found)
    must(all(each.position > 0 and each.avgCost > 0 for each in found), found)
    client.ib.client.cancelPositions()
    await client.settle()
    return f"{len(found)} positions"


async def account_updates(client: Client) -> str:
    """Subscribe to the account."""
    await client.ask(client.ib.reqAccountUpdatesAsync(ACCOUNT))
    keys = {value.tag for value in client.ib.accountValues(ACCOUNT)}
    must({"NetLiquidation", "TotalCashValue", "BuyingPower", "AccountType"} <= keys, keys)
    lines = client.ib.portfolio()
    must({line.contract.symbol for line in lines} >= set(HELD), lines)
    must(all(line.marketValue > 0 for line in lines), lines)
    return f"{len(keys)} keys, {len(lines)} lines"


async def account_updates_multi(client: Client) -> str:
    """Subscribe to the account under a request id."""
    await client.ask(client.ib.reqAccountUpdatesMultiAsync(ACCOUNT))
    found = client.ib.accountValues(ACCOUNT)
    must(any(each.tag == "NetLiquidation" and each.currency == "USD" for each in found), found)
    # The library ends no such subscription, so one is begun and ended below it.
    number = client.ib.client.getReqId()
    client.ib.client.reqAccountUpdatesMulti(number, ACCOUNT, "", ledgerAndNLV=True)
    client.ib.client.cancelAccountUpdatesMulti(number)
    await client.settle()
    must(not client.codes(number), client.errors[-3:])
    return f"{len(found)} values"


async def account_summary(client: Client) -> str:
    """Ask for all tags, and for the ledger, as the library does it."""
    await client.ask(client.ib.reqAccountSummaryAsync())
    rows = client.ib.wrapper.acctSummary.values()
    client.kept["summary"] = list(rows)
    must_have_tags({row.tag for row in rows}, SUMMARY_TAGS)
    return f"{len(rows)} rows"


async def account_summary_ledger(client: Client) -> str:
    """Look at the ledger, which the library asks for with the summary."""
    currencies = {row.currency for row in client.kept["summary"]}
    must({"BASE", "USD"} <= currencies, currencies)
    # The library ends no summary, so one is begun and ended below it.
    number = client.ib.client.getReqId()
    client.ib.client.reqAccountSummary(number, "All", "NetLiquidation")
    client.ib.client.cancelAccountSummary(number)
    await client.settle()
    must(not client.codes(number), client.errors[-3:])
    return str(sorted(currencies))


async def contract_by_symbol(client: Client) -> str:
    """Ask for a stock by its symbol."""
    (details,) = await client.ask(client.ib.reqContractDetailsAsync(stock()))
    must(details.contract.symbol == SYMBOL and details.contract.conId > 0, details)
    exchanges, rules = details.validExchanges.split(","), details.marketRuleIds.split(",")
    must("SMART" in exchanges and len(exchanges) == len(rules), details.marketRuleIds)
    must(details.minTick > 0 and details.tradingSessions(), details)
    return f"{details.longName} {details.contract.conId}"


async def contract_by_id(client: Client) -> str:
    """Ask for the same stock by its number."""
    contract = stock()
    (found,) = await client.ask(client.ib.qualifyContractsAsync(contract))
    must(found is not None and found.primaryExchange, found)
    asked = LIBRARY.Contract(conId=found.conId)
    (again,) = await client.ask(client.ib.reqContractDetailsAsync(asked))
    must(again.contract.symbol == SYMBOL, again)
    return str(found.conId)


async def contract_unknown(client: Client) -> str:
    """Ask for a stock that does not exist."""
    try:
        found = await client.ask(client.ib.reqContractDetailsAsync(stock("NOSUCH")))
    except LIBRARY.wrapper.RequestError as error:
        must(error.code == 200, error)
        return str(error)
    raise Wrong(found)


async def matching_symbols(client: Client) -> str:
    """Search."""
    found = await client.ask(client.ib.reqMatchingSymbolsAsync(SYMBOL))
    symbols = [each.contract.symbol for each in found or ()]
    must(SYMBOL in symbols, symbols)
    return ",".join(symbols)


async def market_rule(client: Client) -> str:
    """Ask for the rule that the stock names."""
    (details,) = await client.ask(client.ib.reqContractDetailsAsync(stock()))
    number = int(details.marketRuleIds.split(",")[0])
    bands = await client.ask(client.ib.reqMarketRuleAsync(number))
    must(bands[0].lowEdge == 0 and all(band.increment > 0 for band in bands), bands)
    return f"{len(bands)} bands"


async def _qualified(client: Client, contract: Any) -> Any:
    """Return a contract with its number."""
    found = await client.ask(client.ib.qualifyContractsAsync(contract))
    must(found and found[0] is not None, f"no contract {contract}")
    return found[0]


async def quotes_live(client: Client) -> str:
    """Subscribe to quotes."""
    contract = await _qualified(client, stock())
    ticker = client.ib.reqMktData(contract)
    await client.until(lambda: ticker.bid > 0 and ticker.ask > 0 and ticker.last > 0)
    await client.settle()
    must(ticker.bid < ticker.ask and ticker.bidSize > 0 and ticker.close > 0, ticker)
    must(ticker.marketDataType == 1 and ticker.minTick > 0, ticker)
    client.kept["quoted"] = contract, ticker
    return f"{ticker.bid} {ticker.ask}"


async def quotes_cancelled(client: Client) -> str:
    """Cancel what is subscribed, and what is not."""
    contract, _ = client.kept["quoted"]
    client.ib.cancelMktData(contract)
    await client.settle()
    number = client.ib.client.getReqId()
    client.ib.client.cancelMktData(number)
    await client.settle()
    must(client.codes(number) == [300], client.errors[-3:])
    return ""


async def quotes_snapshot(client: Client) -> str:
    """Ask for quotes once."""
    contract = await _qualified(client, stock())
    (ticker,) = await client.ask(client.ib.reqTickersAsync(contract))
    must(0 < ticker.bid < ticker.ask, ticker)
    return f"{ticker.bid} {ticker.ask}"


async def quotes_delayed(client: Client) -> str:
    """Ask for delayed data where there is no live one."""
    client.ib.reqMarketDataType(3)
    contract = await _qualified(client, stock("XOM"))
    ticker = client.ib.reqMktData(contract)
    await client.until(lambda: ticker.bid > 0 and ticker.ask > 0)
    client.ib.cancelMktData(contract)
    client.ib.reqMarketDataType(1)
    await client.settle()
    must(ticker.bid < ticker.ask, ticker)
    return f"type {ticker.marketDataType}"


async def _bars(client: Client, kind: str, duration: str, size: str) -> list[Any]:
    """Ask for bars up to now."""
    question = client.ib.reqHistoricalDataAsync(stock(), "", duration, size, kind, useRTH=True)
    bars = await client.ask(question)
    if not bars or not all(0 < bar.low <= bar.close <= bar.high for bar in bars):
        raise Wrong(list(bars or ())[:3])
    return list(bars)


async def bars_daily(client: Client) -> str:
    """Ask for ten days."""
    bars = await _bars(client, "TRADES", "10 D", "1 day")
    must(len(bars) == 10, len(bars))
    return f"{bars[0].date} to {bars[-1].date}"


async def bars_minutes(client: Client) -> str:
    """Ask for one day in bars of five minutes."""
    bars = await _bars(client, "TRADES", "1 D", "5 mins")
    return f"{len(bars)} bars from {bars[0].date}"


async def bars_midpoint(client: Client) -> str:
    """Ask for the midpoint."""
    return f"{len(await _bars(client, 'MIDPOINT', '5 D', '1 day'))} bars"


async def bars_bid_ask(client: Client) -> str:
    """Ask for bid and ask."""
    return f"{len(await _bars(client, 'BID_ASK', '5 D', '1 day'))} bars"


async def bars_adjusted(client: Client) -> str:
    """Ask for adjusted prices."""
    return f"{len(await _bars(client, 'ADJUSTED_LAST', '5 D', '1 day'))} bars"


async def head_timestamp(client: Client) -> str:
    """Ask from when on there are prices."""
    question = client.ib.reqHeadTimeStampAsync(stock(), "TRADES", useRTH=True, formatDate=1)
    moment = await client.ask(question)
    must(moment.year < 2000, moment)
    return str(moment)


async def profit(client: Client) -> str:
    """Subscribe to the account's profit and end that."""
    found = client.ib.reqPnL(ACCOUNT, "")
    number = client.ib.wrapper.pnlKey2ReqId[(ACCOUNT, "")]
    await client.until(lambda: found.unrealizedPnL == found.unrealizedPnL, refusable=number)
    client.ib.cancelPnL(ACCOUNT, "")
    return f"{found.dailyPnL} {found.unrealizedPnL} {found.realizedPnL}"


async def profit_single(client: Client) -> str:
    """Subscribe to a position's profit and end that."""
    contract = await _qualified(client, stock())
    found = client.ib.reqPnLSingle(ACCOUNT, "", contract.conId)
    number = client.ib.wrapper.pnlSingleKey2ReqId[(ACCOUNT, "", contract.conId)]
    await client.until(lambda: found.position > 0 and found.value > 0, refusable=number)
    client.ib.cancelPnLSingle(ACCOUNT, "", contract.conId)
    return f"{found.position} {found.value}"


async def currency_contract(client: Client) -> str:
    """Ask for a currency pair."""
    (details,) = await client.ask(client.ib.reqContractDetailsAsync(currency_pair()))
    must(details.contract.localSymbol == "EUR.USD", details.contract.localSymbol)
    return f"{details.contract.conId} tick {details.minTick}"


async def currency_quotes(client: Client) -> str:
    """Ask for the rate of a currency pair."""
    contract = await _qualified(client, currency_pair())
    (ticker,) = await client.ask(client.ib.reqTickersAsync(contract))
    must(0.5 < ticker.bid < ticker.ask < 2, ticker)
    return f"{ticker.bid} {ticker.ask}"
