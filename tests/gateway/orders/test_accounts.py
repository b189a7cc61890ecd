"""Orders of several accounts, of accounts with other rules, and of currency pairs."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.accounts import AccountRules, AccountTable
from bot.gateway.config.prices import PricesTable
from bot.gateway.orders.order import Status

SECOND = "DU7654321"
TWO: dict[str, Any] = {
    "further_accounts": (
        AccountTable(SECOND, cash=Decimal(10_000), positions=MappingProxyType({"AAPL": 100})),
    )
}


async def test_each_order_changes_the_books_of_its_account(bench_class: Any) -> None:
    """10 at 79.01 and 0.08 of commission."""
    bench = bench_class(**TWO)
    first, second = bench.accounts.of("DU1234567"), bench.accounts.of(SECOND)
    before = (first.cash, first.shares("AAPL"))
    order = bench.place(account=SECOND)
    assert (order.status, order.account) == (Status.FILLED, SECOND)
    assert (first.cash, first.shares("AAPL")) == before
    assert (second.cash, second.shares("AAPL")) == (Decimal("9209.82"), 110)


async def test_what_can_be_sold_and_carried_is_that_of_the_account(bench_class: Any) -> None:
    bench = bench_class(**TWO)
    bench.place(account=SECOND, action="SELL", quantity=Decimal(100), limit=Decimal(500))
    bench.place(account=SECOND, action="SELL", quantity=Decimal(1), limit=Decimal(500))
    assert "0 shares can be sold" in bench.told[-1]
    bench.place(account="DU1234567", action="SELL", quantity=Decimal(1), limit=Decimal(500))
    assert bench.told[-1] == "status Submitted 0/1"
    bench.place(account=SECOND, quantity=Decimal(10_000), limit=Decimal(50))
    assert "201: Order rejected" in bench.told[-1]


@pytest.mark.parametrize(
    ("account", "code"), [("", 435), ("DF1234567", 436), ("DU9999999", 321), ("All", 321)]
)
async def test_with_several_accounts_an_order_names_one(
    bench_class: Any, account: str, code: int
) -> None:
    bench = bench_class(**TWO, account_rules=AccountRules(advisor="DF1234567"))
    assert bench.place(account=account) is None
    assert bench.told[-1].startswith(f"notice 1/1 {code}: ")


async def test_the_account_of_an_order_cannot_be_changed(bench_class: Any) -> None:
    bench = bench_class(**TWO)
    order = bench.place(account=SECOND, limit=Decimal(50))
    bench.change(order, account="DU1234567")
    assert bench.told[-1].startswith("notice 1/1 105: ")


async def test_groups_are_those_of_one_account(bench_class: Any) -> None:
    bench = bench_class(**TWO)
    rests = bench.place(account=SECOND, limit=Decimal(50), oca_group="group", oca_type=1)
    bench.place(account="DU1234567", oca_group="group", oca_type=1)
    assert rests.status is Status.SUBMITTED


async def test_with_shorting_more_can_be_sold_than_is_held(bench_class: Any) -> None:
    """10,000 USD carry four times as much: 506 shares at 78.99 are 39,969, and 507 are 40,048."""
    rules = AccountRules(shorting=True)
    bench = bench_class(positions={}, cash=Decimal(10_000), account_rules=rules)
    bench.place(action="SELL", quantity=Decimal(507), order_type="MKT", limit=None)
    assert "201: Order rejected" in bench.told[-1]
    order = bench.place(action="SELL", quantity=Decimal(506), order_type="MKT", limit=None)
    assert order.status is Status.FILLED
    assert bench.ledger.shares("AAPL") == -506


async def test_a_cash_account_buys_with_settled_cash_only(bench_class: Any) -> None:
    """What the sale of 100 shares brings cannot be spent today."""
    rules = AccountRules(kind="cash", settlement_days=1)
    bench = bench_class(positions={"AAPL": 100}, cash=Decimal(1000), account_rules=rules)
    bench.place(action="SELL", quantity=Decimal(100), limit=Decimal(70))
    bench.place(quantity=Decimal(13), limit=Decimal(80))
    assert "201: Order rejected" in bench.told[-1]
    assert bench.place(quantity=Decimal(12), limit=Decimal(80)).status is Status.FILLED


async def test_a_real_client_trades_for_two_accounts(
    start_gateway: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    running = await start_gateway(GatewayConfig(**TWO))
    client = await connect(running.port, account="DU1234567")
    stock = library.Stock("AAPL", "SMART", "USD")
    for account in ("DU1234567", SECOND):
        order = library.MarketOrder("BUY", 1, tif="DAY", account=account)
        trade = client.placeOrder(stock, order)
        await wait_for(trade.commissionReportEvent, trade.isDone)
        assert trade.fills[0].execution.acctNumber == account
    fills = await client.reqExecutionsAsync(library.ExecutionFilter(acctCode=SECOND))
    assert [fill.execution.acctNumber for fill in fills] == [SECOND]
    again = await connect(running.port, 2, account=SECOND)
    assert {trade.order.account for trade in again.trades()} == {"DU1234567", SECOND}


RATES: dict[str, Any] = {"prices": PricesTable(fx=MappingProxyType({"EUR": Decimal("1.10")}))}


async def test_a_conversion_moves_cash_of_two_currencies(bench_class: Any) -> None:
    """A fifth of a basis point of 1,100 is less than the least commission, 2 dollars."""
    bench = bench_class(**RATES)
    pair = bench.market.universe.by_symbol["EUR.USD"]
    quote = bench.market.quote("EUR.USD")
    dollars = bench.ledger.balances["USD"]
    terms: dict[str, Any] = {"instrument": pair, "exchange": "IDEALPRO", "limit": None}
    bought = bench.place(quantity=Decimal(1000), order_type="MKT", **terms)
    assert (bought.status, bought.average_price) == (Status.FILLED, quote.ask)
    assert bench.ledger.balances["EUR"] == 1000
    paid = (1000 * quote.ask).quantize(Decimal("0.01")) + 2
    assert bench.ledger.balances["USD"] == dollars - paid
    bench.place(action="SELL", quantity=Decimal(1000), order_type="MKT", **terms)
    received = (1000 * quote.bid).quantize(Decimal("0.01")) - 2
    assert bench.ledger.balances["USD"] == dollars - paid + received
    assert bench.ledger.balances["EUR"] == 0
    assert "EUR.USD" not in bench.ledger.positions


@pytest.mark.parametrize(
    "terms",
    [{"order_type": "MOC"}, {"order_type": "MIDPRICE"}, {"time_in_force": "OPG"}],
    ids=str,
)
async def test_currency_pairs_have_no_auctions(bench_class: Any, terms: dict[str, Any]) -> None:
    bench = bench_class(**RATES)
    pair = bench.market.universe.by_symbol["EUR.USD"]
    bench.place(instrument=pair, exchange="IDEALPRO", limit=Decimal("1.10"), **terms)
    assert bench.told[-1].startswith("notice 1/1 387: ")


async def test_orders_of_pairs_end_with_their_own_day(bench_class: Any) -> None:
    """It ends at 17:00 in New York, an hour after the close of stocks."""
    bench = bench_class(**RATES)
    bench.desk.start()
    pair = bench.market.universe.by_symbol["EUR.USD"]
    order = bench.place(instrument=pair, exchange="IDEALPRO", limit=Decimal("0.50"))
    bench.go("2020-06-01T20:59:59")
    assert order.status is Status.SUBMITTED
    bench.go("2020-06-01T21:00:00")
    assert order.status is Status.CANCELLED
    bench.turns.cancel_all()


async def test_a_real_client_converts(
    start_gateway: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    running = await start_gateway(GatewayConfig(**RATES))
    client = await connect(running.port)
    order = library.MarketOrder("BUY", 5000, tif="DAY")
    trade = client.placeOrder(library.Forex("EURUSD"), order)
    await wait_for(trade.commissionReportEvent, trade.isDone)
    (fill,) = trade.fills
    assert (fill.contract.secType, fill.contract.localSymbol) == ("CASH", "EUR.USD")
    assert (fill.execution.shares, fill.commissionReport.commission) == (5000, 2)
    state = await client.whatIfOrderAsync(library.Forex("EURUSD"), order)
    assert float(state.commission) == 2
