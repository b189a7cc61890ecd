"""A bad number is refused with the rule, the number and the place of the first one."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.domain.refuse import refuse


def test_good_numbers_pass() -> None:
    values = np.array([1.0, 2.0])
    refuse(values < 0, values, "a price must be above 0")


def test_the_first_bad_number_is_named_with_row_and_column() -> None:
    values = np.array([[1.0, 2.0], [3.0, -4.5], [-6.0, 7.0]])
    with pytest.raises(
        ValueError, match=r"^a price must be above 0, found -4\.5 at row 1, column 1$"
    ):
        refuse(values < 0, values, "a price must be above 0")


def test_a_list_has_rows_only() -> None:
    values = np.array([3, -2], dtype=np.int64)
    with pytest.raises(ValueError, match=r"^shares must be at least 0, found -2 at row 1$"):
        refuse(values < 0, values, "shares must be at least 0")
