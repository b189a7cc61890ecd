"""Cash accounts, margins, shorts, other currencies and spellings, as clients see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.accounts import AccountRules
from bot.gateway.config.prices import PricesTable

LEDGER_KEYS = ("CashBalance", "ExchangeRate", "NetLiquidationByCurrency", "RealizedPnL")


def config(**options: Any) -> GatewayConfig:
    """A hundred shares of AAPL at 79.00 and a thousand dollars, free of commission."""
    rules = {name: options.pop(name) for name in list(options) if name in AccountRules.READERS}
    return GatewayConfig(
        **(
            {"positions": {"AAPL": 100}, "cash": Decimal(1000), "commission_bps": Decimal(0)}
            | options
        ),
        account_rules=AccountRules(**rules),
    )


def values(client: Any) -> dict[tuple[str, str], str]:
    return {(it.tag, it.currency): it.value for it in client.accountValues()}


@pytest.fixture
def trade(library: Any, wait_for: Any) -> Any:
    """Trade at the market and wait for the end of it; returns the trade."""

    async def trade_one(client: Any, action: str, quantity: int, contract: Any = None) -> Any:
        contract = contract or library.Stock("AAPL", "SMART", "USD")
        order = library.MarketOrder(action, quantity, tif="DAY")
        placed = client.placeOrder(contract, order)
        await wait_for(
            placed.statusEvent,
            lambda: placed.orderStatus.status in ("Filled", "Cancelled", "Inactive"),
        )
        await client.reqCurrentTimeAsync()
        return placed

    return trade_one


# -- Cash accounts and margins


async def test_a_cash_account_waits_for_its_proceeds_to_settle(
    start_gateway: Any, connect: Any, trade: Any
) -> None:
    """10 sold at 78.99 bring 789.90 tomorrow; 1000.00 buy 12 at 79.01, and not 13."""
    running = await start_gateway(config(kind="cash", settlement_days=1))
    client = await connect(running.port)
    assert (await trade(client, "SELL", 10)).orderStatus.status == "Filled"
    found = values(client)
    assert found["TotalCashValue", "USD"] == "1789.90"
    assert found["SettledCash", "USD"] == found["BuyingPower", "USD"] == "1000.00"
    await trade(client, "BUY", 13)
    (refusal,) = [text for _, code, text in client.errors if code == 201]
    assert "INSUFFICIENT SETTLED CASH" in refusal
    assert (await trade(client, "BUY", 12)).orderStatus.status == "Filled"
    assert values(client)["SettledCash", "USD"] == "51.88"  # 1000 - 948.12


async def test_margin_decides_what_can_be_bought(
    start_gateway: Any, connect: Any, trade: Any
) -> None:
    """8900 of equity, half of 7900 is margin: 4950 are spare and buy 9900, which is 125 at 79.01."""
    half = Decimal("0.5")
    running = await start_gateway(config(initial_margin=half, maintenance_margin=half))
    client = await connect(running.port)
    assert values(client)["BuyingPower", "USD"] == "9900.00"
    await trade(client, "BUY", 126)
    assert [text for _, code, text in client.errors if code == 201]
    assert (await trade(client, "BUY", 125)).orderStatus.status == "Filled"
    assert not running.gateway.accounts.is_under_water("")


async def test_shorts_are_told_as_negative_positions(
    start_gateway: Any, connect: Any, trade: Any
) -> None:
    """100 held and 150 sold at 78.99: 50 are owed, worth 3950."""
    running = await start_gateway(config(shorting=True))
    client = await connect(running.port)
    assert (await trade(client, "SELL", 150)).orderStatus.status == "Filled"
    (position,) = client.positions()
    assert (position.position, position.avgCost) == (-50, 78.99)
    (item,) = client.portfolio()
    assert (item.marketValue, item.unrealizedPNL) == (-3950, -0.5)
    found = values(client)
    assert found["GrossPositionValue", "USD"] == "3950.00"
    assert found["NetLiquidation", "USD"] == "8898.50"  # 1000 + 11848.50 - 3950


# -- Currencies


async def test_cash_of_other_currencies_is_in_the_ledger_and_in_the_sum(
    start_gateway: Any, connect: Any
) -> None:
    """1000 USD and 200 EUR at 1.10."""
    running = await start_gateway(
        config(prices=PricesTable(fx={"EUR": Decimal("1.1")}), balances={"EUR": Decimal(200)})
    )
    found = values(await connect(running.port))
    assert found["CashBalance", "EUR"] == "200.00"
    assert found["ExchangeRate", "EUR"] == "1.10"
    assert found["CashBalance", "USD"] == "1000.00"
    assert found["CashBalance", "BASE"] == found["TotalCashValue", "USD"] == "1220.00"
    assert found["NetLiquidation", "USD"] == "9120.00"
    assert ("NetLiquidation", "EUR") not in found


async def test_a_conversion_is_cash_in_two_currencies_and_no_position(
    start_gateway: Any, connect: Any, library: Any, trade: Any
) -> None:
    """400 EUR at 1.10015, the ask one basis point above 1.10 on its tick, and 2 USD: 442.06."""
    running = await start_gateway(config(prices=PricesTable(fx={"EUR": Decimal("1.1")})))
    client = await connect(running.port)
    await trade(client, "BUY", 400, library.Forex("EURUSD"))
    books = running.gateway.accounts.of("")
    assert books.balances == {"USD": Decimal("557.94"), "EUR": Decimal(400)}
    assert {it.contract.symbol for it in client.positions()} == {"AAPL"}
    assert values(client)["CashBalance", "EUR"] == "400.00"


async def test_an_account_in_euros_values_its_dollars(start_gateway: Any, connect: Any) -> None:
    """A dollar is 0.80 EUR: 7900 of stocks are 6320, and 1000 EUR besides. It owes no dollars yet."""
    running = await start_gateway(
        config(currency="EUR", prices=PricesTable(fx={"USD": Decimal("0.8")}))
    )
    found = values(await connect(running.port))
    assert found["NetLiquidation", "EUR"] == "7320.00"
    assert found["StockMarketValue", "USD"] == "7900.00"
    assert found["ExchangeRate", "USD"] == "0.80"


# -- Spellings


@pytest.mark.parametrize(
    ("ledger_keys", "has_plain", "has_prefixed"),
    [("plain", True, False), ("prefixed", False, True), ("both", True, True)],
)
async def test_the_ledger_is_spelled_as_configured_everywhere(
    start_gateway: Any, dial: Any, *, ledger_keys: str, has_plain: bool, has_prefixed: bool
) -> None:
    running = await start_gateway(config(ledger_keys=ledger_keys))
    client = await dial(running.port)
    await client.start(1)
    for end, key, fields in (
        (54, 2, (6, 2, 1, "")),
        (74, 5, (76, 1, 9, "", "", 0)),
        (64, 4, (62, 1, 9, "All", "$LEDGER:ALL")),
    ):
        client.send(*fields)
        keys = {it[key] for it in (await client.until(end))[:-1] if it[0] in ("6", "73", "63")}
        assert (keys >= set(LEDGER_KEYS)) is has_plain
        assert (keys >= {f"$LEDGER-{it}" for it in LEDGER_KEYS}) is has_prefixed
        assert "$LEDGER-NetLiquidation" not in keys


async def test_only_the_ledger_and_the_net_liquidation_value_are_sent_if_asked_so(
    start_gateway: Any, dial: Any
) -> None:
    running = await start_gateway(config())
    client = await dial(running.port)
    await client.start(1)
    client.send(76, 1, 9, "", "", 1)
    keys = {it[5] for it in (await client.until(74))[:-1]}
    assert keys > set(LEDGER_KEYS)
    assert "NetLiquidation" in keys
    assert "AvailableFunds" not in keys


async def test_all_values_of_a_real_account_are_taken_by_the_library(
    start_gateway: Any, connect: Any
) -> None:
    running = await start_gateway(config(account_values="all"))
    client = await connect(running.port)
    found = values(client)
    assert found["FullInitMarginReq-S", "USD"] == found["FullInitMarginReq", "USD"] == "1975.00"
    assert len(found) > 130


async def test_values_that_repeat_others_are_left_to_summaries(raw: Any) -> None:
    raw.send(6, 2, 1, "")
    keys = {it[2] for it in await raw.until(54) if it[0] == "6"}
    assert "InitMarginReq" in keys
    assert "FullInitMarginReq" not in keys
    raw.send(62, 1, 9, "All", "FullInitMarginReq,LookAheadExcessLiquidity")
    keys = {it[4] for it in await raw.until(64) if it[0] == "63"}
    assert keys == {"FullInitMarginReq", "LookAheadExcessLiquidity"}


async def test_what_has_not_changed_is_not_told_again(raw: Any, running: Any) -> None:
    """A deposit changes cash and what follows from it, and no position."""
    raw.send(6, 2, 1, "")
    raw.send(61, 1)
    await raw.answers()
    running.gateway.strike("cash-flow", amount=Decimal(100))
    told = await raw.answers()
    keys = [it[2] for it in told if it[0] == "6"]
    assert "TotalCashValue" in keys
    assert "GrossPositionValue" not in keys
    assert {it[0] for it in told} == {"6", "8"}
