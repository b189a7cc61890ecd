"""Desired weights to whole-share trades: what is wanted, what may be done, and what cash pays for.

A share here is what `Portfolios` counts: one share, or one lot. `plan_shares` takes these steps, in this order:

1. Goal. Each leg's exact number is ``desired * base / price - tail``, at least 0. Its goal is the whole number next to
   it, exactly half goes down; with band edges, of the two numbers beside it, the one that is less far outside the band,
   and the next one if neither is. Then the goal is put between the bounds.
2. Rounding within cash. After the goals, cash is ``base - sum((goal + tail) * price)``. It is to be at least the least
   of the buffer and what the exact numbers leave (which is the desired cash, less what a holding that may not be sold
   ties up): rounding brings back what rounding spends, and nothing else. Where cash is short of that by more than
   1e-12 of base, whole shares are left out so that the sum of squared errors (money, against the exact numbers) is
   least: `least_cut`. Shares that would leave the band by it are left out only if the others are not enough.
3. Minimum. Trades (goal less held) below the minimum (money, or drift x base) are dropped, sells and buys.
4. Budget. Buys may cost cash plus the proceeds of the sells less the buffer; in a cash account, settled cash less the
   buffer at most. Where they cost more, by more than 1e-12 of base, they alone are cut, again with the least sum of
   squared errors, and so that none ends below the minimum: `sharing`. What is left over is offered to all again, until
   it buys nothing.

Rows that are short of nothing in steps 2 and 4 are plain vector work, and no row depends on another.

Why a second plan towards the same weights, on unchanged prices, is empty: at mids a trade changes shares and cash but
not their sum, and step 2 depends on that sum and on the bounds only; what a mark forbids after the plan leaves the
first plan's answer allowed, so that it is the best again (with marks that needs `least_cut` to find the best, see
there for when it does). A dropped leg is as small the second time. Step 4 ends with
the very question that a second plan asks, and its answer was to buy nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.refuse import refuse
from bot.core.domain.sums import SUM_TOLERANCE, WEIGHT_TOLERANCE, total
from bot.core.domain.units import whole_shares_up
from bot.core.planner.least_cut import least_cut
from bot.core.planner.purchases import MONEY_NOISE, Wish, within_budget
from bot.core.planner.reasons import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.bounds import Bounds
    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.rules import PlannerRules


@dataclass(frozen=True, slots=True)
class Edges:
    """The band that rounding stays inside of, fractions of base, cash last (R, N+1), R 1 or B.

    Attributes:
        lower: Lower edges; -inf is free.
        upper: Upper edges; +inf is free.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    def rows(self, chosen: NDArray[np.bool_]) -> Edges:
        """Return the edges of the `chosen` rows (B,)."""
        return self if len(self.lower) == 1 else Edges(self.lower[chosen], self.upper[chosen])


@dataclass(frozen=True, slots=True)
class Trades:
    """What to trade, and why it is not more.

    Attributes:
        shares: Signed whole shares (B, N), int64.
        reasons: What cut each leg (B, N), int8, as `Reason`.
    """

    shares: NDArray[np.int64]
    reasons: NDArray[np.int8]


def plan_shares(
    portfolios: Portfolios,
    desired: NDArray[np.float64],
    rules: PlannerRules,
    bounds: Bounds,
    edges: Edges | None = None,
    *,
    is_cash_kept: bool = False,
) -> Trades:
    """Return the trades that bring `portfolios` next to `desired`.

    Args:
        portfolios: What is held (B, N), at which prices; columns in the order of the con_ids.
        desired: Where to go (B, N+1), fractions of base, cash last, rows summing to 1 within 1e-9.
        rules: Minimum trade and drift, and cash buffer; turnover and participation are not looked at.
        bounds: Between what each holding must end.
        edges: The band that rounding goes into; None for none.
        is_cash_kept: Whether rounding spends nothing of the desired cash, also where the buffer is lower.

    Returns:
        Whole shares. At the mids, cash ends at or above the buffer, or nothing is bought; no sell exceeds what is
        held; no leg passes its desired weight upwards by a whole share.

    Raises:
        ValueError: If shapes differ, or desired weights are negative or do not sum to 1; with place and number.
    """
    _check(portfolios, desired, edges)
    exact = np.maximum(
        desired[:, :-1] * portfolios.base[:, np.newaxis] / portfolios.prices
        - portfolios.tail_shares,
        0.0,
    )
    nearest = _nearest(portfolios, exact, edges)
    goal = np.clip(nearest, bounds.lowest, bounds.highest)
    reasons = np.where(goal == nearest, np.int8(Reason.NONE), bounds.reasons)
    # What may not be sold ties up more than the desired weights say.
    tied = np.where(nearest < bounds.lowest, bounds.lowest, exact)
    left = portfolios.base - total((tied + portfolios.tail_shares) * portfolios.prices)
    floor = left if is_cash_kept else np.minimum(left, rules.cash_buffer * portfolios.base)
    kept = _within_cash(portfolios, (goal, exact), floor, bounds, edges)
    reasons = np.where(kept == goal, reasons, np.int8(Reason.CASH))
    trades = kept - portfolios.shares
    is_small = np.abs(trades) * portfolios.prices < rules.minimum(portfolios.base)[:, np.newaxis]
    is_small &= trades != 0
    reasons = np.where(is_small, np.int8(Reason.MINIMUM), reasons)
    wish = Wish(np.where(is_small, 0, trades), reasons, exact)
    return Trades(*within_budget(portfolios, wish, rules))


