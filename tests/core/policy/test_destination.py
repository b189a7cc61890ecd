"""How far a rebalance goes: rows add up to 1, nothing leaves its band, nothing crosses its target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.core.policy.destination import Destination, desired_weights

Weights = NDArray[np.float64]
NOISE = 1e-12
FREE = np.inf


def go(
    weights: list[float],
    targets: list[float],
    half_width: list[float],
    destination: Destination,
    cash_floor: float = -np.inf,
) -> list[float]:
    """Return the desired weights of one row, rounded to 12 decimals."""
    row = desired_weights(
        np.array([weights]), np.array(targets), np.array(half_width), destination, cash_floor
    )
    return np.round(row[0], 12).tolist()


# --- worked numbers


def test_target_goes_to_target_and_needs_no_band() -> None:
    weights = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    targets = np.array([0.6, 0.38, 0.02])
    desired = desired_weights(weights, targets, None, Destination.TARGET)
    assert desired.tolist() == [targets.tolist()] * 2


def test_edge_moves_what_is_out_to_its_edge_and_cash_takes_the_rest() -> None:
    # A: 60 -> 55 (target 50, band 5). The 5 points go to cash: 2 -> 7, inside 2 +- 10.
    assert go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], [0.05, 0.2, 0.1], Destination.EDGE) == [
        0.55,
        0.38,
        0.07,
    ]


def test_halfway_moves_to_the_midpoint_of_edge_and_target() -> None:
    # A: edge 55, target 50: midpoint 52.5. 7.5 points go to cash: 2 -> 9.5, inside 2 +- 10.
    assert go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], [0.05, 0.2, 0.1], Destination.HALFWAY) == [
        0.525,
        0.38,
        0.095,
    ]


def test_what_cash_has_no_room_for_goes_to_the_under_weight_in_proportion() -> None:
    # A: 60 -> 55 frees 5 points. Cash is free of a band and at its target: it takes none.
    # B is 9 points under, C is 1 point under: of 5 points B gets 4.5 and C 0.5.
    assert go(
        [0.6, 0.21, 0.17, 0.02],
        [0.5, 0.3, 0.18, 0.02],
        [0.05, 0.1, 0.1, FREE],
        Destination.EDGE,
    ) == [0.55, 0.255, 0.175, 0.02]


def test_free_cash_gives_down_to_its_target_and_over_weights_give_the_rest() -> None:
    # A: 20 -> 25 (target 30, band 5) needs 5 points. Cash 4 gives 2 down to its target of 2.
    # B (40, 5 over) and C (36, 3 over) give the other 3 in proportion 5 : 3.
    assert go(
        [0.2, 0.4, 0.36, 0.04],
        [0.3, 0.35, 0.33, 0.02],
        [0.05, 0.1, 0.1, FREE],
        Destination.EDGE,
    ) == [0.25, 0.38125, 0.34875, 0.02]


def test_free_cash_below_its_target_gives_nothing() -> None:
    # A: 20 -> 25 needs 5 points; cash is 1 under its target; B is 11 over and gives all 5.
    assert go([0.2, 0.79, 0.01], [0.3, 0.68, 0.02], [0.05, 0.2, FREE], Destination.EDGE) == [
        0.25,
        0.74,
        0.01,
    ]


def test_cash_out_of_its_band_goes_to_its_edge_and_the_under_weights_get_it() -> None:
    # Cash: 22 -> 7 (target 2, band 5): 15 points for A (12 under) and B (8 under), 3 : 2.
    assert go([0.38, 0.4, 0.22], [0.5, 0.48, 0.02], [0.2, 0.2, 0.05], Destination.EDGE) == [
        0.47,
        0.46,
        0.07,
    ]


def test_cash_that_was_out_stays_at_its_midpoint_when_going_halfway() -> None:
    # Cash: 22 -> 4.5, the midpoint of 7 and 2: 17.5 points for A and B, 3 : 2.
    assert go([0.38, 0.4, 0.22], [0.5, 0.48, 0.02], [0.2, 0.2, 0.05], Destination.HALFWAY) == [
        0.485,
        0.47,
        0.045,
    ]


def test_a_cash_floor_is_not_spent_while_over_weights_can_give() -> None:
    # As above with 2 points from cash, but the floor is 3: cash gives 1, B and C give 4, 5 : 3.
    assert go(
        [0.2, 0.4, 0.36, 0.04],
        [0.3, 0.35, 0.33, 0.02],
        [0.05, 0.1, 0.1, FREE],
        Destination.EDGE,
        cash_floor=0.03,
    ) == [0.25, 0.375, 0.345, 0.03]


def test_what_over_weights_cannot_give_comes_from_below_the_floor() -> None:
    # A: 94 -> 95 needs 1 point, and cash 4 should not go below 10: B has only 1 point over its target to give.
    # It gives it (2 -> 1), and cash keeps its 4.
    assert go(
        [0.94, 0.02, 0.04], [0.97, 0.01, 0.02], [0.02, 0.02, FREE], Destination.EDGE, cash_floor=0.1
    ) == [0.95, 0.01, 0.04]


def test_a_row_with_everything_inside_is_returned_bit_for_bit() -> None:
    # The second row adds up to 1 with some noise; it is out of no band and stays as it is.
    weights = np.array([[0.7, 0.28, 0.02], [0.1 + 0.2 + 0.2, 0.48, 0.02]])
    targets, half_width = np.array([0.5, 0.48, 0.02]), np.array([0.05, 0.2, FREE])
    desired = desired_weights(weights, targets, half_width, Destination.EDGE)
    assert desired[1].tobytes() == weights[1].tobytes()
    assert desired[0, 0] == pytest.approx(0.55)


def test_a_weight_on_the_edge_is_inside() -> None:
    weights = [0.55, 0.43, 0.02]
    assert go(weights, [0.5, 0.48, 0.02], [0.05, 0.05, FREE], Destination.EDGE) == weights


@pytest.mark.parametrize("weight", [0.55, 0.45])
def test_a_weight_on_the_edge_does_not_go_halfway(weight: float) -> None:
    # 0.55 - 0.5 is a little more than 0.05 in floats.
    weights = [weight, 0.98 - weight, 0.02]
    desired = go(weights, [0.5, 0.48, 0.02], [0.05, 0.2, FREE], Destination.HALFWAY)
    assert desired == pytest.approx(weights)


def test_input_is_not_changed() -> None:
    weights, targets = np.array([[0.6, 0.38, 0.02]]), np.array([0.5, 0.48, 0.02])
    half_width = np.array([0.05, 0.05, FREE])
    copies = weights.copy(), targets.copy(), half_width.copy()
    for destination in Destination:
        desired_weights(weights, targets, half_width, destination)[:] = 0.0
    assert all(map(np.array_equal, (weights, targets, half_width), copies))


def test_whole_shares_go_from_the_edge_into_the_band_and_are_paid_in_full() -> None:
    # A: 60 -> 55 in shares of 2 points: 3 shares, to 54. B is 10 under and gets those 6 points; cash is at its target.
    row = desired_weights(
        np.array([[0.6, 0.38, 0.02]]),
        np.array([0.5, 0.48, 0.02]),
        np.array([0.05, 0.2, FREE]),
        Destination.EDGE,
        share_weights=np.array([[0.02, 0.01]]),
    )
    assert row[0].tolist() == pytest.approx([0.54, 0.44, 0.02])


def test_a_whole_number_of_shares_is_not_one_more_for_its_last_bit() -> None:
    # A: 60 -> 55 in shares of 1 point: 5 shares. B gets the 5 points.
    row = desired_weights(
        np.array([[0.6, 0.38, 0.02], [0.4, 0.58, 0.02]]),
        np.array([0.5, 0.48, 0.02]),
        np.array([0.05, 0.2, FREE]),
        Destination.EDGE,
        share_weights=np.full((2, 2), 0.01),
    )
    assert row[0].tolist() == pytest.approx([0.55, 0.43, 0.02])
    assert row[1].tolist() == pytest.approx([0.45, 0.53, 0.02])


def test_whole_shares_go_to_the_nearest_of_the_midpoint() -> None:
    # A: 60 -> 52.5 in shares of 2 points: 3.75 shares, 4, to 52.
    row = desired_weights(
        np.array([[0.6, 0.38, 0.02]]),
        np.array([0.5, 0.48, 0.02]),
        np.array([0.05, 0.2, FREE]),
        Destination.HALFWAY,
        share_weights=np.array([[0.02, 0.01]]),
    )
    assert row[0].tolist() == pytest.approx([0.52, 0.46, 0.02])


def test_shares_too_large_for_the_band_leave_the_edge_as_it_is() -> None:
    # A: 60, band 48 to 52, shares of 15 points: 45 is past the band.
    row = desired_weights(
        np.array([[0.6, 0.38, 0.02]]),
        np.array([0.5, 0.48, 0.02]),
        np.array([0.02, 0.2, FREE]),
        Destination.EDGE,
        share_weights=np.array([[0.15, 0.01]]),
    )
    assert row[0, 0] == pytest.approx(0.52)


# --- properties


@dataclass
class Case:
    weights: Weights
    targets: Weights
    half_width: Weights

    def drift(self, weights: Weights) -> Weights:
        return weights - self.targets

    def out(self) -> NDArray[np.bool_]:
        return np.abs(self.drift(self.weights)) > self.half_width + NOISE


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw portfolios, some with negative cash, with bands for all and with or without one for cash."""
    count = draw(st.integers(1, 7))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = generator.dirichlet(np.ones(count + 1))
    if draw(st.booleans()):
        targets = np.append(targets[:-1] / targets[:-1].sum(), 0.0)
    weights = generator.dirichlet(np.ones(count + 1), draw(st.integers(1, 6)))
    weights = targets + (weights - targets) * draw(st.sampled_from([0.05, 0.3, 1.0]))
    borrowed = draw(st.sampled_from([0.0, 0.1]))
    weights[:, 0] += borrowed
    weights[:, -1] -= borrowed
    half_width = generator.uniform(0.005, 0.15, count + 1)
    if draw(st.booleans()):
        half_width[-1] = FREE
    return Case(weights, targets, half_width)


