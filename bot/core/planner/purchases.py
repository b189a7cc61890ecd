"""What cash pays for of the buys that a plan wants, with the least sum of squared errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total
from bot.core.planner.reasons import Reason
from bot.core.planner.sharing import Offer, shared_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.rules import PlannerRules

#: Money this small beside the base is float noise (fraction of base).
MONEY_NOISE: Final = 1e-12
# How often what is left over is offered again. Once is usual; a bound, because every loop has one.
_OFFERS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan would trade if cash were no object.

    Attributes:
        trades: Signed whole shares (B, N), int64.
        reasons: What has cut each leg already (B, N), int8, as `Reason`.
        exact: Shares that the desired weights stand for (B, N), not rounded: errors are counted from here.
    """

    trades: NDArray[np.int64]
    reasons: NDArray[np.int8]
    exact: NDArray[np.float64]


def within_budget(
    portfolios: Portfolios, wish: Wish, rules: PlannerRules
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the trades (B, N) with buys cut to the budget, none of them below the minimum, and the reasons.

    The budget is cash and proceeds less the buffer; in a cash account settled cash less the buffer at most.
    """
    buys = np.maximum(wish.trades, 0)
    cost = total(buys * portfolios.prices)
    sells = wish.trades - buys
    budget, is_settled = _budget(portfolios, sells, rules)
    is_short = cost > budget + MONEY_NOISE * portfolios.base
    if not is_short.any():
        return wish.trades, wish.reasons
    some = portfolios.rows(is_short)
    trades, reasons = wish.trades.copy(), wish.reasons.copy()
    trades[is_short] = _granted(some, trades[is_short], wish.exact[is_short], rules)
    why = np.where(is_settled, np.int8(Reason.SETTLED), np.int8(Reason.CASH))[:, np.newaxis]
    return trades, np.where(trades == wish.trades, reasons, why)


def _budget(
    portfolios: Portfolios, trades: NDArray[np.int64], rules: PlannerRules
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the money (B,) that more buys may cost after `trades`, and whether settled cash is what limits it."""
    buffer = rules.cash_buffer * portfolios.base
    free = portfolios.cash - total(trades * portfolios.prices)
    settled = free
    if portfolios.settled is not None:
        bought = total(np.maximum(trades, 0) * portfolios.prices)
        settled = portfolios.settled - bought
    return np.maximum(np.minimum(free, settled) - buffer, 0.0), settled < free


def _granted(
    portfolios: Portfolios,
    wanted: NDArray[np.int64],
    exact: NDArray[np.float64],
    rules: PlannerRules,
) -> NDArray[np.int64]:
    """Return the trades with what the budget pays for of the buys `wanted` (B, N)."""
    buys = np.maximum(wanted, 0)
    # Errors are counted from where every buy is made in full.
    gaps = (exact - portfolios.shares - buys) * portfolios.prices
    minimum, noise = rules.minimum(portfolios.base), MONEY_NOISE * portfolios.base
    trades, offers = wanted - buys, 0
    is_more = True
    while is_more and offers < _OFFERS_MAX:
        offers += 1
        budget, _ = _budget(portfolios, trades, rules)
        # As a second plan would ask: the same goal, from what is held by then.
        wanted = buys - np.maximum(trades, 0)
        more = shared_out(Offer(wanted, gaps, portfolios.prices, budget + noise, minimum))
        trades = trades + more
        is_more = bool(more.any())
    return trades
