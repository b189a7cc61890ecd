"""Putting cash to use in whole lots: no lot is sold that brings more than twice what is missing, but for a debt."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import Course, Destination, Reach
from tests.core.planner.drawn import FREELY, marks, one


@pytest.mark.parametrize(
    ("cash", "wanted", "sold"),
    [
        # Base 1,000, and a lot of A is 100. 20 are missing: with it 80 are too much. 50: as far off on the other side.
        (50.0, [0.58, 0.35, 0.07], 0),
        (50.0, [0.55, 0.35, 0.10], 0),
        (50.0, [0.54, 0.35, 0.11], -10),
        # Base 951 and 949: at a debt the lot is sold, although 41.4 and 29 are missing.
        (1.0, [0.5915, 0.3664, 0.0421], 0),
        (-1.0, [0.6, 0.37, 0.03], -10),
    ],
)
def test_a_lot_of_more_than_is_missing_twice_is_sold_for_a_debt_only(
    cash: float, wanted: list[float], sold: int
) -> None:
    held = one([60, 35], [10.0, 10.0], cash)
    course = Course(np.array([wanted]), Destination(Reach.USE_CASH))
    planned = rebalance(held, course, FREELY, marks([10, 1]))
    assert planned.trades[0, 0] == sold


@pytest.mark.parametrize(("buffer", "sold"), [(0.0, 0), (64 / 1024, 0), (65 / 1024, -8)])
def test_a_lot_that_brings_cash_no_nearer_is_sold_below_the_buffer_only(
    buffer: float, sold: int
) -> None:
    # In 1,024ths of base: A 512 in lots of 64, B 448. Cash is to go from 64 to 96: with a lot it has 128, as far off on
    # the other side. At the buffer nothing is sold for it.
    held = one([64, 56], [8.0, 8.0], 64.0)
    course = Course(np.array([[480 / 1024, 448 / 1024, 96 / 1024]]), Destination(Reach.USE_CASH))
    planned = rebalance(held, course, PlannerRules(0.0, buffer), marks([8, 1]))
    assert planned.trades[0, 0] == sold


def test_a_single_share_is_a_step_that_counts() -> None:
    # Base 1,000: cash 20 % to 10 %, a share of 100.
    course = Course(np.array([[0.9, 0.1]]), Destination(Reach.USE_CASH))
    assert rebalance(one([8], [100.0], 200.0), course, FREELY).trades.tolist() == [[1]]
