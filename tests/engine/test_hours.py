"""The broker's own hours and the gateway's restart, as windows of UTC; what cannot be read for sure is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from bot.core.domain.instrument import Instrument, PriceBand
from bot.engine.hours import DailyWindow, broker_hours

FUND = Instrument(
    con_id=1,
    symbol="VTI",
    currency="USD",
    exchange="SMART",
    primary_exchange="ARCA",
    price_bands=(PriceBand(0.0, 0.01),),
    time_zone="US/Eastern",
    liquid_hours="",
)
RESTART = DailyWindow.read("23:40-00:15 America/New_York")


def at(month, day, hour, minute=0, year=2020):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def hours(words, zone="US/Eastern"):
    return broker_hours(replace(FUND, liquid_hours=words, time_zone=zone))


@pytest.mark.parametrize(
    ("words", "zone", "expected"),
    [
        # New York is 4 hours behind in summer, 5 in winter.
        ("20200601:0930-20200601:1600", "US/Eastern", ((at(6, 1, 13, 30), at(6, 1, 20)),)),
        ("20201201:0930-20201201:1600", "US/Eastern", ((at(12, 1, 14, 30), at(12, 1, 21)),)),
        ("20200601:0930-1600", "EST (Eastern Standard Time)", ((at(6, 1, 13, 30), at(6, 1, 20)),)),
        (
            "20200704:CLOSED;20200706:0930-20200706:1300;",
            "US/Eastern",
            ((at(7, 6, 13, 30), at(7, 6, 17)),),
        ),
        # Hong Kong has a break at noon, and no summer time.
        (
            "20200601:0930-20200601:1200,20200601:1300-20200601:1600",
            "Asia/Hong_Kong",
            ((at(6, 1, 1, 30), at(6, 1, 4)), (at(6, 1, 5), at(6, 1, 8))),
        ),
        ("20200704:CLOSED", "US/Eastern", ()),
    ],
)
def test_the_broker_s_words_become_windows(words, zone, expected):
    assert hours(words, zone) == expected


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ("", "US/Eastern"),
        (" ; ", "US/Eastern"),
        ("open all day", "US/Eastern"),
        ("20200601:0930-20200601:1600;?", "US/Eastern"),
        ("20201301:0930-20201301:1600", "US/Eastern"),
        ("20200601:0930-20200601:2500", "US/Eastern"),
        ("20200601:0930-20200601:1600", ""),
        ("20200601:0930-20200601:1600", "Nowhere/Land"),
        ("20200601:0930-20200601:1600", "JST"),
    ],
)
def test_what_cannot_be_read_for_sure_is_unknown(words, zone):
    assert hours(words, zone) is None


@pytest.mark.parametrize(
    ("now", "is_inside"),
    [
        # 23:40 in New York is 3:40 UTC in summer, and 00:15 is 4:15.
        (at(6, 2, 3, 39), False),
        (at(6, 2, 3, 40), True),
        (at(6, 2, 4, 14), True),
        (at(6, 2, 4, 15), False),
        # In winter an hour later.
        (at(12, 2, 4, 39), False),
        (at(12, 2, 4, 40), True),
        (at(12, 2, 5, 15), False),
        (at(6, 1, 15), False),
    ],
)
def test_a_window_over_midnight_is_one_window(now, is_inside):
    assert any(begin <= now < end for begin, end in RESTART.around(now)) == is_inside


def test_a_window_within_a_day_ends_on_it():
    noon = DailyWindow(time(12), time(13), "UTC")
    assert noon.around(at(6, 1, 12, 30))[1] == (at(6, 1, 12), at(6, 1, 13))


def test_the_windows_around_a_change_of_the_clocks_keep_their_local_times():
    # On 2020-03-08 clocks go forward at 2:00: 23:40 before is 4:40 UTC, after it 3:40.
    begins = [begin for begin, _ in RESTART.around(at(3, 8, 12))]
    assert begins == [at(3, 8, 4, 40), at(3, 9, 3, 40), at(3, 10, 3, 40)]
