"""Inside its limits, at a limit among them, it permits; outside it pauses and says how far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.domain.needs import Needs
from bot.core.policy.volatility_index import VolatilityIndex
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]
BOTH = VolatilityIndex(level_max=30, level_min=12)


@pytest.mark.parametrize(
    ("rule", "level", "is_open"),
    [
        (VolatilityIndex(level_max=30), 30, True),
        (VolatilityIndex(level_max=30), 30.01, False),
        (VolatilityIndex(level_max=30), 0.01, True),
        (VolatilityIndex(level_min=12), 12, True),
        (VolatilityIndex(level_min=12), 11.99, False),
        (VolatilityIndex(level_min=12), 9000, True),
        (BOTH, 11.99, False),
        (BOTH, 12, True),
        (BOTH, 30, True),
        (BOTH, 30.01, False),
    ],
)
def test_it_permits_inside_its_limits_and_at_them(
    make_state: MakeState, rule: VolatilityIndex, level: float, *, is_open: bool
) -> None:
    state = make_state(levels={"VIX": np.array([float(level)])})
    assert rule.permits(state).tolist() == [is_open]
    assert rule.explain(state, 0).fired == is_open


@pytest.mark.parametrize(
    ("level", "statement", "limit", "distance"),
    [
        # 36.5 - 30 = 6.5 points to fall.
        (36.5, "pauses: VIX is at 36.50 points, the highest allowed are 30.00", 30, 6.5),
        # 30 is 2 points away, 12 is 16: the nearer limit is told.
        (28, "permits: VIX is at 28.00 points, the highest allowed are 30.00", 30, -2),
        (15, "permits: VIX is at 15.00 points, the lowest allowed are 12.00", 12, -3),
        # In the middle both are 9 points away.
        (21, "permits: VIX is at 21.00 points, the lowest allowed are 12.00", 12, -9),
        (10, "pauses: VIX is at 10.00 points, the lowest allowed are 12.00", 12, 2),
    ],
)
def test_it_tells_the_limit_that_is_nearest(
    make_state: MakeState, level: float, statement: str, limit: float, distance: float
) -> None:
    found = BOTH.explain(make_state(levels={"VIX": np.array([float(level)])}), 0)
    assert found.rule == "volatility_index"
    assert found.statement == statement
    assert found.numbers == {
        "index": "VIX",
        "level_points": level,
        "limit_points": limit,
        "distance_points": distance,
    }


def test_with_one_limit_it_tells_that_one_however_far(make_state: MakeState) -> None:
    low = VolatilityIndex(level_max=30).explain(make_state(levels={"VIX": np.array([2.0])}), 0)
    assert low.numbers["limit_points"] == 30
    assert low.numbers["distance_points"] == -28
    high = VolatilityIndex(level_min=12).explain(make_state(levels={"VIX": np.array([90.0])}), 0)
    assert high.numbers["limit_points"] == 12
    assert high.numbers["distance_points"] == -78


def test_one_level_is_for_all_rows_and_a_level_for_each_is_its_own(make_state: MakeState) -> None:
    weights = np.repeat([[0.5, 0.4, 0.1]], 2, axis=0)
    shared = make_state(weights=weights, levels={"VIX": np.array([31.0])})
    assert BOTH.permits(shared).tolist() == [False, False]
    own = make_state(weights=weights, levels={"VIX": np.array([31.0, 20.0])})
    assert BOTH.permits(own).tolist() == [False, True]
    assert BOTH.explain(own, 1).numbers["level_points"] == 20


def test_another_index_is_read_by_its_name(make_state: MakeState) -> None:
    rule = VolatilityIndex(level_max=30, index="VXN")
    assert rule.needs() == Needs(levels=frozenset({"VXN"}))
    state = make_state(levels={"VIX": np.array([20.0])})
    with pytest.raises(
        ReadUnknown, match=r"^volatility_index needs the level of VXN, which is unknown"
    ):
        rule.asks(state)
    both = make_state(levels={"VIX": np.array([20.0]), "VXN": np.array([40.0])})
    assert rule.permits(both).tolist() == [False]
    assert rule.explain(both, 0).numbers["index"] == "VXN"


def test_limits_that_contradict_each_other_are_refused_with_their_numbers() -> None:
    for lowest in (30.0, 31.0):
        with pytest.raises(
            ValueError,
            match=rf"^level_min must be less than level_max \(index points\), found {lowest:g} and 30$",
        ):
            VolatilityIndex(level_max=30, level_min=lowest)
    with pytest.raises(
        ValueError, match=r"^level_max or level_min must be there \(index points\), found neither$"
    ):
        VolatilityIndex()


@pytest.mark.parametrize("name", ["", "  "])
def test_an_index_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^index must be the name of a market index, found '{name}'$"
    ):
        VolatilityIndex(level_max=30, index=name)
