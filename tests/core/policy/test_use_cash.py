"""Cash is put to use where weights are furthest off, and only as much is traded as cash needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.policy.use_cash import use_cash

TARGETS = [0.3, 0.3, 0.3, 0.1]


def used(
    weights: list[float], floor: float = -math.inf, targets: list[float] = TARGETS
) -> list[float]:
    desired: list[float] = use_cash(np.array([weights]), np.array([targets]), floor)[0].tolist()
    return desired


@pytest.mark.parametrize(
    ("weights", "desired"),
    [
        # 0.10 is spare; 0.15 and 0.05 are under. (0.20 - 0.10) / 2 = 0.05 stays under for each: 0.10 and 0 are bought.
        ([0.40, 0.15, 0.25, 0.20], [0.40, 0.25, 0.25, 0.10]),
        # 0.15 is spare: (0.20 - 0.15) / 2 = 0.025 stays under for each.
        ([0.35, 0.15, 0.25, 0.25], [0.35, 0.275, 0.275, 0.10]),
        # 0.02 is spare: all for the one that is furthest under. A level for both would be 0.09, more than 0.05.
        ([0.48, 0.15, 0.25, 0.12], [0.48, 0.17, 0.25, 0.10]),
        # All is under, and the spare 0.20 is just what is missing.
        ([0.20, 0.25, 0.25, 0.30], [0.30, 0.30, 0.30, 0.10]),
        # All in cash.
        ([0.0, 0.0, 0.0, 1.0], [0.30, 0.30, 0.30, 0.10]),
    ],
)
def test_spare_cash_buys_what_is_furthest_under(weights: list[float], desired: list[float]) -> None:
    assert used(weights) == pytest.approx(desired, abs=1e-15)


@pytest.mark.parametrize(
    ("weights", "desired"),
    [
        # 0.10 is missing; 0.15 and 0.05 are over: 0.05 stays over for each.
        ([0.20, 0.45, 0.35, 0.0], [0.20, 0.35, 0.35, 0.10]),
        # Cash below 0: 0.15 is missing, all of it is over.
        ([0.40, 0.35, 0.30, -0.05], [0.30, 0.30, 0.30, 0.10]),
        # 0.02 is missing: only the one that is furthest over gives.
        ([0.12, 0.45, 0.35, 0.08], [0.12, 0.43, 0.35, 0.10]),
    ],
)
def test_missing_cash_comes_from_what_is_furthest_over(
    weights: list[float], desired: list[float]
) -> None:
    assert used(weights) == pytest.approx(desired, abs=1e-15)


def test_cash_at_its_target_leaves_the_drifts_of_the_others() -> None:
    weights = [0.5, 0.1, 0.3, 0.1]
    assert used(weights) == weights


@pytest.mark.parametrize("sign", [1, -1])
def test_cash_within_the_tolerance_of_its_target_moves_nothing(sign: int) -> None:
    # Half of 1e-12 off is noise; twice 1e-12 is not.
    noise = [0.3 - sign * 5e-13, 0.3, 0.3, 0.1 + sign * 5e-13]
    assert used(noise) == noise
    # Just 1e-12 is noise too.
    just = [0.5 - sign * 0.1, sign * 1e-12]
    assert used(just, targets=[0.5, 0.0]) == just
    drift = [0.3 - sign * 2e-12, 0.3, 0.3, 0.1 + sign * 2e-12]
    assert used(drift) != drift
    assert used(drift) == pytest.approx(TARGETS, abs=1e-15)


def test_a_floor_above_the_target_keeps_cash_from_being_spent() -> None:
    # 0.20 less the floor of 0.15 leaves 0.05 for the one that is 0.15 under; the other one is 0.05 under.
    assert used([0.40, 0.15, 0.25, 0.20], 0.15) == pytest.approx([0.40, 0.20, 0.25, 0.15])


def test_a_floor_below_the_target_says_nothing() -> None:
    weights = [0.40, 0.15, 0.25, 0.20]
    assert used(weights, 0.05) == used(weights)


def test_a_floor_that_what_is_over_cannot_fill_takes_from_all_in_proportion() -> None:
    # 0.45 is missing to 0.50. What is over gives 0.10 and 0.05, and leaves 0.30, 0.30, 0.20. The missing 0.30 of 0.80
    # takes 3/8 of each: 0.1125, 0.1125, 0.075.
    desired = used([0.40, 0.35, 0.20, 0.05], 0.50)
    assert desired == pytest.approx([0.1875, 0.1875, 0.125, 0.50], abs=1e-15)


def test_a_floor_above_everything_sells_everything_and_no_more() -> None:
    assert used([0.40, 0.35, 0.20, 0.05], 1.5) == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-15)
    assert used([0.0, 0.0, 0.0, 1.0], 1.5) == [0.0, 0.0, 0.0, 1.0]


def test_rows_may_have_targets_of_their_own() -> None:
    weights = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    targets = np.array([[0.5, 0.4, 0.1], [0.6, 0.3, 0.1]])
    assert use_cash(weights, targets) == pytest.approx(targets, abs=1e-15)


Case = tuple[np.ndarray, np.ndarray, float]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw rows with cash from -0.3 to 0.9, targets for all or for each, and a floor or none."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, rows = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cash = generator.uniform(-0.3, 0.9, (rows, 1))
    weights = np.hstack([generator.dirichlet(np.ones(count), rows) * (1 - cash), cash])
    targets = generator.dirichlet(np.ones(count + 1), draw(st.sampled_from([1, rows])))
    return weights, targets, draw(st.sampled_from([-math.inf, 0.0, 0.1, 0.5]))


@given(case=cases())
def test_nothing_is_lost_and_cash_gets_what_it_needs(case: Case) -> None:
    weights, targets, floor = case
    desired = use_cash(weights, targets, floor)
    assert desired.sum(axis=1) == pytest.approx(weights.sum(axis=1), abs=1e-12)
    assert (desired[:, :-1] >= 0).all()
    wanted = np.maximum(np.broadcast_to(targets, weights.shape)[:, -1], floor)
    assert desired[:, -1] == pytest.approx(wanted, abs=1e-12)


@given(case=cases())
def test_nothing_passes_its_target_and_one_side_only_is_traded(case: Case) -> None:
    weights, targets, _ = case
    desired = use_cash(weights, targets)
    trades = (desired - weights)[:, :-1]
    before, after = (weights - targets)[:, :-1], (desired - targets)[:, :-1]
    assert ((trades >= -1e-15).all(axis=1) | (trades <= 1e-15).all(axis=1)).all()
    assert (np.abs(after) <= np.abs(before) + 1e-15).all()
    assert (before * after >= -1e-15).all()


@given(case=cases())
def test_what_is_left_is_as_even_as_can_be(case: Case) -> None:
    # What was traded is left at one level, and what was not is nearer to its target than that: the least squares.
    weights, targets, _ = case
    desired = use_cash(weights, targets)
    left = np.abs(desired - targets)[:, :-1]
    is_traded = np.abs(desired - weights)[:, :-1] > 1e-12
    side = np.sign((desired - weights)[:, -1])[:, np.newaxis]
    is_on_side = np.sign((weights - targets)[:, :-1]) == side
    for row in range(len(weights)):
        level = left[row][is_traded[row]]
        if len(level):
            assert np.ptp(level) <= 1e-12
            others = left[row][is_on_side[row] & ~is_traded[row]]
            assert (others <= level[0] + 1e-12).all()


@given(case=cases())
def test_twice_is_once(case: Case) -> None:
    weights, targets, floor = case
    once = use_cash(weights, targets, floor)
    assert np.array_equal(use_cash(once, targets, floor), once)


@given(case=cases())
def test_a_row_alone_goes_where_it_goes_among_many(case: Case) -> None:
    weights, targets, floor = case
    desired = use_cash(weights, targets, floor)
    for row in range(len(weights)):
        own = targets if len(targets) == 1 else targets[row : row + 1]
        assert np.array_equal(use_cash(weights[row : row + 1], own, floor)[0], desired[row])


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_goes_to_the_same_weights(
    case: Case, data: st.DataObject
) -> None:
    weights, targets, floor = case
    order = np.array(data.draw(st.permutations(range(weights.shape[1] - 1))), dtype=np.intp)
    with_cash = np.append(order, len(order))
    shuffled = use_cash(weights[:, with_cash], targets[:, with_cash], floor)
    expected = use_cash(weights, targets, floor)[:, with_cash]
    assert shuffled == pytest.approx(expected, abs=1e-12)
