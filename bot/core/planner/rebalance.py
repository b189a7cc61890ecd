"""From holdings to trades: where to go, in whole lots, and nothing left to ask for afterwards.

Rule: planning again from where the plan leads to, at the same prices, gives an empty plan. Why: a plan that begets a
plan trades for ever. A plan goes through these steps, in this order; columns are sorted by con_id throughout:

1. What is held is counted in lots; less than a lot is a tail, which counts and is not traded.
2. Bounds: marks, and the participation in the daily volume (`bounds`).
3. Desired weights and trades: `desired_weights`, then `plan_shares`, once for the destinations target and fraction,
   and for a distance without a band. The others depend on what is held, so they go in steps, each from where the last
   one led to, up to the first that does not count; a new plan would begin with that very step.
   Into a band (edge, halfway, distance) a step counts if it is worth it: it brings another instrument into its band, or
   takes a tenth off what instruments are out of band by (or cash, if they are no worse). What a mark keeps from going
   back is left out of that. Each step that counts lowers a number by a tenth or a count by one, so the end comes soon.
   Using cash, a step counts if it trades and brings cash nearer, or cash is below the buffer; nothing is traded against
   its way, and rounding spends none of the cash that is to be left. What lots raise too much of is put to use again by
   the next step.
4. Turnover: a plan above it is scaled down (`turnover`), and its buys are cut once more to what its sells bring.

So for the destination target, without marks, lots, participation, turnover, minimum drift and settled cash, a row's
trades are those of `plan_shares` with its targets as desired weights. A leg whose whole shares do not fit into a narrow
band is left where it is, and funding trades are never made alone.

A turnover or a participation limit is what the rule does not hold for, and nor is a fraction: the next plan goes on
where one was cut short. That is their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.refuse import refuse
from bot.core.domain.sums import SUM_TOLERANCE, WEIGHT_TOLERANCE, total
from bot.core.planner.bounds import volume_bounds
from bot.core.planner.purchases import Wish, within_budget
from bot.core.planner.reasons import Reason
from bot.core.planner.rules import Marks
from bot.core.planner.shares import Edges, Trades, plan_shares
from bot.core.planner.turnover import scaled
from bot.core.policy.destination import Course, Reach, desired_weights
from bot.core.policy.policy import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.bounds import Bounds
    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.rules import PlannerRules

# By how much a step must lower what is out of band, a fraction of it, if it brings nothing inside.
_WORTH_IT: Final = 0.1
# Two are usual. A bound, because every loop has one.
_STEPS_MAX: Final = 64

_INTO_BAND: Final = frozenset({Reach.EDGE, Reach.HALFWAY, Reach.DISTANCE})


@dataclass(frozen=True, slots=True)
class Rebalance:
    """What to do.

    Attributes:
        desired: Where the last step goes before rounding (B, N+1), fractions of base, cash last.
            The current weights where nothing is to be done.
        lots: Signed lots to trade (B, N), int64.
        lot_shares: Shares in one lot (N,), int64 for whole shares.
        reasons: What cut each leg (B, N), int8, as `Reason`.
    """

    desired: NDArray[np.float64]
    lots: NDArray[np.int64]
    lot_shares: NDArray[np.int64] | NDArray[np.float64]
    reasons: NDArray[np.int8]

    @property
    def trades(self) -> NDArray[np.int64]:
        """Signed whole shares (B, N), int64.

        Raises:
            ValueError: If a lot is not a whole number of shares; `shares` has those.
        """
        is_whole = self.lot_shares == np.floor(self.lot_shares)
        refuse(~is_whole[np.newaxis], self.lot_shares[np.newaxis], "a lot must be whole shares")
        return self.lots * self.lot_shares.astype(np.int64)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Signed shares (B, N), also parts of one where lots are."""
        shares: NDArray[np.float64] = self.lots.astype(np.float64) * self.lot_shares
        return shares

    def columns(self, order: NDArray[np.intp]) -> Rebalance:
        """Return the same with the instruments in `order` (N,); cash stays last."""
        with_cash = np.append(order, len(order))
        return Rebalance(
            self.desired[:, with_cash],
            self.lots[:, order],
            self.lot_shares[order],
            self.reasons[:, order],
        )


