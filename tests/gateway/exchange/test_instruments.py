"""Instruments: ids, symbols and allowed prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.instruments import (
    KNOWN_INSTRUMENTS,
    PRICE_MAX,
    US_STOCK_RULE,
    Universe,
)
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
    assert universe.find(contract_id=265598, symbol="") is AAPL
    assert universe.find(contract_id=265598, symbol="AAPL", exchange="ANY") is AAPL
    assert universe.find(contract_id=265598, symbol="KO") is None
    assert universe.find(contract_id=272093, symbol="MSFT") is None  # not in this universe


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
    found = universe.find(contract_id=0, symbol="AAPL", exchange=exchange, currency=currency)
    assert (found is AAPL) is is_found


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
