"""Small requests that many programs send, and what becomes of those that are not served."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.accounts import AccountRules
from bot.gateway.handlers.registry import HANDLERS
from bot.gateway.handlers.unserved import UNSERVED

ACCOUNT = GatewayConfig().account
ALIASES = (
    "<ListOfAccountAliases>"
    "<AccountAlias><account>DF1234567</account><alias>DF1234567</alias></AccountAlias>"
    "<AccountAlias><account>DU1234567</account><alias>DU1234567</alias></AccountAlias>"
    "</ListOfAccountAliases>"
)
STOCK = (265598, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")

#: The codes that TWS has for accounts without such data: options do not exist, and so on.
WORDS_OF_THEIR_OWN = {
    "10": "10092",
    "21": "200",
    "22": "162",
    "52": "430",
    "54": "200",
    "55": "200",
    "78": "200",
    "84": "10172",
    "86": "10276",
    "88": "10188",
    "96": "10187",
    "97": "10189",
    "100": "10279",
    "102": "10282",
}

#: Every request of version 178 and below, as the clients of the broker number them.
KNOWN = {
    *range(1, 26),
    *range(49, 60),
    *range(61, 105),
}


@pytest.mark.parametrize(
    ("request_fields", "answer"),
    [
        ((80,), ["78", "1", ACCOUNT, ""]),
        ((82,), ["80", "0"]),
        ((85,), ["85", "0"]),
        ((79, 7), ["77", "7", "0"]),
        ((67, 1, 7), ["67", "1", "7", ""]),
        ((104, 7), ["107", "7", ""]),
        (
            (83, 7, "9c0001"),
            ["82", "7", "3", "0", "NASDAQ", "Q", "1", "NYSE", "N", "2", "ARCA", "P"],
        ),
        ((83, 7, "other"), ["82", "7", "0"]),
    ],
)
async def test_answers_are_those_of_an_account_without_subscriptions(
    raw: Any, request_fields: tuple[object, ...], answer: list[str]
) -> None:
    raw.send(*request_fields)
    assert await raw.answers() == [answer]


async def test_scanner_parameters_are_xml_without_scanners(client: Any) -> None:
    text = await client.reqScannerParametersAsync()
    assert text.startswith("<?xml")
    assert "<ScanTypeList></ScanTypeList>" in text


async def test_the_library_gets_all_of_them(client: Any) -> None:
    assert await client.reqMktDepthExchangesAsync() == []
    assert await client.reqNewsProvidersAsync() == []
    await client.reqUserInfoAsync()
    first, *_ = await client.reqSmartComponentsAsync("9c0001")
    assert first.exchange == "NASDAQ"


@pytest.mark.parametrize(
    ("request_fields", "request_id"), [((18, 1, 1), "-1"), ((19, 1, 1, "<xml/>", 7), "7")]
)
async def test_data_of_advisors_are_refused(
    raw: Any, request_fields: tuple[object, ...], request_id: str
) -> None:
    raw.send(*request_fields)
    (message,) = await raw.answers()
    assert message[2:4] == [request_id, "321"]
    assert message[4].endswith("FA data operations ignored for non FA customers.")


@pytest.mark.parametrize(
    ("version", "kind", "text"),
    [
        (176, 1, "<ListOfGroups></ListOfGroups>"),
        (176, 2, "<ListOfAllocationProfiles></ListOfAllocationProfiles>"),
        (177, 2, None),
        (176, 4, None),
        (
            176,
            3,
            ALIASES,
        ),
    ],
)
async def test_an_advisor_has_clients_and_no_groups(
    start_gateway: Any, dial: Any, version: int, kind: int, text: str | None
) -> None:
    config = dataclasses.replace(GatewayConfig(), account_rules=AccountRules(advisor="DF1234567"))
    running = await start_gateway(config)
    raw = await dial(running.port)
    await raw.start(1, version)
    raw.send(18, 1, kind)
    raw.send(19, 1, 1, "<xml/>", 7)
    answer, refused = await raw.answers()
    assert refused[2:4] == ["7", "321"]
    if text is None:
        assert answer[2:4] == ["-1", "321"]
    else:
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        assert answer == ["16", "1", str(kind), head + text]


async def test_bulletins_are_taken_note_of(raw: Any) -> None:
    raw.send(12, 1, 1)
    raw.send(13, 1)
    assert await raw.answers() == []


async def test_positions_of_one_account(raw: Any) -> None:
    raw.send(74, 1, 7, ACCOUNT, "")
    *positions, end = await raw.answers()
    assert end == ["72", "1", "7"]
    apple = positions[0]
    assert len(apple) == 18
    assert apple[:7] == ["71", "1", "7", ACCOUNT, "265598", "AAPL", "STK"]
    assert apple[15:] == ["2484", "27.096", ""]
    raw.send(74, 1, 8, "DU9999999", "")
    (message,) = await raw.answers()
    assert message[2:4] == ["8", "321"]


async def test_positions_of_one_account_are_kept_up_to_date(
    raw: Any, client: Any, library: Any
) -> None:
    raw.send(74, 1, 7, ACCOUNT, "")
    await raw.until(72)
    stock = library.Stock("KO", "SMART", "USD")
    client.placeOrder(stock, library.MarketOrder("SELL", 1981))
    ((*_, shares, _cost, _model),) = await raw.until(71)
    assert shares == "0"
    raw.send(75, 1, 7)
    client.placeOrder(stock, library.MarketOrder("BUY", 1))
    await client.reqCurrentTimeAsync()
    assert await raw.answers() == []


def test_every_request_of_tws_is_served_or_refused_by_name() -> None:
    cancels = {11, 23, 53, 56, 57, 70, 89, 98, 101, 103}
    named = {int(number) for number in (*HANDLERS, *UNSERVED)} | cancels
    # 60 is no request. 51 and 59 are served.
    assert named == KNOWN


async def test_nobody_waits_for_what_is_not_served(client: Any, library: Any) -> None:
    """Both libraries give up at once on these codes: ib_async would wait on 321."""
    stock = library.Stock("AAPL", "SMART", "USD")
    await client.qualifyContractsAsync(stock)
    await client.reqSecDefOptParamsAsync("AAPL", "", "STK", stock.conId)
    await client.reqHistoricalNewsAsync(stock.conId, "BRFG", "", "", 1)
    await client.reqFundamentalDataAsync(stock, "ReportSnapshot")
    assert [code for _, code, _ in client.errors[3:]] == [200, 10276, 430]


@pytest.mark.parametrize("number", sorted(UNSERVED, key=int))
async def test_what_is_not_served_is_refused_under_its_id(raw: Any, number: str) -> None:
    position = UNSERVED[number]
    fields = ["1"] * 6
    if position:
        fields[position - 1] = "41"
    raw.send(number, *fields)
    (message,) = await raw.answers()
    assert message[2] == ("41" if position else "-1")
    assert message[3] == WORDS_OF_THEIR_OWN.get(number, "321")


@pytest.mark.parametrize(
    ("request_fields", "code"),
    [
        ((11, 1, 41, 0), "310"),
        ((23, 1, 41), "365"),
        ((53, 1, 41), "300"),
        ((56, 1, 41), "300"),
        ((57, 1, 41), "300"),
        ((70, 1, 41), "300"),
        ((89, 41), "300"),
        ((98, 41), "300"),
        ((101, 41), "300"),
        ((103, 41), "300"),
    ],
)
async def test_to_cancel_what_is_not_served_finds_nothing(
    raw: Any, request_fields: tuple[object, ...], code: str
) -> None:
    raw.send(*request_fields)
    (message,) = await raw.answers()
    assert message[2:4] == ["41", code]
    assert message[4].endswith(":41")


async def test_unknown_requests_and_broken_ids_are_answered(raw: Any) -> None:
    raw.send(999)
    raw.send(10, 5, "x", *STOCK)
    raw.send(10)
    messages = await raw.answers()
    codes = [message[2:4] for message in messages]
    assert codes == [["-1", "505"], ["-1", "10092"], ["-1", "10092"]]


async def test_farms_are_told_at_start_as_they_are(running: Any, dial: Any) -> None:
    feed = running.gateway._venue.publisher.feed
    feed.set_farm("quotes", "connecting")
    feed.set_farm("history", "inactive")
    feed.set_farm("definitions", "broken")
    raw = await dial(running.port)
    notices = [message for message in await raw.start(3) if message[0] == "4"]
    assert [notice[3:5] for notice in notices] == [
        ["2119", "Market data farm is connecting:usfarm"],
        [
            "2107",
            "HMDS data farm connection is inactive but should be available upon demand.ushmds",
        ],
        ["2157", "Sec-def data farm connection is broken:secdefnj"],
    ]


async def test_optional_capabilities_are_taken(running: Any, dial: Any) -> None:
    raw = await dial(running.port)
    await raw.greet()
    raw.send(71, 2, 4, "+PACEAPI")
    assert (await raw.until(9))[-1] == ["9", "1", "1"]


def test_a_farm_without_such_a_state_is_refused(running: Any) -> None:
    feed = running.gateway._venue.publisher.feed
    with pytest.raises(
        ValueError, match="farm 'news', state 'ok': expected one of quotes, history"
    ):
        feed.set_farm("news", "ok")
    with pytest.raises(ValueError, match="state 'inactive'"):
        feed.set_farm("definitions", "inactive")
