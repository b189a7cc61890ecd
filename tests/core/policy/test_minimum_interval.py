"""A trade makes it wait; the last of its days is long enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.policy.minimum_interval import MinimumInterval
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]


@pytest.mark.parametrize(
    ("since", "is_open"), [(0, False), (30, False), (31, True), (32, True), (math.inf, True)]
)
def test_it_permits_from_its_last_day_on(
    make_state: MakeState, since: float, *, is_open: bool
) -> None:
    rule, state = MinimumInterval(days=31), make_state(days_since_trade=np.array([float(since)]))
    assert rule.permits(state).tolist() == [is_open]
    assert rule.explain(state, 0).fired == is_open


def test_it_says_how_long_it_has_to_wait(make_state: MakeState) -> None:
    # Of 31 days 3 have passed, 28 are left.
    found = MinimumInterval(days=31).explain(make_state(days_since_trade=np.array([3.0])), 0)
    assert found.rule == "minimum_interval"
    assert found.asks == "nothing"
    assert found.statement == "pauses: it traded 3 days ago, 31 must pass"
    assert found.numbers == {
        "since_trade_days": 3.0,
        "limit_days": 31.0,
        "distance_days": 28.0,
    }


def test_it_says_when_it_waited_long_enough(make_state: MakeState) -> None:
    found = MinimumInterval(days=31).explain(make_state(days_since_trade=np.array([40.0])), 0)
    assert found.asks == "anything"
    assert found.statement == "permits: it traded 40 days ago, 31 must pass"
    assert found.numbers["distance_days"] == -9


def test_what_never_traded_need_not_wait(make_state: MakeState) -> None:
    found = MinimumInterval(days=31).explain(make_state(days_since_trade=np.array([math.inf])), 0)
    assert found.asks == "anything"
    assert found.statement == "permits: it has never traded; 31 days must pass after a trade"
    assert found.numbers == {
        "since_trade_days": "never",
        "limit_days": 31.0,
        "distance_days": "none left",
    }


def test_every_row_has_a_trade_of_its_own(make_state: MakeState) -> None:
    state = make_state(
        weights=np.repeat([[0.5, 0.4, 0.1]], 3, axis=0),
        days_since_trade=np.array([31.0, 1.0, math.inf]),
    )
    rule = MinimumInterval(days=31)
    assert rule.permits(state).tolist() == [True, False, True]
    assert rule.explain(state, 1).numbers["since_trade_days"] == 1.0


@given(shorter=st.integers(1, 180), more=st.integers(0, 70), since=st.integers(0, 260))
def test_a_longer_wait_never_permits_where_a_shorter_one_does_not(
    make_state: MakeState, shorter: int, more: int, since: int
) -> None:
    state = make_state(days_since_trade=np.array([float(since)]))
    if MinimumInterval(days=shorter + more).permits(state)[0]:
        assert MinimumInterval(days=shorter).permits(state)[0]


def test_without_the_last_trade_it_does_not_decide(make_state: MakeState) -> None:
    rule = MinimumInterval(days=31)
    assert rule.needs() == Needs(has_last_trade=True)
    with pytest.raises(
        ReadUnknown,
        match=r"^minimum_interval needs the days since the last trade, which is unknown",
    ):
        rule.asks(make_state())
