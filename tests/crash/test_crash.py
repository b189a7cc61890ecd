"""A few deaths of each kind; `make crash` dies at every point. The gateway's view lags 100 ms, and settle_s is 0.3."""

from __future__ import annotations

import logging
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Points:
    """Every point of a look that nobody kills, in order."""

    names: list[str]

    def number_of(self, name):
        """Return the number of the middle one of a name, from 1: others came before it, others would come after."""
        numbers = [number for number, point in enumerate(self.names, start=1) if point == name]
        return numbers[len(numbers) // 2]

    def commits_up_to(self, number):
        """Return how many commits had begun at a point."""
        return sum(point.startswith("before commit") for point in self.names[:number])


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    return Points(play(Plot(SEED), tmp_path_factory.mktemp("undisturbed")).points)


@pytest.mark.parametrize("point", POINTS)
def test_a_look_that_dies_there_leaves_no_order_twice_and_no_leg_missing(tmp_path, points, point):
    verdict = play(Plot(SEED, (points.number_of(point),)), tmp_path)
    assert verdict.ends[0] == f"died {point}"
    assert (verdict.duplicates, verdict.missing, verdict.wrong) == ([], [], [])


def test_a_look_that_dies_where_it_waits_says_no_last_word(tmp_path):
    """A look that is cancelled journals its end; one that is killed does not, and the story counts its lines."""
    verdict = play(Plot(SEED, dies_after_s=3.0), tmp_path)
    assert verdict.ends[0] == "died where it waited"
    assert (verdict.duplicates, verdict.missing, verdict.wrong) == ([], [], [])


#: How a disk fails in the write of an intent, and how the look ends then: F64, F65 and F66.
FAILURES = [
    ("full", "JournalWriteFailed"),
    ("unsynced", "JournalWriteFailed"),
    ("torn", "died in the middle of a commit"),
]


@pytest.mark.parametrize(("kind", "end"), FAILURES)
def test_a_disk_that_fails_an_intent_stops_everything_and_loses_nothing(
    tmp_path, points, kind, end
):
    """Nothing is sent after it; when the disk is sound again and a person resumes, the plan is done in full."""
    number = points.number_of("before commit of order_intent")
    verdict = play(Plot(SEED, disk=kind, fails_at=points.commits_up_to(number)), tmp_path)
    assert verdict.ends[0].startswith(end)
    assert (verdict.duplicates, verdict.missing, verdict.wrong) == ([], [], [])


def test_without_the_settle_window_an_order_that_was_just_written_is_sent_again(tmp_path, points):
    """The safeguard is removed in this harness only: it can see."""
    verdict = play(
        Plot(SEED, (points.number_of("after write of sell order"),), settle_s=0.0), tmp_path
    )
    assert verdict.duplicates