bands = st.sampled_from([Destination.EDGE, Destination.HALFWAY])


@given(case=cases(), destination=st.sampled_from(Destination))
def test_rows_add_up_to_one(case: Case, destination: Destination) -> None:
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)
    assert desired.shape == case.weights.shape
    assert np.allclose(desired.sum(axis=1), 1, rtol=0, atol=1e-12)


@given(case=cases(), destination=bands)
def test_every_weight_ends_inside_its_band(case: Case, destination: Destination) -> None:
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)
    # Cash without a band is not held by one; all others are.
    assert (np.abs(case.drift(desired)) <= case.half_width + NOISE).all()


@given(case=cases(), destination=bands)
def test_an_instrument_only_moves_towards_its_target_and_not_past_it(
    case: Case, destination: Destination
) -> None:
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)
    before, after = case.drift(case.weights)[:, :-1], case.drift(desired)[:, :-1]
    assert (np.abs(after) <= np.abs(before) + NOISE).all()
    assert (before * after >= -NOISE).all()


@given(case=cases(), destination=bands)
def test_what_was_out_goes_at_least_to_its_destination(
    case: Case, destination: Destination
) -> None:
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)
    share = 1.0 if destination is Destination.EDGE else 0.5
    reached = np.abs(case.drift(desired)) <= share * case.half_width + NOISE
    assert reached[case.out()].all()


