"""Every kind that is told has its words; what is not worth a person's time has none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.domain.alert import Level
from bot.core.domain.event import Event
from bot.engine import events
from bot.engine.report import Outcome
from bot.engine.telling import ASKED_TO_STOP, TOLD_KINDS, alert_of

NOW = datetime(2020, 6, 1, 15, tzinfo=UTC)
BREACHES = {"breaches": [{"statement": "the order is 6 % of NAV"}, {"statement": "turnover 31 %"}]}
HOLD = {"key": "k", "symbol": "MSFT", "statement": "799 held, 700 explained", "remedy": "look"}

CASES = [
    (events.HALTED, {"reason": "the journal broke"}, Level.CRITICAL, "the journal broke"),
    (events.HELD, {**HOLD, "effect": "symbol"}, Level.WARNING, "799 held, 700 explained: look"),
    (events.HELD, {**HOLD, "effect": "all"}, Level.CRITICAL, "799 held, 700 explained: look"),
    (events.ORDER_ALTERED, {"reason": "MKT for LMT"}, Level.CRITICAL, "MKT for LMT"),
    (
        events.LIQUIDATED,
        {"shares": "-10", "symbol": "MSFT", "price": "180.1", "execution_id": "e1"},
        Level.CRITICAL,
        "-10 MSFT at 180.1, execution e1",
    ),
    (events.LEG_STOPPED, {"reason": "rejected thrice"}, Level.WARNING, "rejected thrice"),
    (events.NOTICES, BREACHES, Level.INFO, "the order is 6 % of NAV; turnover 31 %"),
    (events.QUESTIONS, BREACHES, Level.WARNING, "bot approve"),
    (events.PAUSED, {"reason": "holiday"}, Level.INFO, "holiday"),
    (events.RESUMED, {"reason": "back"}, Level.INFO, "back"),
    (events.DAEMON_STARTED, {}, Level.INFO, ""),
    (events.DAEMON_STOPPED, {"reason": ASKED_TO_STOP}, Level.INFO, ASKED_TO_STOP),
    (events.DAEMON_STOPPED, {"reason": "a bug"}, Level.CRITICAL, "a bug"),
    (events.LOOK_ENDED, {"outcome": "unknown", "statement": "no NAV"}, Level.WARNING, "no NAV"),
]


@pytest.mark.parametrize(("kind", "body", "level", "words"), CASES)
def test_a_fact_is_told_with_its_level_and_its_own_words(kind, body, level, words):
    alert = alert_of(Event(7, NOW, kind, body, look_id="L1"))
    assert alert is not None
    assert (alert.level, words in alert.text) == (level, True)
    # Whatever is no mere news says what to do.
    assert alert.runbook or alert.level is Level.INFO


def test_every_kind_that_is_told_is_among_the_cases():
    assert {kind for kind, *_ in CASES} == set(TOLD_KINDS)


def test_of_looks_only_those_are_told_that_could_not_do_what_they_are_for():
    told = {
        outcome
        for outcome in Outcome
        if alert_of(
            Event(1, NOW, events.LOOK_ENDED, {"outcome": outcome.value, "statement": "why"})
        )
    }
    assert told == {Outcome.UNKNOWN, Outcome.BLOCKED, Outcome.ABANDONED}


def test_what_is_no_news_is_not_told():
    assert alert_of(Event(1, NOW, events.SNAPSHOT, {})) is None
