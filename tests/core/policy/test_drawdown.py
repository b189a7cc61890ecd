"""It pauses far below the peak, and permits again by recovery, by time or because the peak is old."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.domain.needs import Needs
from bot.core.policy.drawdown import Drawdown
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]
RULE = Drawdown(enter=0.2, leave=0.1)


def test_above_its_limit_it_permits_and_says_what_is_left_to_fall(make_state: MakeState) -> None:
    # 105 is 12.5 percent below 120; 20 - 12.5 = 7.5 points are left.
    found = RULE.explain(make_state(values=np.array([[100.0, 120.0, 105.0]])), 0)
    assert found.rule == "drawdown"
    assert found.asks == "anything"
    assert found.statement == (
        "permits: 12.50 % below the peak of 3 sessions, pauses from 20.00 % on"
    )
    assert found.numbers == {
        "drawdown_fraction": 0.125,
        "enter_fraction": 0.2,
        "leave_fraction": 0.1,
        "distance_fraction": pytest.approx(-0.075, rel=1e-12),
        "seen_sessions": 3.0,
        "paused_sessions": 0.0,
    }


def test_in_the_pause_it_says_what_is_left_to_recover(make_state: MakeState) -> None:
    # 75 percent put it on; 85 is 15 percent below 100, 5 points more than the 10 that end the pause.
    found = RULE.explain(make_state(values=np.array([[100.0, 75.0, 80.0, 85.0]])), 0)
    assert found.asks == "nothing"
    assert found.statement == (
        "pauses: 15.00 % below the peak of 4 sessions, permits again from 10.00 % on"
    )
    assert found.numbers == {
        "drawdown_fraction": pytest.approx(0.15, rel=1e-12),
        "enter_fraction": 0.2,
        "leave_fraction": 0.1,
        "distance_fraction": pytest.approx(0.05, rel=1e-12),
        "seen_sessions": 4.0,
        "paused_sessions": 2.0,
    }


def test_a_pause_with_an_end_says_how_many_sessions_are_left(make_state: MakeState) -> None:
    # Session 0 of the pause is the 75; the 85 is session 2 of 5.
    rule = Drawdown(enter=0.2, leave=0.1, pause_sessions=5)
    found = rule.explain(make_state(values=np.array([[100.0, 75.0, 80.0, 85.0]])), 0)
    assert found.statement == (
        "pauses: 15.00 % below the peak of 4 sessions, permits again from 10.00 % on or after 3 sessions"
    )
    assert found.numbers["pause_left_sessions"] == 3


def test_after_the_pause_it_measures_from_the_value_of_that_day(make_state: MakeState) -> None:
    rule = Drawdown(enter=0.2, leave=0.1, pause_sessions=2)
    # Paused at 75, session 2 is the 80: it permits, and the 76 is 5 percent below that new peak.
    path = np.array([[100.0, 75.0, 78.0, 80.0, 76.0]])
    found = rule.explain(make_state(values=path), 0)
    assert found.asks == "anything"
    assert found.numbers["drawdown_fraction"] == pytest.approx(0.05, rel=1e-12)
    assert RULE.permits(make_state(values=path)).tolist() == [False]


def test_a_peak_that_is_too_old_is_forgotten(make_state: MakeState) -> None:
    # 79 is 21 percent below the 100 of three sessions before, and at the peak of the two newest.
    path = np.array([[100.0, 79.0, 79.0]])
    assert Drawdown(enter=0.2, leave=0.1, peak_sessions=3).permits(
        make_state(values=path)
    ).tolist() == [False]
    short = Drawdown(enter=0.2, leave=0.1, peak_sessions=2)
    assert short.permits(make_state(values=path)).tolist() == [True]
    assert short.explain(make_state(values=path), 0).numbers["seen_sessions"] == 2


def test_a_pause_ends_by_its_time_though_its_peak_is_too_old(make_state: MakeState) -> None:
    # 0.1 % a session, as in the test of the signal: paused from session 163 on, until 283. Only 252 sessions are looked
    # at for the peak; what is before them still says when the pause began.
    rule = Drawdown(enter=0.15, leave=0.1, peak_sessions=252, pause_sessions=120)
    falling = np.array([[0.999**session for session in range(284)]])
    assert rule.permits(make_state(values=falling[:, :283])).tolist() == [False]
    assert rule.permits(make_state(values=falling)).tolist() == [True]
    assert rule.explain(make_state(values=falling[:, :283]), 0).statement == (
        # The peak is that of session 31, the oldest of 252: 1 - 0.999^251 = 0.2221.
        "pauses: 22.21 % below the peak of 252 sessions, permits again from 10.00 % on or after 1 session"
    )


def test_an_account_that_has_just_begun_is_at_its_peak(make_state: MakeState) -> None:
    found = RULE.explain(make_state(values=np.array([[1.0]])), 0)
    assert found.statement == (
        "permits: 0.00 % below the peak of 1 session, pauses from 20.00 % on"
    )


def test_one_past_is_for_all_rows_and_a_past_for_each_is_its_own(make_state: MakeState) -> None:
    weights = np.repeat([[0.5, 0.4, 0.1]], 2, axis=0)
    shared = make_state(weights=weights, values=np.array([[100.0, 70.0]]))
    assert RULE.permits(shared).tolist() == [False, False]
    own = make_state(weights=weights, values=np.array([[100.0, 70.0], [100.0, 99.0]]))
    assert RULE.permits(own).tolist() == [False, True]
    assert RULE.explain(own, 1).numbers["drawdown_fraction"] == pytest.approx(0.01)


def test_without_a_past_it_does_not_decide(make_state: MakeState) -> None:
    assert RULE.needs() == Needs(values_sessions=5 * 252)
    assert Drawdown(enter=0.2, leave=0.1, peak_sessions=60).needs() == Needs(values_sessions=5 * 60)
    with pytest.raises(
        ReadUnknown, match=r"^drawdown needs the account's value in the past, which is unknown"
    ):
        RULE.asks(make_state())
    with pytest.raises(
        ReadUnknown,
        match=r"^drawdown needs the account's value, found a past without any: nothing is decided without it$",
    ):
        RULE.asks(make_state(values=np.ones((1, 0))))


def test_parameters_that_contradict_each_other_are_refused_with_their_numbers() -> None:
    for leave in (0.2, 0.25):
        with pytest.raises(
            ValueError,
            match=rf"^leave must be less than enter \(fraction of the peak\), found {leave:g} and 0\.2$",
        ):
            Drawdown(enter=0.2, leave=leave)
    for pause in (60, 61):
        with pytest.raises(
            ValueError,
            match=rf"^pause_sessions must be less than peak_sessions \(sessions\), found {pause} and 60$",
        ):
            Drawdown(enter=0.2, leave=0.1, peak_sessions=60, pause_sessions=pause)
    assert Drawdown(enter=0.2, leave=0.1, peak_sessions=60, pause_sessions=59).pause_sessions == 59
