"""What accounts are worth and may do, with numbers worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bot.gateway.account.currencies import Currencies, currencies_of
from bot.gateway.account.valuation import Valuation, value_account
from bot.gateway.config import GatewayConfig
from bot.gateway.config.choice import universe_of
from bot.gateway.config.prices import PricesTable
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS, Universe

PRICES = {
    "ONE": Decimal(40),
    "SAP": Decimal(100),
    "EUR.USD": Decimal("1.1"),
    "USD.CHF": Decimal("0.8"),
}


def value(ledger: Any) -> Valuation:
    return value_account(ledger, PRICES.__getitem__)


def test_a_margin_account_needs_a_quarter_of_its_positions(books: Any) -> None:
    """Cash 1000, 5 shares at 40: net 1200, 50 of it are margin, the rest buys four times as much."""
    it = value(books(ONE=5))
    assert (it.net_liquidation, it.gross_positions, it.margin) == (1200, 200, 50)
    assert (it.available_funds, it.excess_liquidity, it.purchasable) == (1150, 1150, 4600)
    assert not it.is_under_water


def test_requirements_are_the_configured_ones(books: Any) -> None:
    """Half of 200 to buy, 30 percent of it to stay."""
    rules = {"initial_margin": Decimal("0.5"), "maintenance_margin": Decimal("0.3")}
    it = value(books(ONE=5, **rules))
    assert (it.margin, it.maintenance_margin) == (100, 60)
    assert (it.available_funds, it.excess_liquidity, it.purchasable) == (1100, 1140, 2200)


def test_owed_shares_are_worth_less_than_nothing_and_need_margin(books: Any) -> None:
    """1000 and 400 for the sale; 10 at 40 are owed: net 1000, a quarter of 400 is margin."""
    ledger = books(shorting=True)
    ledger.trade("ONE", -10, Decimal(40))
    it = value(ledger)
    assert (it.cash, it.positions, it.owed) == (1400, -400, 400)
    assert (it.net_liquidation, it.gross_positions, it.available_funds) == (1000, 400, 900)


def test_long_and_short_positions_both_need_margin(books: Any) -> None:
    """Long 5 at 40, short 2 at 110: 420 together, of which 105 are margin; net 1000 + 200."""
    ledger = books(shorting=True, ONE=5)
    ledger.trade("SAP", -2, Decimal(100))
    it = value(ledger)
    assert (it.positions, it.gross_positions, it.margin) == (-20, 420, 105)
    assert it.net_liquidation == 1200


def test_an_account_is_under_water_below_its_maintenance_margin(books: Any) -> None:
    """100 shares at 40 need 1000; with 3000 of debt there are 1000 left, with a cent more less."""
    assert not value(books("-3000", ONE=100)).is_under_water
    assert value(books("-3000.01", ONE=100)).is_under_water


def test_a_cash_account_buys_with_settled_cash_alone(books: Any) -> None:
    """1000 and 80 for two shares sold, which settle tomorrow."""
    ledger = books(kind="cash", ONE=5)
    ledger.trade_under(ledger.currencies, lambda: date(2024, 6, 4))
    ledger.trade("ONE", -2, Decimal(40))
    it = value(ledger)
    assert (it.cash, it.settled_cash, it.purchasable, it.available_funds) == (
        1080,
        1000,
        1000,
        1000,
    )
    ledger.begin_day(date(2024, 6, 4))
    assert value(ledger).purchasable == 1080


def test_unsettled_cash_buys_in_a_margin_account(books: Any) -> None:
    ledger = books(ONE=5)
    ledger.trade_under(ledger.currencies, lambda: date(2024, 6, 4))
    ledger.trade("ONE", -5, Decimal(40))
    it = value(ledger)
    assert (it.settled_cash, it.purchasable) == (1000, 4800)


def test_other_currencies_are_worth_their_rate(books: Any) -> None:
    """100 EUR are 110 USD, 40 CHF are 50; 2 SAP at 100 EUR are 220 USD; 1000 USD besides."""
    ledger = books(SAP=2)
    ledger.deposit("EUR", Decimal(100))
    ledger.deposit("CHF", Decimal(40))
    it = value(ledger)
    assert (it.cash, it.positions, it.net_liquidation) == (1160, 220, 1380)


def test_pending_cash_of_another_currency_is_valued_too(books: Any) -> None:
    ledger = books(SAP=2)
    ledger.trade_under(ledger.currencies, lambda: date(2024, 6, 4))
    ledger.trade("SAP", -1, Decimal(100))
    assert value(ledger).unsettled == 110


# -- Rates


def rate(currencies: Currencies, currency: str) -> Decimal:
    return currencies.rate(currency, PRICES.__getitem__)


def test_pairs_lead_to_the_base_currency_in_either_direction() -> None:
    config = GatewayConfig(prices=PricesTable(fx={"EUR": Decimal("1.1")}))
    instruments = universe_of(config).by_symbol
    dollars, euros = currencies_of("USD", instruments), currencies_of("EUR", instruments)
    assert rate(dollars, "EUR") == Decimal("1.1")
    assert rate(euros, "USD") == 1 / Decimal("1.1")
    assert (dollars.of("AAPL"), euros.of("AAPL")) == ("USD", "USD")


def test_two_pairs_with_the_dollar_lead_from_one_currency_to_another() -> None:
    """A euro is 1.10 USD, a pound 1.25: a euro is 0.88 pounds."""
    config = GatewayConfig(prices=PricesTable(fx={"EUR": Decimal("1.1"), "GBP": Decimal("1.25")}))
    pounds = currencies_of("GBP", universe_of(config).by_symbol)
    prices = {"EUR.USD": Decimal("1.1"), "GBP.USD": Decimal("1.25")}
    assert pounds.rate("EUR", prices.__getitem__) == Decimal("0.88")
    assert pounds.rate("GBP", prices.__getitem__) == 1


def test_without_a_rate_stocks_are_booked_in_the_base_currency() -> None:
    euros = currencies_of("EUR", Universe(KNOWN_INSTRUMENTS).by_symbol)
    assert (euros.of("AAPL"), euros.is_known("USD"), euros.is_known("EUR")) == ("EUR", False, True)
