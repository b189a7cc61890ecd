"""Desired weights to whole-share trades, within cash.

The goal of each leg is the whole number of shares next to the exact one, down or up, whichever leaves the smaller
tracking error; with a band, the one inside the band. Then, in this order:

1. If rounding up spends cash that the desired weights do not spend, and the buffer needs it, legs are rounded down
   instead: those whose tracking error suffers least first, those that would leave their band last.
2. Trades worth less than the minimum trade are dropped, sells and buys.
3. If the cash above the buffer and the proceeds do not pay for the buys, the buys are cut: each falls short by the same
   money (that is the least sum of squared errors), and what whole shares leave over goes to the largest shortfall.

Why a second plan towards the same weights, on unchanged prices, is empty: at mids a trade changes shares and cash but
not their sum, and the goals up to step 1 depend on that sum only. A dropped leg is as small the second time. A cut buy
finds no cash: step 3 leaves, for every leg that fell short, less than one share or less than a minimum trade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.core.domain.units import SHARE_TOLERANCE, whole_shares_down, whole_shares_up
from bot.core.planner.portfolios import refuse
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.portfolios import Portfolios

# Money this small beside the base is float noise (fraction of base).
_MONEY_NOISE: Final = 1e-9
# Scores are compared to this many decimals, so that float noise does not decide between two legs.
_SCORE_DECIMALS: Final = 12
# Above every tracking-error score, which is at most 1.
_LEAVES_BAND: Final = 2.0


@dataclass(frozen=True, slots=True)
class PlannerRules:
    """How weights become shares.

    Attributes:
        minimum_trade: A trade worth less than this is dropped, account currency, at least 0.
        cash_buffer: Cash that buys never touch, fraction of base, from 0 to below 1.

    Raises:
        ValueError: If a number is out of range.
    """

    minimum_trade: float
    cash_buffer: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum_trade) and self.minimum_trade >= 0):
            message = f"minimum_trade must be at least 0, found {self.minimum_trade:g}"
            raise ValueError(message)
        if not 0 <= self.cash_buffer < 1:
            message = (
                f"cash_buffer must be a fraction from 0 to below 1, found {self.cash_buffer:g}"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class _Goal:
    """Whole shares to end with (B, N), the choice that rounding left, and how far each choice is out of its band."""

    shares: NDArray[np.int64]
    down: NDArray[np.int64]
    up: NDArray[np.int64]
    fraction: NDArray[np.float64]
    down_leaves_band: NDArray[np.bool_]


def plan_shares(
    portfolios: Portfolios,
    desired: NDArray[np.float64],
    rules: PlannerRules,
    lower: NDArray[np.float64] | None = None,
    upper: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return the trades that bring `portfolios` next to `desired`.

    Args:
        portfolios: What is held (B, N), at which prices.
        desired: Where to go (B, N+1), fractions of base, cash last, rows summing to 1 within 1e-9.
        rules: Minimum trade and cash buffer.
        lower: Lower band edges (R, N+1), cash last, fractions of base; with `upper`, rounding goes into the band.
        upper: Upper band edges (R, N+1).

    Returns:
        Signed whole shares (B, N), int64. At the mids, cash ends at or above the buffer, or buys
        nothing where the sells do not reach it; no sell exceeds what is held; no leg passes its
        desired weight by a whole share.

    Raises:
        ValueError: If shapes differ, or desired weights are negative or do not sum to 1; with place and number.
    """
    _check(portfolios, desired, lower, upper)
    # One order of the columns, whatever the caller's: sums and ties come out the same.
    order = np.argsort(portfolios.con_ids)
    ordered = portfolios.columns(order)
    edges = (
        None
        if lower is None or upper is None
        else (lower[:, :-1][:, order], upper[:, :-1][:, order])
    )
    goal = _round(ordered, desired[:, :-1][:, order], edges)
    # What the desired weights themselves spend is not for rounding to bring back.
    cash_weight = np.minimum(desired[:, -1], rules.cash_buffer)
    trades = _within_cash(ordered, goal, cash_weight) - ordered.shares
    trades = _worth_while(ordered, trades, rules)
    unsorted = np.empty_like(trades)
    unsorted[:, order] = trades
    return unsorted


def _check(
    portfolios: Portfolios,
    desired: NDArray[np.float64],
    lower: NDArray[np.float64] | None,
    upper: NDArray[np.float64] | None,
) -> None:
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
    for name, edge in (("lower", lower), ("upper", upper)):
        if edge is not None and edge.shape not in ((1, count + 1), (rows, count + 1)):
            message = f"{name} band edges must be {(1, count + 1)} or {(rows, count + 1)}, found {edge.shape}"
            raise ValueError(message)
    if (lower is None) != (upper is None):
        message = "band edges come in pairs: lower and upper, or neither"
        raise ValueError(message)


