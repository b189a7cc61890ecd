"""What gates have in common: two answers and no wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bot.core.policy.cooldown import Cooldown
from bot.core.policy.policy import Ask

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]


def test_a_gate_asks_for_anything_or_nothing(make_state: MakeState) -> None:
    state = make_state(
        weights=np.repeat([[0.5, 0.4, 0.1]], 2, axis=0), sessions_since_trade=np.array([4.0, 5.0])
    )
    asks = Cooldown(sessions=5).asks(state)
    assert asks.tolist() == [Ask.NOTHING, Ask.ANYTHING]
    assert asks.dtype == np.int8
