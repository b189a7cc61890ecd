"""The steps of the official client about bars that go on, and the small requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from official_steps import ask_bars, named, stock
from steps import ACCOUNT, SCHEDULE_SINCE, SYMBOL, must

if TYPE_CHECKING:
    from official_client import Client, Event


def bars_going_on(client: Client) -> str:
    """Ask for bars that are kept up to date, and end that."""
    request_id = ask_bars(client, "TRADES", "1 D", "5 mins", goes_on=True)
    events = client.until_name("historicalDataEnd", refusable=request_id)
    client.api.cancelHistoricalData(request_id)
    client.settled()
    return f"{len(named(events, 'historicalData'))} bars"


def bars_five_seconds(client: Client) -> str:
    """Subscribe to bars of five seconds, and end that."""
    request_id = client.next_request()
    client.api.reqRealTimeBars(request_id, stock(), 5, "TRADES", True, [])  # noqa: FBT003
    bar = client.until_name("realtimeBar", refusable=request_id)[-1]
    client.api.cancelRealTimeBars(request_id)
    client.settled()
    must(0 < bar.low <= bar.close <= bar.high and bar.time % 5 == 0, bar)
    return f"{bar.time} {bar.close}"


def trading_schedule(client: Client) -> str:
    """Ask for the sessions of some days."""
    must(client.version >= SCHEDULE_SINCE, "asked too early")
    request_id = ask_bars(client, "SCHEDULE", "5 D", "1 day")
    found = client.until_name("historicalSchedule", refusable=request_id)[-1]
    must(len(found.sessions) == 5 and found.timeZone, found.sessions)
    session = found.sessions[-1]
    must(session.refDate in session.startDateTime, session)
    return f"{session.startDateTime} {found.timeZone}"


def positions_multi(client: Client) -> str:
    """Subscribe to the positions of one account, and end that."""
    request_id = client.next_request()
    client.api.reqPositionsMulti(request_id, ACCOUNT, "")
    found = named(client.until_name("positionMultiEnd", refusable=request_id), "positionMulti")
    client.api.cancelPositionsMulti(request_id)
    client.settled()
    must(SYMBOL in {event.contract.symbol for event in found}, found)
    must(all(event.account == ACCOUNT and event.avgCost > 0 for event in found), found)
    return f"{len(found)} positions"


def _asked(client: Client, name: str, *arguments: Any, answer: str) -> Event:
    """Send a request without an id and return its answer."""
    getattr(client.api, name)(*arguments)
    return client.until_name(answer, refusable=-1)[-1]


def family_codes(client: Client) -> str:
    """Ask for the family codes of the accounts."""
    found = _asked(client, "reqFamilyCodes", answer="familyCodes").familyCodes
    must(ACCOUNT in [each.accountID for each in found], found)
    return f"{len(found)} accounts"


def soft_dollar_tiers(client: Client) -> str:
    """Ask for the soft dollar tiers."""
    request_id = client.next_request()
    found = _asked(client, "reqSoftDollarTiers", request_id, answer="softDollarTiers")
    must(found.reqId == request_id, found)
    return f"{len(found.tiers)} tiers"


def depth_exchanges(client: Client) -> str:
    """Ask which exchanges have a book."""
    found = _asked(client, "reqMktDepthExchanges", answer="mktDepthExchanges")
    return f"{len(found.depthMktDataDescriptions)} exchanges"


def smart_components(client: Client) -> str:
    """Ask which letters the exchanges of a quote have."""
    quote_id, request_id = client.next_request(), client.next_request()
    client.api.reqMktData(quote_id, stock(), "", False, False, [])  # noqa: FBT003
    parameters = client.until_name("tickReqParams", refusable=quote_id)[-1]
    client.api.cancelMktData(quote_id)
    found = _asked(
        client, "reqSmartComponents", request_id, parameters.bboExchange, answer="smartComponents"
    )
    must(found.smartComponentMap, found)
    return f"{len(found.smartComponentMap)} exchanges"


def news_providers(client: Client) -> str:
    """Ask for the sources of news."""
    found = _asked(client, "reqNewsProviders", answer="newsProviders").newsProviders
    return f"{len(found)} providers"


def user_info(client: Client) -> str:
    """Ask for the brand of the login."""
    request_id = client.next_request()
    found = _asked(client, "reqUserInfo", request_id, answer="userInfo")
    must(found.reqId == request_id, found)
    return repr(found.whiteBrandingId)


def scanner_parameters(client: Client) -> str:
    """Ask what can be scanned for."""
    xml = _asked(client, "reqScannerParameters", answer="scannerParameters").xml
    must(xml.startswith("<?xml"), xml[:40])
    return f"{len(xml)} characters"


def display_groups(client: Client) -> str:
    """Ask for the groups of windows."""
    request_id = client.next_request()
    return repr(_asked(client, "queryDisplayGroups", request_id, answer="displayGroupList").groups)


def bulletins(client: Client) -> str:
    """Subscribe to bulletins, and end that."""
    client.api.reqNewsBulletins(True)  # noqa: FBT003 - the client's own signature
    client.api.cancelNewsBulletins()
    events = client.settled()
    must(not named(events, "error"), events)
    return ""


def advisor_refused(client: Client) -> str:
    """Ask for the groups of an advisor without being one, and change them."""
    request_id = client.next_request()
    client.api.requestFA(1)
    client.until_error(-1, 321)
    client.api.replaceFA(request_id, 1, "<xml/>")
    return str(client.until_error(request_id, 321)[-1].errorString)


def not_served(client: Client) -> str:
    """Ask for what the gateway does not have: option chains, news, fundamentals, past ticks."""
    first, second, third, fourth = asked = [client.next_request() for _ in range(4)]
    client.api.reqSecDefOptParams(first, SYMBOL, "", "STK", 1)
    client.api.reqHistoricalNews(second, 1, "BRFG", "", "", 1, [])
    if hasattr(client.api, "reqFundamentalData"):  # the newest clients have dropped it
        client.api.reqFundamentalData(third, stock(), "ReportSnapshot", [])
    else:
        asked.remove(third)
    client.api.reqHistoricalTicks(
        fourth, stock(), "20200601 10:00:00", "", 1, "TRADES", 1, ignoreSize=True, miscOptions=[]
    )
    events = client.settled()
    codes = {event.reqId: event.errorCode for event in named(events, "error")}
    ended = [event.reqId for event in named(events, "securityDefinitionOptionParameterEnd")]
    must(set(asked) <= {*codes, *ended}, codes)
    return str(codes)
