"""Keeps the times of looks: APScheduler in the running loop, with every way it can lose a look closed.

- A store that fails ends its timer: the store is memory, and the job is made from the settings at
  every start.
- A trigger that fails ends its timer, too: ours always answers, and the watchdog wakes the
  scheduler in any case.
- A late start is dropped without a word after one second: here it may be late without limit. The
  look asks the calendar itself, so a late one is at worst a look that says why it did nothing.
- A shutdown cancels what runs: a look is a task of our own, and `stop` waits for it first.

A look that is still running when the next is due is not joined by it: the next one is skipped, and
a skipped or missed look is never made up, since the one after it sees everything that it would have
seen.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]
    AsyncIOScheduler,
)

from bot.engine.scheduler.apscheduler_boundary import ClockZone, SessionTrigger
from bot.engine.scheduler.look_times import next_fire
from bot.errors import InvariantBroken, require

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from bot.engine.scheduler.look_times import LookTime
    from bot.ports import Calendar, Clock

_JOB: Final = "look"

#: A look that is due may be this late before the watchdog calls it lost: it may be about to begin.
_GRACE: Final = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class LookScheduler:
    """Calls one coroutine function at the times of the looks, one call at a time.

    Args:
        clock: Time; may run at an offset or be virtual.
        calendar: The exchange's sessions.
        looks: At least one.
        run_look: Makes one look. Whatever it raises goes to `on_failure`.
        on_failure: Told of every look, and of a watchdog, that ended by an error; must not wait. It
            decides whether the daemon goes on.
        watch_every_s: How often the watchdog looks after the scheduler, seconds of the clock.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        calendar: Calendar,
        looks: Sequence[LookTime],
        run_look: Callable[[], Coroutine[Any, Any, object]],
        on_failure: Callable[[BaseException], None],
        watch_every_s: float = 60.0,
    ) -> None:
        require(
            watch_every_s > 0, f"the watchdog's interval is above zero, found {watch_every_s} s"
        )
        self._clock = clock
        self._calendar = calendar
        self._looks = tuple(looks)
        self._run_look = run_look
        self._on_failure = on_failure
        self._watch_every_s = watch_every_s
        zone = ClockZone(clock)
        self._trigger = SessionTrigger(self._looks, calendar, zone)
        self._scheduler: Any = AsyncIOScheduler(timezone=zone)
        self._look: asyncio.Task[object] | None = None
        self._caller: asyncio.Task[Any] | None = None
        self._is_stopping = False
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def next_at(self) -> datetime | None:
        """When the next look is due, aware UTC; None if not started, or if APScheduler lost the job."""
        job = self._scheduler.get_job(_JOB)
        if job is None or job.next_run_time is None:
            return None
        due: datetime = job.next_run_time
        return due.astimezone(UTC)

    def start(self) -> None:
        """Begin, in the running loop.

        Raises:
            ConfigError: If no look falls inside any session, or the calendar does not cover the
                time.
        """
        require(self._watchdog is None, "a look scheduler is started once")
        # Asked here once without the trigger's caution, so that a person sees the mistake at the
        # start.
        next_fire(self._looks, self._calendar, self._clock.now())
        self._scheduler.start()
        self._schedule()
        self._watchdog = asyncio.create_task(self._watch(), name="look-watchdog")
        self._watchdog.add_done_callback(self._report)

    async def stop(self, timeout_s: float) -> bool:
        """End: no further look begins, a running one may finish and is cancelled after `timeout_s`.

        Not to be called by a look itself, which would wait for its own end.

        Args:
            timeout_s: How long a running look may go on, seconds of the event loop.

        Returns:
            Whether nothing had to be cancelled.
        """
        self._is_stopping = True
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.wait({self._watchdog})
        if not self._scheduler.running:
            return True
        self._scheduler.remove_all_jobs()
        finished = await self._drain(timeout_s)
        self._scheduler.shutdown(wait=False)
        # The library only asks the loop to do it: one turn of the loop, and it is done.
        await self._clock.sleep(0)
        return finished

    async def _drain(self, timeout_s: float) -> bool:
        look, caller = self._look, self._caller
        if look is None or caller is None or caller.done():
            return True
        await asyncio.wait({look}, timeout=timeout_s)
        finished = look.done()
        if not finished:
            _log.error("look_cancelled_at_stop", waited_s=timeout_s)
            look.cancel()
        # APScheduler's own task ends with the look; cancelled by a shutdown it would log an error.
        await asyncio.wait({caller}, timeout=timeout_s)
        return finished

    def _schedule(self) -> None:
        self._scheduler.add_job(
            self._fire,
            self._trigger,
            id=_JOB,
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    async def _fire(self) -> None:
        # A task of its own: APScheduler's is cancelled by a shutdown, and its errors only logged.
        self._caller = asyncio.current_task()
        look = self._look = asyncio.create_task(self._run_look(), name=_JOB)
        look.add_done_callback(self._report)
        await asyncio.wait({look})

    def _report(self, task: asyncio.Task[Any]) -> None:
        """Hand over what a task of ours ended by."""
        if task.cancelled():
            if not self._is_stopping:
                message = f"the task {task.get_name()} was cancelled, and not by stop"
                self._on_failure(InvariantBroken(message))
            return
        error = task.exception()
        if error is not None:
            self._on_failure(error)

    async def _watch(self) -> None:
        """Wake the scheduler now and then, and see that it has a look before it."""
        while True:
            await self._clock.sleep(self._watch_every_s)
            # Also covers a machine that slept and a clock that was set: the timer knows of neither.
            self._scheduler.wakeup()
            # The library only asks the loop to do it: one turn of the loop, and it is done.
            await self._clock.sleep(0)
            self._check()

    def _check(self) -> None:
        now = self._clock.now()
        due, expected = self.next_at, self._trigger.get_next_fire_time(None, now)
        if due is not None and now - _GRACE < due <= expected:
            return
        _log.critical("look_schedule_lost", next_at=str(due), expected_at=str(expected))
        self._schedule()
