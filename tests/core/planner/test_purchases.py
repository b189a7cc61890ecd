"""What cash pays for: the buys that err least together, none below the minimum, and why the others are missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.purchases import Wish, within_budget
from bot.core.planner.reasons import Reason
from bot.core.planner.rules import PlannerRules
from tests.core.planner.drawn import FREELY, one


def paid(
    held: Portfolios, trades: list[int], exact: list[float], rules: PlannerRules = FREELY
) -> tuple[list[int], list[int]]:
    """Return the trades that are left, and the reasons; before, every leg is cut by turnover."""
    wish = Wish(
        np.array([trades]),
        np.full((1, len(trades)), Reason.TURNOVER, dtype=np.int8),
        np.array([exact]),
    )
    bought, reasons = within_budget(held, wish, rules)
    return bought[0].tolist(), reasons[0].tolist()


def test_what_is_paid_for_is_bought_and_keeps_its_reason() -> None:
    # Exactly 100 for ten of 10.
    held = one([0, 5], [10.0, 10.0], 100.0)
    assert paid(held, [10, 0], [10.0, 5.0]) == ([10, 0], [Reason.TURNOVER] * 2)


def test_noise_costs_no_share_and_a_cent_does() -> None:
    # Noise is 1e-12 of the base of 150.
    held = one([0, 5], [10.0, 10.0], 100.0)
    assert paid(replace(held, cash=np.array([100.0 - 1e-12])), [10, 0], [10.0, 5.0])[0] == [10, 0]
    assert paid(replace(held, cash=np.array([99.99])), [10, 0], [10.0, 5.0]) == (
        [9, 0],
        [Reason.CASH, Reason.TURNOVER],
    )


def test_sells_pay_for_buys_and_are_never_cut() -> None:
    # 20 and the 30 of the sell: 5 of the 8.
    held = one([0, 5], [10.0, 10.0], 20.0)
    assert paid(held, [8, -3], [8.0, 2.0]) == ([5, -3], [Reason.CASH, Reason.TURNOVER])


def test_what_errs_already_is_cut_last() -> None:
    # A and B want 10 each and 12 are paid for. A's desired number is 14: it errs by 4 before anything is cut.
    # Equal errors: A 10, B 2 err 4 and 8; A 8, B 4 err 6 and 6.
    held = one([0, 0], [10.0, 10.0], 120.0)
    assert paid(held, [10, 10], [14.0, 10.0])[0] == [8, 4]


def test_what_is_held_counts_for_the_error() -> None:
    # A has 5 and wants 10 more, to 15; B wants 10 of 10. 12 are paid for: 4 short each.
    held = one([5, 0], [10.0, 10.0], 120.0)
    assert paid(held, [10, 10], [15.0, 10.0])[0] == [6, 6]


def test_the_smallest_below_the_minimum_leaves_its_money_to_the_others() -> None:
    # 150 for 140, 110 and 100, 200 too little: about 67 less each leaves 73, 43 and 33, all below 80. The smallest, C,
    # goes. 150 for 140 and 110: 50 less each leaves 90 and 60. B goes, and A gets its 140.
    held = one([0, 0, 0], [10.0] * 3, 150.0)
    rules = PlannerRules(80.0, 0.0)
    assert paid(held, [14, 11, 10], [14.0, 11.0, 10.0], rules)[0] == [14, 0, 0]
    # Without a minimum all get a part, and every unit of ten is spent.
    assert sum(paid(held, [14, 11, 10], [14.0, 11.0, 10.0])[0]) == 15


def test_a_wish_below_the_minimum_is_none() -> None:
    held = one([0, 0], [10.0, 10.0], 100.0)
    assert paid(held, [12, 3], [12.0, 3.0], PlannerRules(50.0, 0.0))[0] == [10, 0]


def test_a_debt_pays_for_nothing() -> None:
    held = one([50, 0], [10.0, 10.0], -20.0)
    assert paid(held, [0, 3], [50.0, 3.0]) == ([0, 0], [Reason.TURNOVER, Reason.CASH])


@pytest.mark.parametrize(
    ("settled", "bought", "reason"),
    [
        # The buffer of 10 % of 1,000 is taken off the less of both.
        (300.0, 20, Reason.SETTLED),
        (499.0, 39, Reason.SETTLED),
        (500.0, 40, Reason.CASH),
        (900.0, 40, Reason.CASH),
        (100.0, 0, Reason.SETTLED),
    ],
)
def test_the_less_of_cash_and_settled_cash_limits_and_says_so(
    settled: float, bought: int, reason: Reason
) -> None:
    held = replace(one([0, 50], [10.0, 10.0], 500.0), settled=np.array([settled]))
    rules = PlannerRules(0.0, 0.1)
    assert paid(held, [45, 0], [45.0, 50.0], rules) == ([bought, 0], [reason, Reason.TURNOVER])


def test_each_row_has_its_own_budget() -> None:
    held = Portfolios(
        shares=np.array([[0], [0], [0]]),
        prices=np.array([[10.0], [10.0], [20.0]]),
        base=np.array([100.0, 100.0, 100.0]),
        cash=np.array([100.0, 100.0, 100.0]),
        con_ids=np.array([1]),
        settled=np.array([100.0, 40.0, 100.0]),
    )
    wish = Wish(np.full((3, 1), 8), np.zeros((3, 1), dtype=np.int8), np.full((3, 1), 8.0))
    trades, reasons = within_budget(held, wish, FREELY)
    assert trades.tolist() == [[8], [4], [5]]
    assert reasons.tolist() == [[Reason.NONE], [Reason.SETTLED], [Reason.CASH]]
    assert wish.trades.tolist() == [[8], [8], [8]]


def test_noise_is_measured_by_the_base_also_where_buys_are_cut() -> None:
    # Noise is 1e-12 of the base of 1,000,000: half of it less than 100 pays for ten of 10, and eleven are wanted.
    held = replace(one([0, 99_990], [10.0, 10.0], 100.0), cash=np.array([100.0 - 5e-7]))
    assert paid(held, [11, 0], [11.0, 99_990.0])[0] == [10, 0]
    short = replace(held, cash=np.array([100.0 - 5e-6]))
    assert paid(short, [11, 0], [11.0, 99_990.0])[0] == [9, 0]


def test_noise_is_small_beside_a_small_base_too() -> None:
    # A millionth of a unit of money pays for ten of a ten-millionth, and twelve are wanted.
    held = one([0], [1e-7], 1e-6)
    assert paid(held, [12], [12.0]) == ([10], [Reason.CASH])


def test_what_is_left_over_buys_no_more_than_was_wanted() -> None:
    # 150 for ten of 1 and two of 100: ten and one. The 40 that are left are not enough for B, and A has all it wants.
    held = one([0, 0], [1.0, 100.0], 150.0)
    assert paid(held, [10, 2], [10.0, 2.0]) == ([10, 1], [Reason.TURNOVER, Reason.CASH])
