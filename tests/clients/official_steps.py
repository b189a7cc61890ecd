"""The steps of the official client that send no order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.contract import Contract
from steps import ACCOUNT, HELD, MISSPELT, SUMMARY_TAGS, SYMBOL, Wrong, must, must_have_tags

if TYPE_CHECKING:
    from official_client import Client, Event


def stock(symbol: str = SYMBOL) -> Contract:
    """Return a US stock."""
    contract = Contract()
    contract.symbol, contract.secType = symbol, "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


def currency_pair() -> Contract:
    """Return EUR.USD."""
    contract = Contract()
    contract.symbol, contract.secType = "EUR", "CASH"
    contract.exchange, contract.currency = "IDEALPRO", "USD"
    return contract


def named(events: list[Event], name: str) -> list[Event]:
    """Return the events of one name."""
    return [event for event in events if event.name == name]


def handshake(client: Client) -> str:
    """Look at what the connection began with."""
    begun = client.log
    names = [event.name for event in begun]
    must({"managedAccounts", "nextValidId"} <= set(names), names)
    codes = {event.errorCode for event in named(begun, "error")}
    must({2104, 2106, 2158} <= codes, codes)
    version = client.api.serverVersion()
    must(version == client.version, f"version {version}, asked for {client.version}")
    return f"version {version}"


def log_level(client: Client) -> str:
    """Set the level of the server's log."""
    client.api.setServerLogLevel(5)
    events = client.settled()
    must(not named(events, "error"), events)
    return ""


def ids(client: Client) -> str:
    """Ask for the next order id."""
    client.api.reqIds(-1)
    order_id = client.until_name("nextValidId")[-1].orderId
    must(order_id >= client._order_id, order_id)
    return str(order_id)


def time(client: Client) -> str:
    """Ask for the time."""
    client.api.reqCurrentTime()
    seconds = client.until_name("currentTime")[-1].time
    must(seconds > 0, seconds)
    return str(seconds)


def accounts(client: Client) -> str:
    """Ask for the accounts."""
    client.api.reqManagedAccts()
    found = client.until_name("managedAccounts")[-1].accountsList
    must(ACCOUNT in found.split(","), found)
    return found


def positions(client: Client) -> str:
    """Ask for the positions and end the subscription."""
    client.api.reqPositions()
    found = named(client.until_name("positionEnd"), "position")
    must({event.contract.symbol for event in found} >= set(HELD), found)
    must(all(event.position > 0 and event.avgCost > 0 for event in found), found)
    must(all(event.account == ACCOUNT for event in found), found)
    client.api.cancelPositions()
    client.settled()
    return f"{len(found)} positions"


def account_updates(client: Client) -> str:
    """Subscribe to the account and end that."""
    client.api.reqAccountUpdates(True, ACCOUNT)  # noqa: FBT003 - the client's own signature
    events = client.until_name("accountDownloadEnd", refusable=-1)
    keys = {event.key for event in named(events, "updateAccountValue")}
    must({"NetLiquidation", "TotalCashValue", "BuyingPower", "AccountType"} <= keys, keys)
    lines = named(events, "updatePortfolio")
    must({event.contract.symbol for event in lines} >= set(HELD), lines)
    must(all(event.marketValue > 0 for event in lines), lines)
    must(named(events, "updateAccountTime"), "no time")
    client.api.reqAccountUpdates(False, ACCOUNT)  # noqa: FBT003
    client.settled()
    return f"{len(keys)} keys, {len(lines)} lines"


def account_updates_multi(client: Client) -> str:
    """Subscribe to the account under a request id and end that."""
    request_id = client.next_request()
    client.api.reqAccountUpdatesMulti(request_id, ACCOUNT, "", True)  # noqa: FBT003
    events = client.until_name("accountUpdateMultiEnd", refusable=request_id)
    found = named(events, "accountUpdateMulti")
    must(any(event.key == "NetLiquidation" and event.currency == "USD" for event in found), found)
    client.api.cancelAccountUpdatesMulti(request_id)
    client.settled()
    return f"{len(found)} values"


def _summary(client: Client, tags: str) -> list[Event]:
    """Ask for a summary and end the subscription."""
    request_id = client.next_request()
    client.api.reqAccountSummary(request_id, "All", tags)
    events = client.until_name("accountSummaryEnd", refusable=request_id)
    client.api.cancelAccountSummary(request_id)
    client.settled()
    return named(events, "accountSummary")


def account_summary(client: Client) -> str:
    """Ask for all tags."""
    asked = ",".join([SUMMARY_TAGS, *MISSPELT.values()])
    found = {event.tag for event in _summary(client, asked)}
    must_have_tags(found, asked)
    return f"{len(found)} tags"


