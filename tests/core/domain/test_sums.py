"""One row sums to the same bits alone and among many."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.sums import total


def test_the_last_axis_is_added_up() -> None:
    assert total(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])).tolist() == [6.0, 60.0]
    assert float(total(np.array([1.0, 2.0, 4.0]))) == 7.0


def test_no_columns_add_up_to_zero() -> None:
    assert total(np.zeros((2, 0))).tolist() == [0.0, 0.0]


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 40), columns=st.integers(1, 40))
def test_a_row_alone_gives_the_bits_that_it_gives_among_many(
    seed: int, rows: int, columns: int
) -> None:
    values = np.random.default_rng(seed).normal(size=(rows, columns)) * 1e6
    together = total(values)
    in_columns = total(np.asfortranarray(values))
    for row in range(rows):
        alone = total(values[row : row + 1])
        assert alone.tobytes() == together[row : row + 1].tobytes()
        assert in_columns[row] == together[row]
