"""The account as the real client library sees it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import Behaviour, GatewayConfig


def value(client: Any, tag: str, currency: str = "USD") -> Decimal:
    (found,) = [
        item.value
        for item in client.accountValues()
        if item.tag == tag and item.currency == currency
    ]
    return Decimal(found)


async def test_positions_carry_primary_exchange_and_average_cost(client: Any) -> None:
    (apple,) = [item for item in client.positions() if item.contract.symbol == "AAPL"]
    assert (apple.position, apple.avgCost, apple.account) == (2484, 27.096, "DU1234567")
    assert (apple.contract.conId, apple.contract.exchange) == (265598, "NASDAQ")


async def test_net_liquidation_is_cash_and_portfolio(client: Any) -> None:
    worth = sum(Decimal(str(item.marketValue)) for item in client.portfolio())
    assert value(client, "NetLiquidation") == worth + value(client, "TotalCashValue")
    assert value(client, "GrossPositionValue") == worth
    assert value(client, "CashBalance", "BASE") == value(client, "CashBalance")


async def test_summary_gives_the_values_asked_for(client: Any) -> None:
    lines = {line.tag: line.value for line in await client.accountSummaryAsync()}
    assert lines["NetLiquidation"] == "1003071.53"
    assert lines["AccountType"] == "INDIVIDUAL"


async def test_summary_of_named_tags_has_no_others(raw: Any) -> None:
    raw.send(62, 1, 9, "All", "NetLiquidation,TotalCashValue")
    lines = await raw.answers()
    assert [line[4] for line in lines[:-1]] == ["NetLiquidation", "TotalCashValue"]
    assert lines[-1] == ["64", "1", "9"]


async def test_subscribers_are_told_of_a_fill(
    client: Any, library: Any, wait_for: Any, running: Any
) -> None:
    stock = library.Stock("AAPL", "SMART", "USD")
    client.placeOrder(stock, library.MarketOrder("SELL", 84, tif="DAY"))
    await wait_for(
        client.updatePortfolioEvent,
        lambda: any(
            item.position == 2400 for item in client.portfolio() if item.contract.symbol == "AAPL"
        ),
    )
    await client.reqCurrentTimeAsync()
    assert value(client, "TotalCashValue") == running.gateway.cash
    assert {item.contract.symbol: item.position for item in client.positions()}["AAPL"] == 2400


async def test_a_position_that_is_sold_out_is_told_as_zero_and_then_gone(
    raw: Any, running: Any, client: Any, library: Any, wait_for: Any
) -> None:
    raw.send(61, 1)
    await raw.until(62)
    trade = client.placeOrder(
        library.Stock("GE", "SMART", "USD"), library.MarketOrder("SELL", 382, tif="DAY")
    )
    await wait_for(trade.statusEvent, trade.isDone)
    (told,) = await raw.answers()
    assert (told[0], told[4], told[14]) == ("61", "GE", "0")
    assert "GE" not in running.gateway.positions
    raw.send(61, 1)
    assert len(await raw.until(62)) == 9 + 1


async def test_ended_subscriptions_are_silent(
    raw: Any, client: Any, library: Any, wait_for: Any
) -> None:
    for fields in ((61, 1), (6, 2, 1, ""), (76, 1, 5, "", "", 0), (62, 1, 6, "All", "SettledCash")):
        raw.send(*fields)
    for fields in ((64, 1), (6, 2, 0, ""), (77, 1, 5), (63, 1, 6)):
        raw.send(*fields)
    await raw.answers()
    trade = client.placeOrder(
        library.Stock("KO", "SMART", "USD"), library.MarketOrder("SELL", 1, tif="DAY")
    )
    await wait_for(trade.statusEvent, trade.isDone)
    assert await raw.answers() == []


@pytest.mark.parametrize(
    ("fields", "request_id"),
    [((6, 2, 1, "DU9999999"), "-1"), ((76, 1, 5, "DU9999999", "", 0), "5")],
)
async def test_another_account_is_refused(
    raw: Any, fields: tuple[object, ...], request_id: str
) -> None:
    raw.send(*fields)
    (answer,) = await raw.answers()
    assert answer[2:4] == [request_id, "321"]


async def test_an_account_in_another_currency_says_so(start_gateway: Any, connect: Any) -> None:
    running = await start_gateway(GatewayConfig(currency="EUR"), behaviour=Behaviour())
    client = await connect(running.port)
    assert value(client, "NetLiquidation", "EUR") > 0


async def test_an_empty_account_still_ends_its_answers(start_gateway: Any, connect: Any) -> None:
    running = await start_gateway(GatewayConfig(holdings=()))
    client = await connect(running.port)
    assert client.positions() == client.portfolio() == []
    assert value(client, "TotalCashValue") == 680_000
