"""Prices made from a seed, and currency pairs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.exchange.instruments import PAIR_RULE
from bot.gateway.exchange.prices import ONE_DAY
from bot.gateway.exchange.sessions import Sessions
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.fx import PairPrices, Several, currency_pairs
from bot.gateway.exchange.sources.synthetic import SyntheticPrices, Walk

STARTS_ON = date(2015, 1, 2)
SESSIONS = Sessions()
MOVING = Wobble(seed=1, step_s=60, intraday_volatility=0.01, gap_volatility=0.005)
END = datetime(2020, 6, 1, 17, tzinfo=UTC)


def made(correlation: float = 0.3, seed: int = 1, **walks: Walk) -> SyntheticPrices:
    wobble = Wobble(seed, 60, 0.01, 0.005)
    walks = walks or {"A": Walk(50, 0.2, 0.0, 1000), "B": Walk(20, 0.4, 0.0, 1000)}
    return SyntheticPrices(
        walks, wobble=wobble, starts_on=STARTS_ON, correlation=correlation, sessions=SESSIONS
    )


def returns(source: SyntheticPrices, key: str) -> np.ndarray:
    bars = source.bars(key, (END - timedelta(days=1900), END), ONE_DAY)[:-1]  # today is not over
    closes = np.array([float(bar.close) for bar in bars])
    return closes[1:] / closes[:-1] - 1


def test_the_declared_price_is_the_first_close() -> None:
    source = made()
    assert source.close_on("A", STARTS_ON, STARTS_ON) == 50
    assert source.first_at("A") == datetime(2015, 1, 2, 14, 30, tzinfo=UTC)
    with pytest.raises(LookupError, match="no price of A on or before 2015-01-01"):
        source.prices_at("A", datetime(2015, 1, 1, 12, tzinfo=UTC))
    with pytest.raises(LookupError, match="no prices for 'C': declared are A, B"):
        source.prices_at("C", END)


def test_volatility_and_correlation_are_those_declared() -> None:
    """1,300 days: the standard error is 2 % of a volatility, and 0.02 of a correlation."""
    source = made(correlation=0.6)
    one, other = returns(source, "A"), returns(source, "B")
    assert one.std() * 252**0.5 == pytest.approx(0.2, rel=0.08)
    assert other.std() * 252**0.5 == pytest.approx(0.4, rel=0.08)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.6, abs=0.08)


def test_drift_is_that_declared() -> None:
    """Without volatility, five years and five months at 10 % in steps of 1/252."""
    source = made(A=Walk(100, 0.0, 0.1, 1000))
    assert returns(source, "A") == pytest.approx(0.1 / 252, abs=1e-8)


@given(st.integers(0, 50), st.integers(2015, 2030), st.integers(2015, 2030))
@settings(max_examples=20, deadline=None)
def test_a_price_depends_neither_on_the_others_nor_on_what_was_asked_before(
    seed: int, year: int, asked_before: int
) -> None:
    day = date(year, 6, 1)
    source = made(seed=seed)
    source.close_on("A", date(asked_before, 12, 31), day)
    alone = made(seed=seed, A=Walk(50, 0.2, 0.0, 1000))
    assert source.close_on("A", day, day) == alone.close_on("A", day, day) > 0


def test_prices_never_get_to_zero() -> None:
    source = made(A=Walk(0.05, 5.0, -5.0, 1000))
    day = date(2030, 1, 2)
    assert source.close_on("A", day, day) >= Decimal("0.01")


def test_another_seed_makes_other_prices() -> None:
    day = date(2020, 6, 1)
    assert made(seed=1).close_on("A", day, day) != made(seed=2).close_on("A", day, day)


# --- Currency pairs


@pytest.mark.parametrize(
    ("base", "currency", "rate", "name", "price"),
    [
        ("USD", "EUR", "1.10", "EUR.USD", "1.10"),
        ("USD", "CHF", "1.25", "USD.CHF", "0.8"),
        ("USD", "JPY", "0.008", "USD.JPY", "125"),
        ("EUR", "USD", "0.8", "EUR.USD", "1.25"),
        ("EUR", "GBP", "1.25", "EUR.GBP", "0.8"),
        ("USD", "SEK", "0.1", "USD.SEK", "10"),
        ("SEK", "DKK", "1.6", "DKK.SEK", "1.6"),
    ],
)
def test_pairs_are_named_as_on_idealpro(
    base: str, currency: str, rate: str, name: str, price: str
) -> None:
    ((pair, cost),) = currency_pairs({currency: Decimal(rate)}, base).items()
    assert (pair.key, pair.local_symbol, cost) == (name, name, Decimal(price))
    assert (pair.symbol, pair.currency) == tuple(name.split("."))
    assert (pair.security_type, pair.exchange) == ("CASH", "IDEALPRO")
    assert pair.valid_exchanges == ("IDEALPRO",)


def test_the_euro_has_its_real_contract_and_rule() -> None:
    ((pair, _),) = currency_pairs({"EUR": Decimal("1.1")}, "USD").items()
    assert (pair.contract_id, pair.rule.number) == (12087792, 239)
    assert pair.rule is PAIR_RULE
    assert pair.rule.is_on_tick(Decimal("1.10005"))
    assert not pair.rule.is_on_tick(Decimal("1.10001"))


def test_pairs_stand_still_or_move_around_their_rate() -> None:
    rates = {"EUR.USD": Decimal("1.1")}
    still, moving = PairPrices(rates), PairPrices(rates, MOVING)
    noon = datetime(2020, 6, 1, 16, tzinfo=UTC)
    assert still.prices_at("EUR.USD", noon).middle == Decimal("1.1")
    away = abs(moving.prices_at("EUR.USD", noon).middle - Decimal("1.1"))
    assert 0 < away < Decimal("0.05")
    for calm in (datetime(2020, 6, 1, 21, tzinfo=UTC), datetime(2020, 6, 6, 16, tzinfo=UTC)):
        assert moving.prices_at("EUR.USD", calm).middle == Decimal("1.1")


def test_several_sources_are_one() -> None:
    pairs, stocks = PairPrices({"EUR.USD": Decimal("1.1")}, MOVING), made()
    both = Several(["EUR.USD"], pairs, stocks)
    at_night = datetime(2020, 6, 1, 6, 0, 1, tzinfo=UTC)
    assert both.prices_at("EUR.USD", at_night) == pairs.prices_at("EUR.USD", at_night)
    assert both.prices_at("A", at_night) == stocks.prices_at("A", at_night)
    assert both.next_change_after(at_night) == datetime(2020, 6, 1, 6, 1, tzinfo=UTC)
    assert both.first_at("A") == stocks.first_at("A")
    assert both.close_on("EUR.USD", END.date(), END.date()) == Decimal("1.1")
    span = (END - ONE_DAY, END)
    assert both.bars("A", span, ONE_DAY) == stocks.bars("A", span, ONE_DAY)
