"""Moments as TWS prints and reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.wire.moments import has_zone, moment_text, read_moment

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "text"), [(173, "20200601  10:30:00"), (174, "20200601 10:30:00 US/Eastern")]
)
def test_a_moment_names_its_zone_since_version_174(version: int, text: str) -> None:
    printed = moment_text(NOW.astimezone(NEW_YORK), "US/Eastern", version)
    assert printed == text
    assert read_moment(printed, NEW_YORK) == NOW
    assert has_zone(printed) is (version > 173)


@pytest.mark.parametrize("text", ["20200601-14:30:00", " 20200601 14:30:00 gmt"])
def test_a_hyphen_and_a_zone_decide(text: str) -> None:
    assert read_moment(text, NEW_YORK) == NOW
    assert has_zone(text)


def test_only_with_a_day_at_hand_the_date_may_be_missing() -> None:
    assert read_moment("10:30:00", NEW_YORK) is None
    assert read_moment("10:30:00", NEW_YORK, NOW) == NOW
    # In Tokyo it is half past eleven in the evening of the same day.
    assert read_moment("23:30:00 Asia/Tokyo", NEW_YORK, NOW) == NOW


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = read_moment(text, NEW_YORK, NOW)
    assert moment is None or moment.tzinfo is UTC
