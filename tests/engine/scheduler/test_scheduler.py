from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.adapters.calendar import ExchangeCalendar
from bot.adapters.clock import WallClock
from bot.engine.scheduler import LookScheduler, parse_look
from bot.errors import ConfigError, InvariantBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bot.ports import Calendar, Clock
    from tests.engine.scheduler.conftest import DailyCalendar, VirtualClock, VirtualTime


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Bench:
    """A scheduler under test, with what it called and what it reported."""

    def __init__(
        self,
        clock: Clock,
        calendar: Calendar,
        *looks: str,
        look: Callable[[], Coroutine[Any, Any, None]] | None = None,
        watch_every_s: float = 60.0,
    ) -> None:
        self.clock = clock
        self.looked_at: list[datetime] = []
        self.failures: list[BaseException] = []
        self._look = look
        self.scheduler = LookScheduler(
            clock=clock,
            calendar=calendar,
            looks=[parse_look(text) for text in looks],
            run_look=self._run,
            on_failure=self.failures.append,
            watch_every_s=watch_every_s,
        )

    async def _run(self) -> None:
        self.looked_at.append(self.clock.now())
        if self._look is not None:
            await self._look()

    async def pass_to(self, end: datetime) -> None:
        await self.clock.sleep((end - self.clock.now()).total_seconds())

    async def run_until(self, end: datetime) -> None:
        self.scheduler.start()
        await self.pass_to(end)
        await self.scheduler.stop(timeout_s=1)

    @property
    def minutes(self) -> list[datetime]:  # without the microseconds that rounding up costs
        return [moment.replace(microsecond=0) for moment in self.looked_at]


def test_a_month_with_a_holiday_a_half_day_and_the_end_of_daylight_saving(
    virtual: VirtualTime,
) -> None:
    looks = ("open+30m", "close-30m")

    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, ExchangeCalendar("XNYS"), *looks, watch_every_s=3600.0)
        await bench.run_until(at("2020-12-01 00:00"))
        # 20 sessions: 2 looks in each. Thanksgiving (26th) has none, the 27th closes at 18:00 UTC.
        assert len(bench.minutes) == 40
        assert bench.minutes[0] == at("2020-11-02 15:00")
        assert bench.minutes[1] == at("2020-11-02 20:30")
        assert bench.minutes[36:] == [
            at("2020-11-27 15:00"),
            at("2020-11-27 17:30"),
            at("2020-11-30 15:00"),
            at("2020-11-30 20:30"),
        ]
        assert not bench.failures

    virtual.run(at("2020-10-31 12:00"), story)