def account_summary_ledger(client: Client) -> str:
    """Ask for the ledger of all currencies."""
    found = _summary(client, "$LEDGER:ALL")
    currencies = {event.currency for event in found}
    must({"BASE", "USD"} <= currencies, currencies)
    return f"{len(found)} rows of {sorted(currencies)}"


def _details(client: Client, contract: Contract) -> list[Any]:
    """Ask for the details of a contract."""
    request_id = client.next_request()
    client.api.reqContractDetails(request_id, contract)
    events = client.until_name("contractDetailsEnd", refusable=request_id)
    return [event.contractDetails for event in named(events, "contractDetails")]


def contract_by_symbol(client: Client) -> str:
    """Ask for a stock by its symbol."""
    (details,) = _details(client, stock())
    must(details.contract.symbol == SYMBOL and details.contract.conId > 0, details)
    exchanges, rules = details.validExchanges.split(","), details.marketRuleIds.split(",")
    must("SMART" in exchanges and len(exchanges) == len(rules), details.marketRuleIds)
    must(details.minTick > 0 and details.timeZoneId and details.liquidHours, details)
    return f"{details.longName} {details.contract.conId}"


def contract_by_id(client: Client) -> str:
    """Ask for the same stock by its number."""
    (details,) = _details(client, stock())
    asked = Contract()
    asked.conId = details.contract.conId
    (again,) = _details(client, asked)
    must(again.contract.symbol == SYMBOL, again)
    return str(asked.conId)


def contract_unknown(client: Client) -> str:
    """Ask for a stock that does not exist."""
    request_id = client.next_request()
    client.api.reqContractDetails(request_id, stock("NOSUCH"))
    return str(client.until_error(request_id, 200)[-1].errorString)


def matching_symbols(client: Client) -> str:
    """Search."""
    request_id = client.next_request()
    client.api.reqMatchingSymbols(request_id, SYMBOL)
    events = client.until_name("symbolSamples", refusable=request_id)
    found = [each.contract.symbol for each in events[-1].contractDescriptions]
    must(SYMBOL in found, found)
    return ",".join(found)


def market_rule(client: Client) -> str:
    """Ask for the rule that the stock names."""
    (details,) = _details(client, stock())
    client.api.reqMarketRule(int(details.marketRuleIds.split(",")[0]))
    bands = client.until_name("marketRule")[-1].priceIncrements
    must(bands[0].lowEdge == 0 and all(band.increment > 0 for band in bands), bands)
    return f"{len(bands)} bands"


def ticks_of(events: list[Event], request_id: int) -> dict[int, Any]:
    """Return the last value of each tick type of a subscription."""
    found = {}
    for event in events:
        if event.name in ("tickPrice", "tickSize", "tickString") and event.reqId == request_id:
            key = "price" if event.name == "tickPrice" else "size"
            found[event.tickType] = event.arguments.get(key, event.arguments.get("value"))
    return found


def subscribe(client: Client, contract: Contract, *, is_snapshot: bool = False) -> int:
    """Ask for market data."""
    request_id = client.next_request()
    client.api.reqMktData(request_id, contract, "", is_snapshot, False, [])  # noqa: FBT003
    return request_id


def quotes_live(client: Client) -> str:
    """Subscribe to quotes and end that."""
    request_id = subscribe(client, stock())
    events = client.until(
        lambda event: event.name == "tickPrice" and event.tickType == 4, refusable=request_id
    )
    events += client.settled()
    ticks = ticks_of(events, request_id)
    must({1, 2, 4, 9, 8} <= set(ticks), ticks)
    must(0 < ticks[1] < ticks[2], ticks)
    kinds = {event.marketDataType for event in named(events, "marketDataType")}
    must(kinds == {1}, kinds)
    parameters = named(events, "tickReqParams")
    must(parameters and parameters[0].minTick > 0, parameters)
    client.api.cancelMktData(request_id)
    client.settled()
    return f"{ticks[1]} {ticks[2]}"


def quotes_cancelled(client: Client) -> str:
    """Cancel what is subscribed, and what is not."""
    request_id = subscribe(client, stock())
    client.settled()
    client.api.cancelMktData(request_id)
    client.settled()
    later = client.settled()
    must(not ticks_of(later, request_id), later)
    client.api.cancelMktData(request_id)
    return str(client.until_error(request_id, 300)[-1].errorString)


def quotes_snapshot(client: Client) -> str:
    """Ask for quotes once."""
    request_id = subscribe(client, stock(), is_snapshot=True)
    events = client.until_name("tickSnapshotEnd", refusable=request_id)
    ticks = ticks_of(events, request_id)
    must(0 < ticks[1] < ticks[2], ticks)
    return f"{ticks[1]} {ticks[2]}"


