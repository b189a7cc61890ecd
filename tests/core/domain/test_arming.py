"""An arming is good for the terms that it names and for its time, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.arming import AHEAD_MAX, ARMED_MAX, Arming, Terms, objection

TERMS = Terms("DU1234567", "paper", "d" * 64, "b" * 64)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def armed(days: int = 30) -> Arming:
    return Arming(TERMS, AT, AT + days * DAY, "looked at it", "owner")


def test_it_is_good_from_its_moment_to_its_end() -> None:
    assert objection(armed(), TERMS, AT) is None
    assert objection(armed(), TERMS, AT + 30 * DAY - SECOND) is None
    # Armed on 2 March 09:30 for 30 days: over on 1 April 09:30, that second included.
    late = objection(armed(), TERMS, AT + 30 * DAY)
    assert late == "the arming of 2026-03-02 09:30 UTC ran out at 2026-04-01 09:30 UTC"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("account", "account DU1234567, this is other"),
        ("mode", '"paper", this is "other"'),
        ("digest", "a limit"),
        ("build", "another one"),
    ],
)
def test_other_terms_are_another_question(field: str, words: str) -> None:
    found = objection(armed(), replace(TERMS, **{field: "other"}), AT)
    assert found is not None
    assert words in found


@given(
    days=st.integers(min_value=1, max_value=10_000),
    hours=st.integers(min_value=0, max_value=10_000),
)
def test_none_holds_longer_than_the_longest(days: int, hours: int) -> None:
    now = AT + timedelta(hours=hours)
    is_good = objection(armed(days), TERMS, now) is None
    assert is_good == (now < AT + min(days * DAY, ARMED_MAX))


def test_one_of_the_future_says_that_the_clock_was_set_back() -> None:
    assert objection(armed(), TERMS, AT - AHEAD_MAX) is None
    assert "set back" in str(objection(armed(), TERMS, AT - AHEAD_MAX - SECOND))


def test_where_nothing_can_be_sent_nothing_need_be_allowed() -> None:
    assert TERMS.need_arming
    assert not replace(TERMS, mode="observe").need_arming
