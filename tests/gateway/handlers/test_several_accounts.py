"""Several accounts under one login, and the master of a financial advisor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.accounts import AccountRules, AccountTable

SECOND = AccountTable("DU1234568", Decimal(500), {"KO": 10})
TWO = GatewayConfig(positions={"AAPL": 100}, cash=Decimal(1000), further_accounts=(SECOND,))
ADVISED = GatewayConfig(
    positions={"AAPL": 100, "KO": 5},
    cash=Decimal(1000),
    further_accounts=(SECOND,),
    account_rules=AccountRules(advisor="DF1234567"),
)


def values(messages: list[list[str]], number: str = "6") -> dict[str, str]:
    """Dollar values of one account by key."""
    start = {"6": 2, "73": 5}[number]
    rows = [it[start:] for it in messages if it[0] == number]
    return {key: text for key, text, currency, *_ in rows if currency == "USD"}


@pytest.fixture
async def two(start_gateway: Any) -> Any:
    """A gateway with two accounts."""
    return await start_gateway(TWO)


@pytest.fixture
async def advised(start_gateway: Any) -> Any:
    """A gateway with two accounts below a master."""
    return await start_gateway(ADVISED)


async def test_the_list_of_several_accounts_ends_with_a_comma(two: Any, dial: Any) -> None:
    client = await dial(two.port)
    greeting = await client.start(1)
    assert greeting[0] == ["15", "1", "DU1234567,DU1234568,"]
    client.send(17, 1)
    assert (await client.answers()) == [["15", "1", "DU1234567,DU1234568,"]]


async def test_a_library_sees_every_account(two: Any, connect: Any) -> None:
    client = await connect(two.port)
    assert client.managedAccounts() == ["DU1234567", "DU1234568"]
    held = {(it.account, it.contract.symbol): it.position for it in client.positions()}
    assert held == {("DU1234567", "AAPL"): 100, ("DU1234568", "KO"): 10}
    cash = {it.account: it.value for it in client.accountValues() if it.tag == "TotalCashValue"}
    assert cash == {"DU1234567": "1000.00", "DU1234568": "500.00"}
    assert client.accountValues("DU1234568")


async def test_a_master_is_listed_first_and_has_no_positions(advised: Any, connect: Any) -> None:
    client = await connect(advised.port)
    assert client.managedAccounts() == ["DF1234567", "DU1234567", "DU1234568"]
    assert {it.account for it in client.positions()} == {"DU1234567", "DU1234568"}


@pytest.mark.parametrize("code", ["DF1234567", "DF1234567A"])
async def test_the_master_is_the_sum_of_its_accounts(advised: Any, dial: Any, code: str) -> None:
    client = await dial(advised.port)
    await client.start(1)
    client.send(6, 2, 1, code)
    answer = await client.until(54)
    assert answer[-1] == ["54", "1", code]
    assert values(answer)["TotalCashValue"] == "1500.00"
    shares = {it[3]: it[13] for it in answer if it[0] == "7"}
    assert shares == {"AAPL": "100", "KO": "15"}
    assert {it[-1] for it in answer if it[0] in ("6", "7")} == {code}


async def test_updates_are_those_of_the_account_asked_for(two: Any, dial: Any) -> None:
    client = await dial(two.port)
    await client.start(1)
    client.send(6, 2, 1, "DU1234568")
    answer = await client.until(54)
    assert values(answer)["TotalCashValue"] == "500.00"
    assert [it[3] for it in answer if it[0] == "7"] == ["KO"]
    client.send(76, 1, 9, "DU1234567", "", 0)
    assert values(await client.until(74), "73")["TotalCashValue"] == "1000.00"


async def test_another_account_replaces_the_one_subscribed_to_with_a_notice(
    two: Any, dial: Any
) -> None:
    client = await dial(two.port)
    await client.start(1)
    client.send(6, 2, 1, "DU1234568")
    await client.until(54)
    client.send(6, 2, 1, "DU1234568")
    assert not [it for it in await client.until(54) if it[0] == "4"]
    client.send(6, 2, 1, "DU1234567")
    (notice,) = [it for it in await client.until(54) if it[0] == "4"]
    assert notice[2:4] == ["-1", "2100"]
    for account in ("DU1234568", "DU1234567"):
        two.gateway.strike("cash-flow", amount=Decimal(2), account=account)
    told = await client.answers()
    assert {it[5] for it in told if it[0] == "6"} == {"DU1234567"}
    assert values(told)["TotalCashValue"] == "1002.00"


@pytest.mark.parametrize("code", ["", "DU9999999", "All!"])
async def test_with_several_accounts_one_of_them_has_to_be_named(
    two: Any, dial: Any, code: str
) -> None:
    client = await dial(two.port)
    await client.start(1)
    client.send(6, 2, 1, code)
    client.send(76, 1, 9, code, "", 0)
    client.send(92, 7, code, "")
    client.send(94, 8, code, "", 265598)
    answers = await client.answers()
    assert [it[2:4] for it in answers] == [[it, "321"] for it in ("-1", "9", "7", "8")]


async def test_a_summary_covers_all_accounts_and_one_ledger(two: Any, dial: Any) -> None:
    client = await dial(two.port)
    await client.start(1)
    client.send(62, 1, 9, "All", "TotalCashValue,$LEDGER:ALL")
    rows = [it[3:] for it in await client.until(64) if it[0] == "63"]
    assert rows[:2] == [
        ["DU1234567", "TotalCashValue", "1000.00", "USD"],
        ["DU1234568", "TotalCashValue", "500.00", "USD"],
    ]
    assert {row[0] for row in rows[2:]} == {"All"}
    assert ["All", "CashBalance", "1500.00", "BASE"] in rows
    assert ["All", "AccountOrGroup", "All", "USD"] in rows
    client.send(62, 1, 10, "Nobody", "TotalCashValue")
    assert (await client.until(4))[-1][2:4] == ["10", "321"]


async def test_an_order_changes_the_books_of_its_account_and_is_told_to_its_subscribers(
    two: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    client = await connect(two.port)
    order = library.MarketOrder("BUY", 2, tif="DAY", account="DU1234568")
    trade = client.placeOrder(library.Stock("KO", "SMART", "USD"), order)
    await wait_for(trade.statusEvent, trade.isDone)
    await client.reqCurrentTimeAsync()
    books = two.gateway.accounts
    assert books.of("DU1234568").shares("KO") == 12
    assert books.of("DU1234567").shares("KO") == 0
    assert {it.execution.acctNumber for it in client.fills()} == {"DU1234568"}
    held = {(it.account, it.contract.symbol): it.position for it in client.positions()}
    assert held == {("DU1234567", "AAPL"): 100, ("DU1234568", "KO"): 12}
    (cash,) = [it.value for it in client.accountValues("DU1234568") if it.tag == "TotalCashValue"]
    assert Decimal(cash) == books.of("DU1234568").cash


async def test_gateway_has_the_truth_by_account(two: Any) -> None:
    assert two.gateway.accounts.ids == ("DU1234567", "DU1234568")
    assert two.gateway.cash == two.gateway.accounts.of("DU1234567").cash == 1000
    assert not two.gateway.accounts.is_under_water("DU1234568")
