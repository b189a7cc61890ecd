from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.engine.scheduler import parse_look
from bot.engine.scheduler.apscheduler_boundary import RETRY_AFTER, ClockZone, SessionTrigger
from bot.errors import ConfigError

if TYPE_CHECKING:
    from tests.engine.scheduler.conftest import DailyCalendar, VirtualTime


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def zone_at(virtual: VirtualTime, text: str) -> ClockZone:
    return ClockZone(virtual.clock(at(text)))


def test_in_the_clocks_zone_it_is_what_the_clock_says(virtual: VirtualTime) -> None:
    zone = zone_at(virtual, "2005-03-01 09:00")
    assert datetime.now(zone) == at("2005-03-01 09:00")  # noqa: TID251 - what APScheduler asks


def test_a_time_marked_with_the_zone_is_the_same_moment_and_stays_it(virtual: VirtualTime) -> None:
    zone = zone_at(virtual, "2005-03-01 09:00")
    marked = zone.marked(at("2005-03-01 15:00"))
    assert marked == at("2005-03-01 15:00")
    # What APScheduler does to the times that it holds.
    assert marked.astimezone(zone) is marked
    assert marked.astimezone(UTC) == at("2005-03-01 15:00")
    assert marked - datetime.now(zone) == timedelta(hours=6)  # noqa: TID251


def test_the_trigger_answers_in_the_zone(virtual: VirtualTime, daily: DailyCalendar) -> None:
    zone = zone_at(virtual, "2024-01-02 14:00")
    trigger = SessionTrigger([parse_look("open+30m")], daily, zone)
    fire = trigger.get_next_fire_time(None, zone.marked(at("2024-01-02 14:00")))
    assert fire == at("2024-01-02 15:00")
    assert fire.tzinfo is zone
    # The previous time does not matter.
    assert trigger.get_next_fire_time(fire, zone.marked(at("2024-01-02 14:00"))) == fire


@pytest.mark.parametrize(
    "failure",
    [ConfigError("x"), ValueError("x"), OverflowError("x"), KeyError("x"), TypeError("x")],
    ids=lambda failure: type(failure).__name__,
)
def test_the_trigger_answers_also_when_the_calendar_fails(
    virtual: VirtualTime, daily: DailyCalendar, failure: Exception
) -> None:
    zone = zone_at(virtual, "2024-01-02 14:00")
    trigger = SessionTrigger([parse_look("open+30m")], daily, zone)
    daily.is_down = failure
    with capture_logs() as lines:
        fire = trigger.get_next_fire_time(None, at("2024-01-02 14:00"))
    assert fire == at("2024-01-02 14:00") + RETRY_AFTER
    assert fire.tzinfo is zone
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("look_time_unknown", "critical")
    ]
