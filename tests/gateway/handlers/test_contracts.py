"""Contracts as the real client library resolves them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.exchange.sessions import NEW_YORK


async def test_a_symbol_is_qualified(client: Any, library: Any) -> None:
    (stock,) = await client.qualifyContractsAsync(library.Stock("AAPL", "SMART", "USD"))
    assert (stock.conId, stock.primaryExchange, stock.tradingClass) == (265598, "NASDAQ", "NMS")
    assert (stock.exchange, stock.localSymbol) == ("SMART", "AAPL")


async def test_an_id_is_resolved(client: Any, library: Any) -> None:
    (details,) = await client.reqContractDetailsAsync(library.Contract(conId=272093))
    assert details.contract.symbol == "MSFT"
    assert details.longName == "MICROSOFT CORP"
    assert details.minTick == 0.01
    assert details.validExchanges == "SMART,NASDAQ"
    assert details.timeZoneId == "US/Eastern"


async def test_hours_are_those_of_the_next_days(client: Any, library: Any) -> None:
    """From Monday 2020-06-01 on."""
    (details,) = await client.reqContractDetailsAsync(library.Stock("KO", "SMART", "USD"))
    assert details.liquidHours.split(";")[0] == "20200601:0930-20200601:1600"
    assert details.liquidHours.split(";")[5] == "20200606:CLOSED"


@pytest.mark.parametrize(
    "terms",
    [
        {"symbol": "NOPE", "secType": "STK", "exchange": "SMART", "currency": "USD"},
        {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "EUR"},
        {"symbol": "AAPL", "secType": "STK", "exchange": "LSE", "currency": "USD"},
        {"symbol": "AAPL", "secType": "OPT", "exchange": "SMART", "currency": "USD"},
        {"conId": 1},
        {"conId": 265598, "symbol": "KO"},
    ],
)
async def test_unknown_contracts_are_error_200(
    client: Any, library: Any, terms: dict[str, object]
) -> None:
    assert await client.reqContractDetailsAsync(library.Contract(**terms)) == []
    assert client.errors[-1][1] == 200


async def test_a_symbol_outside_the_universe_does_not_exist(
    start_gateway: Any, connect: Any, library: Any
) -> None:
    config = GatewayConfig(universe=("KO", "PEP"), holdings=("KO",))
    client = await connect((await start_gateway(config)).port)
    assert await client.reqContractDetailsAsync(library.Stock("AAPL", "SMART", "USD")) == []


@pytest.mark.parametrize("version", [157, 163, 164, 176, 178])
async def test_details_have_the_layout_of_the_version(
    running: Any, dial: Any, version: int
) -> None:
    """The field for the tick moves by one below 164, where a version number leads."""
    client = await dial(running.port)
    await client.start(5, version=version)
    contract = (0, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")
    extra = ("",) if version >= 176 else ()
    client.send(9, 8, 4, *contract, 0, "", "", *extra)
    details = (await client.until(52))[0]
    shift = 1 if version < 164 else 0
    assert details[0] == "10"
    assert details[1 + shift] == "4"
    assert details[13 + shift] == "0.01"
    sizes = {157: [], 163: ["1"]}.get(version, ["0.0001", "0.0001", "100"])
    assert details[len(details) - len(sizes) :] == sizes


async def test_market_rule_has_finer_ticks_below_a_dollar(client: Any) -> None:
    bands = await client.reqMarketRuleAsync(26)
    assert [(band.lowEdge, band.increment) for band in bands] == [(0.0, 0.0001), (1.0, 0.01)]


async def test_the_tick_of_the_details_is_that_of_the_price(
    start_gateway: Any, connect: Any, library: Any
) -> None:
    """AAPL cost 26 cents in 1990, adjusted."""
    at = GatewayConfig().at.replace(year=1990, month=6, day=1, tzinfo=NEW_YORK)
    config = GatewayConfig(at=at, holdings=(), invested_on=at.date())
    client = await connect((await start_gateway(config)).port)
    (details,) = await client.reqContractDetailsAsync(library.Stock("AAPL", "SMART", "USD"))
    assert details.minTick == 0.0001


async def test_symbols_are_searched_by_symbol_and_name(client: Any) -> None:
    found = await client.reqMatchingSymbolsAsync("micro")
    assert [item.contract.conId for item in found] == [272093]
    assert await client.reqMatchingSymbolsAsync("zzz") == []


@pytest.mark.parametrize(("version", "extra"), [(173, 0), (176, 2)])
async def test_search_results_have_the_layout_of_the_version(
    running: Any, dial: Any, version: int, extra: int
) -> None:
    client = await dial(running.port)
    await client.start(5, version=version)
    client.send(81, 4, "MICRO")
    (answer,) = await client.answers()
    assert len(answer) == 3 + 6 + extra
