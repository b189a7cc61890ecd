from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.calendar import ExchangeCalendar
from bot.core.domain.session import Session
from bot.engine.scheduler import LookTime, next_fire, parse_look
from bot.errors import ConfigError, InvariantBroken


@cache
def new_york() -> ExchangeCalendar:
    calendar = ExchangeCalendar("XNYS")
    # Loaded here and as far as any test asks, not inside the first example of a property.
    calendar.next_session(at("2029-12-01 00:00"))
    return calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(now: str, *looks: str) -> datetime:
    return next_fire([parse_look(look) for look in looks], new_york(), at(now))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("open+30m", "open+30m"),
        ("open+0m", "open+0m"),
        ("close-1h", "close-60m"),
        ("every 5m", "every 5m"),
        ("every 1h", "every 60m"),
        ("open+1439m", "open+1439m"),
    ],
)
def test_a_look_reads_back_as_it_was_written(text: str, written: str) -> None:
    assert str(parse_look(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open",
        "open-30m",
        "close+30m",
        "close-30",
        "every5m",
        "open+1.5h",
        "open+30s",
        "Open+30m",
        "open+30m ",
        "open+-1m",
    ],
)
def test_a_look_in_another_form_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"open\+30m, close-30m or every 5m"):
        parse_look(text)


@pytest.mark.parametrize("text", ["close-0m", "every 0m"])
def test_a_look_at_the_close_itself_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        parse_look(text)


@pytest.mark.parametrize("text", ["open+24h", "close-1440m", "every 48h"])
def test_a_look_a_day_from_its_session_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="below 24h"):
        parse_look(text)


def test_the_open_moves_with_daylight_saving_in_march() -> None:
    # New York changed on Sunday 2021-03-14: the open is 14:30 UTC before and 13:30 UTC after.
    assert following("2021-03-12 00:00", "open+30m") == at("2021-03-12 15:00")
    assert following("2021-03-12 15:00", "open+30m") == at("2021-03-15 14:00")


def test_the_close_moves_with_daylight_saving_in_november() -> None:
    # New York changed back on Sunday 2020-11-01: the close is 20:00 UTC before and 21:00 UTC after.
    assert following("2020-10-30 12:00", "close-30m") == at("2020-10-30 19:30")
    assert following("2020-10-30 19:30", "close-30m") == at("2020-11-02 20:30")


def test_a_half_day_pulls_the_look_before_the_close_forward() -> None:
    # Thanksgiving 2020-11-26 is closed; the day after closes at 13:00 in New York, 18:00 UTC.
    assert following("2020-11-25 20:30", "close-30m") == at("2020-11-27 17:30")


def test_a_look_that_a_half_day_is_too_short_for_is_left_out_on_that_day() -> None:
    # 2020-11-27 has 3.5 hours, so five hours after the open come again on Monday the 30th.
    assert following("2020-11-25 20:30", "open+5h") == at("2020-11-30 19:30")


def test_a_half_day_does_not_stretch_a_look_to_before_its_open() -> None:
    assert following("2020-11-27 00:00", "close-5h") == at("2020-11-30 16:00")


def test_holidays_and_weekends_have_no_look() -> None:
    # Saturday 2022-12-24, Sunday, and Monday 2022-12-26 (Christmas observed) are closed.
    assert following("2022-12-23 21:00", "every 5m") == at("2022-12-27 14:30")


def test_sandy_closed_two_days_without_notice() -> None:
    assert following("2012-10-26 20:00", "open+0m") == at("2012-10-31 13:30")


def test_every_counts_from_the_open_and_ends_before_the_close() -> None:
    assert following("2024-01-02 14:29:59.999999", "every 5m") == at("2024-01-02 14:30")
    assert following("2024-01-02 14:30", "every 5m") == at("2024-01-02 14:35")
    assert following("2024-01-02 20:54:59", "every 5m") == at("2024-01-02 20:55")
    assert following("2024-01-02 20:55", "every 5m") == at("2024-01-03 14:30")


def test_a_look_at_the_open_is_not_repeated_at_that_very_moment() -> None:
    assert following("2024-01-02 14:30", "open+0m") == at("2024-01-03 14:30")


def test_of_several_looks_the_first_comes_next() -> None:
    assert following("2024-01-02 14:00", "close-30m", "open+30m") == at("2024-01-02 15:00")
    assert following("2024-01-02 15:00", "close-30m", "open+30m") == at("2024-01-02 20:30")


def test_the_year_turns() -> None:
    # Friday 2027-01-01 is closed, Monday the 4th is the first session.
    assert following("2026-12-31 20:30", "close-30m") == at("2027-01-04 20:30")


def test_looks_that_no_session_is_long_enough_for_are_named() -> None:
    with pytest.raises(ConfigError, match=r"open\+540m fall inside none .* XNYS"):
        following("2024-01-02 14:30", "open+9h")


def test_a_schedule_without_looks_is_a_bug() -> None:
    with pytest.raises(InvariantBroken, match="at least one look"):
        following("2024-01-02 14:30")


_MOMENTS = st.datetimes(datetime(1991, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
_LOOKS = st.lists(
    st.one_of(
        st.builds("open+{}m".format, st.integers(0, 389)),
        st.builds("close-{}m".format, st.integers(1, 390)),
        st.builds("every {}m".format, st.integers(1, 500)),
    ),
    min_size=1,
    max_size=3,
).map(lambda texts: [parse_look(text) for text in texts])


@given(_LOOKS, _MOMENTS)
def test_the_next_look_is_strictly_later_and_inside_a_session(
    looks: list[LookTime], now: datetime
) -> None:
    fire = next_fire(looks, new_york(), now)
    assert fire > now
    session = new_york().session_at(fire)
    assert session is not None
    assert session.opens_at <= fire < session.closes_at


@given(_LOOKS, _MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_no_look_lies_between_a_moment_and_its_next_look(
    looks: list[LookTime], now: datetime, step: timedelta
) -> None:
    fire = next_fire(looks, new_york(), now)
    between = min(now + step, fire - timedelta(microseconds=1))
    assert next_fire(looks, new_york(), between) == fire


def test_a_session_of_any_length_is_served() -> None:
    opens_at = at("2024-01-02 00:00")
    session = Session(
        "24/7",
        opens_at.date(),
        opens_at,
        opens_at + timedelta(days=1),
        is_half_day=False,
        number_in={"day": 1},
    )
    assert parse_look("open+23h").first_after(opens_at, session) == at("2024-01-02 23:00")
