"""Target weights as written, or refused with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.targets.static import StaticWeights

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe


def test_static_gives_what_was_written_down(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    universe = universe_of("A B", written=[0.6, 0.35], cash=0.05)
    StaticWeights().check_universe(universe)
    state = state_of(universe, [[0.1, 0.1, 0.8], [0.2, 0.2, 0.6]])
    assert StaticWeights().weights(state).tolist() == [[0.6, 0.35, 0.05]]
    assert StaticWeights().statement(state) == "the weights as written, 5.00 % cash"


def test_static_refuses_a_missing_weight_by_name(universe_of: Callable[..., Universe]) -> None:
    with pytest.raises(ValueError, match=r"^B has no target weight: write one beside it$"):
        StaticWeights().check_universe(universe_of("A B", written=[0.6, None], cash=0.4))


def test_static_refuses_weights_that_do_not_sum_to_1(universe_of: Callable[..., Universe]) -> None:
    # 0.6 + 0.3 + 0.05 = 0.95
    with pytest.raises(ValueError, match=r"must sum to 1 within 1e-09, found 0\.95"):
        StaticWeights().check_universe(universe_of("A B", written=[0.6, 0.3], cash=0.05))
