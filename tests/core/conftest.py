"""The core's property tests take the same examples in every run: a red build is a change, not chance."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import settings

from bot.core.domain.history import History
from bot.core.domain.session import Session
from bot.core.policy.state import PolicyState

# Fewer for whoever runs all tests thousands of times.
_EXAMPLES = int(os.environ.get("CORE_EXAMPLES", "100"))
settings.register_profile("core", deadline=None, derandomize=True, max_examples=_EXAMPLES)
settings.load_profile("core")

MakeState = Callable[..., PolicyState]


@pytest.fixture(scope="session")
def make_state() -> MakeState:
    """Return a function from what differs to a state: one portfolio of JPM and XOM, on its targets, 16 March 2020."""
    quiet = PolicyState(
        weights=np.array([[0.5, 0.4, 0.1]]),
        targets=np.array([[0.5, 0.4, 0.1]]),
        session=Session(
            exchange="XNYS",
            held_on=date(2020, 3, 16),
            opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
            closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
            is_half_day=False,
            number_in={"day": 1, "week": 1, "month": 11, "quarter": 52, "half": 52, "year": 52},
        ),
        occurrences_done=frozenset(),
        symbols=("JPM", "XOM", "cash"),
    )

    def made(**changes: object) -> PolicyState:
        return replace(quiet, **changes)

    return made


@pytest.fixture(scope="session")
def make_history() -> Callable[[np.ndarray], History]:
    """Return a function from closes (R, T, N) to a history that ends on the day before 16 March 2020."""

    def made(closes: np.ndarray) -> History:
        count = closes.shape[1]
        days = tuple(date(2020, 3, 16) - timedelta(days=count - index) for index in range(count))
        return History(sessions=days, closes=closes)

    return made
