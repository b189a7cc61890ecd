"""Durations, bar sizes and moments as clients spell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.prices import ONE_DAY, ONE_MONTH, ONE_WEEK
from bot.gateway.history.candles import Printer
from bot.gateway.history.durations import (
    LEGAL_SIZES,
    SIZES,
    Duration,
    DurationError,
    is_intraday,
    read_duration,
    read_size,
)
from bot.gateway.history.query import QueryError, read_end

NOW = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
MOST = {"S": 86_400, "D": 365, "W": 52, "M": 12, "Y": 100}


@given(st.sampled_from(sorted(MOST)), st.integers(0, 100_000))
def test_a_duration_is_read_if_it_fits_its_unit(unit: str, count: int) -> None:
    least = 30 if unit == "S" else 1
    for text in (f"{count} {unit}", f"{count} {unit.lower()}"):
        if least <= count <= MOST[unit]:
            assert read_duration(text) == Duration(count, unit)
        else:
            with pytest.raises(DurationError):
                read_duration(text)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        duration = read_duration(text)
    except DurationError:
        return
    assert duration.unit in MOST
    assert 1 <= duration.count <= MOST[duration.unit]


@given(st.sampled_from(sorted(MOST)), st.integers(1, 12))
def test_a_duration_reaches_back(unit: str, count: int) -> None:
    end = NOW.astimezone(NEW_YORK)
    assert Duration(count, unit).before(end) < end
    assert Duration(count, unit).before(end) <= Duration(1, unit).before(end)


@pytest.mark.parametrize(
    ("duration", "begin"),
    [
        (Duration(1, "M"), "2020-02-29T10:00:00-05:00"),  # there is no 30th of February
        (Duration(1, "Y"), "2019-03-30T10:00:00-04:00"),
        (Duration(13, "M"), "2019-02-28T10:00:00-05:00"),
        (Duration(3, "W"), "2020-03-09T10:00:00-04:00"),  # the same time, though the clock changed
        (Duration(3600, "S"), "2020-03-30T09:00:00-04:00"),
    ],
)
def test_calendar_time_is_counted_on_the_local_clock(duration: Duration, begin: str) -> None:
    end = datetime(2020, 3, 30, 10, tzinfo=NEW_YORK)
    assert duration.before(end).isoformat() == begin


@given(st.text(max_size=10))
def test_only_the_sizes_of_tws_are_sizes(text: str) -> None:
    assert (read_size(text) is None) == (text.lower() not in SIZES)


def test_every_size_of_the_refusal_is_one() -> None:
    sizes = [read_size(text) for text in LEGAL_SIZES.split(", ")]
    assert sizes[0] == timedelta(seconds=1)
    assert sizes[-3:] == [ONE_DAY, ONE_WEEK, ONE_MONTH]
    # From one second to eight hours there are 18, each longer than the one before.
    assert sum(is_intraday(size) for size in sizes if size is not None) == 18
    assert sizes == sorted(size for size in sizes if size is not None)
    assert read_size("1 MIN") == timedelta(minutes=1)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2019, 12, 31)))  # noqa: DTZ001
def test_both_forms_of_a_moment_are_the_same_moment(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=UTC)
    printed = Printer(176, NEW_YORK, "US/Eastern").moment(moment)
    assert read_end(f"{moment:%Y%m%d-%H:%M:%S}", NOW).at == moment
    read = read_end(printed, NOW).at
    # In the hour that comes twice in autumn, the text means the first one.
    assert read in (moment, moment - timedelta(hours=1))


@given(st.text(max_size=30))
def test_any_text_is_an_end_or_refused(text: str) -> None:
    try:
        end = read_end(text, NOW)
    except QueryError:
        return
    assert end.at <= NOW
    assert end.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "at", "has_zone"),
    [
        ("", NOW, True),
        ("09:00:00", datetime(2020, 6, 1, 13, tzinfo=UTC), False),
        ("09:00:00 Europe/London", datetime(2020, 6, 1, 8, tzinfo=UTC), True),
        ("20200101  09:00:00", datetime(2020, 1, 1, 14, tzinfo=UTC), False),
        ("20300101-00:00:00", NOW, True),
    ],
)
def test_what_an_end_leaves_out(text: str, at: datetime, has_zone: bool) -> None:  # noqa: FBT001
    end = read_end(text, NOW)
    assert (end.at, end.has_zone, end.is_given) == (at, has_zone, text != "")


@pytest.mark.parametrize(
    "text", ["20200529 10:00:00 US", "10:00:00 ../etc", "20200529", "25:00:00", "19771231-00:00:00"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(QueryError):
        read_end(text, NOW)
