"""Rows and columns of a plan do not get into each other's way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.reasons import Reason
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import Course, Destination, Reach
from tests.core.planner.drawn import FREE, FREELY, band, marks, one

TO_EDGE = Destination(Reach.EDGE)
USE_CASH = Destination(Reach.USE_CASH)


def test_cash_that_buys_no_share_is_not_desired_elsewhere() -> None:
    # Base 1,000, cash 2 points over its 10 %: 20 are less than half a share of 50. The row beside it has 50 to spare.
    held = Portfolios(
        shares=np.array([[10, 19], [10, 9]]),
        prices=np.array([[50.0, 20.0], [50.0, 40.0]]),
        base=np.array([1000.0, 1000.0]),
        cash=np.array([120.0, 140.0]),
        con_ids=np.array([100, 101]),
    )
    # Row 1: the first wants 10 more in shares of 50, the second 380 -> 390: half a share of 20.
    course = Course(np.array([[0.51, 0.39, 0.1]]), USE_CASH)
    planned = rebalance(held, course, FREELY)
    assert planned.trades.tolist() == [[0, 0], [0, 1]]
    alone = rebalance(held.rows(np.array([True, False])), course, FREELY)
    assert alone.desired.tolist() == planned.desired[:1].tolist() == [[0.5, 0.38, 0.12]]


def test_a_band_does_not_change_how_cash_is_used() -> None:
    # Base 1,000, cash 5 points over its 10 %: 2 shares of 20 for what is under, though all are inside their bands.
    held = one([55, 15], [10.0, 20.0], 150.0)
    targets = np.array([[0.5, 0.4, 0.1]])
    for course in (
        Course(targets, USE_CASH),
        Course(targets, USE_CASH, band([0.2, 0.2, 0.2])),
    ):
        assert rebalance(held, course, FREELY).trades.tolist() == [[0, 2]]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_leg_that_may_not_trade_is_measured_by_its_own_band(side: int) -> None:
    # The first is on its target, 1 point to either side. The second is 9 points off, inside 10, or at 10, or at 8.
    stuck = marks([1, 1], no_buy=(1,)) if side < 0 else marks([1, 1], no_sell=(1,))
    held = one([40, 40 + 9 * side], [10.0, 10.0], 200.0 - 90.0 * side)
    targets = np.array([[0.4, 0.4, 0.2]])
    for width, reason in ((0.1, Reason.NONE), (0.09, Reason.NONE), (0.08, Reason.MARK)):
        course = Course(targets, TO_EDGE, band([0.01, width, FREE]))
        planned = rebalance(held, course, FREELY, stuck)
        assert planned.trades.tolist() == [[0, 0]]
        assert planned.reasons.tolist() == [[Reason.NONE, reason]]


def test_ties_go_by_con_id_whatever_the_order_of_the_columns() -> None:
    # Base 1,000: 500 are 50 shares of 10 each, cash 0 and the buffer 1 %: there is money for one of the
    # two equal buys, and the lower con_id gets it.
    held = one([49, 49], [10.0, 10.0], 20.0)
    rules = PlannerRules(0.0, 0.01)
    there = Course(np.array([[0.5, 0.5, 0.0]]))
    for con_ids, bought in (([7, 9], [1, 0]), ([9, 7], [0, 1])):
        planned = rebalance(replace(held, con_ids=np.array(con_ids)), there, rules)
        assert planned.trades.tolist() == [bought]


def test_cash_that_nothing_can_fill_stays_beside_a_row_that_trades() -> None:
    # Base 1,000 each, cash to go to 10 %, the buffer 5 %. Row 1 has 12 % and buys a share of B for 20. Row 2 has 4 %:
    # A, which may not be sold, is what it is over.
    held = Portfolios(
        shares=np.array([[50, 19], [60, 18]]),
        prices=np.array([[10.0, 20.0], [10.0, 20.0]]),
        base=np.array([1000.0, 1000.0]),
        cash=np.array([120.0, 40.0]),
        con_ids=np.array([100, 101]),
    )
    course = Course(np.array([[0.5, 0.4, 0.1]]), USE_CASH)
    planned = rebalance(held, course, PlannerRules(0.0, 0.05), marks([1, 1], no_sell=(0,)))
    assert planned.trades.tolist() == [[0, 1], [0, 0]]
    assert planned.desired[1].tolist() == held.weights()[1].tolist() == [0.6, 0.36, 0.04]


def test_a_measure_that_is_no_number_is_refused_also_where_a_band_decides() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    targets = np.array([[0.5, 0.4, 0.1]])
    course = Course(targets, TO_EDGE, band([0.05, 0.2, FREE]), np.array([np.nan]))
    with pytest.raises(ValueError, match=r"1 numbers of at least 0, found \[nan\]"):
        rebalance(held, course, FREELY)
