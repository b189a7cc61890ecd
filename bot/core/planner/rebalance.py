"""From holdings to trades: where to go, in whole shares, and nothing left to ask for afterwards.

Rule: planning again from where the plan leads to, at the same prices, gives an empty plan. Why: a plan that begets a
plan trades for ever. For the destination target, `plan_shares` has it by itself. With a band, the desired weights
depend on what is held, and whole shares, the minimum trade or the cash buffer may leave something out of its band. So
planning goes in steps, each from where the last one led to. A step counts only if it is worth it: it brings another
instrument into its band, or takes a tenth off what instruments are out of band by (or cash, if they are no worse).
The plan is the sum of the steps up to the first that is not worth it, and a new plan would begin with that very step.
Each step that counts lowers a number by a tenth or a count by one, so the end comes soon.

So a leg whose whole shares do not fit into a narrow band is left where it is, and funding trades are never made alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.core.planner.portfolios import refuse
from bot.core.planner.shares import plan_shares
from bot.core.policy.destination import Reach, desired_weights
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.shares import PlannerRules
    from bot.core.policy.destination import Course
    from bot.core.policy.policy import Band

# By how much a step must lower what is out of band, a fraction of it, if it brings nothing inside.
_WORTH_IT: Final = 0.1
# Two are usual. A bound, because every loop has one.
_STEPS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Rebalance:
    """What to do.

    Attributes:
        desired: Where the last step goes before rounding (B, N+1), fractions of base, cash last.
            The current weights where nothing is to be done.
        trades: Signed whole shares (B, N), int64.
    """

    desired: NDArray[np.float64]
    trades: NDArray[np.int64]

    def columns(self, order: NDArray[np.intp]) -> Rebalance:
        """Return the same with the instruments in `order` (N,); cash stays last."""
        with_cash = np.append(order, len(order))
        return Rebalance(self.desired[:, with_cash], self.trades[:, order])


def rebalance(portfolios: Portfolios, course: Course, rules: PlannerRules) -> Rebalance:
    """Return where `portfolios` should go and the trades that take them there.

    Raises:
        ValueError: If base is not holdings plus cash within 1e-9 of it, or an input is out of range.
    """
    sums = total(portfolios.weights())
    refuse(np.abs(sums - 1) > SUM_TOLERANCE, sums, "holdings and cash must sum to the base (1)")
    # One order of the columns, whatever the caller's: sums and ties come out the same.
    order = np.argsort(portfolios.con_ids)
    ordered, along = portfolios.columns(order), course.columns(order)
    if along.destination.reach is Reach.TARGET or along.band is None:
        desired = _desired(ordered, along, rules)
        planned = Rebalance(desired, plan_shares(ordered, desired, rules))
    else:
        planned = _steps(ordered, along, along.band, rules)
    return planned.columns(np.argsort(order))


def _desired(portfolios: Portfolios, course: Course, rules: PlannerRules) -> NDArray[np.float64]:
    return desired_weights(
        portfolios.weights(),
        course,
        cash_floor=rules.cash_buffer,
        share_weights=portfolios.prices / portfolios.base[:, np.newaxis],
    )


def _steps(
    portfolios: Portfolios,
    course: Course,
    band: Band,
    rules: PlannerRules,
) -> Rebalance:
    """Return the sum of all steps that lower what is out of band, and where the last of them goes."""
    lower, upper = course.targets - band.below, course.targets + band.above
    trades = np.zeros_like(portfolios.shares)
    goal = portfolios.weights()
    is_open = np.ones(portfolios.shares.shape[0], dtype=np.bool_)
    steps = 0
    while is_open.any() and steps < _STEPS_MAX:
        steps += 1
        now = portfolios.rows(is_open).after(trades[is_open])
        desired = _desired(now, course.rows(is_open), rules)
        edges = _rows(lower, is_open), _rows(upper, is_open)
        step = plan_shares(now, desired, rules, *edges)
        out_after, out_now = (_out_of_band(there, *edges) for there in (now.after(step), now))
        is_better = _is_better(out_after, out_now)[:, np.newaxis]
        trades[is_open] += np.where(is_better, step, 0)
        goal[is_open] = np.where(is_better, desired, goal[is_open])
        is_open[is_open] = is_better[:, 0]
    return Rebalance(goal, trades)


def _rows(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    # (R, N+1): one row stands for all.
    return values if len(values) == 1 else values[chosen]


@dataclass(frozen=True, slots=True)
class _OutOfBand:
    """How far instruments together and cash are out of their bands (B,), fractions of base; how many instruments."""

    instruments: NDArray[np.float64]
    count: NDArray[np.int64]
    cash: NDArray[np.float64]


def _out_of_band(
    portfolios: Portfolios, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> _OutOfBand:
    weights = portfolios.weights()
    beyond = np.maximum(np.maximum(lower - weights, weights - upper), 0.0)
    beyond = np.where(beyond > WEIGHT_TOLERANCE, beyond, 0.0)
    instruments = beyond[:, :-1]
    return _OutOfBand(total(instruments), np.count_nonzero(instruments, axis=1), beyond[:, -1])


def _is_better(after: _OutOfBand, before: _OutOfBand) -> NDArray[np.bool_]:
    """Return for each row (B,) whether a step is worth it: instruments first, cash second."""
    is_less = after.instruments < before.instruments
    is_much = after.instruments <= before.instruments * (1 - _WORTH_IT)
    for_instruments = is_less & (is_much | (after.count < before.count))
    for_cash = (before.cash > 0) & (after.cash <= before.cash * (1 - _WORTH_IT))
    is_better: NDArray[np.bool_] = for_instruments | (
        (after.instruments <= before.instruments) & for_cash
    )
    return is_better
