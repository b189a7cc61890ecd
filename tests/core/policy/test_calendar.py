"""An occurrence is due once a period, from its session on, and can be caught up with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.calendar import NTH_SESSION_MAX, Calendar, occurrence_key
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

OPENS_AT = datetime(2020, 3, 16, 13, 30, tzinfo=UTC)
CLOSES_AT = datetime(2020, 3, 16, 20, 0, tzinfo=UTC)


def state(
    held_on: date = date(2020, 3, 16),
    done: frozenset[str] = frozenset(),
    now: datetime | None = None,
    closes_at: datetime = CLOSES_AT,
    **number_in: int,
) -> PolicyState:
    session = Session(
        exchange="XNYS",
        held_on=held_on,
        opens_at=OPENS_AT,
        closes_at=closes_at,
        is_half_day=closes_at < CLOSES_AT,
        number_in=number_in,
    )
    return PolicyState(
        weights=np.array([[0.5, 0.5], [0.4, 0.6]]),
        targets=np.array([[0.5, 0.5]]),
        session=session,
        occurrences_done=done,
        symbols=("AAPL", "cash"),
        now=now,
    )


def due(calendar: Calendar, number: int) -> bool:
    return bool(calendar.asks(state(month=number))[0])


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
    assert Calendar(every="month").asks(state(month=1)).tolist() == [Ask.ANYTHING, Ask.ANYTHING]
    assert Calendar(every="month").asks(state(month=9)).tolist() == [Ask.NOTHING, Ask.NOTHING]


def test_what_is_done_is_not_due_again() -> None:
    calendar = Calendar(every="month")
    assert not calendar.asks(state(month=1, done=frozenset({"month:2020-03"}))).any()


def test_another_period_that_is_done_does_not_matter() -> None:
    calendar = Calendar(every="month")
    assert calendar.asks(state(month=1, done=frozenset({"month:2020-02", "week:2020-W12"}))).all()


def test_every_session_is_the_first_of_its_day() -> None:
    calendar = Calendar(every="day", catch_up_sessions=0)
    assert calendar.asks(state()).all()
    assert calendar.explain(state(), 0).occurrence == "day:2020-03-16"
    assert not calendar.asks(state(done=frozenset({"day:2020-03-16"}))).any()


MARCH = frozenset({"month:2020-03/3"})


@pytest.mark.parametrize(
    ("number", "done", "occurrence", "statement"),
    [
        (
            4,
            frozenset(),
            "month:2020-03/3",
            "month:2020-03/3 is due: session 4 of the month, due from session 3 to 5",
        ),
        (
            3,
            frozenset(),
            "month:2020-03/3",
            "month:2020-03/3 is due: session 3 of the month, due from session 3 to 5",
        ),
        (
            5,
            frozenset(),
            "month:2020-03/3",
            "month:2020-03/3 is due: session 5 of the month, due from session 3 to 5",
        ),
        (4, MARCH, None, "month:2020-03/3 is done; today is session 4 of the month"),
        (
            1,
            frozenset(),
            None,
            "month:2020-03/3 is due from session 3; today is session 1 of the month",
        ),
        (
            6,
            frozenset(),
            None,
            "month:2020-03/3 was due until session 5 and is past; today is session 6 of the month",
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
    assert found.numbers["distance_sessions"] == 3 - number
    assert found.numbers["due_from_session_count"] == 3
    assert found.numbers["due_to_session_count"] == 5


@given(
    nth=st.integers(1, 15),
    catch_up=st.integers(0, 20),
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
    [("day", 1), ("week", 3), ("month", 15), ("quarter", 55), ("half", 115), ("year", 240)],
)
def test_a_session_that_short_periods_do_not_have_is_refused(every: str, last: int) -> None:
    assert NTH_SESSION_MAX[every] == last
    assert Calendar(every=every, nth_session=last).nth_session == last
    if last < 240:
        message = f"^nth_session {last + 1} of every {every} does not exist .* at most {last} "
        with pytest.raises(ValueError, match=message):
            Calendar(every=every, nth_session=last + 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": "fortnight"}, "every must be one of day, week, .* found 'fortnight'"),
        ({"every": "month", "nth_session": 0}, "nth_session must be at least 1 .* found 0"),
        ({"every": "year", "nth_session": 241}, "nth_session .* at most 240 .* found 241"),
        ({"every": "month", "catch_up_sessions": -1}, "catch_up_sessions .* found -1"),
        ({"every": "month", "catch_up_sessions": 21}, "catch_up_sessions .* found 21"),
    ],
)
def test_a_date_that_never_comes_is_refused_with_its_number(
    arguments: dict[str, str | int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Calendar(**arguments)  # type: ignore[arg-type]


HALF_DAY_CLOSES_AT = datetime(2020, 3, 16, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "closes_at", "from_at"),
    [
        ("open+1m", CLOSES_AT, datetime(2020, 3, 16, 13, 31, tzinfo=UTC)),
        ("open+30m", CLOSES_AT, datetime(2020, 3, 16, 14, 0, tzinfo=UTC)),
        # On a half day the open is where it is, and the close is not.
        ("open+30m", HALF_DAY_CLOSES_AT, datetime(2020, 3, 16, 14, 0, tzinfo=UTC)),
        ("close-30m", CLOSES_AT, datetime(2020, 3, 16, 19, 30, tzinfo=UTC)),
        ("close-30m", HALF_DAY_CLOSES_AT, datetime(2020, 3, 16, 16, 30, tzinfo=UTC)),
        ("close-180m", HALF_DAY_CLOSES_AT, datetime(2020, 3, 16, 14, 0, tzinfo=UTC)),
    ],
)
def test_it_is_due_from_its_moment_on(at: str, closes_at: datetime, from_at: datetime) -> None:
    calendar = Calendar(every="day", at=at)
    for second, ask in ((-1, Ask.NOTHING), (0, Ask.ANYTHING), (1, Ask.ANYTHING)):
        now = from_at + timedelta(seconds=second)
        row = state(now=now, closes_at=closes_at)
        assert calendar.asks(row).tolist() == [ask, ask]
        found = calendar.explain(row, 0)
        assert found.fired == (ask is Ask.ANYTHING)
        assert found.numbers["at"] == at
        assert ("UTC" in found.statement) == (not found.fired)
        assert found.numbers["distance_s"] == -second
        assert found.occurrences() == ((f"day:2020-03-16@{at}",) if found.fired else ())


def test_before_its_moment_it_says_when_that_is() -> None:
    calendar = Calendar(every="month", nth_session=3, catch_up_sessions=2, at="close-30m")
    now = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)
    assert calendar.explain(state(month=4, now=now), 0).statement == (
        "month:2020-03/3@close-30m is due from 19:30 UTC (close-30m) on; today is session 4 of the month"
    )
    later = datetime(2020, 3, 16, 19, 30, tzinfo=UTC)
    assert calendar.explain(state(month=4, now=later), 0).statement == (
        "month:2020-03/3@close-30m is due: session 4 of the month, due from session 3 to 5"
    )


def test_the_moment_alone_makes_no_session_due() -> None:
    calendar = Calendar(every="month", nth_session=3, catch_up_sessions=0, at="open+30m")
    for number, ask in ((2, Ask.NOTHING), (3, Ask.ANYTHING), (4, Ask.NOTHING)):
        assert calendar.asks(state(month=number, now=CLOSES_AT))[0] == ask


def test_a_moment_needs_the_time_and_the_open_does_not() -> None:
    calendar = Calendar(every="day", at="open+30m")
    message = "^calendar needs the time of day, which is unknown"
    with pytest.raises(ReadUnknown, match=message):
        calendar.asks(state())
    with pytest.raises(ReadUnknown, match=message):
        calendar.explain(state(), 0)
    assert Calendar(every="day", at="open").asks(state()).all()
    assert set(Calendar(every="day").explain(state(), 0).numbers) == {
        "occurrence",
        "session_count",
        "due_from_session_count",
        "due_to_session_count",
        "distance_sessions",
    }
    assert calendar.needs() == Needs()


def test_two_dates_in_one_period_are_two_occurrences() -> None:
    first, later = Calendar(every="month"), Calendar(every="month", nth_session=11)
    evening = Calendar(every="month", at="close-30m")
    keys = {
        calendar.explain(state(month=12, now=CLOSES_AT), 0).numbers["occurrence"]
        for calendar in (first, later, evening)
    }
    assert keys == {"month:2020-03", "month:2020-03/11", "month:2020-03@close-30m"}
    # The first is done: the later one is due all the same.
    assert later.asks(state(month=11, done=frozenset({"month:2020-03"}))).all()


@pytest.mark.parametrize(
    "at",
    [
        "",
        "close",
        "open+0m",
        "open+181m",
        "close-181m",
        "open-30m",
        "close+30m",
        "open+30",
        "open+1h",
        "open+030m",
        "Open+30m",
        "open+30m ",
        "open+1000m",
    ],
)
def test_a_moment_that_is_none_is_refused_with_what_was_found(at: str) -> None:
    message = (
        r"^at must be open, open\+<minutes>m or close-<minutes>m with 1 to 180 minutes, found "
    )
    with pytest.raises(ValueError, match=message) as refused:
        Calendar(every="day", at=at)
    assert str(refused.value).endswith(repr(at))


def test_the_longest_moments_are_allowed() -> None:
    for at in ("open+180m", "close-180m", "open+1m", "close-1m"):
        assert Calendar(every="day", at=at).at == at
