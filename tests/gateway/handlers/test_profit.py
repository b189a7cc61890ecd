"""Profits, as bare frames and through the real client library.

AAPL closed at the tick 78.04 on Friday, and at 79.00 (78.998) on Monday, 2020-06-01. Bid and ask
stand one basis point from the middle, rounded outward: 78.99 and 79.01.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig

AAPL = 265598


@pytest.fixture
async def small(start_gateway: Any) -> Any:
    """A gateway with 100 shares of one stock, free of commission."""
    config = GatewayConfig(positions={"AAPL": 100}, cash=Decimal(10_000), commission_bps=Decimal(0))
    return await start_gateway(config)


@pytest.fixture
async def bare(small: Any, dial: Any) -> Any:
    """A client of bare frames."""
    client = await dial(small.port)
    await client.start(1)
    return client


async def test_profit_of_an_account(bare: Any) -> None:
    """100 shares from 78.04 to 79.00, and from the cost of 78.998 to 79.00."""
    bare.send(92, 7, "DU1234567", "")
    assert await bare.answers() == [["94", "7", "96", "0.2", "0"]]


async def test_profit_of_a_position_has_its_shares_and_value(bare: Any) -> None:
    bare.send(94, 8, "DU1234567", "", AAPL)
    (answer,) = await bare.answers()
    assert answer == ["95", "8", "100", "96", "0.2", "0", "7900"]


async def test_a_stock_that_is_not_held_earns_nothing(bare: Any) -> None:
    bare.send(94, 8, "DU1234567", "", 272093)
    assert await bare.answers() == [["95", "8", "0", "0", "0", "0", "0"]]


async def test_an_unknown_contract_is_refused(bare: Any) -> None:
    bare.send(94, 8, "DU1234567", "", 1)
    (answer,) = await bare.answers()
    assert answer[2:4] == ["8", "200"]


async def test_changes_are_told_until_the_subscription_ends(bare: Any, small: Any) -> None:
    bare.send(92, 7, "", "")
    bare.send(94, 8, "", "", AAPL)
    await bare.answers()
    small.gateway.strike("dividend", symbol="AAPL", amount=Decimal("0.5"))
    told = await bare.answers()
    assert [it[:2] for it in told] == [["94", "7"], ["95", "8"]]
    bare.send(93, 7)
    bare.send(95, 8)
    await bare.answers()
    small.gateway.strike("dividend", symbol="AAPL", amount=Decimal("0.5"))
    assert await bare.answers() == []


async def test_a_library_follows_the_profit_of_a_sale(
    small: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    """40 sold at 78.99, which cost 78.998: -0.32; 60 are left, worth 0.12 more than they cost."""
    client = await connect(small.port)
    whole = client.reqPnL("DU1234567")
    single = client.reqPnLSingle("DU1234567", "", AAPL)
    order = library.MarketOrder("SELL", 40, tif="DAY")
    trade = client.placeOrder(library.Stock("AAPL", "SMART", "USD"), order)
    await wait_for(trade.statusEvent, trade.isDone)
    await client.reqCurrentTimeAsync()
    assert (whole.realizedPnL, whole.unrealizedPnL) == (-0.32, 0.12)
    assert (single.position, single.realizedPnL, single.value) == (60, -0.32, 4740)
    (item,) = client.portfolio()
    assert (item.realizedPNL, item.unrealizedPNL) == (-0.32, 0.12)
    client.cancelPnL("DU1234567", "")
    client.cancelPnLSingle("DU1234567", "", AAPL)
