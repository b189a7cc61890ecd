"""Faults of the account: what is true, and what is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError
from bot.gateway.orders.order import Status


async def account_value(rig: Any, key: str) -> list[tuple[str, str]]:
    """Return value and currency of an account value, as account updates have it."""
    rig.raw.send(6, 2, 1, "")
    told = await rig.raw.answers()
    return [(message[3], message[4]) for message in told if message[:3] == ["6", "2", key]]


async def positions(rig: Any) -> dict[str, int]:
    rig.raw.send(61, 1)
    told = await rig.raw.answers()
    return {message[4]: int(message[14]) for message in told if message[0] == "61"}


@pytest.mark.parametrize("amount", ["1000.50", "-2000"])
async def test_cash_flow_changes_cash_and_is_told(rig: Any, amount: str) -> None:
    cash = rig.gateway.cash
    await account_value(rig, "TotalCashValue")
    rig.strike("cash-flow", amount=amount)
    assert rig.gateway.cash == cash + Decimal(amount)
    told = [message for message in await rig.raw.answers() if message[0] == "6"]
    (value,) = [Decimal(message[3]) for message in told if message[2] == "TotalCashValue"]
    assert value == cash + Decimal(amount)


async def test_cash_flow_needs_an_account_and_a_rate(rig: Any) -> None:
    with pytest.raises(FaultError, match="no account 'DU1'"):
        rig.strike("cash-flow", account="DU1")
    with pytest.raises(FaultError, match="cash-flow: there is no rate from ZZZ to USD"):
        rig.strike("cash-flow", currency="ZZZ")


async def test_foreign_position_appears_without_an_order(rig: Any) -> None:
    held, cash = await positions(rig), rig.gateway.cash
    rig.strike("foreign-position", symbol="KO", shares=-7)
    (told,) = [message for message in await rig.raw.answers() if message[0] == "61"]
    assert (told[4], int(told[14])) == ("KO", held["KO"] - 7)
    assert (rig.gateway.cash, rig.gateway.executions) == (cash, ())
    rig.strike("foreign-position", symbol="PFE", shares=3)
    assert (await positions(rig))["PFE"] == 3
    with pytest.raises(FaultError, match="3 PFE are held, 4 cannot leave"):
        rig.strike("foreign-position", symbol="PFE", shares=-4)
    with pytest.raises(FaultError, match="shares = 0"):
        rig.strike("foreign-position", symbol="PFE", shares=0)


async def test_foreign_position_may_take_away_what_an_order_sells(rig: Any) -> None:
    rig.behaviour.fill = "none"
    held = rig.gateway.positions["KO"].shares
    await rig.placed(quantity=held)
    rig.strike("foreign-position", symbol="KO", shares=-held)
    rig.behaviour.fill = "full"
    told = await rig.raw.answers()
    assert rig.codes(told) == [("1", "202")]
    assert [order.status for order in rig.gateway.orders] == [Status.CANCELLED]
    assert rig.gateway.executions == ()


async def test_split_changes_shares_and_price_and_not_the_value(rig: Any) -> None:
    held = (await positions(rig))["KO"]
    before = await rig.quotes()
    rig.raw.send(2, 2, 9)
    rig.strike("split", symbol="KO", ratio=2)
    assert rig.gateway.positions["KO"].shares == 2 * held
    after = await rig.quotes()
    # Half of the last price, to the cent.
    assert abs(Decimal(after["4"]) - Decimal(before["4"]) / 2) <= Decimal("0.01")
    rig.place()
    await rig.raw.answers()
    assert rig.gateway.executions[0].price == Decimal(after["1"])


async def test_dividend_is_paid_on_what_is_held(rig: Any) -> None:
    cash, held = rig.gateway.cash, rig.gateway.positions["KO"].shares
    rig.strike("dividend", symbol="KO", amount="0.41")
    assert rig.gateway.cash == cash + held * Decimal("0.41")


async def test_account_value_is_missing_or_wrong_however_it_is_asked_for(rig: Any) -> None:
    assert await account_value(rig, "NetLiquidation") != []
    rig.strike("account-value")
    assert await account_value(rig, "NetLiquidation") == []
    rig.raw.send(62, 1, 5, "All", "NetLiquidation")
    assert [message[0] for message in await rig.raw.answers()] == ["64"]
    rig.end("account-value")
    rig.strike("account-value", key="TotalCashValue", value="nan")
    assert {value for value, _ in await account_value(rig, "TotalCashValue")} == {"nan"}


async def test_account_currency_is_another_one(rig: Any) -> None:
    rig.strike("account-currency")
    assert {currency for _, currency in await account_value(rig, "NetLiquidation")} == {"EUR"}


async def test_clock_skew_is_in_the_answered_time(rig: Any) -> None:
    rig.strike("clock-skew", skew_s=-90)
    rig.raw.send(49, 1)
    # 2020-06-01 14:30:00 UTC is 1591021800.
    assert await rig.raw.receive() == ["49", "1", str(1591021800 - 90)]


async def test_positions_endless_have_no_end(rig: Any) -> None:
    rig.strike("positions-endless")
    rig.raw.send(61, 1)
    assert {message[0] for message in await rig.raw.answers()} == {"61"}


async def test_positions_empty_look_flat_and_end_as_they_should(rig: Any) -> None:
    rig.strike("positions-empty")
    rig.raw.send(61, 1)
    rig.raw.send(6, 2, 1, "")
    told = [message[0] for message in await rig.raw.answers()]
    assert set(told) & {"61", "7"} == set()
    assert {"62", "54"} <= set(told)
    assert len(rig.gateway.positions) == 10


async def test_positions_empty_may_hide_one_only(rig: Any) -> None:
    rig.strike("positions-empty", symbol="KO", portfolio="shown")
    held = await positions(rig)
    assert ("KO" in held, len(held)) == (False, 9)
