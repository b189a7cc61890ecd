"""Inside the ranges nothing is to be done; outside, the nearest weights that are allowed."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.targets.ranges import Range, Ranges, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe

A, B, C = Range("A", 0.2, 0.4), Range("B", 0.2, 0.4), Range("C", 0.3, 0.5)


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    return universe_of("A B C", cash=0.0)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        # Inside, also on the edge: as they are, to the last bit.
        ([0.31, 0.3, 0.39, 0.0], [0.31, 0.3, 0.39, 0.0]),
        ([0.2, 0.3, 0.5, 0.0], [0.2, 0.3, 0.5, 0.0]),
        # A is cut by 6 points, C raised by 6; B is not touched.
        ([0.46, 0.3, 0.24, 0.0], [0.4, 0.3, 0.3, 0.0]),
        # A is cut by 10 points; B and C get 5 each.
        ([0.5, 0.2, 0.3, 0.0], [0.4, 0.25, 0.35, 0.0]),
        # 10 % cash are to be invested: A and C take 4 each, and B is full with 2: 4 + 2 + 4 = 10.
        ([0.25, 0.38, 0.27, 0.1], [0.29, 0.4, 0.31, 0.0]),
        # All in cash: 100 points into ranges; with s = 1/3 each B and A stay within 0.4.
        ([0.0, 0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3, 0.0]),
        # 10 points are borrowed: C can give only 2, the others 4 each.
        ([0.39, 0.39, 0.32, -0.1], [0.35, 0.35, 0.3, 0.0]),
    ],
)
def test_the_nearest_weights_that_are_allowed(
    universe: Universe, state_of: Callable[..., TargetState], held: list[float], wanted: list[float]
) -> None:
    source = Ranges((A, B, C))
    source.check_universe(universe)
    found = source.weights(state_of(universe, [held]))[0]
    assert found == pytest.approx(wanted, abs=1e-15)
    if held == wanted:
        assert found.tolist() == wanted


def test_cash_may_have_a_range_too(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    universe = universe_of("A B C", cash=0.01)
    source = Ranges((A, B, C), cash_min=0.0, cash_max=0.03)
    source.check_universe(universe)
    inside = [0.3, 0.29, 0.38, 0.03]
    # 5 % cash: 2 points too many. C is full after half a point, A and B take 0.75 each.
    outside = [0.2275, 0.2275, 0.495, 0.05]
    wanted = [inside, [0.235, 0.235, 0.5, 0.03]]
    found = source.weights(state_of(universe, [inside, outside]))
    assert found == pytest.approx(np.array(wanted), abs=1e-15)
    assert found[0].tolist() == inside


def test_without_a_range_cash_goes_to_its_target(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    universe = universe_of("A B C", cash=0.03)
    found = Ranges((A, B, C)).weights(state_of(universe, [[0.3, 0.3, 0.4, 0.0]]))
    assert found[0] == pytest.approx([0.29, 0.29, 0.39, 0.03], abs=1e-15)


@pytest.mark.parametrize(("beyond", "is_moved"), [(0.9e-12, False), (1e-9, True)])
def test_a_weight_beyond_its_range_by_noise_is_inside(
    universe: Universe, state_of: Callable[..., TargetState], beyond: float, *, is_moved: bool
) -> None:
    held = [0.4 + beyond, 0.25, 0.35 - beyond, 0.0]
    found = Ranges((A, B, C)).weights(state_of(universe, [held]))[0]
    assert found[0] == 0.4
    # What is taken off A goes to the others only where A was beyond its range.
    assert (found[1] != 0.25) == is_moved
    said = Ranges((A, B, C)).statement(state_of(universe, [held]))
    assert said.startswith("1 of 4" if is_moved else "all 4")


fractions = st.floats(0, 1)


@given(st.lists(st.tuples(fractions, fractions, st.floats(-0.5, 1.5)), min_size=1, max_size=8))
def test_it_is_the_point_that_the_conditions_of_optimality_single_out(
    drawn: list[tuple[float, float, float]],
) -> None:
    low = np.array([[min(one, other) for one, other, _ in drawn]])
    high = np.array([[max(one, other) for one, other, _ in drawn]])
    # Scaled, so that some weights between the two sum to 1.
    scale = 1 / max(fsum(low[0]), 1e-3) if fsum(low[0]) > 1 else 1.0
    low, high = low * scale, high * scale
    high[0, 0] += max(1 - fsum(high[0]), 0.0)
    held = np.array([[weight for _, _, weight in drawn]])
    found = nearest(held, low, high)[0]
    assert fsum(found) == pytest.approx(1, abs=1e-12)
    assert (found >= low[0] - 1e-15).all()
    assert (found <= high[0] + 1e-15).all()
    # One shift for all: who moved up by less than another is at its highest, who by more at its lowest.
    shifts = found - held[0]
    for one, shift in enumerate(shifts):
        for other, more in enumerate(shifts):
            if shift < more - 1e-9:
                at_high = found[one] == pytest.approx(high[0, one], abs=1e-9)
                at_low = found[other] == pytest.approx(low[0, other], abs=1e-9)
                assert at_high or at_low


@given(
    st.lists(
        st.tuples(fractions, fractions, fractions, st.floats(-0.5, 1.5)), min_size=2, max_size=6
    )
)
def test_wider_ranges_move_no_more(drawn: list[tuple[float, float, float, float]]) -> None:
    # Around weights that sum to 1, so that both can be kept.
    inside = np.array([[each[0] + 1e-3 for each in drawn]])
    inside = inside / fsum(inside[0])
    narrow, wider = (np.array([[each[column] for each in drawn]]) for column in (1, 2))
    held = np.array([[each[3] for each in drawn]])
    moved = [
        fsum(((nearest(held, inside - width, inside + width) - held) ** 2)[0])
        for width in (narrow, narrow + wider)
    ]
    assert moved[1] <= moved[0] + 1e-9


def test_it_says_what_is_outside(universe: Universe, state_of: Callable[..., TargetState]) -> None:
    source = Ranges((A, B, C))
    assert source.statement(state_of(universe, [[0.3, 0.3, 0.4, 0.0]])) == (
        "all 4 weights inside their ranges: as they are"
    )
    assert source.statement(state_of(universe, [[0.46, 0.3, 0.14, 0.1]])) == (
        "3 of 4 weights outside their ranges: A 46.00 % (20.00 to 40.00 %), "
        "C 14.00 % (30.00 to 50.00 %), cash 10.00 % (0.00 to 0.00 %)"
    )


@pytest.mark.parametrize(
    ("ranges", "rest", "message"),
    [
        ((A, B), {}, "^C has no range: write one for each holding$"),
        (
            (A, B, Range("C", 0.7, 0.8)),
            {},
            "found 1.1 for all at their lowest and 1.6 for all at their highest$",
        ),
        ((A, Range("B", 0, 0.05), Range("C", 0, 0.5)), {}, "found 0.2 .* and 0.95 for all"),
        ((A, B, C), {"cash_min": 0.4}, "^cash_min must be at most cash_max .*, found 0.4 and 0$"),
        ((A, B, C), {"cash_min": 0.31, "cash_max": 0.4}, "found 1.01 for all at their lowest"),
    ],
)
def test_ranges_that_cannot_be_kept_are_refused(
    universe: Universe, ranges: tuple[Range, ...], rest: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Ranges(ranges, **rest).check_universe(universe)


def test_ranges_that_just_fit_are_taken(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    source = Ranges((Range("A", 0.2, 0.4), Range("B", 0.3, 0.4), Range("C", 0.5, 0.6)))
    source.check_universe(universe)
    # 0.2 + 0.3 + 0.5 = 1: there is one point only.
    found = source.weights(state_of(universe, [[0.4, 0.3, 0.3, 0.0]]))[0]
    assert found == pytest.approx([0.2, 0.3, 0.5, 0.0], abs=1e-15)


def test_a_range_upside_down_is_refused() -> None:
    assert Range("A", 0.3, 0.3).weight_min == 0.3
    with pytest.raises(
        ValueError,
        match=r"^weight_min of A must be at most its weight_max .*, found 0\.4 and 0\.3$",
    ):
        Range("A", 0.4, 0.3)


def test_two_ranges_of_one_instrument_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^A has 2 ranges, expected one$"):
        Ranges((A, B, A))