def test_looks_are_never_early_and_less_than_a_millisecond_late(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        with capture_logs() as lines:
            await bench.run_until(at("2024-01-03 00:00"))
        assert not lines, "the watchdog found a fault where there was none"
        assert len(bench.looked_at) == 78  # 6.5 hours of 12 looks
        for number, moment in enumerate(bench.looked_at):
            due = at("2024-01-02 14:30") + number * timedelta(minutes=5)
            assert timedelta(0) <= moment - due < timedelta(milliseconds=1)

    virtual.run(at("2024-01-02 00:00"), story)


def test_the_machines_clock_plays_no_part_on_a_replayed_day(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+30m")
        await bench.run_until(at("2005-03-02 16:00"))
        assert bench.minutes == [at("2005-03-01 15:00"), at("2005-03-02 15:00")]

    virtual.run(at("2005-03-01 09:00"), story)


async def test_a_look_is_made_in_real_time_with_the_clock_at_an_offset() -> None:
    clock, calendar = WallClock(), ExchangeCalendar("XNYS")
    # Loaded before the time runs.
    calendar.session_at(at("2020-11-27 17:00"))
    # The clock stands half a second before the half day's last look.
    clock.follow(at("2020-11-27 17:29:59.5") - clock.now())
    looked = asyncio.Event()

    async def look() -> None:
        looked.set()

    bench = Bench(clock, calendar, "close-30m", look=look)
    bench.scheduler.start()
    assert bench.scheduler.next_at == at("2020-11-27 17:30")
    await asyncio.wait_for(looked.wait(), timeout=10)
    assert bench.looked_at[0] >= at("2020-11-27 17:30")
    assert bench.scheduler.next_at == at("2020-11-30 20:30")
    assert await bench.scheduler.stop(timeout_s=5)
    assert not bench.failures


def test_a_late_start_is_made_all_the_same(virtual: VirtualTime, daily: DailyCalendar) -> None:
    # APScheduler's own limit is one second; a quarterly look would be lost for three months.
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+30m", watch_every_s=3600.0)
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:59:59"))
        clock.block_for(600)
        await bench.pass_to(at("2024-01-02 16:00"))
        await bench.scheduler.stop(timeout_s=1)
        assert bench.minutes == [at("2024-01-02 15:09:59")]

    virtual.run(at("2024-01-02 14:00"), story)


def test_looks_missed_while_the_machine_slept_are_made_once(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:47"))
        clock.block_for(3600)
        await bench.pass_to(at("2024-01-02 15:52"))
        await bench.scheduler.stop(timeout_s=1)
        # 14:30, 14:35, 14:40, 14:45, then the eleven missed ones together at 15:47, then 15:50.
        assert len(bench.minutes) == 6
        assert bench.minutes[4:] == [at("2024-01-02 15:47"), at("2024-01-02 15:50")]

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_look_that_is_due_while_another_runs_is_skipped(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m", look=lambda: clock.sleep(420))
        await bench.run_until(at("2024-01-02 14:48"))
        # 14:30 runs until 14:37, so 14:35 is skipped; 14:40 runs until 14:47, so 14:45 is.
        assert bench.minutes == [at("2024-01-02 14:30"), at("2024-01-02 14:40")]
        assert not bench.failures

    virtual.run(at("2024-01-02 14:29"), story)


def test_what_a_look_raises_is_handed_over_and_the_next_look_is_made(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    error = RuntimeError("a bug in the look")

    async def broken() -> None:
        raise error

    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m", look=broken)
        await bench.run_until(at("2024-01-02 14:36"))
        assert len(bench.looked_at) == 2
        assert bench.failures == [error, error]

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_look_that_was_cancelled_from_elsewhere_is_reported(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m", look=cancelled)
        await bench.run_until(at("2024-01-02 14:31"))
        assert [type(error) for error in bench.failures] == [InvariantBroken]

    virtual.run(at("2024-01-02 14:29"), story)


def test_stop_lets_a_running_look_finish(virtual: VirtualTime, daily: DailyCalendar) -> None:
    ended: list[datetime] = []

    async def story(clock: VirtualClock) -> None:
        async def look() -> None:
            await clock.sleep(30)
            ended.append(clock.now())

        bench = Bench(clock, daily, "open+0m", look=look)
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:30:10"))
        assert await bench.scheduler.stop(timeout_s=60)
        assert [moment.replace(microsecond=0) for moment in ended] == [at("2024-01-02 14:30:30")]
        assert clock.now() < at("2024-01-02 14:30:31")
        assert not bench.failures

    virtual.run(at("2024-01-02 14:29"), story)


def test_stop_cancels_a_look_that_outlasts_its_time_and_says_so(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    cancelled: list[datetime] = []

    async def story(clock: VirtualClock) -> None:
        async def look() -> None:
            try:
                await clock.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(clock.now())
                raise

        bench = Bench(clock, daily, "open+0m", look=look)
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:30:10"))
        with capture_logs() as lines:
            assert not await bench.scheduler.stop(timeout_s=60)
        assert [moment.replace(microsecond=0) for moment in cancelled] == [
            at("2024-01-02 14:31:10")
        ]
        assert lines == [{"event": "look_cancelled_at_stop", "waited_s": 60, "log_level": "error"}]
        assert not bench.failures

    virtual.run(at("2024-01-02 14:29"), story)


def test_no_look_begins_after_stop(virtual: VirtualTime, daily: DailyCalendar) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        await bench.run_until(at("2024-01-02 14:31"))
        await bench.pass_to(at("2024-01-02 18:00"))
        assert len(bench.looked_at) == 1
        assert bench.scheduler.next_at is None

    virtual.run(at("2024-01-02 14:29"), story)


def test_stop_before_start_and_twice_does_nothing(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        assert await bench.scheduler.stop(timeout_s=1)
        bench.scheduler.start()
        assert await bench.scheduler.stop(timeout_s=1)
        assert await bench.scheduler.stop(timeout_s=1)

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_schedule_that_no_session_has_room_for_fails_at_the_start(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+9h")
        with pytest.raises(ConfigError, match=r"open\+540m"):
            bench.scheduler.start()

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_calendar_that_fails_for_a_while_does_not_end_the_looks(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        bench.scheduler.start()
        with capture_logs() as lines:
            await bench.pass_to(at("2024-01-02 14:34:59.5"))
            daily.is_down = ConfigError("the calendar ended")
            await bench.pass_to(at("2024-01-02 14:41"))
            daily.is_down = None
            await bench.pass_to(at("2024-01-02 14:56"))
        await bench.scheduler.stop(timeout_s=1)
        # 14:40 is the retry, five minutes after 14:35; the retry of 14:45 is again a true look.
        assert bench.minutes == [at(f"2024-01-02 14:{m}") for m in (30, 35, 40, 45, 50, 55)]
        unknown = [line for line in lines if line["event"] == "look_time_unknown"]
        assert {line["log_level"] for line in unknown} == {"critical"}
        assert {line["error"] for line in unknown} == {"the calendar ended"}

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_timer_that_a_bug_ended_is_set_again_by_the_watchdog(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:34:59.5"))
        # OSError is none of the failures that the trigger answers: it escapes into APScheduler.
        daily.failures.append(OSError("a bug in the calendar"))
        await bench.pass_to(at("2024-01-02 14:46"))
        await bench.scheduler.stop(timeout_s=1)
        # The look of 14:35 itself is made when the watchdog woke the scheduler within the minute.
        assert bench.minutes[0] == at("2024-01-02 14:30")
        assert at("2024-01-02 14:35") <= bench.minutes[1] <= at("2024-01-02 14:36")
        assert bench.minutes[2:] == [at("2024-01-02 14:40"), at("2024-01-02 14:45")]

    virtual.run(at("2024-01-02 14:29"), story)
    assert [str(context["exception"]) for context in virtual.loop.errors] == [
        "a bug in the calendar"
    ]


def test_a_job_that_is_gone_is_reported_and_made_again(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "every 5m")
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:31"))
        with capture_logs() as lines:
            # What APScheduler does by itself when a trigger has no next time, or a store loses one.
            bench.scheduler._scheduler.remove_all_jobs()
            await bench.pass_to(at("2024-01-02 14:36"))
        await bench.scheduler.stop(timeout_s=1)
        assert bench.minutes == [at("2024-01-02 14:30"), at("2024-01-02 14:35")]
        assert [(line["event"], line["log_level"]) for line in lines] == [
            ("look_schedule_lost", "critical")
        ]

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_clock_that_is_set_back_brings_its_looks_back(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    # A paper gateway that is started again on an earlier day.
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+0m")
        bench.scheduler.start()
        await bench.pass_to(at("2024-01-02 14:31"))
        clock.set_by(timedelta(days=-10))
        await bench.pass_to(at("2023-12-25 12:00"))
        await bench.scheduler.stop(timeout_s=1)
        assert bench.minutes == [at("2024-01-02 14:30"), at("2023-12-24 14:30")]

    virtual.run(at("2024-01-02 14:29"), story)


def test_a_clock_that_is_set_forward_over_a_look_makes_it_within_the_watchdogs_interval(
    virtual: VirtualTime, daily: DailyCalendar
) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+0m")
        bench.scheduler.start()
        await clock.sleep(1)
        clock.set_by(timedelta(hours=5))  # past the look of 14:30
        await clock.sleep(61)
        await bench.scheduler.stop(timeout_s=1)
        assert len(bench.looked_at) == 1

    virtual.run(at("2024-01-02 10:00"), story)


def test_a_watchdog_that_ends_is_reported(virtual: VirtualTime, daily: DailyCalendar) -> None:
    async def story(clock: VirtualClock) -> None:
        bench = Bench(clock, daily, "open+0m")
        bench.scheduler.start()
        daily.is_down = OSError("a bug in the calendar")
        await clock.sleep(61)
        assert [str(error) for error in bench.failures] == ["a bug in the calendar"]
        await bench.scheduler.stop(timeout_s=1)

    virtual.run(at("2024-01-02 10:00"), story)
