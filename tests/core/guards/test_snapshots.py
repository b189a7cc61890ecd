"""No guard lets through what its oracle forbids, on generated snapshots; ``make guards`` makes 10,000 of them."""

from __future__ import annotations

import pytest

from bot.core.guards.registry import REGISTRY
from tests.core.guards.snapshots import judge_all

COUNT = 600


@pytest.fixture(scope="module")
def tallies():
    return judge_all(COUNT, seed=1)


@pytest.mark.parametrize("name", REGISTRY)
def test_no_snapshot_escapes_a_guard_and_none_is_held_without_need(tallies, name):
    tally = tallies[name]
    assert (tally.escapes, tally.false_alarms) == (0, 0)
    # Both happen often, or the snapshots show nothing.
    assert min(tally.held, tally.passed) >= COUNT // 20
