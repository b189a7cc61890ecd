"""Floats become shares, prices and cash in one place, and never to our disadvantage."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.instrument import PriceBand
from bot.core.domain.units import (
    cents,
    increment_at,
    limit_price,
    order_quantity,
    whole_shares_down,
    whole_shares_up,
)
from bot.errors import InvariantBroken

PENNIES = (PriceBand(low_edge=0.0, increment=0.01),)
# Below 1: hundredths of a cent; from 1: cents; from 100: nickels.
THREE_BANDS = (
    PriceBand(low_edge=0.0, increment=0.0001),
    PriceBand(low_edge=1.0, increment=0.01),
    PriceBand(low_edge=100.0, increment=0.05),
)


def test_down_cuts_towards_zero_and_up_rounds_away_from_it() -> None:
    shares = np.array([2.5, -2.5, 3.0, 0.0])
    assert whole_shares_down(shares).tolist() == [2, -2, 3, 0]
    assert whole_shares_up(shares).tolist() == [3, -3, 3, 0]


def test_a_float_that_stands_for_a_whole_number_is_that_number() -> None:
    # 0.1 * 3 / 0.1 is 3.0000000000000004; 0.3 / 0.1 is 2.9999999999999996.
    assert whole_shares_up(np.array([0.1 * 3 / 0.1])).tolist() == [3]
    assert whole_shares_down(np.array([0.3 / 0.1])).tolist() == [3]


def test_shares_keep_their_shape_and_are_integers() -> None:
    rounded = whole_shares_down(np.full((2, 3), 1.5))
    assert rounded.shape == (2, 3)
    assert rounded.dtype == np.int64


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2.0**53, -(2.0**53), 1e19, -1e300])
def test_shares_that_cannot_be_counted_are_refused(bad: float) -> None:
    """1e19 is beyond int64, which would turn it into a number of the other sign and say nothing."""
    for rounded in (whole_shares_down, whole_shares_up):
        with pytest.raises(
            InvariantBroken, match=r"shares to round must be finite and below 2\^53"
        ):
            rounded(np.array([1.0, bad]))


def test_the_most_shares_that_a_float_can_count_are_counted() -> None:
    most = 2**53 - 1
    for rounded in (whole_shares_down, whole_shares_up):
        assert rounded(np.array([float(most), -float(most)])).tolist() == [most, -most]


@given(st.floats(-1e6, 1e6))
def test_rounding_down_and_up_enclose_the_exact_number(shares: float) -> None:
    exact = np.array([shares])
    down, up = int(whole_shares_down(exact)[0]), int(whole_shares_up(exact)[0])
    assert abs(down) <= abs(shares) + 1e-9
    assert abs(up) >= abs(shares) - 1e-9
    assert abs(up) - abs(down) in (0, 1)


def test_an_order_has_an_unsigned_quantity() -> None:
    assert order_quantity(-7) == Decimal(7)
    assert order_quantity(7) == Decimal(7)


def test_an_order_for_nothing_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="at least one share"):
        order_quantity(0)


@pytest.mark.parametrize(
    ("price", "tick"),
    [(0.99, "0.0001"), (1.0, "0.01"), (99.99, "0.01"), (100.0, "0.05"), (5000.0, "0.05")],
)
def test_the_tick_is_that_of_the_band_the_price_is_in(price: float, tick: str) -> None:
    assert increment_at(price, THREE_BANDS) == Decimal(tick)


def test_a_price_below_the_lowest_edge_takes_the_lowest_band() -> None:
    assert increment_at(0.5, (PriceBand(low_edge=1.0, increment=0.01),)) == Decimal("0.01")


def test_a_grid_without_bands_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="at least one band"):
        increment_at(10.0, ())


def test_a_buy_goes_down_to_the_tick_and_a_sell_up() -> None:
    assert limit_price(10.019, 1, PENNIES) == Decimal("10.01")
    assert limit_price(10.011, -1, PENNIES) == Decimal("10.02")


def test_a_price_on_the_tick_stays() -> None:
    # 10.1 is 10.0999999999999996 in binary; as a price it is 10.1.
    assert limit_price(10.1, 1, PENNIES) == Decimal("10.10")
    assert limit_price(10.1, -1, PENNIES) == Decimal("10.10")


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_price_is_refused(bad: float) -> None:
    with pytest.raises(InvariantBroken, match="must be positive"):
        limit_price(bad, 1, PENNIES)


def test_a_buy_below_the_smallest_tick_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="no positive tick"):
        limit_price(0.004, 1, PENNIES)


@given(price=st.floats(0.01, 1e5), shares=st.sampled_from([-5, 5]))
def test_a_limit_is_never_more_aggressive_than_wanted(price: float, shares: int) -> None:
    limit = limit_price(price, shares, THREE_BANDS)
    assert limit % increment_at(price, THREE_BANDS) == 0
    if shares > 0:
        assert limit <= Decimal(str(price))
    else:
        assert limit >= Decimal(str(price))
    assert abs(limit - Decimal(str(price))) < increment_at(price, THREE_BANDS)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    # Half-even: 0.125 is between 0.12 and 0.13, and goes to the even one.
    [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("7", "7.00")],
)
def test_cash_is_rounded_to_the_cent_half_even(amount: str, rounded: str) -> None:
    assert cents(Decimal(amount)) == Decimal(rounded)
    assert cents(float(amount)) == Decimal(rounded)
