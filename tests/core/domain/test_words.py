"""Numbers are said as a person would."""

from __future__ import annotations

import pytest

from bot.core.domain.words import counted


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 days"), (1.0, "1 day"), (2.0, "2 days"), (31, "31 days")]
)
def test_a_count_has_its_noun(count: float, words: str) -> None:
    assert counted(count, "day") == words
