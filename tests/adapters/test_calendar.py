from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.calendar import ExchangeCalendar
from bot.errors import ConfigError, InvariantBroken

if TYPE_CHECKING:
    from bot.core.domain.session import Session


@cache
def new_york() -> ExchangeCalendar:
    calendar = ExchangeCalendar("XNYS")
    # Loaded here and as far as any test asks, not inside the first example of a property.
    calendar.next_session(at("2029-12-01 00:00"))
    return calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session_on(day: str) -> Session | None:
    """The session at noon in New York in winter."""
    return new_york().session_at(at(f"{day} 17:00"))


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        # Around the change to daylight saving on 2021-03-14 and back on 2020-11-01.
        ("2021-03-12", "14:30", "21:00"),
        ("2021-03-15", "13:30", "20:00"),
        ("2020-10-30", "13:30", "20:00"),
        ("2020-11-02", "14:30", "21:00"),
        ("2024-02-29", "14:30", "21:00"),
    ],
)
def test_a_session_opens_and_closes_by_new_york_time(day: str, opens: str, closes: str) -> None:
    session = session_on(day)
    assert session is not None
    assert session.exchange == "XNYS"
    assert session.held_on == date.fromisoformat(day)
    assert session.opens_at == at(f"{day} {opens}")
    assert session.closes_at == at(f"{day} {closes}")
    assert session.opens_at.tzinfo is UTC
    assert not session.is_half_day


@pytest.mark.parametrize("day", ["2020-11-27", "2020-12-24", "2026-11-27", "2026-12-24"])
def test_a_half_day_closes_at_one_in_new_york(day: str) -> None:
    session = session_on(day)
    assert session is not None
    assert session.is_half_day
    assert session.closes_at == at(f"{day} 18:00")


@pytest.mark.parametrize(
    "day",
    [
        "2020-11-26",  # Thanksgiving
        "2022-12-26",  # Christmas Day was a Sunday
        "2012-10-29",  # Sandy, unscheduled
        "2012-10-30",
        "2001-09-11",
        "2025-01-09",  # a day of mourning
        "2026-01-03",  # Saturday
        "2026-01-04",  # Sunday
        "2027-01-01",
    ],
)
def test_the_exchange_is_closed_all_day(day: str) -> None:
    assert [new_york().session_at(at(f"{day} {hour:02}:00")) for hour in range(24)] == [None] * 24


def test_the_open_is_inside_and_the_close_is_not() -> None:
    calendar = new_york()
    tick = timedelta(microseconds=1)
    assert calendar.session_at(at("2024-01-02 14:30") - tick) is None
    assert calendar.session_at(at("2024-01-02 14:30")) is not None
    assert calendar.session_at(at("2024-01-02 21:00") - tick) is not None
    assert calendar.session_at(at("2024-01-02 21:00")) is None


def test_the_next_session_opens_strictly_later() -> None:
    calendar = new_york()
    before = at("2024-01-02 14:30") - timedelta(microseconds=1)
    assert calendar.next_session(before).held_on == date(2024, 1, 2)
    assert calendar.next_session(at("2024-01-02 14:30")).held_on == date(2024, 1, 3)


def test_the_first_session_of_2027_is_the_fourth_of_january() -> None:
    session = new_york().next_session(at("2026-12-31 22:00"))
    assert session.held_on == date(2027, 1, 4)
    assert session.number_in == dict.fromkeys(
        ("day", "week", "month", "quarter", "half", "year"), 1
    )


@pytest.mark.parametrize(
    ("day", "week", "month", "quarter", "half", "year"),
    [
        # November 2020 has sessions on 2-6, 9-13, 16-20, 23-25, 27: the 27th is the fourth of its
        # week and the 19th of its month; October has 22, so it is the 41st of the quarter; July to
        # September have 64; January to June have 125 (62 and 63).
        ("2020-11-27", 4, 19, 41, 105, 230),
        # Thursday of a week whose Monday to Wednesday were in the old year.
        ("2025-01-02", 3, 1, 1, 1, 1),
        # The year's last: 252 sessions in 2024, 128 in the second half.
        ("2024-12-31", 2, 21, 64, 128, 252),
        # The first week of all that is covered.
        ("1990-01-05", 4, 4, 4, 4, 4),
    ],
)
def test_a_session_is_numbered_in_each_period(
    day: str, week: int, month: int, quarter: int, half: int, year: int
) -> None:
    session = session_on(day)
    assert session is not None
    assert session.number_in == {
        "day": 1,
        "week": week,
        "month": month,
        "quarter": quarter,
        "half": half,
        "year": year,
    }


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    new_york_winter = timezone(timedelta(hours=-5))
    moment = datetime(2024, 1, 2, 9, 30, tzinfo=new_york_winter)
    assert new_york().session_at(moment) == session_on("2024-01-02")


def test_a_time_without_a_zone_is_a_bug() -> None:
    with pytest.raises(InvariantBroken, match="aware"):
        new_york().session_at(datetime(2024, 1, 2))  # noqa: DTZ001
    with pytest.raises(InvariantBroken, match="aware"):
        new_york().next_session(datetime(2024, 1, 2))  # noqa: DTZ001


def test_a_replayed_day_and_then_a_later_one_are_both_covered() -> None:
    calendar = ExchangeCalendar("XNYS")
    early = calendar.session_at(at("2005-03-01 15:00"))
    late = calendar.session_at(at("2026-06-01 15:00"))
    assert early is not None
    assert early.number_in["year"] == 40  # 20 in January, 19 in February
    assert late is not None
    assert calendar.session_at(at("2005-03-01 15:00")) == early


