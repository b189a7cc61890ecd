"""The moving average and the return over a while."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.signals.averages import momentum, moving_average
from bot.errors import ReadUnknown

#: Two instruments over four sessions.
CLOSES = np.array([[[10.0, 1.0], [20.0, 5.0], [30.0, 4.0], [44.0, 6.0]]])


def test_the_average_is_of_the_newest_closes_with_the_last_among_them() -> None:
    # The mean of 20, 30 and 44 is 94 / 3, that of 5, 4 and 6 is 5.
    assert moving_average(CLOSES, 3).tolist() == [[pytest.approx(94 / 3, rel=1e-15), 5.0]]
    assert moving_average(CLOSES, 1).tolist() == [[44.0, 6.0]]


def test_momentum_is_the_gain_on_the_close_so_many_sessions_before() -> None:
    # 44 over 20 is 120 percent up, 6 over 5 is 20; over one session 44/30 and 6/4.
    assert momentum(CLOSES, 2)[0].tolist() == pytest.approx([1.2, 0.2], rel=1e-14)
    assert momentum(CLOSES, 1)[0].tolist() == pytest.approx([14 / 30, 0.5], rel=1e-14)
    assert momentum(CLOSES, 3)[0].tolist() == pytest.approx([3.4, 5.0], rel=1e-14)


def test_too_few_closes_are_unknown() -> None:
    with pytest.raises(ReadUnknown, match=r"^5 sessions of the past are needed, found 4$"):
        moving_average(CLOSES, 5)
    # So many sessions back takes one close more.
    with pytest.raises(ReadUnknown, match=r"^5 sessions of the past are needed, found 4$"):
        momentum(CLOSES, 4)


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 5), sessions=st.integers(1, 9))
def test_a_row_alone_has_the_same_bits_as_among_many(seed: int, rows: int, sessions: int) -> None:
    closes = np.random.default_rng(seed).uniform(1, 500, (rows, 10, 3))
    average, gain = moving_average(closes, sessions), momentum(closes, sessions)
    for row in range(rows):
        alone = closes[row : row + 1]
        assert moving_average(alone, sessions).tolist() == [average[row].tolist()]
        assert momentum(alone, sessions).tolist() == [gain[row].tolist()]
