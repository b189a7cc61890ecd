"""A trade makes it wait; the last of its sessions is long enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.policy.cooldown import Cooldown
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]


@pytest.mark.parametrize(
    ("since", "is_open"), [(0, False), (4, False), (5, True), (6, True), (math.inf, True)]
)
def test_it_permits_from_its_last_session_on(
    make_state: MakeState, since: float, *, is_open: bool
) -> None:
    rule, state = Cooldown(sessions=5), make_state(sessions_since_trade=np.array([float(since)]))
    assert rule.permits(state).tolist() == [is_open]
    assert rule.explain(state, 0).fired == is_open


def test_it_says_how_long_it_has_to_wait(make_state: MakeState) -> None:
    # Of 5 sessions 3 have passed, 2 are left.
    found = Cooldown(sessions=5).explain(make_state(sessions_since_trade=np.array([3.0])), 0)
    assert found.rule == "cooldown"
    assert found.asks == "nothing"
    assert found.statement == "pauses: it traded 3 sessions ago, 5 must pass"
    assert found.numbers == {
        "since_trade_sessions": 3.0,
        "limit_sessions": 5.0,
        "distance_sessions": 2.0,
    }


def test_it_says_when_it_waited_long_enough(make_state: MakeState) -> None:
    found = Cooldown(sessions=5).explain(make_state(sessions_since_trade=np.array([40.0])), 0)
    assert found.asks == "anything"
    assert found.statement == "permits: it traded 40 sessions ago, 5 must pass"
    assert found.numbers["distance_sessions"] == -35


def test_what_never_traded_need_not_wait(make_state: MakeState) -> None:
    found = Cooldown(sessions=5).explain(make_state(sessions_since_trade=np.array([math.inf])), 0)
    assert found.asks == "anything"
    assert found.statement == "permits: it has never traded; 5 sessions must pass after a trade"
    assert found.numbers == {
        "since_trade_sessions": "never",
        "limit_sessions": 5.0,
        "distance_sessions": "none left",
    }


def test_every_row_has_a_trade_of_its_own(make_state: MakeState) -> None:
    state = make_state(
        weights=np.repeat([[0.5, 0.4, 0.1]], 3, axis=0),
        sessions_since_trade=np.array([5.0, 1.0, math.inf]),
    )
    rule = Cooldown(sessions=5)
    assert rule.permits(state).tolist() == [True, False, True]
    assert rule.explain(state, 1).numbers["since_trade_sessions"] == 1.0


@given(shorter=st.integers(1, 180), more=st.integers(0, 70), since=st.integers(0, 260))
def test_a_longer_wait_never_permits_where_a_shorter_one_does_not(
    make_state: MakeState, shorter: int, more: int, since: int
) -> None:
    state = make_state(sessions_since_trade=np.array([float(since)]))
    if Cooldown(sessions=shorter + more).permits(state)[0]:
        assert Cooldown(sessions=shorter).permits(state)[0]


def test_without_the_last_trade_it_does_not_decide(make_state: MakeState) -> None:
    rule = Cooldown(sessions=5)
    assert rule.needs() == Needs(has_last_trade=True)
    with pytest.raises(
        ReadUnknown, match=r"^cooldown needs the sessions since the last trade, which is unknown"
    ):
        rule.asks(make_state())
