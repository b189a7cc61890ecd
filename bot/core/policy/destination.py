"""How far to go once a policy asks for a rebalance: to target, halfway, or to the edge of the band.

Halfway and edge move only what is out of its band. That leaves the row not adding up to 1, and the residual is
closed in two steps, in terms of drifts (weight - target), which must add up to 0:

1. Cash takes it, as long as cash stays in its own room: its band, if it has one; else between its present weight and
   its target. Cash that was itself out of its band stays within its own destination.
2. What is left is closed by instruments moving towards their targets, each in proportion to its distance: the
   over-weight ones if the drifts add up to more than 0, the under-weight ones if to less.

Step 2 always suffices. Let P and M be the sums of the instruments' positive drifts and of the sizes of their negative
ones, and c cash's drift, so that the drifts add up to S = P - M + c. If S > 0 is left after step 1, cash is at the
lowest point of its room, which is never above its target: c <= 0. So S <= P - M <= P, and shrinking the positive
drifts by the factor S / P, which is at most 1, closes the gap. The mirror image holds for S < 0: then c >= 0 and
-S <= M. Because every factor is from 0 to 1, an instrument only ever moves towards its target and stops at it at the
latest: none leaves its band, none crosses its target, and after the step the drifts add up to 0.

Given the weight of a share, what is out moves by whole shares to where they reach from the edge into the band (or next
to the midpoint), by which it may pass its target if one share is wider than half the band. Only then is the residual
closed, so that others fund what is really bought. Nothing above depends on where exactly the moved ones end.

A floor under cash may lie above cash's target; then c <= 0 does not hold, and over-weight instruments may not have
enough to give: whatever is missing then comes from below the floor.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import total
from bot.core.domain.units import SHARE_TOLERANCE
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Destination(Enum):
    """How far a rebalance goes."""

    #: Every weight to its target.
    TARGET = "target"
    #: What is out of its band to the midpoint of band edge and target.
    HALFWAY = "halfway"
    #: What is out of its band to the band's edge.
    EDGE = "edge"


def desired_weights(
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    half_width: NDArray[np.float64] | None,
    destination: Destination,
    cash_floor: float = -math.inf,
    share_weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return where to go from `weights`: rows of weights that sum to 1.

    Args:
        weights: Current weights (B, N+1), fractions of base, cash last, rows summing to 1.
        targets: Target weights (N+1,), cash last, summing to 1.
        half_width: Band half-widths (N+1,), fractions of base, above 0; +inf is never out. TARGET needs none.
        destination: How far.
        cash_floor: A halfway or edge move is not funded from cash below this, fraction of base, as long
            as over-weight instruments can give instead; -inf for no floor.
        share_weights: What one share of each instrument weighs (B, N), fraction of base, above 0. If given, what is
            out of its band moves by whole shares, where they reach into the band, so that the rest is funded from
            what they really cost.

    Returns:
        Desired weights (B, N+1). A row with nothing out of its band is returned as it is, unless for TARGET.

    Raises:
        ValueError: If shapes differ, a number is not finite, a width is not above 0, or a band is missing.
    """
    _check(weights, targets, half_width, destination)
    if destination is Destination.TARGET or half_width is None:
        return np.broadcast_to(targets, weights.shape).copy()
    share = 1.0 if destination is Destination.EDGE else 0.5
    drift = weights - targets
    out = np.abs(drift) > half_width + WEIGHT_TOLERANCE
    # copysign, not sign: 0 times an infinite width would be NaN.
    goal = np.where(out, targets + np.copysign(share * half_width, drift), weights)
    if share_weights is not None:
        reached = _by_whole_shares(weights[:, :-1], goal[:, :-1], share_weights, share)
        is_inside = np.abs(reached - targets[:-1]) <= half_width[:-1] + WEIGHT_TOLERANCE
        goal[:, :-1] = np.where(is_inside, reached, goal[:, :-1])
    lowest, highest = _cash_room(drift, out, half_width, share, cash_floor - targets[-1])
    goal[:, -1] = _cash(goal, targets, lowest, highest)
    goal = _close(goal, targets)
    is_moved: NDArray[np.bool_] = np.any(out, axis=-1, keepdims=True)
    return np.where(is_moved, goal, weights)


def _by_whole_shares(
    weights: NDArray[np.float64],
    goal: NDArray[np.float64],
    share_weights: NDArray[np.float64],
    share: float,
) -> NDArray[np.float64]:
    """Return what whole shares reach of `goal` (B, N): from an edge on into the band, else the nearest."""
    moves = np.abs(goal - weights) / share_weights
    up = np.ceil(moves - (1 - share) - SHARE_TOLERANCE)
    # No more is sold than is held.
    reached: NDArray[np.float64] = weights + np.copysign(up * share_weights, goal - weights)
    return np.maximum(reached, np.minimum(goal, 0.0))


def _cash_room(
    drift: NDArray[np.float64],
    out: NDArray[np.bool_],
    half_width: NDArray[np.float64],
    share: float,
    floor: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest drift (B,) that cash may take on."""
    cash_drift, cash_width = drift[:, -1], half_width[-1]
    if np.isinf(cash_width):
        lowest, highest = np.minimum(cash_drift, 0.0), np.maximum(cash_drift, 0.0)
    else:
        highest = np.where(out[:, -1], share * cash_width, cash_width)
        lowest = -highest
    lowest = np.maximum(lowest, floor)
    return lowest, np.maximum(lowest, highest)


def _cash(
    goal: NDArray[np.float64],
    targets: NDArray[np.float64],
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return cash's weight (B,) after it took what it can of the residual."""
    wanted = (goal[:, -1] - targets[-1]) - total(goal - targets)
    cash: NDArray[np.float64] = targets[-1] + np.clip(wanted, lowest, highest)
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


def _check(
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    half_width: NDArray[np.float64] | None,
    destination: Destination,
) -> None:
    if weights.ndim != 2 or targets.shape != weights.shape[1:]:  # noqa: PLR2004 - (B, N+1)
        message = f"weights (B, N+1) and targets (N+1,) differ: {weights.shape} and {targets.shape}"
        raise ValueError(message)
    if not (np.isfinite(weights).all() and np.isfinite(targets).all()):
        message = "weights and targets must be finite numbers"
        raise ValueError(message)
    if destination is Destination.TARGET:
        return
    if half_width is None:
        message = f"the destination {destination.value} needs a band, and no half-width was given"
        raise ValueError(message)
    if half_width.shape != targets.shape or not (half_width > 0).all():
        message = f"half-widths must be {targets.shape[0]} numbers above 0, found {half_width}"
        raise ValueError(message)
