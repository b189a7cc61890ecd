"""The lines of an account: the right names, currencies, digits and amounts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.account.lines import (
    AccountValue,
    Statement,
    account_lines,
    is_asked_for,
    spelled,
)
from bot.gateway.account.profit import profits
from bot.gateway.account.valuation import value_account
from bot.gateway.exchange.quotes import Quote

PRICES = {"ONE": Decimal(40), "SAP": Decimal(100), "EUR.USD": Decimal("1.1234567")}
CLOSES = {"ONE": Decimal(38), "SAP": Decimal(100)}


def quote(symbol: str) -> Quote:
    price = PRICES[symbol]
    return Quote(price, price, price, CLOSES[symbol], bid_size=1, ask_size=1, volume=1)


def lines(ledger: Any) -> dict[tuple[str, str], str]:
    statement = Statement(
        "DU1",
        ledger,
        value_account(ledger, PRICES.__getitem__),
        profits(ledger, quote),
        PRICES.__getitem__,
        datetime(2020, 6, 2, 4, tzinfo=UTC),
    )
    made = account_lines(statement)
    found = {(it.key, it.currency): it.value for it in made if not it.is_ledger}
    return found | {(f"L:{it.key}", it.currency): it.value for it in made if it.is_ledger}


def test_values_of_the_account_are_in_its_currency(books: Any) -> None:
    """Cash 1000, 5 shares at 40, which were 38: net 1200, 10 more than yesterday."""
    found = lines(books(ONE=5))
    amounts = {
        "NetLiquidation": "1200.00",
        "EquityWithLoanValue": "1200.00",
        "PreviousDayEquityWithLoanValue": "1190.00",
        "RegTEquity": "1200.00",
        "RegTMargin": "100.00",
        "SMA": "1100.00",
        "GrossPositionValue": "200.00",
        "TotalCashValue": "1000.00",
        "SettledCash": "1000.00",
        "AccruedCash": "0.00",
        "BuyingPower": "4600.00",
    }
    for when in ("", "Full", "LookAhead"):
        amounts |= {f"{when}InitMarginReq": "50.00", f"{when}MaintMarginReq": "50.00"}
        amounts |= {f"{when}AvailableFunds": "1150.00", f"{when}ExcessLiquidity": "1150.00"}
    assert {key: found[key, "USD"] for key in amounts} == amounts


def test_facts_have_no_currency(books: Any) -> None:
    """1150 of 1200 are spare, 200 of 1200 are invested; 2020-06-02 04:00 UTC ends the day."""
    found = lines(books(ONE=5))
    assert {key: text for (key, currency), text in found.items() if not currency} == {
        "AccountCode": "DU1",
        "AccountReady": "true",
        "AccountType": "INDIVIDUAL",
        "Cushion": "0.958333",
        "DayTradesRemaining": "-1",
        "Leverage": "0.17",
        "LookAheadNextChange": "1591070400",
    }


def test_the_ledger_has_a_set_of_values_for_each_currency_and_their_sum(books: Any) -> None:
    """2 SAP of 10 EUR at 100; 0.5 EUR: 200.5 EUR at 1.1234567 are 225.2530683... USD."""
    ledger = books(SAP=2, ONE=5)
    ledger.deposit("EUR", Decimal("0.5"))
    found = lines(ledger)
    assert {key[2:]: text for (key, of), text in found.items() if of == "EUR"} == {
        "AccountOrGroup": "DU1",
        "Currency": "EUR",
        "RealCurrency": "EUR",
        "CashBalance": "0.50",
        "TotalCashBalance": "0.50",
        "AccruedCash": "0.00",
        "StockMarketValue": "200.00",
        "NetLiquidationByCurrency": "200.50",
        "UnrealizedPnL": "180.00",
        "RealizedPnL": "0.00",
        "ExchangeRate": "1.1234567",
    }
    assert found["L:CashBalance", "USD"] == "1000.00"
    assert found["L:CashBalance", "BASE"] == "1000.5617"  # 0.56172835
    assert found["L:StockMarketValue", "BASE"] == "424.69"  # 224.69134 + 200
    assert found["L:NetLiquidationByCurrency", "BASE"] == "1425.2531"
    assert found["L:UnrealizedPnL", "BASE"] == "352.22"  # 150 + 202.222206
    assert found["L:ExchangeRate", "USD"] == found["L:ExchangeRate", "BASE"] == "1.00"


def test_realized_profit_is_that_of_the_day(books: Any) -> None:
    ledger = books(ONE=5)
    ledger.trade("ONE", -2, Decimal(40))
    assert lines(ledger)["L:RealizedPnL", "USD"] == "60.00"
    ledger.begin_day(date(2020, 6, 2))
    assert lines(ledger)["L:RealizedPnL", "BASE"] == "0.00"


def test_an_account_of_nothing_has_lines_too(books: Any) -> None:
    found = lines(books("0"))
    assert (found["Cushion", ""], found["Leverage", ""]) == ("0.000000", "0.00")
    assert found["BuyingPower", "USD"] == "0.00"


def test_less_than_nothing_buys_nothing(books: Any) -> None:
    assert lines(books("-3500", ONE=100))["BuyingPower", "USD"] == "0.00"


def test_all_values_are_those_of_a_recorded_account(books: Any) -> None:
    """Also what cannot be held here, and the lines for stocks alone."""
    found = lines(books(ONE=5, account_values="all"))
    assert found["NetLiquidation-S", "USD"] == "1200.00"
    assert found["FullInitMarginReq-S", "USD"] == "50.00"
    assert found["Guarantee-S", "USD"] == found["Billable", "USD"] == "0.00"
    assert found["L:MutualFundValue", "BASE"] == found["L:FxCashBalance", "USD"] == "0.00"
    assert found["TradingType-S", ""] == "STKNOPT"
    assert ("BuyingPower-S", "USD") not in found
    assert len(found) > 110


CASH = AccountValue("CashBalance", "1.00", "EUR", is_ledger=True)
NET = AccountValue("NetLiquidation", "1.00", "USD")


@pytest.mark.parametrize(
    ("ledger_keys", "keys"),
    [
        ("plain", ["CashBalance"]),
        ("prefixed", ["$LEDGER-CashBalance"]),
        ("both", ["CashBalance", "$LEDGER-CashBalance"]),
    ],
)
def test_the_ledger_is_spelled_as_configured_and_the_account_always_the_same(
    ledger_keys: str, keys: list[str]
) -> None:
    assert [line.key for line in spelled(CASH, ledger_keys)] == keys
    assert spelled(NET, ledger_keys) == (NET,)


@pytest.mark.parametrize(
    ("tags", "has_net", "has_euros"),
    [
        ({"NetLiquidation"}, True, False),
        ({"All"}, True, False),
        ({"$LEDGER"}, False, False),
        ({"$LEDGER:EUR"}, False, True),
        ({"$LEDGER:ALL", "NetLiquidation"}, True, True),
        ({"$LEDGER:USD"}, False, False),
        ({"CashBalance"}, False, False),
    ],
)
def test_a_summary_has_what_its_tags_ask_for(
    *, tags: set[str], has_net: bool, has_euros: bool
) -> None:
    assert is_asked_for(NET, frozenset(tags), "USD") is has_net
    assert is_asked_for(CASH, frozenset(tags), "USD") is has_euros


def test_the_ledger_tag_alone_means_the_base_currency() -> None:
    assert is_asked_for(CASH, frozenset({"$LEDGER"}), "EUR")