def _round(
    portfolios: Portfolios,
    desired: NDArray[np.float64],
    edges: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> _Goal:
    """Return the whole shares next to `desired` (B, N), inside the band where there is one."""
    money = desired * portfolios.base[:, np.newaxis]
    exact = np.maximum(money / portfolios.prices - portfolios.tail_shares, 0.0)
    up = whole_shares_up(exact)
    # A whole number counts as rounded up: cash may need one share less even there.
    down = np.maximum(up - 1, 0)
    fraction: NDArray[np.float64] = np.clip(exact - down, 0.0, 1.0)
    # Exactly half goes down, also when float noise lifts it a little.
    is_up = fraction > 0.5 + SHARE_TOLERANCE
    leaves = np.zeros(down.shape, dtype=np.bool_)
    if edges is not None:
        out_down, out_up = _outside(portfolios, down, edges), _outside(portfolios, up, edges)
        leaves = out_down > out_up + WEIGHT_TOLERANCE
        is_up = leaves | (is_up & ~(out_up > out_down + WEIGHT_TOLERANCE))
    return _Goal(np.where(is_up, up, down), down, up, fraction, leaves)


def _outside(
    portfolios: Portfolios,
    shares: NDArray[np.int64],
    edges: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return how far weights of `shares` (B, N) are outside the band, fractions of base; 0 inside."""
    held = (shares + portfolios.tail_shares) * portfolios.prices
    weights = held / portfolios.base[:, np.newaxis]
    return np.maximum(np.maximum(edges[0] - weights, weights - edges[1]), 0.0)


def _within_cash(
    portfolios: Portfolios, goal: _Goal, cash_weight: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the goal (B, N) with legs rounded down instead of up until `cash_weight` (B,) is left, or no leg is."""
    base = portfolios.base[:, np.newaxis]
    # What the sum of squared errors grows by for each unit of cash that rounding down brings.
    cost = np.round((2 * goal.fraction - 1) * portfolios.prices / base, _SCORE_DECIMALS)
    score = np.where(goal.down_leaves_band, cost + _LEAVES_BAND, cost)
    shares = goal.shares
    for _ in range(shares.shape[1]):
        cash = portfolios.cash - total((shares - portfolios.shares) * portfolios.prices)
        is_short = cash < (cash_weight - _MONEY_NOISE) * portfolios.base
        may_go_down = (shares > goal.down) & is_short[:, np.newaxis]
        if not may_go_down.any():
            break
        leg = np.argmin(np.where(may_go_down, score, np.inf), axis=1)
        is_chosen = (np.arange(shares.shape[1]) == leg[:, np.newaxis]) & may_go_down
        shares = np.where(is_chosen, goal.down, shares)
    return shares


def _worth_while(
    portfolios: Portfolios, trades: NDArray[np.int64], rules: PlannerRules
) -> NDArray[np.int64]:
    """Return `trades` (B, N) without those below the minimum, and with buys cut to what cash and sells pay for."""
    # Written so that a trade worth the minimum to the last bit but one is not lost to noise.
    minimum = rules.minimum_trade * (1 - 1e-12)
    kept = np.where(np.abs(trades) * portfolios.prices < minimum, 0, trades)
    sells, buys = np.minimum(kept, 0), np.maximum(kept, 0)
    cash = portfolios.cash - total(sells * portfolios.prices)
    budget = np.maximum(cash - rules.cash_buffer * portfolios.base, 0.0)
    noise = _MONEY_NOISE * portfolios.base
    is_short = total(buys * portfolios.prices) > budget + noise
    if is_short.any():
        buys = buys.copy()
        buys[is_short] = _cut(
            buys[is_short], portfolios.prices[is_short], budget[is_short], minimum
        )
    return sells + buys


def _cut(
    wanted: NDArray[np.int64],
    prices: NDArray[np.float64],
    budget: NDArray[np.float64],
    minimum: float,
) -> NDArray[np.int64]:
    """Return as much of the buys `wanted` (B, N) as `budget` (B,) pays for, none below `minimum` (money)."""
    shortfall = _equal_shortfall(wanted * prices, budget)[:, np.newaxis]
    bought = whole_shares_down(np.maximum(wanted * prices - shortfall, 0.0) / prices)
    bought = np.where(bought * prices < minimum, 0, np.minimum(bought, wanted))
    left = budget - total(bought * prices)
    missing = np.round((wanted - bought) * prices, _SCORE_DECIMALS // 2)
    rows = np.arange(wanted.shape[0])
    for leg in np.argsort(-missing, axis=1, kind="stable").T:
        price, already = prices[rows, leg], bought[rows, leg]
        payable = whole_shares_down(np.maximum(left, 0.0) / price)
        more = np.minimum(payable, wanted[rows, leg] - already)
        more = np.where((already + more) * price < minimum, 0, more)
        bought[rows, leg] = already + more
        left = left - more * price
    return bought


def _equal_shortfall(
    notional: NDArray[np.float64], budget: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the money (B,) by which every buy of `notional` (B, N) must fall short to fit into `budget` (B,)."""
    is_active = notional > 0
    shortfall = np.zeros_like(budget)
    for _ in range(notional.shape[1]):
        count = np.maximum(is_active.sum(axis=1), 1)
        wanted = total(np.where(is_active, notional, 0.0))
        # It only grows, and stays where it is once nothing is left to cut.
        shortfall = np.maximum((wanted - budget) / count, shortfall)
        # A buy that is smaller than its share of the shortfall gives all it has; the rest give more.
        is_active = is_active & (notional > shortfall[:, np.newaxis])
    return shortfall
