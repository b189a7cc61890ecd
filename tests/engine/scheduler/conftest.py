"""A loop and a clock of virtual time, and a calendar made by hand."""

from __future__ import annotations

import asyncio
import math
import selectors
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from bot.core.domain.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

# The loop counts in microseconds and rounds every wait up: a timer due in less would spin for ever.
_TICKS_PER_S = 1_000_000


class JumpingSelector(selectors.DefaultSelector):
    """Does not wait: adds the time that it would have waited.

    With sockets it first gives the system `patience_s` of real time to carry bytes from one to the other.
    """

    def __init__(self, patience_s: float = 0.0) -> None:
        super().__init__()
        self.ticks = 0
        self._patience_s = patience_s

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and self._patience_s and timeout != 0:
            ready = super().select(self._patience_s)
        if not ready and timeout is None:
            message = "nothing is scheduled and nothing can come: the test would hang"
            raise RuntimeError(message)
        if not ready and timeout is not None and timeout > 0:
            self.ticks += math.ceil(timeout * _TICKS_PER_S)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer."""

    def __init__(self, patience_s: float = 0.0) -> None:
        self.jumping = JumpingSelector(patience_s)
        self.errors: list[dict[str, Any]] = []
        super().__init__(self.jumping)
        self.set_exception_handler(lambda _loop, context: self.errors.append(context))

    @override
    def time(self) -> float:
        return self.jumping.ticks / _TICKS_PER_S


class VirtualClock:
    """The clock port over a virtual loop; its wall time can be set, as a person or NTP would."""

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._loop.jumping.ticks)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        woken = self._loop.create_future()
        self._loop.call_later(seconds, woken.set_result, None)
        await woken

    def set_by(self, step: timedelta) -> None:
        """Set the wall time forward or back; timers and intervals do not notice."""
        self._start += step

    def block_for(self, seconds: float) -> None:
        """Let time pass without the loop running, as a blocked loop or a sleeping machine does."""
        self._loop.jumping.ticks += round(seconds * _TICKS_PER_S)


class VirtualTime:
    """Runs a coroutine function in virtual time from a given moment on."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()

    def clock(self, start: datetime) -> VirtualClock:
        return VirtualClock(self.loop, start)

    def run(
        self, start: datetime, story: Callable[[VirtualClock], Coroutine[Any, Any, None]]
    ) -> None:
        self.loop.run_until_complete(story(self.clock(start)))


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    time = VirtualTime()
    yield time
    time.loop.close()


class DailyCalendar:
    """A session every day of the year, 14:30 to 21:00 UTC; fails on demand."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.is_down: Exception | None = None

    def session_at(self, now: datetime) -> Session | None:
        self._fail()
        session = self._session(now.date())
        return session if session.contains(now) else None

    def next_session(self, now: datetime) -> Session:
        today = self._session(now.date())
        return today if today.opens_at > now else self._session(now.date() + timedelta(days=1))

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if self.is_down is not None:
            raise self.is_down

    def _session(self, day: date) -> Session:
        opens_at = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC)
        return Session(
            "XDAY",
            day,
            opens_at,
            opens_at + timedelta(hours=6.5),
            is_half_day=False,
            number_in={"day": 1},
        )


@pytest.fixture
def daily() -> DailyCalendar:
    return DailyCalendar()
