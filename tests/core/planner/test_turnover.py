"""A plan that is too large is scaled down, leg by leg by the same part, and uses what it may."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.core.planner.reasons import Reason
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.planner.turnover import scaled
from bot.core.policy.destination import Course
from tests.core.planner.drawn import one


def fit(trades: list[int], prices: list[float], limit: float, minimum: float = 0.0) -> list[int]:
    fitted = scaled(np.array([trades]), np.array([prices]), np.array([limit]), np.array([minimum]))
    return fitted[0].tolist()


def test_every_leg_is_scaled_by_the_same_part() -> None:
    # 400 + 200 + 200 = 800 of 400: half.
    assert fit([-40, 20, 10], [10.0, 10.0, 20.0], 400.0) == [-20, 10, 5]


def test_a_plan_at_its_limit_is_left_alone() -> None:
    assert fit([-40, 40], [10.0, 10.0], 800.0) == [-40, 40]
    # Above it by noise only.
    assert fit([-40, 40], [10.0, 10.0], 800.0 * (1 - 1e-13)) == [-40, 40]
    # A cent too much costs a share.
    assert fit([-40, 40], [10.0, 10.0], 799.99) == [-40, 39]


def test_what_rounding_leaves_over_goes_to_the_legs_that_lost_most() -> None:
    # 300 + 100 = 400 of 300: three quarters. 3 x 0.75 = 2.25 -> 2 of 100 loses 25, 5 x 0.75 = 3.75 -> 3 of 20 loses 15.
    # 200 + 60 leave 40: not enough for a share of 100, enough for one of 20.
    assert fit([3, -5], [100.0, 20.0], 300.0) == [2, -4]
    # 380: 2.85 -> 2 loses 85, 4.75 -> 4 loses 15. 200 + 80 leave 100, which go to the one of 100.
    assert fit([3, -5], [100.0, 20.0], 380.0) == [3, -4]


def test_a_leg_that_falls_below_the_minimum_leaves_its_turnover_to_the_others() -> None:
    # 600 + 200 = 800 of 400: 300 and 100. Below 150 the second is not worth it, and the first gets the 400.
    assert fit([60, -20], [10.0, 10.0], 400.0) == [30, -10]
    assert fit([60, -20], [10.0, 10.0], 400.0, minimum=150.0) == [40, 0]
    assert fit([60, -20], [10.0, 10.0], 400.0, minimum=100.0) == [30, -10]


def test_a_leg_of_little_money_leaves_its_turnover_too() -> None:
    # 1,000 + 1 = 1,001 of 500: half of the second is below 5, and the first gets all 500, 50,000 shares of a cent.
    assert fit([100_000, 1], [0.01, 1.0], 500.0, minimum=5.0) == [50_000, 0]


def test_a_limit_below_the_minimum_lets_nothing_through() -> None:
    assert fit([60, -20], [10.0, 10.0], 90.0, minimum=100.0) == [0, 0]


def test_a_leg_that_rounds_below_the_minimum_is_left_out() -> None:
    # 900 of 500: 5 / 9 of 3 shares of 300 is 1.67 -> 1, worth 300, and a second does not fit: below 400.
    assert fit([3], [300.0], 500.0, minimum=400.0) == [0]
    assert fit([3], [300.0], 500.0, minimum=300.0) == [1]


def test_after_a_leg_is_dropped_the_rest_may_fit_as_it_is() -> None:
    # 300 + 210 = 510 of 310: 182 and 128. The second is dropped, and the first fits whole.
    assert fit([30, 21], [10.0, 10.0], 310.0, minimum=150.0) == [30, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.sampled_from([0.0, 100.0, 2000.0]))
def test_the_limit_is_kept_and_no_leg_turned_or_enlarged(
    seed: int, count: int, minimum: float
) -> None:
    generator = np.random.default_rng(seed)
    prices = np.round(generator.lognormal(4, 1.2, (4, count)), 2) + 0.01
    trades = generator.integers(-100, 100, (4, count))
    trades = np.where(np.abs(trades) * prices < minimum, 0, trades)
    turnover = (np.abs(trades) * prices).sum(axis=1)
    limit = np.maximum(turnover * generator.uniform(0.01, 1.2, 4), 1.0)
    fitted = scaled(trades, prices, limit, np.full(4, minimum))
    value = np.abs(fitted) * prices
    assert (value.sum(axis=1) <= limit * (1 + 1e-9)).all()
    assert ((np.abs(fitted) <= np.abs(trades)) & (fitted * trades >= 0)).all()
    assert (value[fitted != 0] >= minimum).all()
    fits = turnover <= limit
    assert (fitted[fits] == trades[fits]).all()
    for row in range(4):
        alone = slice(row, row + 1)
        single = scaled(trades[alone], prices[alone], limit[alone], np.full(1, minimum))
        assert single.tolist() == fitted[alone].tolist()


def test_the_only_share_of_a_scaled_plan_is_weighed_by_what_was_wanted_of_it() -> None:
    # Base 900, no cash. A 8 -> 540 / 100 = 5.4 -> 5, B 50 / 90 = 0.56 -> 1, C 10 -> 30: 300 + 90 + 200 = 590 of 450.
    # A 2, B 0 and C 15 are 350; the 100 that are left give B its share and C one more. Sells bring 200, buys cost 250.
    # Without B the errors are 50 and 40; without 5 of C, 40 (B is 40 too large) and 90.
    held = one([8, 0, 10], [100.0, 90.0, 10.0], 0.0)
    there = Course(np.array([[540 / 900, 50 / 900, 300 / 900, 10 / 900]]))
    planned = rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=0.5))
    assert planned.trades.tolist() == [[-2, 0, 16]]
    assert planned.reasons.tolist() == [[Reason.TURNOVER, Reason.CASH, Reason.TURNOVER]]
