"""How far a rebalance goes, for any portfolio and any reach."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.core.policy.destination import Course, Destination, Reach, desired_weights
from bot.core.policy.policy import Band

Weights = NDArray[np.float64]
NOISE = 1e-12


@st.composite
def courses(draw: st.DrawFn) -> tuple[Weights, Course]:
    """Draw portfolios and a course of any reach; the measure is half the sum of the sizes of the drifts."""
    count, rows = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = generator.dirichlet(np.ones(count + 1), rows if draw(st.booleans()) else 1)
    weights = generator.dirichlet(np.ones(count + 1), rows)
    reach = draw(st.sampled_from(Reach))
    amount = {Reach.FRACTION: draw(st.floats(0.01, 1)), Reach.DISTANCE: draw(st.floats(0, 0.03))}
    shape = (1, count + 1)
    band = Band(generator.uniform(0.035, 0.2, shape), generator.uniform(0.035, 0.2, shape))
    is_measured = reach is Reach.DISTANCE and draw(st.booleans())
    return weights, Course(
        targets,
        Destination(reach, amount.get(reach)),
        None if is_measured else band,
        np.abs(weights - targets).sum(axis=1) / 2,
    )


@given(drawn=courses())
def test_rows_add_up_to_one_and_no_drift_changes_its_side(drawn: tuple[Weights, Course]) -> None:
    weights, course = drawn
    found = desired_weights(weights, course)
    assert found.shape == weights.shape
    assert np.allclose(found.sum(axis=1), 1, rtol=0, atol=NOISE)
    before, after = (each[:, :-1] - course.targets[:, :-1] for each in (weights, found))
    assert (before * after >= -NOISE).all()
    assert (np.abs(after) <= np.abs(before) + NOISE).all()


@given(drawn=courses())
def test_a_second_time_changes_nothing_but_for_a_fraction(drawn: tuple[Weights, Course]) -> None:
    weights, course = drawn
    once = desired_weights(weights, course)
    measure = np.abs(once - course.targets).sum(axis=1) / 2
    again = desired_weights(once, Course(course.targets, course.destination, course.band, measure))
    if course.destination.reach is Reach.FRACTION:
        # It goes the same part of what is left.
        left = (1 - (course.destination.amount or 0)) ** 2
        expected = course.targets + left * (weights - course.targets)
        assert np.allclose(again, expected, rtol=0, atol=NOISE)
    else:
        assert np.allclose(again, once, rtol=0, atol=NOISE)


@given(drawn=courses())
def test_a_row_alone_goes_where_it_goes_among_many(drawn: tuple[Weights, Course]) -> None:
    weights, course = drawn
    together = desired_weights(weights, course)
    for row in range(len(weights)):
        chosen = np.arange(len(weights)) == row
        alone = desired_weights(weights[chosen], course.rows(chosen))
        assert alone[0].tobytes() == together[row].tobytes()


@given(drawn=courses(), data=st.data())
def test_another_order_of_instruments_goes_to_the_same_place(
    drawn: tuple[Weights, Course], data: st.DataObject
) -> None:
    weights, course = drawn
    count = weights.shape[1] - 1
    order = data.draw(st.permutations(range(count)))
    shuffled = desired_weights(weights[:, [*order, count]], course.columns(np.array(order)))
    expected = desired_weights(weights, course)[:, [*order, count]]
    assert np.allclose(shuffled, expected, rtol=0, atol=NOISE)
