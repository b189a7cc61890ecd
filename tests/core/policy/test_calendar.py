"""An occurrence is due once a period, from its session on, and can be caught up with."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.policy.calendar import Calendar, occurrence_key
from bot.core.policy.state import PolicyState


def state(
    held_on: date = date(2020, 3, 16), done: frozenset[str] = frozenset(), **number_in: int
) -> PolicyState:
    session = Session(
        exchange="XNYS",
        held_on=held_on,
        opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
        closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
        is_half_day=False,
        number_in=number_in,
    )
    return PolicyState(
        weights=np.array([[0.5, 0.5], [0.4, 0.6]]),
        targets=np.array([0.5, 0.5]),
        session=session,
        occurrences_done=done,
        symbols=("AAPL", "cash"),
    )


def due(calendar: Calendar, number: int) -> bool:
    return bool(calendar.fires(state(month=number))[0])


@pytest.mark.parametrize(
    ("every", "day", "key"),
    [
        ("day", date(2020, 3, 16), "day:2020-03-16"),
        ("week", date(2020, 3, 16), "week:2020-W12"),
        # 30 December 2019 is a Monday of the first ISO week of 2020.
        ("week", date(2019, 12, 30), "week:2020-W01"),
        # 1 January 2021 is a Friday of the last ISO week of 2020.
        ("week", date(2021, 1, 1), "week:2020-W53"),
        ("month", date(2020, 3, 16), "month:2020-03"),
        ("quarter", date(2020, 3, 31), "quarter:2020-Q1"),
        ("quarter", date(2020, 4, 1), "quarter:2020-Q2"),
        ("quarter", date(2020, 12, 31), "quarter:2020-Q4"),
        ("half", date(2020, 6, 30), "half:2020-H1"),
        ("half", date(2020, 7, 1), "half:2020-H2"),
        ("year", date(2020, 12, 31), "year:2020"),
    ],
)
def test_an_occurrence_names_its_period(every: str, day: date, key: str) -> None:
    assert occurrence_key(every, day) == key


def test_it_is_due_on_its_session_and_for_the_catch_up_after_it() -> None:
    # From session 3, two more to catch up: sessions 3, 4 and 5.
    calendar = Calendar(every="month", nth_session=3, catch_up_sessions=2)
    assert [number for number in range(1, 9) if due(calendar, number)] == [3, 4, 5]


def test_without_catch_up_it_is_due_on_one_session_only() -> None:
    calendar = Calendar(every="month", nth_session=3, catch_up_sessions=0)
    assert [number for number in range(1, 9) if due(calendar, number)] == [3]


def test_it_is_the_same_for_every_row() -> None:
    assert Calendar(every="month").fires(state(month=1)).tolist() == [True, True]


def test_what_is_done_is_not_due_again() -> None:
    calendar = Calendar(every="month")
    assert not calendar.fires(state(month=1, done=frozenset({"month:2020-03"}))).any()


def test_another_period_that_is_done_does_not_matter() -> None:
    calendar = Calendar(every="month")
    assert calendar.fires(state(month=1, done=frozenset({"month:2020-02", "week:2020-W12"}))).all()


def test_every_session_is_the_first_of_its_day() -> None:
    calendar = Calendar(every="day", catch_up_sessions=0)
    assert calendar.fires(state()).all()
    assert calendar.explain(state(), 0).occurrence == "day:2020-03-16"
    assert not calendar.fires(state(done=frozenset({"day:2020-03-16"}))).any()


MARCH = frozenset({"month:2020-03"})


@pytest.mark.parametrize(
    ("number", "done", "occurrence", "statement"),
    [
        (
            4,
            frozenset(),
            "month:2020-03",
            "month:2020-03 is due: session 4 of the month, due from session 3 to 5",
        ),
        (
            3,
            frozenset(),
            "month:2020-03",
            "month:2020-03 is due: session 3 of the month, due from session 3 to 5",
        ),
        (
            5,
            frozenset(),
            "month:2020-03",
            "month:2020-03 is due: session 5 of the month, due from session 3 to 5",
        ),
        (4, MARCH, None, "month:2020-03 is done; today is session 4 of the month"),
        (
            1,
            frozenset(),
            None,
            "month:2020-03 is due from session 3; today is session 1 of the month",
        ),
        (
            6,
            frozenset(),
            None,
            "month:2020-03 was due until session 5 and is past; today is session 6 of the month",
        ),
    ],
)
def test_it_says_where_in_the_period_it_is(
    number: int, done: frozenset[str], occurrence: str | None, statement: str
) -> None:
    calendar = Calendar(every="month", nth_session=3, catch_up_sessions=2)
    found = calendar.explain(state(month=number, done=done), 0)
    assert found.fired == (occurrence is not None)
    assert found.occurrence == occurrence
    assert found.statement == statement
    # Sessions until it is due.
    assert found.numbers["distance_session_count"] == 3 - number
    assert found.numbers["due_from_session_count"] == 3
    assert found.numbers["due_to_session_count"] == 5


@given(
    nth=st.integers(1, 23),
    catch_up=st.integers(0, 30),
    looks=st.lists(st.integers(1, 23), unique=True).map(sorted),
)
def test_looks_through_a_month_do_it_once_or_have_missed_it(
    nth: int, catch_up: int, looks: list[int]
) -> None:
    calendar = Calendar(every="month", nth_session=nth, catch_up_sessions=catch_up)
    done: frozenset[str] = frozenset()
    acted = []
    for number in looks:
        finding = calendar.explain(state(month=number, done=done), 0)
        done |= frozenset(finding.occurrences())
        if finding.fired:
            acted.append(number)
    in_window = [number for number in looks if nth <= number <= nth + catch_up]
    assert acted == in_window[:1]


@pytest.mark.parametrize(
    ("every", "last"),
    # Weekdays: 31 days can have 23, 92 have 66, 184 have 132, 366 have 262.
    [("day", 1), ("week", 5), ("month", 23), ("quarter", 66), ("half", 132), ("year", 262)],
)
def test_the_last_session_that_a_period_can_have_is_the_last_one_allowed(
    every: str, last: int
) -> None:
    assert Calendar(every=every, nth_session=last).nth_session == last
    with pytest.raises(ValueError, match=f"from 1 to {last}, found {last + 1}"):
        Calendar(every=every, nth_session=last + 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": "fortnight"}, "every must be one of day, week, .* found 'fortnight'"),
        (
            {"every": "month", "nth_session": 0},
            "nth_session of a month must be from 1 to 23, found 0",
        ),
        ({"every": "week", "nth_session": 6}, "nth_session of a week must be from 1 to 5, found 6"),
        ({"every": "day", "nth_session": 2}, "nth_session of a day must be from 1 to 1, found 2"),
        ({"every": "month", "catch_up_sessions": -1}, "catch_up_sessions .* found -1"),
    ],
)
def test_a_date_that_never_comes_is_refused_with_its_number(
    arguments: dict[str, str | int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Calendar(**arguments)  # type: ignore[arg-type]
