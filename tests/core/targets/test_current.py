"""The holdings as they are; only cash is put to work or raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.targets.current import CurrentWeights

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    return universe_of("A B", cash=0.01)


def test_cash_is_put_to_work_or_raised_in_proportion(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    # 0.99 / 0.9 = 1.1 and, with 10 % borrowed, 0.99 / 1.1 = 0.9.
    state = state_of(universe, [[0.3, 0.6, 0.1], [0.3, 0.8, -0.1], [0.0, 0.5, 0.5]])
    wanted = [[0.33, 0.66, 0.01], [0.27, 0.72, 0.01], [0.0, 0.99, 0.01]]
    assert CurrentWeights().weights(state) == pytest.approx(np.array(wanted), abs=1e-15)


def test_it_says_how_much_is_invested_and_wanted(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    assert CurrentWeights().statement(state_of(universe, [[0.3, 0.6, 0.1]])) == (
        "the holdings as they are: 90.00 % invested, wanted 99.00 %, 1.00 % cash"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.0, 0.0, 1.0], "^current needs holdings to scale .* found 0 at row 1$"),
        (
            [-0.1, 0.6, 0.5],
            "^current needs weights of at least 0 to scale, found -0.1 at row 1, column 0$",
        ),
    ],
)
def test_what_has_no_proportions_is_refused(
    universe: Universe, state_of: Callable[..., TargetState], row: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CurrentWeights().weights(state_of(universe, [[0.5, 0.5, 0.0], row]))
