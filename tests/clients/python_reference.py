"""The steps of ib_insync and ib_async about bars that go on, and the small requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_client import LIBRARY
from python_steps import stock
from steps import ACCOUNT, SCHEDULE_SINCE, SYMBOL, Wrong, must

if TYPE_CHECKING:
    from python_client import Client


async def bars_going_on(client: Client) -> str:
    """Ask for bars that are kept up to date, and end that."""
    question = client.ib.reqHistoricalDataAsync(
        stock(), "", "1 D", "5 mins", "TRADES", useRTH=True, keepUpToDate=True
    )
    bars = await client.ask(question)
    must(bars, "no bars")
    client.ib.cancelHistoricalData(bars)
    await client.settle()
    return f"{len(bars)} bars"


async def bars_five_seconds(client: Client) -> str:
    """Subscribe to bars of five seconds, and end that."""
    bars = client.ib.reqRealTimeBars(stock(), 5, "TRADES", useRTH=True)
    await client.until(lambda: bars, refusable=bars.reqId)
    client.ib.cancelRealTimeBars(bars)
    await client.settle()
    must(0 < bars[0].low <= bars[0].close <= bars[0].high, bars[0])
    return f"{bars[0].time} {bars[0].close}"


async def trading_schedule(client: Client) -> str:
    """Ask for the sessions of some days."""
    must(client.version >= SCHEDULE_SINCE, "asked too early")
    found = await client.ask(client.ib.reqHistoricalScheduleAsync(stock(), 5))
    must(len(found.sessions) == 5 and found.timeZone, found)
    return f"{found.sessions[-1].startDateTime} {found.timeZone}"


async def positions_multi(client: Client) -> str:
    """Subscribe to the positions of one account, and end that; the library has no more than that."""
    request_id = client.ib.client.getReqId()
    ends: list[int] = []
    client.ib.wrapper.positionMultiEnd = ends.append
    found = await client.caught(
        "positionMulti", lambda: client.ib.client.reqPositionsMulti(request_id, ACCOUNT, "")
    )
    client.ib.client.cancelPositionsMulti(request_id)
    await client.settle()
    must(ends == [request_id], ends)
    must(SYMBOL in {contract.symbol for _, _, _, contract, _, _ in found}, found)
    return f"{len(found)} positions"


async def family_codes(client: Client) -> str:
    """Ask for the family codes of the accounts."""
    ((found,),) = await client.caught("familyCodes", client.ib.client.reqFamilyCodes)
    must(ACCOUNT in [each.accountID for each in found], found)
    return f"{len(found)} accounts"


async def soft_dollar_tiers(client: Client) -> str:
    """Ask for the soft dollar tiers."""
    ((number, tiers),) = await client.caught(
        "softDollarTiers", lambda: client.ib.client.reqSoftDollarTiers(9001)
    )
    must(number == 9001, number)
    return f"{len(tiers)} tiers"


async def depth_exchanges(client: Client) -> str:
    """Ask which exchanges have a book."""
    found = await client.ask(client.ib.reqMktDepthExchangesAsync())
    return f"{len(found)} exchanges"


async def smart_components(client: Client) -> str:
    """Ask which letters the exchanges of a quote have."""
    contract, ticker = client.kept["quoted"]
    must(ticker.bboExchange, contract)
    found = await client.ask(client.ib.reqSmartComponentsAsync(ticker.bboExchange))
    must(found, "no exchange")
    return f"{len(found)} exchanges"


async def news_providers(client: Client) -> str:
    """Ask for the sources of news."""
    found = await client.ask(client.ib.reqNewsProvidersAsync())
    return f"{len(found)} providers"


async def user_info(client: Client) -> str:
    """Ask for the brand of the login."""
    await client.ask(client.ib.reqUserInfoAsync())
    return ""


async def scanner_parameters(client: Client) -> str:
    """Ask what can be scanned for."""
    xml = await client.ask(client.ib.reqScannerParametersAsync())
    must(xml.startswith("<?xml"), xml[:40])
    return f"{len(xml)} characters"


async def display_groups(client: Client) -> str:
    """Ask for the groups of windows."""
    ((number, groups),) = await client.caught(
        "displayGroupList", lambda: client.ib.client.queryDisplayGroups(9002)
    )
    must(number == 9002, number)
    return repr(groups)


async def bulletins(client: Client) -> str:
    """Subscribe to bulletins, and end that."""
    before = len(client.errors)
    client.ib.reqNewsBulletins(allMessages=True)
    client.ib.cancelNewsBulletins()
    await client.settle()
    must(len(client.errors) == before, client.errors[before:])
    return ""


async def advisor_refused(client: Client) -> str:
    """Ask for the groups of an advisor without being one, and change them."""
    before = len(client.errors)
    client.ib.client.requestFA(1)
    client.ib.client.replaceFA(9003, 1, "<xml/>")
    await client.settle()
    found = [(number, code) for number, code, _ in client.errors[before:]]
    must(found == [(-1, 321), (9003, 321)], found)
    return str(client.errors[-1][2])


async def not_served(client: Client) -> str:
    """Ask for what the gateway does not have: option chains, news, fundamentals, past ticks."""
    contract, ib = stock(), client.ib
    await client.ask(ib.qualifyContractsAsync(contract))
    questions = {
        "options": ib.reqSecDefOptParamsAsync(SYMBOL, "", "STK", contract.conId),
        "news": ib.reqHistoricalNewsAsync(contract.conId, "BRFG", "", "", 1),
        "fundamentals": ib.reqFundamentalDataAsync(contract, "ReportSnapshot"),
        "ticks": ib.reqHistoricalTicksAsync(
            contract, "20200601 10:00:00", "", 1, "TRADES", useRth=True
        ),
    }
    waiting = []
    for name, question in questions.items():
        try:
            await client.ask(question)
        except LIBRARY.wrapper.RequestError:
            continue
        except Wrong as wrong:
            waiting.append(f"{name}: {wrong}")
    must(not waiting, waiting)
    return ""
