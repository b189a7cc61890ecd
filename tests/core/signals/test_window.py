"""A window is as long as its half-life says, and one that is shorter is unknown, not quiet."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.core.signals.window import decay, log_returns, newest, window_sessions
from bot.errors import ReadUnknown


@pytest.mark.parametrize(
    ("half_life", "closes"),
    # Five half-lives of returns, and a close before the first: 5 x 10 + 1; 5 x 2.5 = 12.5, to even 12, + 1.
    [(1, 6), (10, 51), (63, 316), (2.5, 13), (2.7, 15)],
)
def test_a_window_is_five_half_lives_and_one_close(half_life: float, closes: int) -> None:
    assert window_sessions(half_life) == closes
    assert decay(half_life).shape == (closes - 1,)


def test_weights_halve_with_every_half_life_and_add_up_to_one() -> None:
    # Half-life 1: 1/32, 1/16, ... 1/2 over their sum 31/32, oldest first.
    assert decay(1).tolist() == pytest.approx([1 / 31, 2 / 31, 4 / 31, 8 / 31, 16 / 31], rel=1e-15)
    weights = decay(11)
    assert math.fsum(weights.tolist()) == pytest.approx(1, rel=1e-14)
    assert weights[-12] == pytest.approx(weights[-1] / 2, rel=1e-14)


def test_a_half_life_of_eleven_is_the_decay_factor_of_risk_metrics() -> None:
    # 2**(-1/11) = 0.9389, the 0.94 of RiskMetrics to two digits.
    weights = decay(11)
    assert round(weights[-2] / weights[-1], 2) == 0.94


def test_the_newest_are_the_last_of_the_path() -> None:
    path = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert newest(path, 2).tolist() == [[2, 3], [5, 6]]
    assert newest(path, 3).tolist() == path.tolist()
    assert newest(path[:, :, np.newaxis], 1).tolist() == [[[3]], [[6]]]


def test_a_path_that_is_too_short_is_unknown() -> None:
    with pytest.raises(
        ReadUnknown, match=r"^4 sessions of the past are needed, found 3$"
    ) as refusal:
        newest(np.ones((1, 3)), 4)
    assert refusal.value.runbook == "read-unknown"


def test_log_returns_are_of_each_close_over_the_one_before() -> None:
    # ln(110/100) and ln(99/110).
    found = log_returns(np.array([[[100.0], [110.0], [99.0]]]))
    assert found.tolist() == [[[math.log(1.1)], [pytest.approx(math.log(0.9), rel=1e-14)]]]