def rebalance(
    portfolios: Portfolios, course: Course, rules: PlannerRules, marks: Marks | None = None
) -> Rebalance:
    """Return where `portfolios` should go and the trades that take them there.

    Args:
        portfolios: What is held, in shares.
        course: Where to, and how far.
        rules: Limits of a plan.
        marks: What may be done with each instrument (N,); None for anything, by the share.

    Raises:
        ValueError: If base is not holdings plus cash within 1e-9 of it, or an input is out of range.
        ReadUnknown: If a participation is set and the daily volumes are not known.
    """
    count = portfolios.shares.shape[1]
    marks = Marks.free(count) if marks is None else marks
    if len(marks.lots) != count:
        message = f"one mark for each instrument: expected {count}, found {len(marks.lots)}"
        raise ValueError(message)
    sums = total(portfolios.weights())
    refuse(np.abs(sums - 1) > SUM_TOLERANCE, sums, "holdings and cash must sum to the base (1)")
    # One order of the columns, whatever the caller's: sums and ties come out the same.
    order = np.argsort(portfolios.con_ids)
    is_ordered = bool((order == np.arange(count)).all())
    ordered, along, marked = portfolios, course, marks
    if not is_ordered:
        ordered, along = portfolios.columns(order), course.columns(order)
        marked = marks.columns(order)
    if not marked.is_by_the_share:
        ordered = ordered.in_lots(marked.lots)
    desired, trades = _Planner(rules, marked).plan(ordered, along)
    plan = Rebalance(desired, trades.shares, marked.lots, trades.reasons)
    return plan if is_ordered else plan.columns(np.argsort(order))


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans portfolios that are counted in lots, with their columns sorted."""

    rules: PlannerRules
    marks: Marks

    def plan(self, portfolios: Portfolios, course: Course) -> tuple[NDArray[np.float64], Trades]:
        """Return the desired weights (B, N+1) and the trades."""
        bounds = volume_bounds(portfolios, self.rules)
        reach = course.destination.reach
        if reach is Reach.USE_CASH or (reach in _INTO_BAND and course.band is not None):
            desired, trades = self._steps(portfolios, course, bounds)
        else:
            desired = self._desired(portfolios, course)
            bounds = bounds.marked(portfolios.shares, self.marks)
            trades = plan_shares(portfolios, desired, self.rules, bounds)
        return self._within_turnover(portfolios, desired, trades)

    def _desired(self, portfolios: Portfolios, course: Course) -> NDArray[np.float64]:
        return desired_weights(
            portfolios.weights(),
            course,
            cash_floor=self.rules.cash_buffer,
            share_weights=portfolios.prices / portfolios.base[:, np.newaxis],
        )

    def _steps(
        self, portfolios: Portfolios, course: Course, bounds: Bounds
    ) -> tuple[NDArray[np.float64], Trades]:
        """Return the sum of all steps that count, and where the last of them goes."""
        shares = np.zeros_like(portfolios.shares)
        reasons = np.zeros(shares.shape, dtype=np.int8)
        goal = portfolios.weights()
        is_open = np.ones(len(shares), dtype=np.bool_)
        steps = 0
        while is_open.any() and steps < _STEPS_MAX:
            steps += 1
            now = portfolios.rows(is_open).after(shares[is_open])
            desired, step, counts = self._step(now, course.rows(is_open), bounds.rows(is_open))
            shares[is_open] += np.where(counts, step.shares, 0)
            goal[is_open] = np.where(counts, desired, goal[is_open])
            # What the last step still wants, and why it does not get it, is what the plan leaves out.
            is_vain = ~counts & (step.shares != 0)
            found = np.where(is_vain, np.int8(Reason.BAND), step.reasons)
            # What was cut on its way and is inside its band by now asks for no more, but it was cut.
            has_ended = (found == Reason.NONE) & (step.shares == 0) & (shares[is_open] != 0)
            reasons[is_open] = np.where(has_ended, reasons[is_open], found)
            is_open[is_open] = counts[:, 0]
        return goal, Trades(shares, reasons)

    def _step(
        self, now: Portfolios, course: Course, bounds: Bounds
    ) -> tuple[NDArray[np.float64], Trades, NDArray[np.bool_]]:
        """Return where one step goes, what it trades, and whether it counts (B, 1)."""
        bounds = bounds.marked(now.shares, self.marks)
        if course.band is None or course.destination.reach is Reach.USE_CASH:
            desired = self._desired(now, course)
            bounds = bounds.one_way(now.shares, (desired - now.weights())[:, :-1])
            step = plan_shares(now, desired, self.rules, bounds, is_cash_kept=True)
            counts: NDArray[np.bool_] = np.any(step.shares != 0, axis=1, keepdims=True)
            return desired, step, counts & _is_nearer(now, step, desired, self.rules)[:, np.newaxis]
        stuck, band = self._stuck(now, course, course.band)
        free = Course(course.targets, course.destination, band, course.measure)
        edges = Edges(course.targets - band.below, course.targets + band.above)
        desired = self._desired(now, free)
        step = plan_shares(now, desired, self.rules, bounds, edges)
        out_after, out_now = (_out_of_band(there, edges) for there in (now.after(step.shares), now))
        reasons = np.where(stuck, np.int8(Reason.MARK), step.reasons)
        # What is out and goes nowhere.
        is_vain = (out_now.beyond > 0) & (step.shares == 0) & (reasons == Reason.NONE)
        step = Trades(step.shares, np.where(is_vain, np.int8(Reason.BAND), reasons))
        return desired, step, _is_better(out_after, out_now)[:, np.newaxis]

    def _stuck(self, now: Portfolios, course: Course, band: Band) -> tuple[NDArray[np.bool_], Band]:
        """Return what is out of its band and may not go back (B, N), and the band without its edge there."""
        drift = (now.weights() - course.targets)[:, :-1]
        may_grow, may_shrink = self.marks.may_buy, self.marks.may_sell
        under = ~may_grow & (drift < -band.below[:, :-1] - WEIGHT_TOLERANCE)
        over = ~may_shrink & (drift > band.above[:, :-1] + WEIGHT_TOLERANCE)
        if not (under | over).any():
            return under, band
        shape = (len(drift), drift.shape[1] + 1)
        below, above = (np.broadcast_to(side, shape).copy() for side in (band.below, band.above))
        below[:, :-1][under] = np.inf
        above[:, :-1][over] = np.inf
        return under | over, Band(below, above)

    def _within_turnover(
        self, portfolios: Portfolios, desired: NDArray[np.float64], trades: Trades
    ) -> tuple[NDArray[np.float64], Trades]:
        """Return `desired` and `trades` scaled down to the turnover limit, where they are above it."""
        if self.rules.turnover_max is None:
            return desired, trades
        base, prices = portfolios.base, portfolios.prices
        limit = self.rules.turnover_max * base
        fitted = scaled(trades.shares, prices, limit, self.rules.minimum(base))
        is_cut = fitted != trades.shares
        if not is_cut.any():
            return desired, trades
        reasons = np.where(is_cut, np.int8(Reason.TURNOVER), trades.reasons)
        exact = desired[:, :-1] * base[:, np.newaxis] / prices - portfolios.tail_shares
        wish = Wish(fitted, reasons, np.maximum(exact, 0.0))
        # Sells that are scaled down bring less.
        paid = Trades(*within_budget(portfolios, wish, self.rules))
        turnover = total(np.abs(trades.shares) * prices)
        part = np.divide(limit, turnover, out=np.ones_like(limit), where=turnover > limit)
        weights = portfolios.weights()
        reached = weights + part[:, np.newaxis] * (desired - weights)
        return np.where(is_cut.any(axis=1, keepdims=True), reached, desired), paid


def _is_nearer(
    now: Portfolios, step: Trades, desired: NDArray[np.float64], rules: PlannerRules
) -> NDArray[np.bool_]:
    """Return for each row (B,) whether a step brings cash nearer to where it is to go, or cash is below the buffer.

    A lot that brings far more than what is missing would be bought back by the rule that keeps its instrument.
    """
    goal = desired[:, -1] * now.base
    is_nearer: NDArray[np.bool_] = np.abs(now.after(step.shares).cash - goal) < np.abs(
        now.cash - goal
    )
    return is_nearer | (now.cash < rules.cash_buffer * now.base)


@dataclass(frozen=True, slots=True)
class _OutOfBand:
    """How far each instrument (B, N), all together (B,) and cash (B,) are out of their bands, fractions of base."""

    beyond: NDArray[np.float64]
    instruments: NDArray[np.float64]
    cash: NDArray[np.float64]


def _out_of_band(portfolios: Portfolios, edges: Edges) -> _OutOfBand:
    weights = portfolios.weights()
    beyond = np.maximum(np.maximum(edges.lower - weights, weights - edges.upper), 0.0)
    beyond = np.where(beyond > WEIGHT_TOLERANCE, beyond, 0.0)
    instruments = beyond[:, :-1]
    return _OutOfBand(instruments, total(instruments), beyond[:, -1])


def _is_better(after: _OutOfBand, before: _OutOfBand) -> NDArray[np.bool_]:
    """Return for each row (B,) whether a step is worth it: instruments first, cash second."""
    count_after, count_before = (np.count_nonzero(each.beyond, axis=1) for each in (after, before))
    is_less = after.instruments < before.instruments
    is_much = after.instruments <= before.instruments * (1 - _WORTH_IT)
    for_instruments = is_less & (is_much | (count_after < count_before))
    for_cash = (before.cash > 0) & (after.cash <= before.cash * (1 - _WORTH_IT))
    is_better: NDArray[np.bool_] = for_instruments | (
        (after.instruments <= before.instruments) & for_cash
    )
    return is_better
