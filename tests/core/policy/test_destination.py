"""How far a rebalance goes, for each reach, in worked numbers; how it goes into a band is in test_into_band."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.destination import (
    TO_TARGET,
    Course,
    Destination,
    Reach,
    check_distance,
    course_of,
    desired_weights,
)
from bot.core.policy.policy import Ask, Band
from bot.core.policy.state import PolicyState
from bot.core.policy.total_drift import TotalDrift
from bot.core.policy.use_cash import use_cash

FREE = np.inf
WEIGHTS = [0.6, 0.38, 0.02]
TARGETS = [0.5, 0.48, 0.02]
# A is 10 points over and B 10 under; half the sum of the sizes of the drifts is 10 points.
MEASURE = 0.1


def even(widths: Any) -> Band:
    """Return a band as wide below as above."""
    widths = np.atleast_2d(np.asarray(widths, dtype=np.float64))
    return Band(widths, widths)


def go(reach: Reach, amount: float | None = None, **course: Any) -> list[float]:
    """Return where A 60 %, B 38 % and cash 2 % go, with targets of 50, 48 and 2 %, rounded to 12 decimals."""
    where = Course(np.array([TARGETS]), Destination(reach, amount), **course)
    return np.round(desired_weights(np.array([WEIGHTS]), where)[0], 12).tolist()


NARROW = even([0.05, 0.2, FREE])


# --- worked numbers


def test_target_goes_to_target_and_needs_no_band() -> None:
    weights = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    targets = np.array([[0.6, 0.38, 0.02]])
    desired = desired_weights(weights, Course(targets))
    assert desired.tolist() == targets.tolist() * 2
    # A copy: the targets are not somebody else's to change.
    desired[:] = 0.0
    assert targets.tolist() == [[0.6, 0.38, 0.02]]


@pytest.mark.parametrize(
    ("reach", "amount", "expected"),
    [
        # A 60, target 50, band 5: to 55, 52.5, or 51.5; B gets it, cash is at its target.
        (Reach.EDGE, None, [0.55, 0.43, 0.02]),
        (Reach.HALFWAY, None, [0.525, 0.455, 0.02]),
        (Reach.DISTANCE, 0.015, [0.515, 0.465, 0.02]),
        (Reach.DISTANCE, 0.0, [0.5, 0.48, 0.02]),
    ],
)
def test_with_a_band_what_is_out_goes_back(
    reach: Reach, amount: float | None, expected: list[float]
) -> None:
    assert go(reach, amount, band=NARROW) == expected


def test_what_has_a_band_narrower_than_the_distance_goes_to_its_edge() -> None:
    # A may be 5 points off and goes to 4; B may be 3 off and goes to its 3; cash gives and takes up to its 10.
    band = even([0.05, 0.03, 0.1])
    assert go(Reach.DISTANCE, 0.04, band=band) == [0.54, 0.45, 0.01]


def test_the_distance_is_the_same_on_either_side_if_the_band_is_not() -> None:
    # Below 2 and above 8: A is over by 10 and goes to 5, B is under by 10 and goes to its edge of 2. That takes 3
    # points more than it frees: cash gives 2, down to its own edge, and A one more.
    band = Band(np.full((1, 3), 0.02), np.full((1, 3), 0.08))
    assert go(Reach.DISTANCE, 0.05, band=band) == [0.54, 0.46, 0.0]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0.25, [0.575, 0.405, 0.02]),
        (1.0, TARGETS),
    ],
)
def test_a_fraction_of_the_way_is_gone_by_all(amount: float, expected: list[float]) -> None:
    assert go(Reach.FRACTION, amount) == expected
    # Also by what is inside its band.
    assert go(Reach.FRACTION, amount, band=even([0.5, 0.5, 0.5])) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        # From 10 points to 4: every drift is multiplied by 0.4.
        (0.04, [0.54, 0.44, 0.02]),
        (0.0, TARGETS),
        # At the distance already, and nearer.
        (0.1, WEIGHTS),
        (0.2, WEIGHTS),
    ],
)
def test_without_a_band_all_drifts_shrink_until_the_measure_is_the_distance(
    amount: float, expected: list[float]
) -> None:
    assert go(Reach.DISTANCE, amount, measure=np.array([MEASURE])) == expected


def test_each_row_shrinks_by_its_own_measure() -> None:
    weights = np.array([WEIGHTS, [0.5, 0.48, 0.02], WEIGHTS])
    course = Course(
        np.array([TARGETS]),
        Destination(Reach.DISTANCE, 0.05),
        measure=np.array([0.1, 0.0, 0.2]),
    )
    # Half of the 10 points, nothing, and a quarter of them.
    assert np.round(desired_weights(weights, course), 12).tolist() == [
        [0.55, 0.43, 0.02],
        [0.5, 0.48, 0.02],
        [0.525, 0.455, 0.02],
    ]


def test_a_row_that_is_near_enough_is_returned_bit_for_bit() -> None:
    weights = np.array([[0.1 + 0.2 + 0.2, 0.48, 0.02]])
    course = Course(
        np.array([TARGETS]), Destination(Reach.DISTANCE, 0.05), measure=np.array([0.05])
    )
    assert desired_weights(weights, course).tobytes() == weights.tobytes()


def test_a_band_goes_before_a_measure() -> None:
    # A is inside: nothing moves, though the measure is above the distance.
    wide = even([0.2, 0.2, FREE])
    assert go(Reach.DISTANCE, 0.04, band=wide, measure=np.array([0.1])) == WEIGHTS


def test_cash_is_put_to_use_above_the_floor_only() -> None:
    # Cash 12, target 2, floor 5: 7 points to spare, and B, 15 under, gets them.
    weights, targets = np.array([[0.55, 0.33, 0.12]]), np.array([TARGETS])
    course = Course(targets, Destination(Reach.USE_CASH))
    found = desired_weights(weights, course, cash_floor=0.05)
    assert np.round(found, 12).tolist() == [[0.55, 0.4, 0.05]]
    assert found.tobytes() == use_cash(weights, targets, 0.05).tobytes()


def test_floor_and_shares_are_for_what_goes_into_a_band() -> None:
    # A: 45 -> 47 in shares of 3 points: 48. B, 5 over, would give 3; cash 4, free, 2 over its target, gives 1 to the
    # floor and B 2.
    course = Course(
        np.array([[0.52, 0.46, 0.02]]), Destination(Reach.EDGE), even([0.05, 0.2, FREE])
    )
    found = desired_weights(
        np.array([[0.45, 0.51, 0.04]]),
        course,
        cash_floor=0.03,
        share_weights=np.array([[0.03, 0.01]]),
    )
    assert np.round(found, 12).tolist() == [[0.48, 0.49, 0.03]]


# --- courses

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
STATE = PolicyState(
    weights=np.array([WEIGHTS]),
    targets=np.array([TARGETS]),
    session=SESSION,
    occurrences_done=frozenset(),
    symbols=("A", "B", "cash"),
)


@pytest.mark.parametrize(
    ("ask", "destination"),
    [
        (Ask.USE_CASH, Destination(Reach.USE_CASH)),
        (Ask.REBALANCE, Destination(Reach.HALFWAY)),
        (Ask.TO_TARGET, TO_TARGET),
        (Ask.ANYTHING, Destination(Reach.HALFWAY)),
    ],
)
def test_what_is_asked_for_says_how_far(ask: Ask, destination: Destination) -> None:
    course = course_of(AbsoluteBand(width=0.05), STATE, ask, Destination(Reach.HALFWAY))
    assert course.destination == destination
    assert course.targets is STATE.targets
    assert course.measure is None
    assert course.band is not None
    assert course.band.above.tolist() == [[0.05, 0.05, FREE]]


def test_a_rule_with_a_measure_gives_it_to_the_course() -> None:
    course = course_of(
        TotalDrift(total_drift_max=0.05), STATE, Ask.REBALANCE, Destination(Reach.DISTANCE, 0.04)
    )
    assert course.band is None
    assert course.measure is not None
    assert course.measure.tolist() == pytest.approx([MEASURE])
    found = desired_weights(STATE.weights, course)
    assert found[0].tolist() == pytest.approx([0.54, 0.44, 0.02])


def test_a_course_follows_the_order_of_the_columns_with_cash_last() -> None:
    band = Band(np.array([[0.01, 0.02, 0.03]]), np.array([[0.04, 0.05, 0.06]]))
    destination, measure = Destination(Reach.EDGE), np.array([0.1])
    found = Course(np.array([TARGETS]), destination, band, measure).columns(np.array([1, 0]))
    assert found.targets.tolist() == [[0.48, 0.5, 0.02]]
    assert found.band is not None
    assert found.band.below.tolist() == [[0.02, 0.01, 0.03]]
    assert found.band.above.tolist() == [[0.05, 0.04, 0.06]]
    assert found.destination is destination
    assert found.measure is measure
    assert Course(np.array([TARGETS])).columns(np.array([1, 0])).band is None


def test_a_course_of_some_rows_keeps_what_is_shared() -> None:
    chosen = np.array([False, True])
    own = np.array([TARGETS, WEIGHTS])
    band = Band(np.array([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2]]), np.array([[0.3, 0.3, 0.3]]))
    destination = Destination(Reach.DISTANCE, 0.05)
    found = Course(own, destination, band, np.array([0.1, 0.2])).rows(chosen)
    assert found.targets.tolist() == [WEIGHTS]
    assert found.destination is destination
    assert found.band is not None
    assert found.band.below.tolist() == [[0.2, 0.2, 0.2]]
    assert found.band.above.tolist() == [[0.3, 0.3, 0.3]]
    assert found.measure is not None
    assert found.measure.tolist() == [0.2]
    plain = Course(np.array([TARGETS])).rows(chosen)
    assert plain.targets.tolist() == [TARGETS]
    assert (plain.band, plain.measure) == (None, None)


# --- refusals


@pytest.mark.parametrize("reach", [Reach.EDGE, Reach.HALFWAY])
def test_edge_and_halfway_need_a_band(reach: Reach) -> None:
    message = f"^the destination {reach.value} needs a band, and no rule has one$"
    with pytest.raises(ValueError, match=message):
        go(reach, measure=np.array([0.1]))


def test_a_distance_needs_something_to_be_measured() -> None:
    message = "^the destination distance needs a band or a measure, and no rule has one$"
    with pytest.raises(ValueError, match=message):
        go(Reach.DISTANCE, 0.04)


@pytest.mark.parametrize("amount", [None, 0.0, -0.5, 1.01, np.nan])
def test_a_fraction_of_the_way_is_from_above_0_to_1(amount: float | None) -> None:
    message = f"^the amount of a fraction must be above 0 and at most 1, found {amount}$"
    with pytest.raises(ValueError, match=message):
        go(Reach.FRACTION, amount)


@pytest.mark.parametrize("amount", [None, -0.01, np.inf, np.nan])
@pytest.mark.parametrize("course", [{"band": NARROW}, {"measure": np.array([0.1])}])
def test_a_distance_is_a_number_of_at_least_0(amount: float | None, course: dict[str, Any]) -> None:
    message = f"^the amount of a distance must be a number of at least 0, found {amount}$"
    with pytest.raises(ValueError, match=message):
        go(Reach.DISTANCE, amount, **course)


def course(reach: Reach, amount: float | None, band: Band | None) -> Course:
    return Course(np.array([TARGETS]), Destination(reach, amount), band)


@pytest.mark.parametrize("amount", [0.2, 0.3])
def test_a_distance_outside_every_band_is_refused(amount: float) -> None:
    # The widest is 20 points; that cash is free does not count.
    message = (
        f"^the distance must be less than the band is wide, found distance {amount:g} and half-widths of at most "
        r"0\.2: what is out would never go further than the edge$"
    )
    with pytest.raises(ValueError, match=message):
        check_distance(course(Reach.DISTANCE, amount, NARROW))
    # A look goes to the edge all the same: a band may have narrowed by itself.
    assert go(Reach.DISTANCE, amount, band=NARROW) == go(Reach.EDGE, band=NARROW)


def test_one_row_whose_band_is_too_narrow_is_enough() -> None:
    band = even([[0.1, 0.1, FREE], [0.04, 0.03, FREE]])
    with pytest.raises(ValueError, match=r"found distance 0\.05 and half-widths of at most 0\.04:"):
        check_distance(course(Reach.DISTANCE, 0.05, band))


@pytest.mark.parametrize("is_below", [True, False])
def test_a_distance_inside_one_side_of_one_band_is_allowed(is_below: bool) -> None:  # noqa: FBT001 - a case
    narrow, wide = np.full((1, 3), 0.02), np.array([[0.02, 0.06, 0.02]])
    band = Band(wide, narrow) if is_below else Band(narrow, wide)
    check_distance(course(Reach.DISTANCE, 0.05, band))
    with pytest.raises(ValueError, match=r"at most 0\.06:"):
        check_distance(course(Reach.DISTANCE, 0.06, band))


@pytest.mark.parametrize(
    ("reach", "amount", "band"),
    [
        (Reach.DISTANCE, 0.5, None),
        (Reach.DISTANCE, 0.5, even([FREE, FREE, FREE])),
        (Reach.FRACTION, 0.5, NARROW),
        (Reach.EDGE, None, NARROW),
    ],
)
def test_what_has_no_limit_or_is_no_distance_contradicts_nothing(
    reach: Reach, amount: float | None, band: Band | None
) -> None:
    check_distance(course(reach, amount, band))


def test_a_distance_without_a_number_is_refused_before_it_is_compared() -> None:
    with pytest.raises(ValueError, match=r"^the amount of a distance must be a number of at least"):
        check_distance(course(Reach.DISTANCE, None, NARROW))


def test_a_band_without_any_limit_has_nothing_to_go_to() -> None:
    assert go(Reach.DISTANCE, 0.05, band=even([FREE, FREE, FREE])) == WEIGHTS


@pytest.mark.parametrize("reach", [Reach.EDGE, Reach.HALFWAY, Reach.DISTANCE])
@pytest.mark.parametrize(
    "wrong", [[0.0, 0.1, 0.1], [-0.1, 0.1, 0.1], [np.nan, 0.1, 0.1], [0.1, 0.1], [[0.1] * 3] * 2]
)
@pytest.mark.parametrize("is_below", [True, False])
def test_a_width_that_is_no_width_is_refused(reach: Reach, wrong: Any, *, is_below: bool) -> None:
    good, bad = even([0.1, 0.1, 0.1]).above, even(wrong).above
    band = Band(bad, good) if is_below else Band(good, bad)
    with pytest.raises(ValueError, match=r"^half-widths must be rows of 3 numbers above 0, found"):
        go(reach, 0.05, band=band)


@pytest.mark.parametrize("measure", [[-0.1], [np.nan], [np.inf], [0.1, 0.1], [[0.1]]])
def test_a_measure_that_is_none_is_refused(measure: Any) -> None:
    with pytest.raises(ValueError, match=r"^a measure must be 1 numbers of at least 0, found"):
        go(Reach.DISTANCE, 0.05, measure=np.array(measure))


def test_weights_that_are_no_numbers_are_refused() -> None:
    good, bad = np.array([[0.5, 0.5]]), np.array([[np.nan, 0.5]])
    with pytest.raises(ValueError, match=r"^weights and targets must be finite numbers$"):
        desired_weights(bad, Course(good))
    with pytest.raises(ValueError, match=r"^weights and targets must be finite numbers$"):
        desired_weights(good, Course(bad))


@pytest.mark.parametrize(
    ("weights", "targets"), [((2, 2), (3, 2)), ((2, 2), (1, 3)), ((2,), (2,)), ((1, 2), (2,))]
)
def test_shapes_that_do_not_fit_are_refused(weights: Any, targets: Any) -> None:
    with pytest.raises(ValueError, match=r"^targets must be \(R, N\+1\) beside weights") as refusal:
        desired_weights(np.ones(weights), Course(np.ones(targets)))
    assert str(refusal.value) == (
        f"targets must be (R, N+1) beside weights {weights} with R 1 or {weights[0]}, found {targets}"
    )
