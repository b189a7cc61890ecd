"""What gates have in common: two answers, a past that must be long enough, an instrument that must be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.policy.cooldown import Cooldown
from bot.core.policy.gate import column_of, counted, of_row, past_closes
from bot.core.policy.policy import Ask
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.history import History
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]


def test_a_gate_asks_for_anything_or_nothing(make_state: MakeState) -> None:
    state = make_state(
        weights=np.repeat([[0.5, 0.4, 0.1]], 2, axis=0), sessions_since_trade=np.array([4.0, 5.0])
    )
    asks = Cooldown(sessions=5).asks(state)
    assert asks.tolist() == [Ask.NOTHING, Ask.ANYTHING]
    assert asks.dtype == np.int8


def test_the_past_is_the_newest_sessions(
    make_state: MakeState, make_history: Callable[[np.ndarray], History]
) -> None:
    closes = np.arange(1.0, 9.0).reshape(1, 4, 2)
    state = make_state(history=make_history(closes))
    assert past_closes(state, 2, "trend").tolist() == [[[5, 6], [7, 8]]]
    assert past_closes(state, 4, "trend").tolist() == closes.tolist()


def test_a_past_that_is_too_short_or_not_there_is_unknown(
    make_state: MakeState, make_history: Callable[[np.ndarray], History]
) -> None:
    state = make_state(history=make_history(np.ones((1, 4, 2))))
    with pytest.raises(
        ReadUnknown,
        match=r"^trend needs 5 sessions of price history, found 4: nothing is decided without them$",
    ):
        past_closes(state, 5, "trend")
    with pytest.raises(
        ReadUnknown,
        match=r"^trend needs 5 sessions of price history, which is unknown: nothing is decided without it$",
    ):
        past_closes(make_state(), 5, "trend")


def test_an_instrument_is_found_by_its_name_and_cash_is_none(make_state: MakeState) -> None:
    assert column_of(make_state(), "XOM", "trend") == 1
    for name in ("SPY", "cash"):
        with pytest.raises(ValueError, match=rf"^trend names {name}, which is not among JPM, XOM$"):
            column_of(make_state(), name, "trend")


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 days"), (1.0, "1 day"), (2.0, "2 days"), (31, "31 days")]
)
def test_a_count_has_its_noun(count: float, words: str) -> None:
    assert counted(count, "day") == words


def test_a_row_is_its_own_or_the_one_of_all() -> None:
    assert of_row(np.array([1.0, 2.0]), 1) == 2.0
    assert of_row(np.array([3.0]), 7) == 3.0
    assert of_row(np.array([False, True]), 1) == 1.0
