"""Slices add up to the leg, in whole lots, and none exceeds what an order may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.execution.sizes import slice_shares


@pytest.mark.parametrize(
    ("leg", "remaining", "slices", "lot", "most", "expected"),
    [
        (100, 100, 1, 1, None, 100),
        (-100, -100, 3, 1, None, -34),  # 100 / 3 = 33.3, up to 34
        (100, 32, 3, 1, None, 32),  # the last one is what is left
        (100, 100, 3, 10, None, 40),  # 33.3 up to whole lots of 10
        (100, 100, 1, 1, 25.9, 25),
        (100, 100, 1, 10, 25.9, 20),
        (100, 100, 1, 1, 0.5, 0),
        (5, 5, 1, 10, None, 5),  # an odd lot can be sold off
    ],
)
def test_a_slice_in_worked_numbers(
    leg: int, remaining: int, slices: int, lot: int, most: float | None, expected: int
) -> None:
    assert slice_shares(leg, remaining, slices, lot, most) == expected


@given(
    st.integers(1, 10**6),
    st.sampled_from([1, -1]),
    st.integers(1, 50),
    st.sampled_from([1, 7, 100]),
)
def test_slices_that_are_filled_add_up_to_the_leg_in_no_more_than_were_asked_for(
    shares: int, side: int, slices: int, lot: int
) -> None:
    remaining, count = side * shares, 0
    while remaining:
        one = slice_shares(side * shares, remaining, slices, lot, None)
        assert one * side > 0
        remaining -= one
        count += 1
    assert count <= slices
