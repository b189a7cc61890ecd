"""Market indices: a level that every client can read and nobody can trade."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.prices import PricesTable
from bot.gateway.config.reading import GatewayConfigError


async def test_an_index_is_found_as_one_and_never_as_a_stock(client: Any, library: Any) -> None:
    (details,) = await client.reqContractDetailsAsync(library.Index("VIX", "CBOE", "USD"))
    assert (details.contract.secType, details.contract.exchange) == ("IND", "CBOE")
    assert (details.longName, details.orderTypes, details.stockType) == ("VIX INDEX", "", "")
    assert await client.reqContractDetailsAsync(library.Stock("VIX", "SMART", "USD")) == []


async def test_its_level_is_the_last_price_and_the_close_and_it_has_no_sides(
    client: Any, library: Any
) -> None:
    (index,) = await client.qualifyContractsAsync(library.Index("VIX", "CBOE", "USD"))
    (ticker,) = await client.reqTickersAsync(index)
    assert (ticker.last, ticker.close) == (20.0, 20.0)
    assert not ticker.hasBidAsk()


async def test_it_has_bars_without_volume(client: Any, library: Any) -> None:
    (index,) = await client.qualifyContractsAsync(library.Index("VIX", "CBOE", "USD"))
    bars = await client.reqHistoricalDataAsync(index, "", "5 D", "1 day", "TRADES", useRTH=True)
    assert [bar.close for bar in bars] == [20.0] * 5
    assert {bar.volume for bar in bars} == {0.0}


async def test_an_order_for_it_is_refused(client: Any, library: Any) -> None:
    (index,) = await client.qualifyContractsAsync(library.Index("VIX", "CBOE", "USD"))
    trade = client.placeOrder(index, library.LimitOrder("BUY", 1, 20.0, tif="DAY"))
    async with asyncio.timeout(5):
        while 387 not in [error[1] for error in client.errors]:
            await client.updateEvent
    assert trade.fills == []


async def test_levels_are_declared(start_gateway: Any, connect: Any, library: Any) -> None:
    prices = PricesTable(indices={"VXN": Decimal("31.25")})
    client = await connect((await start_gateway(GatewayConfig(prices=prices))).port)
    (index,) = await client.qualifyContractsAsync(library.Index("VXN", "CBOE", "USD"))
    (ticker,) = await client.reqTickersAsync(index)
    assert ticker.last == 31.25
    assert await client.reqContractDetailsAsync(library.Index("VIX", "CBOE", "USD")) == []


@pytest.mark.parametrize(
    ("symbol", "level"), [("vix", "20"), ("", "20"), ("VIX", "0"), ("VIX", "-1"), ("VIX", "NaN")]
)
def test_a_level_that_is_none_is_refused(symbol: str, level: str) -> None:
    with pytest.raises(GatewayConfigError, match="indices"):
        PricesTable(indices={symbol: Decimal(level)})