def _check(portfolios: Portfolios, desired: NDArray[np.float64], edges: Edges | None) -> None:
    rows, count = portfolios.shares.shape
    if desired.shape != (rows, count + 1):
        message = f"desired weights must be {(rows, count + 1)}, found {desired.shape}"
        raise ValueError(message)
    refuse(~np.isfinite(desired), desired, "a desired weight must be a number")
    refuse(
        desired[:, :-1] < -SUM_TOLERANCE, desired, "a desired weight must be at least 0 (no short)"
    )
    sums = total(desired)
    refuse(np.abs(sums - 1) > SUM_TOLERANCE, sums, "desired weights must sum to 1 within 1e-9")
    if edges is None:
        return
    for name, edge in (("lower", edges.lower), ("upper", edges.upper)):
        if edge.shape not in ((1, count + 1), (rows, count + 1)):
            message = f"{name} band edges must be {(1, count + 1)} or {(rows, count + 1)}, found {edge.shape}"
            raise ValueError(message)


def _nearest(
    portfolios: Portfolios, exact: NDArray[np.float64], edges: Edges | None
) -> NDArray[np.int64]:
    """Return the whole shares next to `exact` (B, N), inside the band where there is one."""
    # Exactly half goes down, also when float noise lifts it a little.
    nearest = whole_shares_up(np.maximum(exact - 0.5, 0.0))
    if edges is None:
        return nearest
    up = whole_shares_up(exact)
    down = np.maximum(up - 1, 0)
    out_down, out_up = (_outside(portfolios, side, edges) for side in (down, up))
    inside_up = np.where(out_down > out_up + WEIGHT_TOLERANCE, up, nearest)
    return np.where(out_up > out_down + WEIGHT_TOLERANCE, down, inside_up)


def _outside(
    portfolios: Portfolios, shares: NDArray[np.int64], edges: Edges
) -> NDArray[np.float64]:
    """Return how far weights of `shares` (B, N) are outside the band, fractions of base; 0 inside."""
    held = (shares + portfolios.tail_shares) * portfolios.prices
    weights = held / portfolios.base[:, np.newaxis]
    beyond = np.maximum(edges.lower[:, :-1] - weights, weights - edges.upper[:, :-1])
    return np.maximum(beyond, 0.0)


def _within_cash(
    portfolios: Portfolios,
    goal: tuple[NDArray[np.int64], NDArray[np.float64]],
    floor: NDArray[np.float64],
    bounds: Bounds,
    edges: Edges | None,
) -> NDArray[np.int64]:
    """Return the whole-share goal (B, N) less what must be left out for cash of `floor` (B,), money.

    `goal` is in whole shares, and as exact numbers.
    """
    shares, exact = goal
    prices, tails = portfolios.prices, portfolios.tail_shares
    short = floor - portfolios.base + total((shares + tails) * prices)
    is_short = short > MONEY_NOISE * portfolios.base
    if not is_short.any():
        return shares
    lowest = bounds.lowest[is_short]
    some, short, prices = portfolios.rows(is_short), short[is_short], prices[is_short]
    most = shares[is_short] - lowest
    if edges is not None:
        inside = _inside(some, shares[is_short], lowest, edges.rows(is_short))
        is_enough = total((shares[is_short] - inside) * prices) >= short
        most = np.where(is_enough[:, np.newaxis], shares[is_short] - inside, most)
    gaps = (exact[is_short] - shares[is_short]) * prices
    kept = shares.copy()
    kept[is_short] -= least_cut(gaps, prices, most, short)
    return kept


def _inside(
    portfolios: Portfolios, shares: NDArray[np.int64], lowest: NDArray[np.int64], edges: Edges
) -> NDArray[np.int64]:
    """Return the fewest shares (B, N), from `lowest` to `shares`, that do not leave the band downwards."""
    lower = np.maximum(edges.lower[:, :-1], 0.0) * portfolios.base[:, np.newaxis]
    # An edge is inside: within the tolerance of shares it is a whole number.
    fewest = whole_shares_up(np.maximum(lower / portfolios.prices - portfolios.tail_shares, 0.0))
    return np.clip(fewest, lowest, shares)
