"""The steps of the official client on a login with several accounts, and without live data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from official_orders import order_of, place
from official_refusals import refused
from official_steps import named, stock, subscribe, ticks_of
from steps import ACCOUNT, ADVISOR, SECOND, must

if TYPE_CHECKING:
    from official_client import Client, Event


def family_accounts(client: Client) -> str:
    """Look at the accounts that the connection began with."""
    told = named(client.log, "managedAccounts")[0].accountsList
    must(told.rstrip(",").split(",") == [ADVISOR, ACCOUNT, SECOND], told)
    return str(told)


def family_updates(client: Client) -> str:
    """Subscribe to the second account."""
    client.api.reqAccountUpdates(True, SECOND)  # noqa: FBT003 - the client's own signature
    events = client.until_name("accountDownloadEnd", refusable=-1)
    values, lines = named(events, "updateAccountValue"), named(events, "updatePortfolio")
    must({event.accountName for event in (*values, *lines)} == {SECOND}, values)
    must({event.contract.symbol: int(event.position) for event in lines} == {"AAPL": 100}, lines)
    client.api.reqAccountUpdates(False, SECOND)  # noqa: FBT003
    client.settled()
    return f"{len(values)} values"


def family_positions(client: Client) -> str:
    """Ask for the positions of all accounts."""
    client.api.reqPositions()
    found = named(client.until_name("positionEnd"), "position")
    client.api.cancelPositions()
    client.settled()
    must({event.account for event in found} == {ACCOUNT, SECOND}, found)
    return f"{len(found)} positions"


def family_summary(client: Client) -> str:
    """Ask for one figure of all accounts."""
    request_id = client.next_request()
    client.api.reqAccountSummary(request_id, "All", "NetLiquidation")
    found = named(client.until_name("accountSummaryEnd", refusable=request_id), "accountSummary")
    client.api.cancelAccountSummary(request_id)
    client.settled()
    must({event.account for event in found} >= {ACCOUNT, SECOND}, found)
    return ", ".join(f"{event.account} {event.value}" for event in found)


def family_unnamed(client: Client) -> str:
    """Send an order that names no account."""
    return refused(client, order_of("MKT", account=""), 435, 436)


def family_named(client: Client) -> str:
    """Buy for the second account."""
    order_id = place(client, order_of("MKT", account=SECOND))

    def is_filled(event: Event) -> bool:
        return event.name == "execDetails" and event.execution.orderId == order_id

    events = client.until(is_filled, refusable=order_id)
    must(events[-1].execution.acctNumber == SECOND, events[-1].execution)
    told = named(events, "openOrder")
    must(told and {event.order.account for event in told} == {SECOND}, told)
    client.settled()
    return ""


def family_profit(client: Client) -> str:
    """Ask for the profit of the second account."""
    request_id = client.next_request()
    client.api.reqPnL(request_id, SECOND, "")
    found = client.until_name("pnl", refusable=request_id)[-1]
    client.api.cancelPnL(request_id)
    client.settled()
    return f"{found.dailyPnL}"


def family_groups(client: Client) -> str:
    """Ask for the advisor's groups."""
    client.api.requestFA(1)
    xml = client.until_name("receiveFA", refusable=-1)[-1].cxml
    must("<" in xml, xml)
    return f"{len(xml)} characters"


def delayed_quotes(client: Client) -> str:
    """Subscribe to quotes where there are only delayed ones."""
    client.api.reqMarketDataType(3)
    request_id = subscribe(client, stock())
    events = client.until_name("marketDataType", refusable=request_id) + client.settled()
    client.api.cancelMktData(request_id)
    client.settled()
    codes = {event.errorCode for event in named(events, "error") if event.reqId == request_id}
    must(codes == {10167}, codes)
    must(named(events, "marketDataType")[0].marketDataType == 3, events)
    ticks = ticks_of(events, request_id)
    must({66, 67, 68, 75} <= set(ticks), ticks)
    must(0 < ticks[66] < ticks[67], ticks)
    return f"{ticks[66]} {ticks[67]}"


def delayed_snapshot(client: Client) -> str:
    """Ask once for quotes where there are only delayed ones."""
    request_id = subscribe(client, stock(), is_snapshot=True)
    events = client.until_name("tickSnapshotEnd", refusable=request_id)
    ticks = ticks_of(events, request_id)
    must(0 < ticks[66] < ticks[67], ticks)
    return ""
