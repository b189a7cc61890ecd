"""The compiled cut is the cut of the planner, or it says that it is not sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compiled.cut import CutRoom, least_cut
from bot.core.planner import least_cut as planner


def both(gaps, prices, most, short):
    """Return whether the compiled cut is sure, what it cuts, and what the planner cuts; by the given legs."""
    numbers = [np.array([each]) for each in (gaps, prices, most)]
    dearest = np.argsort(-numbers[1][0], kind="stable")
    room = CutRoom.of(numbers[1][0][dearest])
    room.legs["gap"][:-1], room.legs["most"][:-1] = (numbers[each][0][dearest] for each in (0, 2))
    is_sure = least_cut(room, float(short))
    cut = np.empty(len(dearest), dtype=np.int64)
    cut[dearest] = room.legs["cut"][:-1]
    return is_sure, cut.tolist(), planner.least_cut(*numbers, np.array([float(short)]))[0].tolist()


@pytest.mark.parametrize(
    ("gaps", "prices", "most", "short"),
    [
        # As in tests/core/planner/test_least_cut.py, where the answers are worked out.
        ([0.0, 0.0, 0.0], [100.0, 60.0, 45.0], [9, 9, 9], 90),
        ([40.0, -40.0, 0.0], [100.0] * 3, [9] * 3, 100),
        ([-170.0], [100.0], [9], 10),
        ([0.0, 0.0], [100.0, 10.0], [2, 50], 330),
        ([0.0, 0.0], [100.0, 10.0], [2, 5], 300),
        ([0.0], [100.0], [0], 1),
        ([0.0, 0.0, 0.0], [10.0] * 3, [5] * 3, 10),
        ([0.0, 0.0, 0.0], [10.0] * 3, [5] * 3, 20),
        ([0.0, 0.0, 0.0], [10_000.0, 2.0, 0.5], [9, 9_999, 100], 4_800),
        # One of the second 30 or one of 20: 5^2 + 25^2 + 5^2 = 675 both ways. The first is known before the search.
        ([5.0, -5.0, 5.0], [30.0, 30.0, 20.0], [3, 3, 3], 20),
    ],
)
def test_worked_cuts_come_out_the_same(gaps, prices, most, short):
    is_sure, cut, expected = both(gaps, prices, most, short)
    assert is_sure
    assert cut == expected


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 14),
    spread=st.sampled_from([0.0, 0.3, 1.0]),
    step=st.sampled_from([0.01, 1.0, 50.0]),
    part=st.sampled_from([0.001, 0.05, 0.5, 0.99, 1.1]),
)
def test_a_cut_that_is_sure_is_the_planners(seed, count, spread, step, part):
    generator = np.random.default_rng(seed)
    # Money in steps of 50 makes many cuts that err the same.
    prices = np.round(generator.lognormal(4, spread, count) / step) * step + step
    gaps = np.round(prices * generator.uniform(-0.5, generator.choice([0.5, 3.0]), count) / step)
    most = generator.integers(0, 40, count)
    short = max(float((prices * most).sum()) * part, 0.01)
    is_sure, cut, expected = both(gaps * step, prices, most, short)
    assert not is_sure or cut == expected


def test_where_there_are_too_many_ways_to_go_on_nothing_is_decided():
    # All 38 of 3.50 are 133 and 41 of 52.75 are 2,162.75: 314.25 are left, 47 of 6.75 are 317.25. By the bounds any of
    # ten numbers of the 6.75, 41 to 50, may be better.
    is_sure, _, expected = both([1078.0, 296.0, -1412.0], [6.75, 52.75, 3.5], [52, 46, 38], 2610)
    assert not is_sure
    assert expected == [47, 41, 38]
