"""Between what a holding must end: its part of the daily volume, its marks, and never below nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.bounds import volume_bounds
from bot.core.planner.reasons import Reason
from bot.core.planner.rules import PlannerRules
from bot.errors import ReadUnknown
from tests.core.planner.drawn import FREELY, marks, one

HELD = one([5, 40], [10.0, 10.0], 100.0)
CAPPED = PlannerRules(0.0, 0.0, participation_max=0.05)


def test_without_a_participation_only_a_short_position_is_forbidden() -> None:
    bounds = volume_bounds(HELD, FREELY)
    assert bounds.lowest.tolist() == [[0, 0]]
    assert (bounds.highest >= 2**60).all()
    assert bounds.reasons.tolist() == [[Reason.NONE, Reason.NONE]]


def test_a_participation_is_a_part_of_the_volume_around_what_is_held() -> None:
    # 5 % of 210 is 10.5 -> 10 shares: 5 - 10 would be short. 5 % of 39 is 1.95 -> 1.
    traded = replace(HELD, daily_volumes=np.array([[210.0, 39.0]]))
    bounds = volume_bounds(traded, CAPPED)
    assert bounds.lowest.tolist() == [[0, 39]]
    assert bounds.highest.tolist() == [[15, 41]]
    assert bounds.reasons.tolist() == [[Reason.VOLUME, Reason.VOLUME]]
    # 5 % of 60 is 3, to the last bit but one.
    assert volume_bounds(
        replace(HELD, daily_volumes=np.array([[60.0, 0.0]])), CAPPED
    ).highest.tolist() == [[8, 40]]


def test_a_volume_that_is_not_known_is_no_licence() -> None:
    with pytest.raises(
        ReadUnknown, match=r"^participation_max needs the average daily volumes, which are unknown"
    ):
        volume_bounds(HELD, CAPPED)


def test_what_was_traded_in_the_session_has_used_up_its_part() -> None:
    # 5 % of 200 is 10, of 80 is 4. Traded: 3 of the 10, and 4.5 of the 4: nothing is left, and nothing is owed.
    traded = replace(
        HELD,
        daily_volumes=np.array([[200.0, 80.0]]),
        shares_traded=np.array([[3.0, 4.5]]),
    )
    bounds = volume_bounds(traded, CAPPED)
    assert (bounds.lowest.tolist(), bounds.highest.tolist()) == ([[0, 40]], [[12, 40]])
    assert bounds.reasons.tolist() == [[Reason.VOLUME, Reason.VOLUME]]
    # Of 5 % of 60, which is 3 to the last bit but one, 2 are left after one.
    after_one = replace(HELD, daily_volumes=np.full((1, 2), 60.0), shares_traded=np.ones((1, 2)))
    assert volume_bounds(after_one, CAPPED).highest.tolist() == [[7, 42]]
    # Without a participation it limits nothing.
    assert (volume_bounds(traded, FREELY).highest >= 2**60).all()


def test_marks_forbid_a_side_from_what_is_held_now() -> None:
    free = volume_bounds(HELD, FREELY)
    bounds = free.marked(HELD.shares, marks([1, 1], no_buy=(0,), no_sell=(1,)))
    assert bounds.lowest.tolist() == [[0, 40]]
    assert bounds.highest[0, 0] == 5
    assert bounds.highest[0, 1] == free.highest[0, 1]
    assert bounds.reasons.tolist() == [[Reason.MARK, Reason.MARK]]


def test_marks_and_volume_hold_together() -> None:
    # 10 shares a day around 5 and 40; what is held has become 9 and 35 since.
    capped = volume_bounds(replace(HELD, daily_volumes=np.array([[200.0, 200.0]])), CAPPED)
    bounds = capped.marked(np.array([[9, 35]]), marks([1, 1], no_sell=(0,), no_buy=(1,)))
    assert (bounds.lowest.tolist(), bounds.highest.tolist()) == ([[9, 30]], [[15, 35]])
    # A free one keeps its reason.
    free = capped.marked(np.array([[9, 35]]), marks([1, 1], no_sell=(0,)))
    assert free.reasons.tolist() == [[Reason.MARK, Reason.VOLUME]]


def test_rows_can_be_chosen() -> None:
    two = replace(
        HELD,
        shares=np.array([[5, 40], [6, 50]]),
        prices=np.full((2, 2), 10.0),
        base=np.array([550.0, 660.0]),
        cash=np.array([100.0, 100.0]),
        tails=None,
        daily_volumes=np.array([[20.0, 20.0], [40.0, 40.0]]),
    )
    second = volume_bounds(two, CAPPED).rows(np.array([False, True]))
    assert (second.lowest.tolist(), second.highest.tolist()) == ([[4, 48]], [[8, 52]])
    assert second.reasons.shape == (1, 2)


def test_a_way_forbids_the_other_side_and_none_forbids_both() -> None:
    capped = volume_bounds(replace(HELD, daily_volumes=np.array([[40.0, 40.0]])), CAPPED)
    # 5 % of 40: 2 shares around 5 and 40.
    up_down = capped.one_way(HELD.shares, np.array([[0.1, -0.1]]))
    assert (up_down.lowest.tolist(), up_down.highest.tolist()) == ([[5, 38]], [[7, 40]])
    nowhere = capped.one_way(HELD.shares, np.array([[0.0, 0.0]]))
    assert (nowhere.lowest.tolist(), nowhere.highest.tolist()) == ([[5, 40]], [[5, 40]])
    assert nowhere.reasons.tolist() == capped.reasons.tolist()
