"""From holdings to trades in one step: where to go, in whole shares, and nothing left to ask for
afterwards.

Rule: planning again from where the plan leads to, at the same prices, gives an empty plan. Why: a
plan that begets a plan trades for ever. For the destination target, `plan_shares` has it by itself.
With a band, the desired weights depend on what is held, and whole shares, the minimum trade or the
cash buffer may leave something out of its band. So a step counts only if it lowers what is out of
band (instruments first, cash second), and the plan is the sum of steps until the next one does not.
Lowering something that is finite and never below 0 ends, and where it ended is the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total
from bot.core.planner.portfolios import refuse
from bot.core.planner.shares import SUM_TOLERANCE, plan_shares
from bot.core.policy.destination import Destination, desired_weights
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.shares import PlannerRules

# Two are seldom needed. A bound, because every loop has one.
_STEPS_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class Course:
    """Where to go.

    Attributes:
        targets: Target weights (N+1,), cash last, summing to 1 within 1e-9.
        half_width: Band half-widths (N+1,), fractions of base, +inf for never out; None only for
            TARGET.
        destination: How far.
    """

    targets: NDArray[np.float64]
    half_width: NDArray[np.float64] | None
    destination: Destination


@dataclass(frozen=True, slots=True)
class Rebalance:
    """What to do.

    Attributes:
        desired: Desired weights before rounding (B, N+1), cash last, fractions of base.
        trades: Signed whole shares (B, N), int64.
    """

    desired: NDArray[np.float64]
    trades: NDArray[np.int64]


def rebalance(portfolios: Portfolios, course: Course, rules: PlannerRules) -> Rebalance:
    """Return where `portfolios` should go and the trades that take them there.

    Raises:
        ValueError: If base is not holdings plus cash within 1e-9 of it, or an input is out of
            range.
    """
    weights = portfolios.weights()
    sums = total(weights)
    refuse(np.abs(sums - 1) > SUM_TOLERANCE, sums, "holdings and cash must sum to the base (1)")
    desired = _desired(portfolios, course, rules)
    if course.destination is Destination.TARGET or course.half_width is None:
        return Rebalance(desired, plan_shares(portfolios, desired, rules))
    return Rebalance(desired, _steps(portfolios, course, course.half_width, rules))


def _desired(portfolios: Portfolios, course: Course, rules: PlannerRules) -> NDArray[np.float64]:
    return desired_weights(
        portfolios.weights(),
        course.targets,
        course.half_width,
        course.destination,
        cash_floor=rules.cash_buffer,
    )


def _steps(
    portfolios: Portfolios,
    course: Course,
    half_width: NDArray[np.float64],
    rules: PlannerRules,
) -> NDArray[np.int64]:
    """Return the trades (B, N) of all steps that lower what is out of band."""
    lower, upper = course.targets - half_width, course.targets + half_width
    trades = np.zeros_like(portfolios.shares)
    is_open = np.ones(portfolios.shares.shape[0], dtype=np.bool_)
    for _ in range(_STEPS_MAX):
        now = portfolios.rows(is_open).after(trades[is_open])
        desired = _desired(now, course, rules)
        step = plan_shares(now, desired, rules, lower, upper)
        is_better = _is_better(
            _out_of_band(now.after(step), lower, upper), _out_of_band(now, lower, upper)
        )
        trades[is_open] += np.where(is_better[:, np.newaxis], step, 0)
        is_open[is_open] = is_better
        if not is_open.any():
            break
    return trades


def _out_of_band(
    portfolios: Portfolios, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (B, 2) how far instruments together, and cash, are out of their bands, fractions of base."""
    weights = portfolios.weights()
    beyond = np.maximum(np.maximum(lower - weights, weights - upper), 0.0)
    beyond = np.where(beyond > WEIGHT_TOLERANCE, beyond, 0.0)
    order = np.argsort(portfolios.con_ids)
    return np.stack([total(beyond[:, :-1][:, order]), beyond[:, -1]], axis=1)


def _is_better(after: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each row (B,) whether less is out of band: instruments first, cash second."""
    fewer = after < before - WEIGHT_TOLERANCE
    is_better: NDArray[np.bool_] = fewer[:, 0] | ((after[:, 0] <= before[:, 0]) & fewer[:, 1])
    return is_better
