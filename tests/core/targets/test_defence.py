"""Normal weights, defensive ones while the account is far below its peak, and the way back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.signals.drawdowns import is_defensive
from bot.core.targets.current import CurrentWeights
from bot.core.targets.defence import Defence
from bot.core.targets.ranges import Range, Ranges
from bot.core.targets.risk_profile import Profile, RiskProfile
from bot.core.targets.source import TargetState, Universe
from bot.core.targets.static import StaticWeights
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

SAFE = RiskProfile("safe", (Profile("safe", {"x": 0.25, "y": 0.75}),))
NORMAL, DEFENSIVE = [0.8, 0.2, 0.0], [0.25, 0.75, 0.0]


def defence(**parameters: Any) -> Defence:
    every = {"normal": StaticWeights(), "defensive": SAFE, "enter": 0.2, "leave": 0.1, **parameters}
    return Defence(**every)


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    return universe_of("A B", "x y", [0.8, 0.2])


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([100.0], NORMAL),
        ([100.0, 80.1], NORMAL),  # 19.9 % below the peak
        ([100.0, 80.0], DEFENSIVE),  # 20 %: at the limit
        ([100.0, 80.0, 89.9], DEFENSIVE),  # back to 10.1 %
        ([100.0, 80.0, 90.0], NORMAL),  # back to 10 %
        ([100.0, 80.0, 90.0, 81.0], NORMAL),  # 19 %: it must fall anew
        ([100.0, 80.0, 85.0, 84.0], DEFENSIVE),  # still on
    ],
)
def test_it_turns_defensive_at_one_limit_and_back_at_another(
    universe: Universe,
    state_of: Callable[..., TargetState],
    values: list[float],
    wanted: list[float],
) -> None:
    source = defence()
    source.check_universe(universe)
    found = source.weights(state_of(universe, values=np.array([values])))
    assert found[0] == pytest.approx(wanted, abs=1e-15)


def test_after_a_pause_it_turns_normal_without_recovery(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    # On at session 1, off at 1 + 3; the new peak is 79, and 79 to 64 is 19 %.
    path = np.array([[100.0, 80.0, 78.0, 78.0, 79.0, 64.0]])
    source = defence(pause_sessions=3)
    found = [
        source.weights(state_of(universe, values=path[:, :count]))[0].tolist()
        for count in range(1, 7)
    ]
    is_on = [row[0] == pytest.approx(0.25) for row in found]
    assert is_on == [False, True, True, True, False, False]


def test_a_peak_older_than_the_sessions_is_forgotten(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    state = state_of(universe, values=np.array([[100.0, 79.0, 79.0]]))
    assert defence(peak_sessions=3).weights(state)[0] == pytest.approx(DEFENSIVE)
    assert defence(peak_sessions=2).weights(state)[0] == pytest.approx(NORMAL)


def test_a_pause_ends_by_its_time_though_its_peak_is_too_old(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    # 1 % a session: 0.99^22 = 0.8016 and 0.99^23 = 0.7936, so on at 23 and off at 23 + 15 = 38. Only 30 sessions are
    # looked at for the peak; what is before them still says when the pause began.
    path = np.array([[0.99**session for session in range(39)]])
    source = defence(peak_sessions=30, pause_sessions=15)
    found = source.weights(state_of(universe, values=path[:, :38]))[0]
    assert found == pytest.approx(DEFENSIVE)
    assert source.weights(state_of(universe, values=path))[0] == pytest.approx(NORMAL)
    # The peak is that of session 8, the oldest of 30: 1 - 0.99^29 = 0.2528.
    assert source.statement(state_of(universe, values=path[:, :38])).startswith(
        "defensive, 25.28 % below the peak of 30 sessions, normal again from 10.00 % on or after 1 session: "
    )


def test_each_row_has_its_own_path(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    rows = [[0.5, 0.5, 0.0], [0.4, 0.6, 0.0]]
    values = np.array([[100.0, 70.0], [100.0, 99.0]])
    found = defence(normal=CurrentWeights()).weights(state_of(universe, rows, values=values))
    assert found == pytest.approx(np.array([DEFENSIVE, rows[1]]), abs=1e-15)


@given(st.lists(st.floats(50, 150), min_size=1, max_size=30))
def test_it_is_the_latch_of_the_signals(path: list[float]) -> None:
    universe = Universe(("A", "B"), ("x", "y"), (0.8, 0.2), 0.0)
    held = np.array([NORMAL])
    state = TargetState(universe, date(2020, 6, 1), held, values=np.array([path]))
    is_on = bool(is_defensive(np.array([path]), 0.2, 0.1)[0])
    assert defence().weights(state)[0] == pytest.approx(DEFENSIVE if is_on else NORMAL)


@given(
    st.lists(st.floats(50, 150), min_size=1, max_size=30),
    st.floats(0.11, 0.5),
    st.floats(0.11, 0.5),
)
def test_a_higher_limit_is_never_defensive_where_a_lower_one_is_not(
    path: list[float], one: float, other: float
) -> None:
    universe = Universe(("A", "B"), ("x", "y"), (0.8, 0.2), 0.0)
    state = TargetState(universe, date(2020, 6, 1), np.array([NORMAL]), values=np.array([path]))
    low, high = (defence(enter=enter).weights(state)[0, 0] for enter in sorted((one, other)))
    # The normal weight of A is the higher one.
    assert high >= low


@pytest.mark.parametrize(
    ("parameters", "values", "words"),
    [
        (
            {},
            [100.0, 90.0],
            "10.00 % below the peak of 2 sessions, defensive from 20.00 % on: the weights as written, 0.00 % cash",
        ),
        (
            {},
            [100.0, 75.0],
            (
                "defensive, 25.00 % below the peak of 2 sessions, normal again from 10.00 % on: "
                "profile safe: 25.0 % x, 75.0 % y, 0.0 % cash"
            ),
        ),
        (
            # The first look of all.
            {},
            [100.0],
            "0.00 % below the peak of 1 session, defensive from 20.00 % on: the weights as written, 0.00 % cash",
        ),
        (
            {"pause_sessions": 5},
            [100.0, 75.0, 80.0],
            (
                "defensive, 20.00 % below the peak of 3 sessions, normal again from 10.00 % on or after 4 sessions: "
                "profile safe: 25.0 % x, 75.0 % y, 0.0 % cash"
            ),
        ),
    ],
)
def test_it_says_how_far_below_its_peak_the_account_is(
    universe: Universe,
    state_of: Callable[..., TargetState],
    parameters: dict[str, Any],
    values: list[float],
    words: str,
) -> None:
    state = state_of(universe, values=np.array([values]))
    assert defence(**parameters).statement(state) == words


def test_a_past_without_any_value_is_unknown_and_not_quiet(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    with pytest.raises(
        ReadUnknown, match=r"^defence needs the account's value, found a past without any"
    ):
        defence().weights(state_of(universe, values=np.zeros((1, 0))))
    with pytest.raises(
        ReadUnknown, match=r"^defence needs the account's value in the past, which is unknown"
    ):
        defence().statement(state_of(universe))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"leave": 0.2},
            r"^leave must be less than enter \(fraction of the peak\), found 0\.2 and 0\.2$",
        ),
        ({"leave": 0.3}, r"found 0\.3 and 0\.2$"),
        (
            {"peak_sessions": 10, "pause_sessions": 10},
            r"^pause_sessions must be less .* found 10 and 10$",
        ),
        ({"peak_sessions": 10, "pause_sessions": 11}, "found 11 and 10$"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    parameters: dict[str, Any], message: str
) -> None:
    assert defence(leave=0.199, peak_sessions=10, pause_sessions=9).peak_sessions == 10
    with pytest.raises(ValueError, match=message):
        defence(**parameters)


def test_it_is_asked_for_what_both_sources_are(universe: Universe) -> None:
    inner = defence(peak_sessions=300)
    source = defence(normal=inner, defensive=Ranges((Range("B", 0, 1),)), peak_sessions=100)
    assert source.needs() == Needs(values_sessions=5 * 300)
    assert defence(defensive=inner, peak_sessions=100).needs() == Needs(values_sessions=5 * 300)
    assert source.symbols() == {"B"}
    assert defence(normal=Ranges((Range("A", 0, 1),))).symbols() == {"A"}
    assert source.asset_classes() == {"x", "y"}
    assert defence(normal=SAFE, defensive=StaticWeights()).asset_classes() == {"x", "y"}
    assert source.reads_weights() is True
    assert defence(normal=CurrentWeights()).reads_weights() is True
    assert defence(normal=CurrentWeights(), defensive=CurrentWeights()).reads_weights() is False
    assert source.instruments() == ()


def test_what_is_left_out_is_as_documented() -> None:
    assert (defence().peak_sessions, defence().pause_sessions) == (252, None)


@pytest.mark.parametrize("place", ["normal", "defensive"])
def test_what_one_of_both_lacks_is_refused_before_it_is_needed(
    universe: Universe, place: str
) -> None:
    with pytest.raises(ValueError, match=r"^B has no range: write one for each holding$"):
        defence(**{place: Ranges((Range("A", 0, 1),))}).check_universe(universe)
