"""Putting cash to use in whole lots: no lot is sold that brings more than twice what is missing, but for a debt."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.planner.rebalance import rebalance
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
