"""How far to go once a policy asks for a rebalance: to the target, into the band, or a part of the way.

Rule: whatever the reach, desired weights sum to 1, no instrument is brought further from its target than it was (but
for a whole share), and what needs nothing is returned as it is. Cash takes what is left over, inside its own band, and
may be further from its target by it. What a second plan on unchanged prices does follows from it:

| Reach | Second plan |
| --- | --- |
| target, use_cash | empty: they go to one place, whatever is held on the way |
| edge, halfway, distance with a band | empty: what was out is in, and only what is out is moved |
| distance with a measure | the rule is quiet below its limit, and the amount is below the limit; whole shares of a |
| | small account may leave it above |
| fraction | empty only once no rule fires: it goes the same part of what is left each time it is asked |

The arithmetic of what goes back into a band, and why the rest can always pay for it, is in `into_band`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.into_band import into_band
from bot.core.policy.policy import Ask, Band
from bot.core.policy.use_cash import use_cash

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
            base, or the unit of the measure), at least 0; None for the others. Where a band is narrower than the
            distance, its edge is the goal.
    """

    reach: Reach
    amount: float | None = None


TO_TARGET = Destination(Reach.TARGET)

#: Which part of its half-width what is out stays off its target.
_SHARES: Final = {Reach.EDGE: 1.0, Reach.HALFWAY: 0.5}


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


def check_distance(course: Course) -> None:
    """Refuse a distance that is as wide as the whole band, so that it could never say anything.

    For the settings, where it is a contradiction. A band that changes with the market may come to it by itself, and a
    look is not refused for that: what is out goes to the edge, which is nearer.

    Raises:
        ValueError: With the distance and the widest half-width of the row.
    """
    if course.destination.reach is not Reach.DISTANCE or course.band is None:
        return
    amount = _amount(course.destination)
    both = np.concatenate([course.band.below, course.band.above], axis=1)
    widest = np.max(both, axis=1, where=np.isfinite(both), initial=0.0)
    for width in widest[(widest > 0) & (widest <= amount)].tolist():
        message = (
            f"the distance must be less than the band is wide, found distance {amount:g} and half-widths of at most "
            f"{width:g}: what is out would never go further than the edge"
        )
        raise ValueError(message)


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
        cash_floor: What goes into a band is not funded from cash below this, fraction of base, as long as
            over-weight instruments can give instead; -inf for no floor.
        share_weights: What one share of each instrument weighs (B, N), fraction of base, above 0. If given, what is
            out of its band moves by whole shares, where they reach into the band, so that the rest is funded from
            what they really cost.

    Returns:
        Desired weights (B, N+1). A row with nothing out of its band is returned as it is where the band decides, and
        so is one whose measure is at most the distance.

    Raises:
        ValueError: If shapes differ, a number is not finite, a width is not above 0, the amount is out of its range,
            or what the reach refers to is missing.
    """
    _check(weights, course)
    targets, reach = course.targets, course.destination.reach
    if reach is Reach.TARGET:
        return np.broadcast_to(targets, weights.shape).copy()
    if reach is Reach.USE_CASH:
        return use_cash(weights, course.targets, cash_floor)
    if reach is Reach.FRACTION:
        return weights + _amount(course.destination) * (targets - weights)
    if course.band is not None:
        goals = _goals(course.band, course.destination, targets)
        return into_band(weights, targets, (course.band, goals), cash_floor, share_weights)
    return _by_measure(weights, course)


def _amount(destination: Destination) -> float:
    """Return the amount, or refuse it where the reach needs one and it is out of range."""
    reach, amount = destination.reach.value, destination.amount
    if destination.reach is Reach.FRACTION:
        if amount is None or not 0 < amount <= 1:
            message = f"the amount of a {reach} must be above 0 and at most 1, found {amount}"
            raise ValueError(message)
    elif amount is None or not 0 <= amount < math.inf:
        message = f"the amount of a {reach} must be a number of at least 0, found {amount}"
        raise ValueError(message)
    return amount


def _goals(band: Band, destination: Destination, targets: NDArray[np.float64]) -> Band:
    """Return how far from its target (R, N+1) goes what is out on either side: at most to the edge.

    What has a target of 0 and is out goes to 0: it is to leave the portfolio.
    """
    if destination.reach is Reach.DISTANCE:
        amount = _amount(destination)
        below, above = np.minimum(band.below, amount), np.minimum(band.above, amount)
    else:
        share = _SHARES[destination.reach]
        below, above = share * band.below, share * band.above
    is_leaving = targets <= WEIGHT_TOLERANCE
    is_leaving[:, -1] = False
    return Band(below, np.where(is_leaving, 0.0, above))


def _by_measure(weights: NDArray[np.float64], course: Course) -> NDArray[np.float64]:
    """Return `weights` with the drifts of a row shrunk alike until its measure, linear in them, is the distance."""
    amount, measure = _amount(course.destination), course.measure
    if measure is None:
        message = "the destination distance needs a band or a measure, and no rule has one"
        raise ValueError(message)
    is_far = measure > amount
    # Where nothing is to be done the quotient does not matter; a measure above the amount is not 0.
    kept = np.divide(amount, measure, out=np.ones_like(measure), where=is_far)
    drift = weights - course.targets
    shrunk = course.targets + kept[:, np.newaxis] * drift
    return np.where(is_far[:, np.newaxis], shrunk, weights)


def _check(weights: NDArray[np.float64], course: Course) -> None:
    targets, reach, band = course.targets, course.destination.reach, course.band
    rows = weights.shape[0]
    if weights.ndim != 2 or targets.shape not in ((1, weights.shape[1]), weights.shape):  # noqa: PLR2004 - (B, N+1)
        message = f"targets must be (R, N+1) beside weights {weights.shape} with R 1 or {rows}, found {targets.shape}"
        raise ValueError(message)
    if not (np.isfinite(weights).all() and np.isfinite(targets).all()):
        message = "weights and targets must be finite numbers"
        raise ValueError(message)
    if band is None:
        if reach in _SHARES:
            message = f"the destination {reach.value} needs a band, and no rule has one"
            raise ValueError(message)
    elif reach in _SHARES or reach is Reach.DISTANCE:
        _check_band(band, weights.shape)
    measure = course.measure
    if measure is not None and (
        measure.shape != (rows,) or not ((measure >= 0) & (measure < math.inf)).all()
    ):
        message = f"a measure must be {rows} numbers of at least 0, found {measure}"
        raise ValueError(message)


def _check_band(band: Band, shape: tuple[int, ...]) -> None:
    for widths in (band.below, band.above):
        if widths.shape not in ((1, shape[1]), shape) or not (widths > 0).all():
            message = f"half-widths must be rows of {shape[1]} numbers above 0, found {widths}"
            raise ValueError(message)
