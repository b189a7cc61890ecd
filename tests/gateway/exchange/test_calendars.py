"""Calendars: the shipped table against the package it was made from, and the names of others."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.gateway import GatewayConfig, GatewayConfigError
from bot.gateway.exchange.calendars import (
    NEW_YORK,
    SHIPPED_FILE,
    SHIPPED_LAST_ON,
    Hours,
    PackageCalendar,
    trading_calendar,
)
from bot.gateway.exchange.make_calendar import lines
from bot.prices import load_history

HISTORY = load_history()


def test_the_shipped_table_is_that_of_the_package() -> None:
    """Day by day from 1990 to 2040. If it fails, run `python -m bot.gateway.exchange.make_calendar`."""
    assert list(lines()) == SHIPPED_FILE.read_text(encoding="ascii").splitlines()


def test_the_history_has_a_close_on_the_days_of_new_york_and_on_no_other() -> None:
    calendar = trading_calendar("XNYS")
    day, differences = HISTORY.first_on, []
    while day <= HISTORY.last_on:
        if (calendar.on(day) is not None) is not HISTORY.is_session(day):
            differences.append(day)
        day += timedelta(days=1)
    assert differences == []


def test_beyond_the_table_new_york_goes_on() -> None:
    calendar = trading_calendar("XNYS")
    new_year, first = date(2041, 1, 1), date(2041, 1, 2)  # a Tuesday and a Wednesday
    assert new_year > SHIPPED_LAST_ON
    assert calendar.on(new_year) is None
    hours = calendar.on(first)
    assert hours is not None
    assert hours.opens_at == datetime(2041, 1, 2, 14, 30, tzinfo=UTC)


def test_a_calendar_is_made_once() -> None:
    assert trading_calendar("XLON") is trading_calendar("XLON")


def test_an_alias_is_the_calendar_that_it_stands_for() -> None:
    assert trading_calendar("NYSE").name == "XNYS"
    assert trading_calendar("NASDAQ").zone is NEW_YORK


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("XNYZ", "there is no exchange calendar 'XNYZ'; did you mean XNZE or XNYS?"),
        ("xlon", "there is no exchange calendar 'xlon'; did you mean XLON"),
        ("", "there is no exchange calendar ''; a name is, for instance, XNYS"),
        ("XTAE", "the exchange calendar XTAE cannot be made: "),
    ],
)
def test_a_calendar_that_cannot_be_had_is_one_line(name: str, words: str) -> None:
    with pytest.raises(GatewayConfigError) as caught:
        GatewayConfig.from_mapping({"exchange": {"calendar": name}})
    message = str(caught.value)
    assert message.startswith(f"exchange.calendar: {words}")
    assert "\n" not in message
    assert len(message) < 250


def test_where_the_package_knows_nothing_weekdays_have_the_usual_hours() -> None:
    """Its calendar of Mumbai ends in this decade."""
    calendar = PackageCalendar("XBOM")
    hours = calendar.on(date(2060, 1, 2))  # a Friday
    opens_at = datetime.combine(date(2060, 1, 2), time(9, 15), calendar.zone)
    closes_at = datetime.combine(date(2060, 1, 2), time(15, 30), calendar.zone)
    assert hours == Hours(opens_at, closes_at, closes_at)
    assert calendar.on(date(2060, 1, 3)) is None


def test_the_usual_close_is_the_one_that_was_in_force() -> None:
    """Tokyo closed at 15:00 until 2024-11-01 and closes at 15:30 since: no half days before."""
    calendar = trading_calendar("XTKS")
    for day, closes in ((date(2024, 11, 1), time(15)), (date(2024, 11, 5), time(15, 30))):
        hours = calendar.on(day)
        assert hours is not None
        assert hours.closes_at.astimezone(calendar.zone).time() == closes
        assert hours.closes_usually_at == hours.closes_at


def test_new_york_is_served_without_the_package() -> None:
    """Importing it would more than double the time in which a gateway starts."""
    program = (
        "import sys; from bot.gateway.config import GatewayConfig;"
        "s = GatewayConfig().exchange.sessions(); s.current_or_next(GatewayConfig().at);"
        "print('exchange_calendars' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603  the program is ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
