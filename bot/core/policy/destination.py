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
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import total
from bot.core.domain.units import SHARE_TOLERANCE
from bot.core.policy.policy import Ask, Band
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.policy import Policy
    from bot.core.policy.state import PolicyState


class Reach(Enum):
    """How far a rebalance goes."""

    #: Every weight to its target.
    TARGET = "target"
    #: What is out of its band to the band's edge.
    EDGE = "edge"
    #: What is out of its band to the midpoint of band edge and target.
    HALFWAY = "halfway"
    #: Every weight by the same fraction of its way to the target.
    FRACTION = "fraction"
    #: What is out of its band to a fixed distance from its target; with a measure, all until it is as small as that.
    DISTANCE = "distance"
    #: Spare cash into what is under its target, missing cash from what is over; nothing else.
    USE_CASH = "use_cash"


@dataclass(frozen=True, slots=True)
class Destination:
    """How far a rebalance goes.

    Attributes:
        reach: The kind.
        amount: For FRACTION the fraction of the way, above 0 and at most 1; for DISTANCE the distance (fraction of
            base, or the unit of the measure), at least 0; None for the others.
    """

    reach: Reach
    amount: float | None = None


TO_TARGET = Destination(Reach.TARGET)


@dataclass(frozen=True, slots=True)
class Course:
    """Where to go; R is B, or 1 where all rows share it.

    Attributes:
        targets: Target weights (R, N+1), cash last, rows summing to 1 within 1e-9.
        destination: How far.
        band: What weights are kept in; None where no rule has one.
        measure: The one number that the rule keeps small (B,), linear in drift; for DISTANCE without a band.
    """

    targets: NDArray[np.float64]
    destination: Destination = TO_TARGET
    band: Band | None = None
    measure: NDArray[np.float64] | None = None

    def columns(self, order: NDArray[np.intp]) -> Course:
        """Return the course with the instruments in `order` (N,); cash stays last."""
        with_cash = np.append(order, len(order))
        band = self.band
        if band is not None:
            band = Band(band.below[:, with_cash], band.above[:, with_cash])
        return Course(self.targets[:, with_cash], self.destination, band, self.measure)

    def rows(self, chosen: NDArray[np.bool_]) -> Course:
        """Return the course of the `chosen` rows (B,)."""

        def of(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return values if len(values) == 1 else values[chosen]

        band = None if self.band is None else Band(of(self.band.below), of(self.band.above))
        measure = None if self.measure is None else self.measure[chosen]
        return Course(of(self.targets), self.destination, band, measure)


def course_of(policy: Policy, state: PolicyState, ask: Ask, configured: Destination) -> Course:
    """Return where rows that all ask for `ask` go, with `configured` as the destination of a plain rebalance."""
    destination = configured
    if ask is Ask.TO_TARGET:
        destination = TO_TARGET
    elif ask is Ask.USE_CASH:
        destination = Destination(Reach.USE_CASH)
    return Course(
        targets=state.targets,
        destination=destination,
        band=policy.band(state),
        measure=policy.measure(state),
    )


def desired_weights(
    weights: NDArray[np.float64],
    course: Course,
    cash_floor: float = -math.inf,
    share_weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return where to go from `weights`: rows of weights that sum to 1.

    Args:
        weights: Current weights (B, N+1), fractions of base, cash last, rows summing to 1.
        course: Where to, and how far.
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
    targets, band = course.targets, course.band
    _check(weights, course)
    if course.destination.reach is Reach.TARGET or band is None:
        return np.broadcast_to(targets, weights.shape).copy()
    share = 1.0 if course.destination.reach is Reach.EDGE else 0.5
    drift = weights - targets
    half_width = np.where(drift >= 0, band.above, band.below)
    out = np.abs(drift) > half_width + WEIGHT_TOLERANCE
    # copysign, not sign: 0 times an infinite width would be NaN.
    goal = np.where(out, targets + np.copysign(share * half_width, drift), weights)
    if share_weights is not None:
        reached = _by_whole_shares(weights[:, :-1], goal[:, :-1], share_weights, share)
        off = reached - targets[:, :-1]
        widest = np.where(off >= 0, band.above[:, :-1], band.below[:, :-1])
        goal[:, :-1] = np.where(np.abs(off) <= widest + WEIGHT_TOLERANCE, reached, goal[:, :-1])
    lowest, highest = _cash_room(drift, out, band, share, cash_floor - targets[:, -1])
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
    band: Band,
    share: float,
    floor: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest drift (B,) that cash may take on."""
    cash_drift, below, above = drift[:, -1], band.below[:, -1], band.above[:, -1]
    # Cash that is out goes to its own destination; inside, it may go to its edges.
    part = np.where(out[:, -1], share, 1.0)
    lowest = np.where(np.isinf(below), np.minimum(cash_drift, 0.0), -part * below)
    highest = np.where(np.isinf(above), np.maximum(cash_drift, 0.0), part * above)
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


def _check(weights: NDArray[np.float64], course: Course) -> None:
    targets, destination = course.targets, course.destination
    rows = weights.shape[0]
    if weights.ndim != 2 or targets.shape not in ((1, weights.shape[1]), weights.shape):  # noqa: PLR2004 - (B, N+1)
        message = f"targets must be (R, N+1) beside weights {weights.shape} with R 1 or {rows}, found {targets.shape}"
        raise ValueError(message)
    if not (np.isfinite(weights).all() and np.isfinite(targets).all()):
        message = "weights and targets must be finite numbers"
        raise ValueError(message)
    if destination.reach is Reach.TARGET:
        return
    if course.band is None:
        message = (
            f"the destination {destination.reach.value} needs a band, and no half-width was given"
        )
        raise ValueError(message)
    for widths in (course.band.below, course.band.above):
        if widths.shape[1] != targets.shape[1] or not (widths > 0).all():
            message = f"half-widths must be {targets.shape[1]} numbers above 0, found {widths}"
            raise ValueError(message)
