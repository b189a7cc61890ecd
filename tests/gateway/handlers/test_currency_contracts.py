"""Currency pairs as clients find, quote and chart them, and contracts that fit several of them."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.market import ExchangeTable
from bot.gateway.config.prices import InstrumentTable, PricesTable

EUR_USD = 12087792
NAMES = ("EUR", "CASH", "", "0.0", "", "", "IDEALPRO", "")


@pytest.fixture
async def pairs(start_gateway: Any) -> Any:
    """A gateway with EUR at 1.10 and GBP at 1.25 dollars."""
    fx = {"EUR": Decimal("1.10"), "GBP": Decimal("1.25")}
    return await start_gateway(dataclasses.replace(GatewayConfig(), prices=PricesTable(fx=fx)))


@pytest.fixture
async def trader(pairs: Any, connect: Any) -> Any:
    return await connect(pairs.port)


@pytest.fixture
async def reader(pairs: Any, dial: Any) -> Any:
    client = await dial(pairs.port)
    await client.start(7)
    return client


async def test_a_pair_has_details_of_its_own(trader: Any, library: Any) -> None:
    (details,) = await trader.reqContractDetailsAsync(library.Forex("EURUSD"))
    contract = details.contract
    assert (contract.conId, contract.symbol, contract.secType) == (EUR_USD, "EUR", "CASH")
    assert (contract.exchange, contract.currency) == ("IDEALPRO", "USD")
    assert (contract.localSymbol, contract.tradingClass) == ("EUR.USD", "EUR.USD")
    assert (details.minTick, details.marketRuleIds) == (0.00005, "239")
    assert (details.validExchanges, details.stockType) == ("IDEALPRO", "")
    assert details.timeZoneId == "US/Eastern"
    # Monday's trading began on Sunday evening.
    assert details.liquidHours.split(";")[0] == "20200531:1715-20200601:1700"
    (band,) = await trader.reqMarketRuleAsync(239)
    assert (band.lowEdge, band.increment) == (0.0, 0.00005)


@pytest.mark.parametrize(
    "terms",
    [
        {"conId": EUR_USD},
        {"localSymbol": "EUR.USD", "secType": "CASH"},
        {"symbol": "EUR", "secType": "CASH", "currency": "USD"},
    ],
)
async def test_a_pair_is_found_by_every_name(
    trader: Any, library: Any, terms: dict[str, object]
) -> None:
    (details,) = await trader.reqContractDetailsAsync(library.Contract(**terms))
    assert details.contract.conId == EUR_USD


@pytest.mark.parametrize(
    "terms",
    [
        {"symbol": "EUR", "secType": "STK", "exchange": "SMART", "currency": "USD"},
        {"symbol": "EUR", "secType": "CASH", "exchange": "SMART", "currency": "USD"},
        {"symbol": "CHF", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"},
        {"localSymbol": "EUR.USD", "secType": "CASH", "currency": "JPY"},
        {"symbol": "AAPL", "secType": "STK", "currency": "USD", "primaryExchange": "NYSE"},
        {"secIdType": "ISIN", "secId": "US0378331005", "symbol": "AAPL", "secType": "STK"},
    ],
)
async def test_names_that_do_not_fit_are_error_200(
    trader: Any, library: Any, terms: dict[str, object]
) -> None:
    assert await trader.reqContractDetailsAsync(library.Contract(**terms)) == []
    assert trader.errors[-1][1] == 200


async def test_quotes_of_a_pair_have_two_sides_and_no_trades(reader: Any) -> None:
    """1.10 less and plus a basis point, outward to half a pip: 1.09985 and 1.10015."""
    reader.send(1, 11, 4, EUR_USD, *NAMES, "USD", "", "", 0, "", 0, 0, "")
    messages = await reader.answers()
    ticks = {message[3]: message[4] for message in messages if message[0] == "1"}
    assert (ticks["1"], ticks["2"]) == ("1.09985", "1.10015")
    assert "4" not in ticks
    assert {message[0] for message in messages} <= {"58", "81", "1"}
    assert next(message for message in messages if message[0] == "81")[2] == "0.00005"


async def test_bars_of_a_pair_are_midpoints(trader: Any, library: Any) -> None:
    pair = library.Forex("EURUSD")
    asked = {"durationStr": "3 D", "barSizeSetting": "1 day", "useRTH": True}
    found = await trader.reqHistoricalDataAsync(pair, "", whatToShow="MIDPOINT", **asked)
    assert {bar.close for bar in found} == {1.1}
    assert found[-1].volume == -1
    assert not await trader.reqHistoricalDataAsync(pair, "", whatToShow="TRADES", **asked)
    code, text = trader.errors[-1][1:]
    assert (code, "returned no data: EUR@IDEALPRO Trades" in text) == (162, True)


async def test_a_contract_that_fits_several_lists_them(
    start_gateway: Any, dial: Any, connect: Any, library: Any
) -> None:
    """Two of a name, in dollars and in euro: details tell of both, quotes have to know which."""
    price = Decimal(70)
    config = GatewayConfig(
        universe=("AAPL", "AAPL.DE"),
        holdings=(),
        prices=PricesTable(source="synthetic"),
        instruments=(
            InstrumentTable("AAPL", price=price),
            InstrumentTable("AAPL", key="AAPL.DE", currency="EUR", exchange="IBIS", price=price),
        ),
    )
    running = await start_gateway(config)
    client = await connect(running.port)
    found = await client.reqContractDetailsAsync(library.Contract(symbol="AAPL", secType="STK"))
    assert [details.contract.currency for details in found] == ["USD", "EUR"]
    raw = await dial(running.port)
    await raw.start(7)
    names = ("AAPL", "STK", "", "0.0", "", "", "", "")
    for request_id, currency in ((4, ""), (5, "EUR")):
        raw.send(1, 11, request_id, 0, *names, currency, "", "", 0, "", 1, 0, "")
    refused, told, *_ = await raw.answers()
    assert refused[2:4] == ["4", "200"]
    subject = "The contract description specified for AAPL is ambiguous"
    assert refused[4] == f"{subject}; you must specify the currency."
    assert told == ["58", "1", "5", "1"]
    trade = client.placeOrder(
        library.Contract(symbol="AAPL", secType="STK", exchange="SMART"),
        library.MarketOrder("BUY", 1),
    )
    await client.reqCurrentTimeAsync()
    assert client.errors[-1][:2] == (trade.order.orderId, 200)
    assert client.errors[-1][2].startswith(subject)
    assert running.gateway.orders == ()


async def test_bars_of_a_pair_are_told_in_new_york_time_wherever_stocks_trade(
    start_gateway: Any, connect: Any, library: Any
) -> None:
    config = dataclasses.replace(
        GatewayConfig(),
        prices=PricesTable(fx={"EUR": Decimal("1.10")}),
        exchange=ExchangeTable(calendar="XLON"),
    )
    trader = await connect((await start_gateway(config)).port)
    asked = {"durationStr": "1 D", "barSizeSetting": "1 hour", "useRTH": True, "formatDate": 1}
    found = await trader.reqHistoricalDataAsync(
        library.Forex("EURUSD"), "", whatToShow="MIDPOINT", **asked
    )
    # The gateway's day of a pair begins at midnight in New York, which London calls five o'clock.
    assert (found[0].date.hour, str(found[0].date.tzinfo)) == (0, "US/Eastern")
