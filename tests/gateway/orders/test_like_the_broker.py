"""Where a lenient broker would let a bot's mistake pass, or make shares that nobody ordered.

AAPL is quoted 78.99 to 79.01 on 2020-06-01, a Monday, and closes at 79.36 on Tuesday and at 79.80
on Wednesday. EUR.USD at 1.10 is quoted 1.09985 to 1.10015: a basis point off, and outward to steps of 0.00005.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from bot.gateway.config.accounts import AccountRules
from bot.gateway.config.market import BookTable
from bot.gateway.config.prices import PricesTable
from bot.gateway.orders.order import Status

RATES = PricesTable(fx=MappingProxyType({"EUR": Decimal("1.10")}))
SMALL: dict[str, Any] = {"positions": MappingProxyType({"AAPL": 0}), "cash": Decimal(10_000)}
CASH = AccountRules(kind="cash", settlement_days=1)


# -- Changes of orders that have traded in part


async def test_what_is_left_of_a_sale_of_everything_can_be_changed(bench: Any) -> None:
    held = bench.ledger.shares("AAPL")
    bench.behaviour.fill = "partial"
    order = bench.place(action="SELL", quantity=Decimal(held), limit=Decimal(78))
    assert order.filled == held // 2
    bench.change(order, limit=Decimal(500))
    assert bench.told[-1] == f"status Submitted {held // 2}/{held}"
    bench.change(order, quantity=Decimal(held + 1))
    assert "201: Order rejected" in bench.told[-1]
    assert order.quantity == held


async def test_what_is_left_of_a_purchase_with_all_there_is_can_be_changed(
    bench_class: Any,
) -> None:
    """10,000 carry 40,000, which is 506 shares at 79.01; after 252 there is room for 253 more."""
    bench = bench_class(**SMALL)
    bench.behaviour.fill = "partial"
    order = bench.place(quantity=Decimal(505), order_type="MKT", limit=None)
    bench.change(order)
    assert bench.told[-1] == "status Submitted 252/505"
    bench.change(order, quantity=Decimal(600))
    assert "201: Order rejected" in bench.told[-1]


# -- Too many orders


async def test_so_many_orders_of_a_contract_and_side_and_no_more(bench_class: Any) -> None:
    bench = bench_class(book=BookTable(working_max=2))
    first, _ = bench.place(limit=Decimal(50)), bench.place(limit=Decimal(50))
    assert bench.place(limit=Decimal(50)).status is Status.INACTIVE
    assert "201: Order rejected - reason:2 orders of this contract" in bench.told[-1]
    assert bench.place(action="SELL", limit=Decimal(500)).is_working
    bench.change(first, limit=Decimal(51))
    assert bench.told[-1] == "status Submitted 0/10"
    bench.desk.cancel(1, 1)
    assert bench.place(limit=Decimal(50)).is_working


# -- Groups


async def test_nothing_comes_late_to_a_group_that_is_filled(bench_class: Any) -> None:
    """Else both of two orders trade of which the first one does so at once."""
    bench = bench_class()
    assert bench.place(oca_group="one", oca_type=1).status is Status.FILLED
    assert bench.place(oca_group="one", oca_type=1).status is Status.INACTIVE
    assert bench.told[-1] == "notice 1/2 201: Order rejected - reason:OCA group is already filled."
    assert bench.place(oca_group="two", oca_type=1).status is Status.FILLED
    bench.go("2020-06-02T14:30:00")
    assert bench.place(oca_group="one", oca_type=1).status is Status.FILLED


# -- Auctions


@pytest.mark.parametrize("order_type", ["MOC", "LOC"])
async def test_close_to_the_auction_its_orders_can_no_longer_be_cancelled(
    bench_class: Any, order_type: str
) -> None:
    bench = bench_class("2020-06-01T19:49:59")
    bench.desk.start()
    limit = Decimal(90) if order_type == "LOC" else None
    gone = bench.place(order_type=order_type, limit=limit)
    stays = bench.place(order_type=order_type, limit=limit)
    bench.desk.cancel(1, 1)
    bench.go("2020-06-01T19:50:00")
    bench.desk.cancel(1, 2)
    assert "161: Cancel attempted when order is not in a cancellable state" in bench.told[-1]
    bench.desk.cancel_all()
    bench.go("2020-06-01T20:00:00")
    assert (gone.status, stays.status) == (Status.CANCELLED, Status.FILLED)


async def test_an_auction_that_nobody_attended_traded_nothing(bench_class: Any) -> None:
    """Not at the next close, and not at any other price of a later day."""
    bench = bench_class("2020-06-01T14:30:00")
    bench.desk.start()
    order = bench.place(order_type="MOC", limit=None)
    bench.desk.stop()
    bench.turns.cancel_all()
    bench.moment = bench.moment.replace(day=4)
    bench.desk.start()
    assert (order.status, order.filled) == (Status.CANCELLED, 0)
    assert bench.told[-2:-1] == [
        "notice 1/1 202: Order Canceled - reason:The time in force has expired"
    ]


# -- Splits


async def test_a_split_cancels_the_orders_of_its_symbol(bench: Any) -> None:
    """They mean old shares at old prices: a purchase at 70 would trade at once at 20."""
    buys = bench.place(limit=Decimal(70), time_in_force="GTC")
    sells = bench.place(action="SELL", limit=Decimal(90), time_in_force="GTC")
    waits = bench.place(order_type="MOC", limit=None)
    other = bench.place(
        instrument=bench.market.universe.by_symbol["KO"], limit=Decimal(10), time_in_force="GTC"
    )
    bench.market.rescale("AAPL", Decimal("0.25"))
    bench.accounts.split("AAPL", Decimal(4))
    bench.desk.look_again()
    assert {order.status for order in (buys, sells, waits)} == {Status.CANCELLED}
    assert (buys.filled, other.status) == (0, Status.SUBMITTED)
    assert any("202: Order Canceled - reason:The security was split" in it for it in bench.told)


# -- What an account can pay


def convert(bench: Any, action: str, amount: int, **terms: Any) -> Any:
    terms = {"order_type": "MKT", "limit": None, "exchange": "IDEALPRO", **terms}
    pair = bench.market.universe.by_symbol["EUR.USD"]
    return bench.place(instrument=pair, action=action, quantity=Decimal(amount), **terms)


async def test_nobody_lends_a_margin_account_any_amount(bench_class: Any) -> None:
    """10,000 carry 40,000 of stocks, and so do they of a debt: 45,448 euros for 10,000 + 40,000."""
    bench = bench_class(prices=RATES, **SMALL)
    assert convert(bench, "BUY", 45_449).status is Status.INACTIVE
    assert convert(bench, "SELL", 1_000_000_000).status is Status.INACTIVE
    assert bench.ledger.balances == {"USD": Decimal(10_000)}
    assert convert(bench, "BUY", 45_448).status is Status.FILLED
    assert convert(bench, "BUY", 10_000).status is Status.INACTIVE


async def test_what_another_order_converts_already_is_spoken_for(bench_class: Any) -> None:
    """Both at 1.00: 40,000 of the 50,000 dollars, then 10,001."""
    bench = bench_class(prices=RATES, **SMALL)
    assert convert(bench, "BUY", 40_000, order_type="LMT", limit=Decimal(1)).is_working
    one_more = convert(bench, "BUY", 10_001, order_type="LMT", limit=Decimal(1))
    assert one_more.status is Status.INACTIVE


async def test_a_cash_account_converts_what_it_has(bench_class: Any) -> None:
    """9,000 euros cost 9,901.35; after that and 2 of commission there are 96.65 dollars."""
    bench = bench_class(prices=RATES, account_rules=CASH, **SMALL)
    assert convert(bench, "BUY", 9_100).status is Status.INACTIVE
    assert convert(bench, "SELL", 1).status is Status.INACTIVE
    assert convert(bench, "BUY", 9_000).status is Status.FILLED
    assert bench.ledger.balances == {"USD": Decimal("96.65"), "EUR": Decimal(9_000)}


async def test_a_cash_account_has_to_have_the_commission_too(bench_class: Any) -> None:
    """100 at 79.01, and 0.79: 7,901.79."""
    bench = bench_class(positions=SMALL["positions"], cash=Decimal("7901.78"), account_rules=CASH)
    assert bench.place(quantity=Decimal(100), limit=Decimal("79.01")).status is Status.INACTIVE
    bench.ledger.deposit("USD", Decimal("0.01"))
    assert bench.place(quantity=Decimal(100), limit=Decimal("79.01")).status is Status.FILLED
    assert bench.ledger.cash == 0
