"""What a change of a holding looks like, from its numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.engine.recovery.causes import Cause, Change, cause_of


def change(expected: str, found: str, traded: str = "0", *prices: float | None) -> Change:
    before, now = prices or (None, None)
    return Change(Decimal(expected), Decimal(found), Decimal(traded), before, now)


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        # 10 sold by somebody else, and 10 are missing.
        (change("699", "689", "-10"), Cause.TRADED),
        # 10 sold by somebody else, and 20 are missing.
        (change("699", "679", "-10", 100.0, 100.0), Cause.WENT),
        # 10 for 1, and the price is a tenth, 3 % up.
        (change("699", "6990", "0", 100.0, 10.3), Cause.SPLIT),
        # Ten times the shares at the same price: bought, not split.
        (change("699", "6990", "0", 100.0, 100.0), Cause.CAME),
        # 3 for 2: 699 x 1.5 = 1048.5, of which the half is paid out.
        (change("699", "1048", "0", 90.0, 60.0), Cause.SPLIT),
        # 1 for 10: 699 / 10 = 69.9, of which 0.9 is paid out.
        (change("699", "69", "0", 10.0, 100.0), Cause.SPLIT),
        (change("699", "69.9", "0", 10.0, 100.0), Cause.SPLIT),
        (change("699", "6990", "0", None, 10.0), Cause.PERHAPS_SPLIT),
        (change("699", "6990", "0", 100.0, None), Cause.PERHAPS_SPLIT),
        (change("699", "0", "0", 100.0, None), Cause.GONE),
        (change("699", "699.25"), Cause.FRACTION),
        (change("699", "698.5"), Cause.FRACTION),
        (change("699", "799", "0", 100.0, 100.0), Cause.CAME),
        (change("699", "99", "0", 100.0, 100.0), Cause.WENT),
        # Nothing was held, or less than nothing: no ratio means anything.
        (change("0", "10"), Cause.CAME),
        (change("10", "-10"), Cause.WENT),
        # One share more is no split of 700 for 699.
        (change("699", "700", "0", 100.0, 100.0), Cause.CAME),
    ],
)
def test_a_change_is_told_by_its_numbers(seen: Change, cause: Cause) -> None:
    assert cause_of(seen) is cause


@given(st.integers(1, 10_000), st.integers(2, 50), st.sampled_from([1, -1]), st.floats(0.9, 1.1))
def test_every_whole_split_is_seen_if_the_price_went_with_it(
    shares: int, many: int, way: int, move: float
) -> None:
    """The other way round too, where the rest of a share is paid out: there are enough shares to tell."""
    shares *= many * many
    found = Decimal(shares * many if way > 0 else (shares + many - 1) // many)
    seen = Change(Decimal(shares), found, Decimal(0), 100.0, 100.0 * many ** (-way) * move)
    assert cause_of(seen) is Cause.SPLIT


@given(st.integers(1, 10_000), st.integers(0, 20_000), st.floats(0.85, 1.15))
def test_without_a_jump_of_the_price_nothing_is_called_a_split(
    shares: int, found: int, move: float
) -> None:
    seen = Change(Decimal(shares), Decimal(found), Decimal(1), 100.0, 100.0 * move)
    assume(found != shares)
    assert cause_of(seen) not in {Cause.SPLIT, Cause.PERHAPS_SPLIT}
