"""What is out of its band goes back into it, and something else pays: the arithmetic of edge, halfway and distance.

Only what is out of its band is moved: to its goal, a distance from its target on its own side, from 0 to the band's
edge. That leaves the row not adding up to 1, and the residual is closed in two steps, in terms of drifts (weight -
target), which must add up to 0:

1. Cash takes it, as long as cash stays in its own room: its band, if it has one on that side; else between its present
   weight and its target. Cash that was itself out of its band stays within its own goal.
2. What is left is closed by instruments moving towards their targets, each in proportion to its distance: the
   over-weight ones if the drifts add up to more than 0, the under-weight ones if to less.

Step 2 always suffices. Let P and M be the sums of the instruments' positive drifts and of the sizes of their negative
ones, and c cash's drift, so that the drifts add up to S = P - M + c. If S > 0 is left after step 1, cash is at the
lowest point of its room, which is never above its target: c <= 0. So S <= P - M <= P, and shrinking the positive
drifts by the factor S / P, which is at most 1, closes the gap. The mirror image holds for S < 0: then c >= 0 and
-S <= M. Because every factor is from 0 to 1, an instrument only ever moves towards its target and stops at it at the
latest. A band has its target inside, however far its two edges are from it: so none leaves its band, none crosses its
target, and after the step the drifts add up to 0.

Given the weight of a share, what is out moves by whole shares to where they reach from the edge into the band (or next
to a goal inside it), by which it may pass its target if one share is wider than its way. Only then is the residual
closed, so that others fund what is really bought. Nothing above depends on where exactly the moved ones end.

A floor under cash may lie above cash's target; then c <= 0 does not hold, and over-weight instruments may not have
enough to give: whatever is missing then comes from below the floor.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import WEIGHT_TOLERANCE, total
from bot.core.domain.units import SHARE_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.policy import Band


def into_band(
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    bands: tuple[Band, Band],
    cash_floor: float = -math.inf,
    share_weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return `weights` with what is out of its band moved to its goal, and the residual closed.

    Args:
        weights: Current weights (B, N+1), fractions of base, cash last, rows summing to 1.
        targets: Target weights (R, N+1).
        bands: The band (R, N+1), and the goals: how far from its target what is out on either side goes to (R, N+1),
            from 0 to the band's own half-width.
        cash_floor: Nothing is funded from cash below this, fraction of base, as long as over-weight instruments can
            give instead; -inf for no floor.
        share_weights: What one share of each instrument weighs (B, N), fraction of base, above 0; None for parts of
            shares.

    Returns:
        Desired weights (B, N+1), rows summing to 1. A row with nothing out of its band is returned as it is.
    """
    band, goals = bands
    drift = weights - targets
    is_over = drift >= 0
    is_out = np.abs(drift) > np.where(is_over, band.above, band.below) + WEIGHT_TOLERANCE
    # copysign, not sign: 0 times an infinite width would be NaN.
    goal = targets + np.copysign(np.where(is_over, goals.above, goals.below), drift)
    desired = np.where(is_out, goal, weights)
    if share_weights is not None:
        is_edge = np.where(is_over, goals.above >= band.above, goals.below >= band.below)
        reached = _by_whole_shares(weights[:, :-1], desired[:, :-1], share_weights, is_edge[:, :-1])
        off = reached - targets[:, :-1]
        widest = np.where(off >= 0, band.above[:, :-1], band.below[:, :-1])
        is_inside = np.abs(off) <= widest + WEIGHT_TOLERANCE
        desired[:, :-1] = np.where(is_inside, reached, desired[:, :-1])
    is_moved = np.any(is_out, axis=-1, keepdims=True)
    lowest, highest = _cash_room(drift[:, -1], is_out[:, -1], bands, cash_floor - targets[:, -1])
    desired[:, -1] = _cash(desired, targets, lowest, highest)
    return np.where(is_moved, _close(desired, targets), weights)


def _by_whole_shares(
    weights: NDArray[np.float64],
    goal: NDArray[np.float64],
    share_weights: NDArray[np.float64],
    is_edge: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return what whole shares reach of `goal` (B, N): from an edge on into the band, else the nearest."""
    moves = np.abs(goal - weights) / share_weights
    up = np.ceil(moves - np.where(is_edge, 0.0, 0.5) - SHARE_TOLERANCE)
    # No more is sold than is held.
    reached: NDArray[np.float64] = weights + np.copysign(up * share_weights, goal - weights)
    return np.maximum(reached, np.minimum(goal, 0.0))


def _cash_room(
    drift: NDArray[np.float64],
    is_out: NDArray[np.bool_],
    bands: tuple[Band, Band],
    floor: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest drift (B,) that cash, whose drift is `drift`, may take on."""
    band, goals = bands
    # Cash that is out goes to its own goal; inside, it may go to its edges.
    below = np.where(is_out, goals.below[:, -1], band.below[:, -1])
    above = np.where(is_out, goals.above[:, -1], band.above[:, -1])
    lowest = np.where(np.isinf(band.below[:, -1]), np.minimum(drift, 0.0), -below)
    highest = np.where(np.isinf(band.above[:, -1]), np.maximum(drift, 0.0), above)
    lowest = np.maximum(lowest, floor)
    return lowest, np.maximum(lowest, highest)


def _cash(
    goal: NDArray[np.float64],
    targets: NDArray[np.float64],
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return cash's weight (B,) after it took what it can of the residual."""
    wanted = (goal[:, -1] - targets[:, -1]) - total(goal - targets)
    cash: NDArray[np.float64] = targets[:, -1] + np.clip(wanted, lowest, highest)
    return cash


def _close(goal: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `goal` with the residual closed by instruments moving towards their targets (step 2 above)."""
    drift = goal - targets
    residual = total(drift)
    drift[:, -1] = 0.0
    side = np.where((drift > 0) == (residual > 0)[:, np.newaxis], drift, 0.0)
    available = total(side)
    # Without any drift on that side there is nothing to close but float noise.
    factor = np.divide(residual, available, out=np.zeros_like(residual), where=available != 0)
    closed: NDArray[np.float64] = goal - np.clip(factor, 0.0, 1.0)[:, np.newaxis] * side
    # Nothing but float noise, unless cash has a floor above its target.
    closed[:, -1] -= total(closed - targets)
    return closed