@given(case=cases(), seed=st.integers(0, 2**32 - 1), destination=bands)
def test_whole_shares_keep_rows_and_bands(case: Case, seed: int, destination: Destination) -> None:
    instruments = case.weights[:, :-1]
    share_weights = np.random.default_rng(seed).uniform(0.0001, 0.1, instruments.shape)
    desired = desired_weights(
        case.weights,
        case.targets,
        case.half_width,
        destination,
        share_weights=share_weights,
    )
    assert np.allclose(desired.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (np.abs(case.drift(desired)) <= case.half_width + NOISE).all()


@given(case=cases(), destination=bands)
def test_free_cash_stays_between_where_it_is_and_its_target(
    case: Case, destination: Destination
) -> None:
    case.half_width[-1] = FREE
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)[:, -1]
    cash, target = case.weights[:, -1], case.targets[-1]
    assert (desired >= np.minimum(cash, target) - NOISE).all()
    assert (desired <= np.maximum(cash, target) + NOISE).all()


@given(case=cases(), destination=bands)
def test_rows_inside_their_bands_stay(case: Case, destination: Destination) -> None:
    desired = desired_weights(case.weights, case.targets, case.half_width, destination)
    stays = ~case.out().any(axis=1)
    assert desired[stays].tobytes() == case.weights[stays].tobytes()


