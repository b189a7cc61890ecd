"""A state of which only what a test says is special."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot.core.targets.source import TargetState, Universe

if TYPE_CHECKING:
    from collections.abc import Callable


def universe_of(
    symbols: str, classes: str = "", written: Any = None, cash: float = 0.0
) -> Universe:
    """Return instruments named by letters; classes in words, "-" for none."""
    names = tuple(symbols.split())
    return Universe(
        symbols=names,
        asset_classes=tuple(classes.replace("-", "").split(" ")) if classes else ("",) * len(names),
        written=(None,) * len(names) if written is None else tuple(written),
        cash=cash,
    )


def state_of(
    universe: Universe, rows: Any = None, on: date = date(2020, 6, 1), **rest: Any
) -> TargetState:
    """Return a state with current weights `rows` (B, N+1), cash last; equal weights if left out."""
    count = len(universe.symbols) + 1
    weights = np.full((1, count), 1 / count) if rows is None else np.array(rows, dtype=np.float64)
    return TargetState(universe=universe, on=on, weights=weights, **rest)


@pytest.fixture(name="universe_of")
def _universe_of() -> Callable[..., Universe]:
    return universe_of


@pytest.fixture(name="state_of")
def _state_of() -> Callable[..., TargetState]:
    return state_of
