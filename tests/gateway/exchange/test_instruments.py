"""Instruments: ids, symbols and allowed prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.instruments import (
    KNOWN_INSTRUMENTS,
    PAIR_RULE,
    PRICE_MAX,
    US_STOCK_RULE,
    Instrument,
    Universe,
    fixed_rule,
    own_contract_id,
)
from bot.gateway.exchange.sources.fx import currency_pairs
from bot.prices import load_history

AAPL = KNOWN_INSTRUMENTS["AAPL"]
PRICES = st.decimals(Decimal("0.0001"), PRICE_MAX, allow_nan=False, allow_infinity=False, places=6)


def test_every_symbol_with_prices_is_an_instrument_with_an_id_of_its_own() -> None:
    assert tuple(KNOWN_INSTRUMENTS) == load_history().symbols
    assert len({item.contract_id for item in KNOWN_INSTRUMENTS.values()}) == 20


def test_real_ids_are_used_where_they_are_known() -> None:
    assert AAPL.contract_id == 265598
    assert KNOWN_INSTRUMENTS["MSFT"].contract_id == 272093


def test_an_id_decides_alone_but_must_fit_the_symbol() -> None:
    universe = Universe(["AAPL", "KO"])
    assert universe.find_all(contract_id=265598) == [AAPL]
    assert universe.find_all(contract_id=265598, symbol="AAPL", exchange="ANY") == [AAPL]
    assert universe.find_all(contract_id=265598, symbol="KO") == []
    assert universe.find_all(contract_id=272093, symbol="MSFT") == []  # not in this universe


@pytest.mark.parametrize(
    ("exchange", "currency", "is_found"),
    [
        ("SMART", "USD", True),
        ("", "", True),
        ("NASDAQ", "USD", True),
        ("NYSE", "USD", False),
        ("SMART", "EUR", False),
    ],
)
def test_a_symbol_needs_its_exchange_and_currency(
    exchange: str, currency: str, *, is_found: bool
) -> None:
    universe = Universe(["AAPL"])
    found = universe.find_all(symbol="AAPL", exchange=exchange, currency=currency)
    assert found == ([AAPL] if is_found else [])


def test_matching_looks_at_the_start_of_symbol_and_name() -> None:
    universe = Universe(KNOWN_INSTRUMENTS)
    assert [item.symbol for item in universe.matching("app")] == ["AAPL"]
    assert [item.symbol for item in universe.matching("P")] == ["PEP", "PFE", "PG"]
    assert universe.matching("") == []


@pytest.mark.parametrize(
    ("price", "floor", "ceiling", "nearest"),
    [
        ("79.004", "79.00", "79.01", "79.00"),
        ("79.00", "79.00", "79.00", "79.00"),
        ("1.005", "1.00", "1.01", "1.00"),
        ("0.26445", "0.2644", "0.2645", "0.2644"),  # half to even
        ("0.00001", "0.0001", "0.0001", "0.0001"),  # never zero
    ],
)
def test_prices_are_rounded_to_the_band_they_lie_in(
    price: str, floor: str, ceiling: str, nearest: str
) -> None:
    rule, number = US_STOCK_RULE, Decimal(price)
    rounded = (rule.floor(number), rule.ceiling(number), rule.nearest(number))
    assert rounded == (Decimal(floor), Decimal(ceiling), Decimal(nearest))


@given(PRICES)
def test_rounded_prices_are_allowed_and_enclose_the_price(price: Decimal) -> None:
    below, above = US_STOCK_RULE.floor(price), US_STOCK_RULE.ceiling(price)
    assert US_STOCK_RULE.is_on_tick(below)
    assert US_STOCK_RULE.is_on_tick(above)
    assert below <= price <= above or price < Decimal("0.0001")


@pytest.mark.parametrize("price", ["0", "-1", "79.001", "0.99999", "10000001", "1e290"])
def test_prices_off_the_tick_or_out_of_reach_are_not_allowed(price: str) -> None:
    assert not US_STOCK_RULE.is_on_tick(Decimal(price))


# --- declared instruments and currency pairs

(EURO,) = currency_pairs({"EUR": Decimal("1.1")}, "USD")
SAP = replace(
    AAPL, contract_id=7, symbol="SAP", local_symbol="SAP", key="SAP.DE", currency="EUR", name="SAP"
)
SAP_US = replace(SAP, contract_id=8, key="SAP", currency="USD")


def test_stocks_exist_if_they_are_named_and_pairs_always() -> None:
    universe = Universe(["AAPL", "SAP.DE"], [SAP, SAP_US, EURO])
    assert list(universe.by_symbol) == ["AAPL", "SAP.DE", "EUR.USD"]
    assert set(universe.rules) == {US_STOCK_RULE.number, PAIR_RULE.number}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"symbol": "SAP"}, [SAP, SAP_US]),
        ({"symbol": "SAP", "currency": "EUR"}, [SAP]),
        ({"symbol": "SAP", "security_type": "CASH"}, []),
        ({"symbol": "EUR", "security_type": "CASH"}, [EURO]),
        ({"symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"}, [EURO]),
        ({"symbol": "EUR", "exchange": "SMART"}, []),
        ({"symbol": "EUR", "currency": "GBP"}, []),
        ({"symbol": "EUR.USD", "security_type": "CASH"}, [EURO]),
        ({"symbol": "", "contract_id": 12087792}, [EURO]),
        ({"symbol": "EUR", "contract_id": 12087792}, [EURO]),
        ({"symbol": "USD", "contract_id": 12087792}, []),
        ({"symbol": "", "contract_id": 1}, []),
    ],
)
def test_everything_that_fits_is_found(wanted: dict, found: list[Instrument]) -> None:
    universe = Universe(["AAPL", "SAP.DE", "SAP"], [SAP, SAP_US, EURO])
    assert universe.find_all(**wanted) == found


def test_a_declared_instrument_takes_the_place_of_a_shipped_one() -> None:
    other = replace(AAPL, contract_id=5)
    assert Universe(["AAPL"], [other]).find_all(symbol="AAPL") == [other]


@given(st.decimals("0.00001", 100, places=5).filter(bool))
def test_fixed_rules_allow_the_multiples_of_their_increment(increment: Decimal) -> None:
    rule = fixed_rule(increment)
    assert rule.is_on_tick(7 * increment)
    assert not rule.is_on_tick(7 * increment + increment / 2)
    assert rule == fixed_rule(Decimal(f"{increment}0"))


def test_own_contract_ids_follow_from_the_key() -> None:
    assert own_contract_id("ACME") == 970968842
    assert own_contract_id("ACME") != own_contract_id("ACMF")