@given(case=cases(), floor=st.floats(0.0, 0.2))
def test_a_floor_under_cash_up_to_its_target_is_kept(case: Case, floor: float) -> None:
    floor = min(floor, case.targets[-1])
    desired = desired_weights(
        case.weights, case.targets, case.half_width, Destination.EDGE, cash_floor=floor
    )
    moved = case.out().any(axis=1)
    assert (desired[moved, -1] >= floor - NOISE).all()
    assert np.allclose(desired.sum(axis=1), 1, rtol=0, atol=1e-12)


@given(case=cases(), destination=st.sampled_from(Destination))
def test_a_row_alone_goes_where_it_goes_among_many(case: Case, destination: Destination) -> None:
    together = desired_weights(case.weights, case.targets, case.half_width, destination)
    for row in range(len(case.weights)):
        alone = desired_weights(
            case.weights[row : row + 1], case.targets, case.half_width, destination
        )
        assert alone[0].tobytes() == together[row].tobytes()


@given(case=cases(), destination=st.sampled_from(Destination), data=st.data())
def test_another_order_of_instruments_goes_to_the_same_place(
    case: Case, destination: Destination, data: st.DataObject
) -> None:
    count = len(case.targets) - 1
    order = [*data.draw(st.permutations(range(count))), count]
    shuffled = desired_weights(
        case.weights[:, order], case.targets[order], case.half_width[order], destination
    )
    ordered = desired_weights(case.weights, case.targets, case.half_width, destination)
    assert np.allclose(shuffled, ordered[:, order], rtol=0, atol=1e-12)


# --- refusals


@pytest.mark.parametrize("destination", [Destination.EDGE, Destination.HALFWAY])
def test_edge_and_halfway_need_a_band(destination: Destination) -> None:
    with pytest.raises(ValueError, match=f"{destination.value} needs a band"):
        desired_weights(np.array([[0.5, 0.5]]), np.array([0.5, 0.5]), None, destination)


@pytest.mark.parametrize("width", [[0.0, 0.1], [-0.1, 0.1], [np.nan, 0.1], [0.1], [0.1, 0.1, 0.1]])
def test_a_width_that_is_no_width_is_refused(width: list[float]) -> None:
    with pytest.raises(ValueError, match="half-widths must be 2 numbers above 0, found"):
        go([0.5, 0.5], [0.5, 0.5], width, Destination.EDGE)


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        go([np.nan, 0.5], [0.5, 0.5], [0.1, 0.1], Destination.EDGE)
    with pytest.raises(ValueError, match="finite"):
        go([0.5, 0.5], [np.inf, 0.5], [0.1, 0.1], Destination.TARGET)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"differ: \(1, 2\) and \(3,\)"):
        desired_weights(np.ones((1, 2)), np.ones(3), None, Destination.TARGET)
    with pytest.raises(ValueError, match=r"differ: \(2,\) and \(2,\)"):
        desired_weights(np.ones(2), np.ones(2), None, Destination.TARGET)