@pytest.mark.parametrize(
    "text", ["1989-12-29 15:00", "1901-01-01 00:00", "2262-06-01 00:00", "9999-12-30 00:00"]
)
def test_a_time_that_is_not_covered_is_an_error_and_never_closed(text: str) -> None:
    with pytest.raises(ConfigError, match="the calendar XNYS"):
        new_york().session_at(at(text))
    with pytest.raises(ConfigError, match="the calendar XNYS"):
        new_york().next_session(at(text))


@pytest.mark.parametrize(("name", "near"), [("XNSY", "XNYS"), ("xlom", "XLON"), ("NYES", "NYSE")])
def test_an_unknown_exchange_is_refused_with_near_names(name: str, near: str) -> None:
    with pytest.raises(ConfigError, match=rf"no exchange calendar '{name}'; did you mean .*{near}"):
        ExchangeCalendar(name)


def test_a_name_that_is_near_to_none_is_refused_with_an_example() -> None:
    with pytest.raises(ConfigError, match="XNYS"):
        ExchangeCalendar("??????????")


def test_an_alias_becomes_the_calendars_own_name() -> None:
    assert ExchangeCalendar("NYSE").next_session(at("2024-01-01 00:00")).exchange == "XNYS"


def test_an_exchange_with_a_short_known_history_is_covered_as_far_as_it_goes() -> None:
    # The library knows Tokyo from 1997 on: we ask from 2000.
    tokyo = ExchangeCalendar("XTKS")
    session = tokyo.session_at(at("2024-01-04 02:00"))
    assert session is not None
    assert session.number_in["year"] == 1
    assert tokyo.session_at(at("2000-01-04 01:00")) is not None
    with pytest.raises(ConfigError, match="begins 2000-01-01"):
        tokyo.session_at(at("1999-06-01 01:00"))


@pytest.mark.parametrize("name", ["ASEX", "XBEL", "XSAU", "XTAE"])
def test_an_exchange_that_the_library_fails_on_is_refused_by_our_own_error(name: str) -> None:
    # These fail in 4.13 with pandas 3.1, each in its own way; a later library may know them.
    calendar = ExchangeCalendar(name)
    try:
        session = calendar.next_session(at("2026-01-02 00:00"))
    except ConfigError as error:
        assert f"the calendar {name} cannot be made" in str(error)  # noqa: PT017
    else:
        assert session.opens_at > at("2026-01-02 00:00")


def test_an_exchange_whose_holidays_are_not_known_far_enough_is_refused() -> None:
    # The library's bound: Shanghai's holidays are published year by year.
    with pytest.raises(ConfigError, match="the calendar XSHG cannot be made up to 2060-12-31"):
        ExchangeCalendar("XSHG").session_at(at("2058-01-02 03:00"))


_MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(_MOMENTS)
def test_a_session_contains_the_moments_that_it_is_found_by(now: datetime) -> None:
    session = new_york().session_at(now)
    following = new_york().next_session(now)
    assert session is None or session.contains(now)
    assert following.opens_at > now
    assert not following.contains(now)


@given(_MOMENTS)
def test_between_a_moment_and_the_next_open_no_other_session_opens(now: datetime) -> None:
    following = new_york().next_session(now)
    just_before = following.opens_at - timedelta(microseconds=1)
    assert new_york().session_at(just_before) is None
    assert new_york().next_session(just_before) == following
    assert new_york().session_at(following.opens_at) == following


@given(_MOMENTS)
def test_numbers_go_up_by_one_or_begin_anew(now: datetime) -> None:
    first = new_york().next_session(now)
    second = new_york().next_session(first.opens_at)
    assert second.held_on > first.held_on
    for period, number in second.number_in.items():
        assert number in {1, first.number_in[period] + 1}


def test_the_sessions_before_a_day_skip_weekends_and_holidays() -> None:
    """Thanksgiving 2020 was on Thursday 26 November; the 27th was a half day, and a session."""
    found = new_york().sessions_before(date(2020, 11, 30), 4)
    assert found == (
        date(2020, 11, 23),
        date(2020, 11, 24),
        date(2020, 11, 25),
        date(2020, 11, 27),
    )
    # The day itself is never among them, whether it is a session or not.
    assert new_york().sessions_before(date(2020, 11, 28), 1) == (date(2020, 11, 27),)
    assert new_york().sessions_before(date(2020, 11, 27), 1) == (date(2020, 11, 25),)
    assert new_york().sessions_before(date(2020, 11, 27), 0) == ()


def test_more_sessions_than_the_calendar_has_are_refused() -> None:
    """1990 began on a Monday, a holiday: on Friday the 5th there had been three sessions."""
    friday = date(1990, 1, 5)
    assert len(new_york().sessions_before(friday, 3)) == 3
    with pytest.raises(ConfigError, match=r"there are 3 sessions before 1990-01-05, 4 are needed"):
        new_york().sessions_before(friday, 4)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2020-11-25", "2020-11-25", 0),
        ("2020-11-25", "2020-11-27", 1),  # over Thanksgiving
        ("2020-11-25", "2020-11-28", 1),  # a Saturday is no session
        ("2020-11-25", "2020-11-30", 2),
        ("2020-01-02", "2020-12-31", 252),  # 253 sessions in 2020
    ],
)
def test_sessions_since_one_are_counted_without_it(first: str, last: str, count: int) -> None:
    since = new_york().sessions_since(date.fromisoformat(first), date.fromisoformat(last))
    assert since == count


def test_sessions_since_a_day_that_the_calendar_does_not_know_are_refused() -> None:
    with pytest.raises(ConfigError, match="begins 1990-01-01"):
        new_york().sessions_since(date(1989, 6, 1), date(2020, 6, 1))
