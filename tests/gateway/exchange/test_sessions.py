"""Sessions: real days of several exchanges, the phases of a day, and the moments between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.phases import Phase
from bot.gateway.exchange.sessions import NEW_YORK, Sessions, local, midnight_after

NEW_YORK_SESSIONS = Sessions()
LONDON = Sessions("XLON", extended_opens=None, extended_closes=None)
TOKYO = Sessions("XTKS", extended_opens=None, extended_closes=None)
FUTURES = Sessions("CMES")
ALWAYS = Sessions("24/7")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    "day",
    [
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2012-10-29",  # a hurricane
        "2012-10-30",
        "2018-12-05",  # a day of mourning
        "2022-06-20",  # Juneteenth, observed on the Monday
        "2020-07-03",  # Independence Day, observed on the Friday
        "2023-01-02",  # after the end of the price history
        "2020-05-31",  # a Sunday
    ],
)
def test_the_exchange_stays_closed(day: str) -> None:
    assert NEW_YORK_SESSIONS.on(date.fromisoformat(day)) is None


@pytest.mark.parametrize(
    ("day", "opens_at", "closes_at", "extended_closes_at"),
    [
        ("2021-06-18", "13:30", "20:00", "00:00"),  # Juneteenth was no holiday of the exchange yet
        ("2020-11-27", "14:30", "18:00", "22:00"),  # half days: 13:00 and 17:00
        ("2020-12-24", "14:30", "18:00", "22:00"),
        ("2001-09-10", "13:30", "20:00", "00:00"),
        ("2020-03-06", "14:30", "21:00", "01:00"),  # Friday before the clocks change
        ("2020-03-09", "13:30", "20:00", "00:00"),
        ("2020-10-30", "13:30", "20:00", "00:00"),  # and back in autumn
        ("2020-11-02", "14:30", "21:00", "01:00"),
        ("2023-01-03", "14:30", "21:00", "01:00"),  # after the end of the price history
    ],
)
def test_hours_of_new_york_in_utc(
    day: str, opens_at: str, closes_at: str, extended_closes_at: str
) -> None:
    session = NEW_YORK_SESSIONS.on(date.fromisoformat(day))
    assert session is not None
    assert session.opens_at == utc(f"{day}T{opens_at}")
    assert session.closes_at == utc(f"{day}T{closes_at}")
    assert session.is_half_day is (closes_at == "18:00")
    assert f"{session.extended_closes_at:%H:%M}" == extended_closes_at
    assert local(session.extended_opens_at).time() == time(4, 0)


@pytest.mark.parametrize(
    ("day", "opens_at", "closes_at", "is_half_day"),
    [
        ("2020-06-01", "07:00", "15:30", False),  # 08:00 to 16:30 in summer
        ("2020-12-01", "08:00", "16:30", False),
        ("2020-12-24", "08:00", "12:30", True),
        ("2020-03-27", "08:00", "16:30", False),  # London changes its clocks after New York
        ("2020-03-30", "07:00", "15:30", False),
    ],
)
def test_hours_of_london_in_utc(
    day: str, opens_at: str, closes_at: str, *, is_half_day: bool
) -> None:
    session = LONDON.on(date.fromisoformat(day))
    assert session is not None
    assert (session.opens_at, session.closes_at) == (
        utc(f"{day}T{opens_at}"),
        utc(f"{day}T{closes_at}"),
    )
    assert session.is_half_day is is_half_day
    assert (session.extended_opens_at, session.extended_closes_at) == (
        session.opens_at,
        session.closes_at,
    )


def test_the_king_of_another_country_closes_london_only() -> None:
    """The bank holiday of 2020-05-08 marked the end of a war."""
    assert LONDON.on(date(2020, 5, 8)) is None
    assert NEW_YORK_SESSIONS.on(date(2020, 5, 8)) is not None


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ("2020-06-01T03:59:59", Phase.CLOSED),
        ("2020-06-01T04:00:00", Phase.PRE_OPEN),
        ("2020-06-01T09:29:59", Phase.PRE_OPEN),
        ("2020-06-01T09:30:00", Phase.CONTINUOUS),
        ("2020-06-01T15:59:59", Phase.CONTINUOUS),
        ("2020-06-01T16:00:00", Phase.AFTER_HOURS),
        ("2020-06-01T19:59:59", Phase.AFTER_HOURS),
        ("2020-06-01T20:00:00", Phase.CLOSED),
        ("2020-11-27T12:59:59", Phase.CONTINUOUS),
        ("2020-11-27T13:00:00", Phase.AFTER_HOURS),
        ("2020-11-27T17:00:00", Phase.CLOSED),
        ("2020-11-26T12:00:00", Phase.CLOSED),  # Thanksgiving
        ("2020-05-30T12:00:00", Phase.CLOSED),  # a Saturday
    ],
)
def test_phases_of_a_day_in_new_york(moment: str, phase: Phase) -> None:
    assert NEW_YORK_SESSIONS.stretch_at(new_york(moment)).phase is phase


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ("2020-06-01T00:00", Phase.CONTINUOUS),  # 09:00 in Tokyo
        ("2020-06-01T02:29", Phase.CONTINUOUS),
        ("2020-06-01T02:30", Phase.CLOSED),  # the pause at noon, 11:30 to 12:30
        ("2020-06-01T03:29", Phase.CLOSED),
        ("2020-06-01T03:30", Phase.CONTINUOUS),
        ("2020-06-01T06:00", Phase.CLOSED),
    ],
)
def test_tokyo_pauses_at_noon(moment: str, phase: Phase) -> None:
    assert TOKYO.stretch_at(utc(moment)).phase is phase
    assert TOKYO.is_open(utc(moment)) is (phase is Phase.CONTINUOUS)


def test_a_session_that_opens_on_the_evening_before() -> None:
    """Futures of Monday 2020-06-01 trade from Sunday 17:00 in Chicago, 22:00 UTC."""
    evening = utc("2020-05-31T23:00")
    assert FUTURES.current_or_next(evening).day == date(2020, 6, 1)
    assert FUTURES.is_open(evening)
    assert FUTURES.last_begun(evening).day == date(2020, 6, 1)


def test_what_never_closes_has_one_session_after_the_other() -> None:
    midnight = utc("2020-06-06T00:00")
    assert ALWAYS.stretch_at(midnight - timedelta(seconds=1)).ends_at == midnight
    assert ALWAYS.stretch_at(midnight).phase is Phase.CONTINUOUS


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2020-07-02T15:59", "2020-07-02"),
        ("2020-07-02T16:00", "2020-07-06"),  # over a holiday and a weekend
        ("2001-09-10T17:00", "2001-09-17"),
        ("2012-10-26T16:00", "2012-10-31"),
    ],
)
def test_after_the_close_the_next_session_counts(moment: str, day: str) -> None:
    assert NEW_YORK_SESSIONS.current_or_next(new_york(moment)).day == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2020-07-06T09:29", "2020-07-02"),
        ("2020-07-06T09:30", "2020-07-06"),
        ("2001-09-17T09:00", "2001-09-10"),
    ],
)
def test_the_latest_session_may_be_days_ago(moment: str, day: str) -> None:
    assert NEW_YORK_SESSIONS.last_begun(new_york(moment)).day == date.fromisoformat(day)


def test_the_longest_closure_is_bridged() -> None:
    """Shanghai at the new year of the moon, 2000: 17 days from session to session."""
    sessions = Sessions("XSHG")
    assert sessions.current_or_next(utc("2000-01-28T08:00")).day == date(2000, 2, 14)
    assert sessions.last_begun(utc("2000-02-13T08:00")).day == date(2000, 1, 28)


def test_extended_hours_are_keys() -> None:
    sessions = Sessions(extended_opens=time(7, 0), extended_closes=None)
    session = sessions.on(date(2020, 6, 1))
    assert session is not None
    assert local(session.extended_opens_at).time() == time(7, 0)
    assert session.extended_closes_at == session.closes_at


def test_midnight_of_the_account_is_that_of_new_york() -> None:
    assert midnight_after(date(2020, 3, 7)) == utc("2020-03-08T05:00")
    assert midnight_after(date(2020, 3, 8)) == utc("2020-03-09T04:00")


@given(
    st.sampled_from([NEW_YORK_SESSIONS, LONDON, TOKYO, FUTURES, ALWAYS]),
    st.datetimes(datetime(2018, 1, 1), datetime(2021, 12, 31)),  # noqa: DTZ001  (made aware below)
    st.floats(0, 0.999),
)
def test_a_phase_is_constant_between_two_boundaries(
    sessions: Sessions, moment: datetime, fraction: float
) -> None:
    now = moment.replace(tzinfo=UTC)
    stretch = sessions.stretch_at(now)
    assert stretch.begins_at <= now < stretch.ends_at
    inside = stretch.begins_at + (stretch.ends_at - stretch.begins_at) * fraction
    assert sessions._find_stretch(inside) == stretch
    following = sessions.stretch_at(stretch.ends_at)
    assert following.begins_at == stretch.ends_at


@given(st.datetimes(datetime(1990, 1, 3), datetime(2040, 12, 1)))  # noqa: DTZ001  (made aware below)
def test_boundaries_ascend_and_every_session_shows_all_its_phases(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    first = NEW_YORK_SESSIONS.current_or_next(now)
    seen = []
    now = first.extended_opens_at
    while now < first.extended_closes_at:
        stretch = NEW_YORK_SESSIONS.stretch_at(now)
        assert stretch.ends_at > now
        seen.append((stretch.phase, stretch.ends_at))
        now = stretch.ends_at
    assert seen == [
        (Phase.PRE_OPEN, first.opens_at),
        (Phase.CONTINUOUS, first.closes_at),
        (Phase.AFTER_HOURS, first.extended_closes_at),
    ]
    assert NEW_YORK_SESSIONS.stretch_at(now).phase is Phase.CLOSED
