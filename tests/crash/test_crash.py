"""A few deaths of each kind; `make crash` dies at every point. The gateway's view lags 100 ms, and settle_s is 0.3."""

from __future__ import annotations

import logging
from functools import cache

import pytest

from tests.crash.story import Plot, play

SEED = 2  # its reports come in the sequences of real gateways
POINTS = [
    "after commit of plan_opened",
    "after commit of order_intent",
    "after write of sell order",
    "before commit of execution",
    "after write of cancel",
    "after write of buy order",
]


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL + 1)


@cache
def points_of(folder):
    """Return every point of a look that nobody kills."""
    return tuple(play(Plot(SEED), folder).points)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Return the number of the middle one of the points of a name: others came before it, others would come after."""
    points = points_of(tmp_path_factory.mktemp("undisturbed"))

    def number_of(name):
        numbers = [number for number, point in enumerate(points, start=1) if point == name]
        return numbers[len(numbers) // 2]

    return number_of


@pytest.mark.parametrize("point", POINTS)
def test_a_look_that_dies_there_leaves_no_order_twice_and_no_leg_missing(tmp_path, numbered, point):
    verdict = play(Plot(SEED, (numbered(point),)), tmp_path)
    assert verdict.ends[0] == f"died {point}"
    assert (verdict.duplicates, verdict.missing, verdict.wrong) == ([], [], [])


def test_without_the_settle_window_an_order_that_was_just_written_is_sent_again(tmp_path, numbered):
    """The safeguard is removed in this harness only: it can see."""
    verdict = play(Plot(SEED, (numbered("after write of sell order"),), settle_s=0.0), tmp_path)
    assert verdict.duplicates
