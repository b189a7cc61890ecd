"""The latch goes on and off at its limits, and measures from the highest value so far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.signals.drawdowns import (
    fold,
    is_defensive,
    known_values,
    memory_sessions,
    refuse_latch,
)
from bot.errors import ReadUnknown

ENTER, LEAVE = 0.2, 0.1


def path(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float64)


@pytest.mark.parametrize(
    ("values", "is_on"),
    [
        ((100, 80.01), False),
        ((100, 80), True),  # at the limit is on, whatever the last bit: 1 - 0.8 is not quite 0.2
        ((100, 79), True),
        ((100, 79, 85), True),  # 15 percent: between the two it stays as it is
        ((100, 85), False),
        ((100, 79, 89.99), True),
        ((100, 79, 90), False),  # at the limit is off
        ((100, 79, 95), False),
        ((100, 79, 95, 85), False),  # off, and 15 percent does not turn it on again
        ((100, 79, 95, 80), True),
        ((100, 79, 130, 105), False),  # the new peak is 130: 19.2 percent
        ((100, 79, 130, 104), True),  # 20 percent
        ((80,), False),
    ],
)
def test_it_goes_on_at_one_limit_and_off_at_the_other(
    values: tuple[float, ...], *, is_on: bool
) -> None:
    assert is_defensive(path(*values), ENTER, LEAVE).tolist() == [is_on]


def test_limits_have_the_tolerance_of_float_noise_and_no_more() -> None:
    assert is_defensive(path(1, 1 - (ENTER - 5e-13)), ENTER, LEAVE).tolist() == [True]
    assert is_defensive(path(1, 1 - (ENTER - 5e-12)), ENTER, LEAVE).tolist() == [False]
    assert is_defensive(path(1, 0.5, 1 - (LEAVE + 5e-13)), ENTER, LEAVE).tolist() == [False]
    assert is_defensive(path(1, 0.5, 1 - (LEAVE + 5e-12)), ENTER, LEAVE).tolist() == [True]


def test_with_leave_zero_only_the_old_peak_turns_it_off() -> None:
    assert is_defensive(path(100, 70, 99.99), ENTER, 0.0).tolist() == [True]
    assert is_defensive(path(100, 70, 100), ENTER, 0.0).tolist() == [False]


def test_without_recovery_it_turns_off_after_its_sessions_and_measures_anew() -> None:
    # On at 75 (session 0 of the pause), 76 and 74 are sessions 1 and 2, 75 is session 3: off, with 75 as the peak.
    values = (100, 75, 76, 74, 75)
    found = [fold(path(*values[: n + 1]), ENTER, LEAVE, 3) for n in range(len(values))]
    assert [on.tolist() for on, _, _ in found] == [[False], [True], [True], [True], [False]]
    assert [peak.tolist() for _, peak, _ in found] == [[100], [100], [100], [100], [75]]
    assert [since.tolist() for _, _, since in found] == [[0], [0], [1], [2], [0]]
    # 61 is 18.7 percent below 75, 60 is 20: on again, from the new peak.
    assert is_defensive(path(*values, 61), ENTER, LEAVE, 3).tolist() == [False]
    assert is_defensive(path(*values, 60), ENTER, LEAVE, 3).tolist() == [True]
    # Without the way back by time it is on all along.
    assert fold(path(*values), ENTER, LEAVE)[2].tolist() == [3]


def test_a_recovery_within_the_pause_keeps_the_old_peak() -> None:
    # Off at 92 after one session; 79 is 21 percent below the 100 of before.
    on, peak, since = fold(path(100, 75, 92, 79), ENTER, LEAVE, 3)
    assert (on.tolist(), peak.tolist(), since.tolist()) == ([True], [100], [0])


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 6),
    sessions=st.integers(1, 60),
    pause=st.none() | st.integers(1, 20),
    peak=st.none() | st.integers(1, 70),
)
def test_a_row_alone_is_the_same_as_among_many(
    seed: int, rows: int, sessions: int, pause: int | None, peak: int | None
) -> None:
    generator = np.random.default_rng(seed)
    values = np.exp(np.cumsum(generator.normal(0, 0.05, (rows, sessions)), axis=1))
    many = fold(values, ENTER, LEAVE, pause, peak)
    assert is_defensive(values, ENTER, LEAVE, pause, peak).tolist() == many[0].tolist()
    for row in range(rows):
        alone = fold(values[row : row + 1], ENTER, LEAVE, pause, peak)
        assert [each[0] for each in alone] == [each[row] for each in many]


@given(
    seed=st.integers(0, 2**32 - 1),
    sessions=st.integers(1, 60),
    pause=st.integers(1, 20),
    reach=st.integers(1, 70),
)
def test_it_is_what_a_plain_loop_says(seed: int, sessions: int, pause: int, reach: int) -> None:
    generator = np.random.default_rng(seed)
    values = np.exp(np.cumsum(generator.normal(0, 0.05, sessions)))
    is_on, since, begin = False, 0, 0
    for now in range(sessions):
        since = since + 1 if is_on else 0
        begin = now if is_on and since >= pause else begin
        peak = max(values[max(begin, now - reach + 1) : now + 1])
        fall = 1 - values[now] / peak
        is_on = fall > LEAVE if is_on else fall >= ENTER
        found = fold(values[np.newaxis, : now + 1], ENTER, LEAVE, pause, reach)
        assert [each.tolist() for each in found] == [[is_on], [peak], [since if is_on else 0]]


def test_a_pause_ends_by_its_time_however_long_the_account_goes_on_falling() -> None:
    # 0.1 % a session: 0.999^162 = 0.8504 and 0.999^163 = 0.8495, so on at 163 and off at 163 + 120 = 283. Anew from
    # there: on at 283 + 163 = 446, off at 566. The first peak is the 252nd before session 252, long before 283.
    values = path(*(0.999**session for session in range(567)))
    turns = (162, 163, 282, 283, 445, 446, 565, 566)
    found = [bool(is_defensive(values[:, : turn + 1], 0.15, 0.1, 120, 252)[0]) for turn in turns]
    assert found == [False, True, True, False, False, True, True, False]


def test_a_latch_remembers_five_times_its_peak() -> None:
    assert memory_sessions(252) == 1260


def test_a_latch_that_would_not_hold_is_refused_with_both_numbers() -> None:
    refuse_latch(0.2, 0.19, 10, 9)
    refuse_latch(0.2, 0.0, 10, None)
    with pytest.raises(
        ValueError,
        match=r"^leave must be less than enter \(fraction of the peak\), found 0\.2 and 0\.2$",
    ):
        refuse_latch(0.2, 0.2, 10, None)
    with pytest.raises(
        ValueError,
        match=r"^pause_sessions must be less than peak_sessions \(sessions\), found 10 and 10$",
    ):
        refuse_latch(0.2, 0.1, 10, 10)


def test_the_newest_values_are_seen_and_none_at_all_is_unknown() -> None:
    seen = path(1, 2, 3)
    assert known_values(seen, 2, "drawdown").tolist() == [[2, 3]]
    assert known_values(seen, 9, "drawdown").tolist() == [[1, 2, 3]]
    with pytest.raises(
        ReadUnknown, match=r"^defence needs the account's value in the past, which is unknown"
    ):
        known_values(None, 2, "defence")
    with pytest.raises(
        ReadUnknown, match=r"^defence needs the account's value, found a past without any"
    ):
        known_values(np.empty((1, 0)), 2, "defence")
