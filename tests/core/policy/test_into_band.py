"""What goes back into a band, in worked numbers; for any portfolio: test_into_band_properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.core.policy.into_band import into_band
from bot.core.policy.policy import Band

FREE = np.inf
EDGE, HALFWAY = 1.0, 0.5


def even(widths: Any) -> Band:
    """Return a band as wide below as above."""
    widths = np.atleast_2d(np.asarray(widths, dtype=np.float64))
    return Band(widths, widths)


def parts(band: Band, share: float) -> Band:
    return Band(share * band.below, share * band.above)


def go(
    weights: list[float],
    targets: list[float],
    band: Band | list[float],
    share: float,
    **rest: Any,
) -> list[float]:
    """Return the desired weights of one row, rounded to 12 decimals."""
    band = band if isinstance(band, Band) else even(band)
    bands = (band, parts(band, share))
    found = into_band(np.array([weights]), np.array([targets]), bands, **rest)
    return np.round(found[0], 12).tolist()


# --- worked numbers


def test_edge_moves_what_is_out_to_its_edge_and_cash_takes_the_rest() -> None:
    # A: 60 -> 55 (target 50, band 5). The 5 points go to cash: 2 -> 7, inside 2 +- 10.
    assert go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], [0.05, 0.2, 0.1], EDGE) == [0.55, 0.38, 0.07]


def test_halfway_moves_to_the_midpoint_of_edge_and_target() -> None:
    # A: edge 55, target 50: midpoint 52.5. 7.5 points go to cash: 2 -> 9.5, inside 2 +- 10.
    assert go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], [0.05, 0.2, 0.1], HALFWAY) == [
        0.525,
        0.38,
        0.095,
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_whole_shares_go_over_an_edge_into_the_band_on_either_side(place: int) -> None:
    # Shares of 2 %. 40 of a target of 50, band 5: 45 is 2.5 shares away, 46 is inside. 60: 55, and 54 is inside.
    for weight, reached in ((0.4, 0.46), (0.6, 0.54)):
        weights = [0.2, 0.2, 0.8 - weight]
        targets = [0.2, 0.2, 0.3]
        weights[place], targets[place] = weight, 0.5
        desired = go(
            weights, targets, [0.05, 0.05, FREE], EDGE, share_weights=np.full((1, 2), 0.02)
        )
        assert desired[place] == reached


@pytest.mark.parametrize("place", [0, 1])
def test_an_edge_on_one_side_is_none_on_the_other(place: int) -> None:
    # Band 5 below and 3 above, the goal 3 on both sides: an edge only above. The other instrument is 1 point under.
    band = Band(np.array([[0.05, 0.05, FREE]]), np.array([[0.03, 0.03, FREE]]))
    goals = Band(np.full((1, 3), 0.03), np.full((1, 3), 0.03))
    # 56 -> 53 in shares of 2 %: 1.5, and 2 are inside. 44 -> 47: 1.5, half a share goes down: 46 is inside.
    for weight, reached in ((0.56, 0.52), (0.44, 0.46)):
        weights, targets = [0.29, 0.29, 0.71 - weight], [0.3, 0.3, 0.2]
        weights[place], targets[place] = weight, 0.5
        desired = into_band(
            np.array([weights]),
            np.array([targets]),
            (band, goals),
            share_weights=np.full((1, 2), 0.02),
        )
        assert desired[0, place] == pytest.approx(reached)


def test_each_side_goes_to_its_own_edge() -> None:
    # Below 3, above 6. A: 60 -> 56; B: 20 -> 27. Cash gives the 3 points: 20 -> 17, inside 20 - 3.
    band = Band(np.full((1, 3), 0.03), np.full((1, 3), 0.06))
    assert go([0.6, 0.2, 0.2], [0.5, 0.3, 0.2], band, EDGE) == [0.56, 0.27, 0.17]
    # Halfway: A -> 53, B -> 28.5: 1.5 points more for cash than B costs: 7 - 8.5 = -1.5: cash 18.5.
    assert go([0.6, 0.2, 0.2], [0.5, 0.3, 0.2], band, HALFWAY) == [0.53, 0.285, 0.185]


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        # A: 60 -> 55 frees 5 points. Cash may rise by 4: B, 10 points under, gets the fifth.
        (FREE, 0.04, [0.55, 0.39, 0.06]),
        # Cash is free above, and at its target: it takes none.
        (0.04, FREE, [0.55, 0.43, 0.02]),
    ],
)
def test_cash_has_room_on_the_side_that_has_a_band(
    below: float, above: float, expected: list[float]
) -> None:
    band = Band(np.array([[0.2, 0.2, below]]), np.array([[0.05, 0.2, above]]))
    assert go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], band, EDGE) == expected


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        # A: 40 -> 45 costs 5 points. Cash may fall by 4; B, 10 points over, gives the fifth.
        (0.04, FREE, [0.45, 0.47, 0.08]),
        # Cash is free below, and at its target: it gives none.
        (FREE, 0.04, [0.45, 0.43, 0.12]),
    ],
)
def test_cash_gives_on_the_side_that_has_a_band(
    below: float, above: float, expected: list[float]
) -> None:
    band = Band(np.array([[0.05, 0.2, below]]), np.array([[0.2, 0.2, above]]))
    assert go([0.4, 0.48, 0.12], [0.5, 0.38, 0.12], band, EDGE) == expected


def test_what_cash_has_no_room_for_goes_to_the_under_weight_in_proportion() -> None:
    # A: 60 -> 55 frees 5 points. Cash is free of a band and at its target: it takes none.
    # B is 9 points under, C is 1 point under: of 5 points B gets 4.5 and C 0.5.
    assert go([0.6, 0.21, 0.17, 0.02], [0.5, 0.3, 0.18, 0.02], [0.05, 0.1, 0.1, FREE], EDGE) == [
        0.55,
        0.255,
        0.175,
        0.02,
    ]


def test_free_cash_gives_down_to_its_target_and_over_weights_give_the_rest() -> None:
    # A: 20 -> 25 (target 30, band 5) needs 5 points. Cash 4 gives 2 down to its target of 2.
    # B (40, 5 over) and C (36, 3 over) give the other 3 in proportion 5 : 3.
    assert go([0.2, 0.4, 0.36, 0.04], [0.3, 0.35, 0.33, 0.02], [0.05, 0.1, 0.1, FREE], EDGE) == [
        0.25,
        0.38125,
        0.34875,
        0.02,
    ]


def test_free_cash_below_its_target_gives_nothing_and_takes_what_it_lacks() -> None:
    # A: 20 -> 25 needs 5 points; cash is 1 under its target; B is 11 over and gives all 5.
    assert go([0.2, 0.79, 0.01], [0.3, 0.68, 0.02], [0.05, 0.2, FREE], EDGE) == [0.25, 0.74, 0.01]
    # A: 60 -> 55 frees 5 points; cash is 1 under its target and takes 1, B gets 4.
    assert go([0.6, 0.39, 0.01], [0.5, 0.48, 0.02], [0.05, 0.2, FREE], EDGE) == [0.55, 0.43, 0.02]


def test_cash_out_of_its_band_goes_to_its_edge_and_the_under_weights_get_it() -> None:
    # Cash: 22 -> 7 (target 2, band 5): 15 points for A (12 under) and B (8 under), 3 : 2.
    assert go([0.38, 0.4, 0.22], [0.5, 0.48, 0.02], [0.2, 0.2, 0.05], EDGE) == [0.47, 0.46, 0.07]


def test_cash_that_was_out_stays_at_its_midpoint_when_going_halfway() -> None:
    # Cash: 22 -> 4.5, the midpoint of 7 and 2: 17.5 points for A and B, 3 : 2.
    assert go([0.38, 0.4, 0.22], [0.5, 0.48, 0.02], [0.2, 0.2, 0.05], HALFWAY) == [
        0.485,
        0.47,
        0.045,
    ]
    # Cash: -8 -> -0.5: 7.5 points from A (6 over) and B (4 over), 3 : 2.
    assert go([0.56, 0.52, -0.08], [0.5, 0.48, 0.02], [0.2, 0.2, 0.05], HALFWAY) == [
        0.515,
        0.49,
        -0.005,
    ]


def test_a_cash_floor_is_not_spent_while_over_weights_can_give() -> None:
    # As above with 2 points from cash, but the floor is 3: cash gives 1, B and C give 4, 5 : 3.
    assert go(
        [0.2, 0.4, 0.36, 0.04],
        [0.3, 0.35, 0.33, 0.02],
        [0.05, 0.1, 0.1, FREE],
        EDGE,
        cash_floor=0.03,
    ) == [0.25, 0.375, 0.345, 0.03]


def test_what_over_weights_cannot_give_comes_from_below_the_floor() -> None:
    # A: 94 -> 95 needs 1 point, and cash 4 should not go below 10: B has only 1 point over its target to give.
    # It gives it (2 -> 1), and cash keeps its 4.
    assert go([0.94, 0.02, 0.04], [0.97, 0.01, 0.02], [0.02, 0.02, FREE], EDGE, cash_floor=0.1) == [
        0.95,
        0.01,
        0.04,
    ]


def test_a_row_with_everything_inside_is_returned_bit_for_bit() -> None:
    # The second row adds up to 1 with some noise; it is out of no band and stays as it is.
    weights = np.array([[0.7, 0.28, 0.02], [0.1 + 0.2 + 0.2, 0.48, 0.02]])
    band = even([0.05, 0.2, FREE])
    found = into_band(weights, np.array([[0.5, 0.48, 0.02]]), (band, band))
    assert found[1].tobytes() == weights[1].tobytes()
    assert found[0, 0] == pytest.approx(0.55)


@pytest.mark.parametrize("weight", [0.55, 0.45])
def test_a_weight_on_the_edge_does_not_go_halfway(weight: float) -> None:
    # 0.55 - 0.5 is a little more than 0.05 in floats.
    weights = [weight, 0.98 - weight, 0.02]
    found = go(weights, [0.5, 0.48, 0.02], [0.05, 0.2, FREE], HALFWAY)
    assert found == pytest.approx(weights)


def test_each_row_has_its_own_targets_and_band() -> None:
    # Row 0: A 60 -> 55. Row 1: target 40, band 10: 60 -> 50. B, under its target by as much, gets it.
    weights = np.array([[0.6, 0.38, 0.02]] * 2)
    targets = np.array([[0.5, 0.48, 0.02], [0.4, 0.58, 0.02]])
    band = even([[0.05, 0.3, FREE], [0.1, 0.3, FREE]])
    found = into_band(weights, targets, (band, band))
    assert np.round(found, 12).tolist() == [[0.55, 0.43, 0.02], [0.5, 0.48, 0.02]]


# --- whole shares


@pytest.mark.parametrize(
    ("share", "band", "size", "expected"),
    [
        # A: 60 -> 55 in shares of 2 points: 2.5 shares, 3, on into the band, to 54. B gets those 6 points.
        (EDGE, 0.05, 0.02, [0.54, 0.44, 0.02]),
        # In shares of 1 point: 5 shares, and not one more for its last bit.
        (EDGE, 0.05, 0.01, [0.55, 0.43, 0.02]),
        # A: 60 -> 52.5 in shares of 2 points: 3.75 shares, 4, to 52.
        (HALFWAY, 0.05, 0.02, [0.52, 0.46, 0.02]),
        # In shares of 7 points: 1.07 shares, 1, to 53.
        (HALFWAY, 0.05, 0.07, [0.53, 0.45, 0.02]),
        # In shares of 5 points: 1.5 shares. Half a share is not moved for its last bit: 1, to 55.
        (HALFWAY, 0.05, 0.05, [0.55, 0.43, 0.02]),
        # Band 48 to 52, in shares of 15 points: 45 is past the band, so the edge stays the goal.
        (EDGE, 0.02, 0.15, [0.52, 0.46, 0.02]),
    ],
)
def test_whole_shares_are_paid_in_full(
    share: float, band: float, size: float, expected: list[float]
) -> None:
    found = go(
        [0.6, 0.38, 0.02],
        [0.5, 0.48, 0.02],
        [band, 0.2, FREE],
        share,
        share_weights=np.array([[size, 0.01]]),
    )
    assert found == pytest.approx(expected)


def test_a_whole_number_of_shares_is_bought_and_not_one_more() -> None:
    # A: 40 -> 45 in shares of 1 point: 5 shares.
    found = go(
        [0.4, 0.58, 0.02],
        [0.5, 0.48, 0.02],
        [0.05, 0.2, FREE],
        EDGE,
        share_weights=np.array([[0.01, 0.01]]),
    )
    assert found == pytest.approx([0.45, 0.53, 0.02])


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        # 60 -> 54 takes 1.09 shares of 5.5 points, 2, to 49: on the lower edge. Cash takes the 11 points.
        (0.01, [0.49, 0.38, 0.13]),
        # With 0.9 points below, 49 is out: the upper edge stays the goal.
        (0.009, [0.54, 0.38, 0.08]),
    ],
)
def test_a_share_past_the_target_is_held_by_the_band_of_that_side(
    below: float, expected: list[float]
) -> None:
    # A: 60, target 50, up to 4 points above.
    band = Band(np.array([[below, 0.2, 0.2]]), np.array([[0.04, 0.2, 0.2]]))
    shares = np.array([[0.055, 0.01]])
    found = go([0.6, 0.38, 0.02], [0.5, 0.48, 0.02], band, EDGE, share_weights=shares)
    assert found == pytest.approx(expected)


def test_no_more_is_sold_than_is_held() -> None:
    # A: 10 -> 2 in shares of 7 points: 1.14 shares, 2 would be 4 more than there are. All of it is sold.
    found = go(
        [0.1, 0.88, 0.02],
        [0.0, 0.98, 0.02],
        [0.02, 0.2, FREE],
        EDGE,
        share_weights=np.array([[0.07, 0.01]]),
    )
    assert found == pytest.approx([0.0, 0.98, 0.02])


def test_input_is_not_changed() -> None:
    weights, targets = np.array([[0.6, 0.38, 0.02]]), np.array([[0.5, 0.48, 0.02]])
    band = even([0.05, 0.05, FREE])
    copies = weights.copy(), targets.copy(), band.below.copy()
    shares = np.full((1, 2), 0.01)
    into_band(weights, targets, (band, parts(band, HALFWAY)), 0.0, shares)[:] = 0.0
    assert all(map(np.array_equal, (weights, targets, band.below), copies))