def quotes_delayed(client: Client) -> str:
    """Ask for delayed data where there is no live one."""
    client.api.reqMarketDataType(3)
    request_id = subscribe(client, stock())
    events = client.until_name("marketDataType", refusable=request_id) + client.settled()
    client.api.cancelMktData(request_id)
    client.api.reqMarketDataType(1)
    client.settled()
    ticks = ticks_of(events, request_id)
    kind = named(events, "marketDataType")[0].marketDataType
    bid, ask = (66, 67) if kind == 3 else (1, 2)
    must(0 < ticks.get(bid, 0) < ticks.get(ask, 0), f"type {kind}: {ticks}")
    return f"type {kind}"


def currency_contract(client: Client) -> str:
    """Ask for a currency pair."""
    (details,) = _details(client, currency_pair())
    must(details.contract.secType == "CASH", details)
    must(details.contract.localSymbol == "EUR.USD", details.contract.localSymbol)
    return f"{details.contract.conId} tick {details.minTick}"


def currency_quotes(client: Client) -> str:
    """Ask for the rate of a currency pair."""
    request_id = subscribe(client, currency_pair(), is_snapshot=True)
    events = client.until_name("tickSnapshotEnd", refusable=request_id)
    ticks = ticks_of(events, request_id)
    must(0.5 < ticks[1] < ticks[2] < 2, ticks)
    return f"{ticks[1]} {ticks[2]}"


def profit(client: Client) -> str:
    """Subscribe to the account's profit and end that."""
    request_id = client.next_request()
    client.api.reqPnL(request_id, ACCOUNT, "")
    found = client.until_name("pnl", refusable=request_id)[-1]
    client.api.cancelPnL(request_id)
    client.settled()
    return f"{found.dailyPnL} {found.unrealizedPnL} {found.realizedPnL}"


def profit_single(client: Client) -> str:
    """Subscribe to a position's profit and end that."""
    (details,) = _details(client, stock())
    request_id = client.next_request()
    client.api.reqPnLSingle(request_id, ACCOUNT, "", details.contract.conId)
    found = client.until_name("pnlSingle", refusable=request_id)[-1]
    must(found.pos > 0 and found.value > 0, found)
    client.api.cancelPnLSingle(request_id)
    client.settled()
    return f"{found.pos} {found.value}"


def head_timestamp(client: Client) -> str:
    """Ask from when on there are prices."""
    request_id = client.next_request()
    client.api.reqHeadTimeStamp(request_id, stock(), "TRADES", 1, 1)
    text = client.until_name("headTimestamp", refusable=request_id)[-1].headTimestamp
    client.api.cancelHeadTimeStamp(request_id)
    client.settled()
    must(text < "2000", text)
    return str(text)


def ask_bars(client: Client, kind: str, duration: str, size: str, *, goes_on: bool = False) -> int:
    """Ask for bars up to now; returns the request id."""
    request_id = client.next_request()
    client.api.reqHistoricalData(request_id, stock(), "", duration, size, kind, 1, 1, goes_on, [])
    return request_id


def _bars(client: Client, kind: str, duration: str, size: str) -> list[Any]:
    """Return bars up to now."""
    request_id = ask_bars(client, kind, duration, size)
    events = client.until_name("historicalDataEnd", refusable=request_id)
    bars = [event.bar for event in named(events, "historicalData")]
    if not bars or not all(0 < bar.low <= bar.close <= bar.high for bar in bars):
        raise Wrong([str(bar) for bar in bars[:3]])
    return bars


def bars_daily(client: Client) -> str:
    """Ask for ten days."""
    bars = _bars(client, "TRADES", "10 D", "1 day")
    must(len(bars) == 10, len(bars))
    must(len(bars[0].date) == 8, bars[0].date)
    return f"{bars[0].date} to {bars[-1].date}"


def bars_minutes(client: Client) -> str:
    """Ask for one day in bars of five minutes."""
    bars = _bars(client, "TRADES", "1 D", "5 mins")
    return f"{len(bars)} bars from {bars[0].date}"


def bars_midpoint(client: Client) -> str:
    """Ask for the midpoint."""
    return f"{len(_bars(client, 'MIDPOINT', '5 D', '1 day'))} bars"


def bars_bid_ask(client: Client) -> str:
    """Ask for bid and ask."""
    return f"{len(_bars(client, 'BID_ASK', '5 D', '1 day'))} bars"


def bars_adjusted(client: Client) -> str:
    """Ask for adjusted prices."""
    return f"{len(_bars(client, 'ADJUSTED_LAST', '5 D', '1 day'))} bars"
