"""Buys never cost more than there is, and the largest is filled first."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.planner.budget import affordable


def money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


def test_what_can_be_paid_is_bought_in_full() -> None:
    # 10 x 20.05 + 5 x 30.10 = 351.00, exactly what is there.
    assert affordable([10, 5], money("20.05", "30.10"), Decimal("351.00")) == (10, 5)


def test_a_cent_too_little_costs_a_share() -> None:
    # 10 x 20.05 = 200.50 is the largest and filled first; 150.49 pays for 4 of 5 at 30.10.
    assert affordable([10, 5], money("20.05", "30.10"), Decimal("350.99")) == (10, 4)


def test_the_largest_is_filled_first_and_what_is_left_goes_to_the_next() -> None:
    # B wants 900, A 300: 1,000 - 900 leaves 100, 3 of A at 30.
    assert affordable([10, 9], money("30", "100"), Decimal(1000)) == (3, 9)


def test_what_the_largest_cannot_use_the_smaller_can() -> None:
    # 250 pays for 2 of A at 100; the 50 left pay for 5 of B at 10.
    assert affordable([9, 80], money("100", "10"), Decimal(250)) == (2, 5)


def test_equal_ones_are_filled_in_the_given_order() -> None:
    assert affordable([5, 5], money("10", "10"), Decimal(60)) == (5, 1)


@pytest.mark.parametrize("available", ["0", "-100", "-0.01"])
def test_nothing_available_buys_nothing(available: str) -> None:
    assert affordable([5, 5], money("10", "10"), Decimal(available)) == (0, 0)


def test_nothing_wanted_is_nothing_bought() -> None:
    assert affordable([], (), Decimal(100)) == ()
    assert affordable([0], money("10"), Decimal(100)) == (0,)


def test_wanted_shares_may_come_as_an_array() -> None:
    bought = affordable(np.array([5], dtype=np.int64), money("10"), Decimal(100))
    assert bought == (5,)
    assert type(bought[0]) is int


@given(
    legs=st.lists(
        st.tuples(st.integers(0, 1000), st.decimals("0.01", "5000", places=2)), max_size=8
    ),
    available=st.decimals("-1000", "200000", places=2),
)
def test_it_never_costs_more_than_there_is_and_no_more_shares_could_be_paid(
    legs: list[tuple[int, Decimal]], available: Decimal
) -> None:
    wanted, prices = [count for count, _ in legs], [price for _, price in legs]
    bought = affordable(wanted, prices, available)
    cost = sum((count * price for count, price in zip(bought, prices, strict=True)), Decimal(0))
    assert cost <= max(available, Decimal(0))
    for count, most, price in zip(bought, wanted, prices, strict=True):
        assert 0 <= count <= most
        assert count == most or price > available - cost


@given(
    legs=st.lists(
        st.tuples(st.integers(1, 1000), st.decimals("0.01", "5000", places=2)),
        max_size=8,
        unique_by=lambda leg: leg[0] * leg[1],
    ),
    available=st.decimals("0", "200000", places=2),
    data=st.data(),
)
def test_another_order_of_different_legs_buys_the_same(
    legs: list[tuple[int, Decimal]], available: Decimal, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(legs))
    bought = dict(zip(legs, affordable(*split(legs), available), strict=True))
    assert dict(zip(shuffled, affordable(*split(shuffled), available), strict=True)) == bought


def split(legs: list[tuple[int, Decimal]]) -> tuple[list[int], list[Decimal]]:
    return [count for count, _ in legs], [price for _, price in legs]


def test_what_makes_no_sense_is_refused_with_place_and_number() -> None:
    with pytest.raises(ValueError, match="one price for each buy: expected 2, found 1"):
        affordable([1, 2], money("10"), Decimal(100))
    with pytest.raises(ValueError, match="at least 0, found -1 at 1"):
        affordable([1, -1], money("10", "10"), Decimal(100))
    with pytest.raises(ValueError, match="available money must be a number, found NaN"):
        affordable([1], money("10"), Decimal("NaN"))


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_price_that_is_no_price_is_refused_with_its_place(price: str) -> None:
    with pytest.raises(ValueError, match=rf"a number above 0, found {price} at 0"):
        affordable([1], money(price), Decimal(100))
