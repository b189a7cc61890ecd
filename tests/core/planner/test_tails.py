"""Parts of a share that cannot be sold: they count for cash, for the band and for what an error is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.core.planner.bounds import volume_bounds
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.planner.shares import Edges, plan_shares
from bot.core.policy.destination import Course
from tests.core.planner.drawn import FREELY, one

if TYPE_CHECKING:
    from bot.core.planner.portfolios import Portfolios


def trades(
    held: Portfolios,
    desired: list[float],
    rules: PlannerRules = FREELY,
    edges: Edges | None = None,
    *,
    is_cash_kept: bool = False,
) -> list[int]:
    bounds = volume_bounds(held, rules)
    planned = plan_shares(
        held, np.array([desired]), rules, bounds, edges, is_cash_kept=is_cash_kept
    )
    return planned.shares[0].tolist()


def test_cash_that_is_kept_is_counted_beside_the_tail() -> None:
    # Base 20 x 10.5 + 90 = 300, of which 60 stay in cash. 240 are 12 shares, 0.5 of them the tail: 11.5 -> 11.
    # 11.5 x 20 = 230 leaves 70, which is enough.
    held = one([10], [20.0], 90.0, tails=[0.5])
    assert trades(held, [0.8, 0.2], is_cash_kept=True) == [1]


def test_a_debt_is_paid_back_in_full_beside_a_tail() -> None:
    # Base 20.5 x 20 - 86 = 324: 16.2 shares, 15.7 of them whole -> 16. 16.5 x 20 = 330 would leave a debt of 6.
    held = one([20], [20.0], -86.0, tails=[0.5])
    assert trades(held, [1.0, 0.0]) == [-5]


def test_a_tail_helps_to_stay_inside_the_band() -> None:
    # Base 1,000. A: 430 / 30 - 0.5 = 13.83 -> 14, B: 450 / 30 = 15. Cash is 115, 5 short of the buffer of 12 %.
    # A at 13 is 13.5 x 30 = 405, inside 40 %, and errs by 25; B at 14 would err by 30 beside A's 5.
    held = one([16, 16], [30.0, 30.0], 25.0, tails=[0.5, 0.0])
    band = Edges(np.array([[0.4, 0.3, -np.inf]]), np.array([[0.6, 0.5, np.inf]]))
    assert trades(held, [0.43, 0.45, 0.12], PlannerRules(0.0, 0.12), band) == [-3, -1]


def test_buys_of_a_scaled_plan_are_cut_by_what_is_missing_beside_the_tails() -> None:
    # Base 1,100, no cash: A 8.91 x 100, B 10 x 10, C 10.9 x 10. A sells 3, B buys 20 to 30, C buys 10 to 20.9: 600 of
    # 500. A 2.5 -> 2, B 16.67 -> 17, C 8.33 -> 9. Sells bring 200, buys cost 260. B is 3 short and C 1: B gives 2 and
    # C 4, so that each is 5 short.
    held = one([8, 10, 10], [100.0, 10.0, 10.0], 0.0, tails=[0.91, 0.0, 0.9])
    there = Course(np.array([[591 / 1100, 300 / 1100, 209 / 1100, 0.0]]))
    planned = rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=500 / 1100))
    assert planned.trades.tolist() == [[-2, 15, 5]]
