"""Turns: everything that happens to the gateway, one thing at a time, each at one moment.

A turn is one received frame, one connection made or lost, one switch turned, or one timer come
due. All of it happens at the same logical moment, which never goes back. What is due before a
frame arrives happens before the frame, however late the event loop noticed it. So what the gateway
says depends only on what it was told and at which logical moments: a recording of those can be
played again and gives the same bytes.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.gateway.clock import GatewayClock

#: More timers in one go than any honest schedule has due together: two that set each other again.
_DUE_TOGETHER_MAX: Final = 1_000_000


@dataclass(order=True, slots=True)
class Timer:
    """A call at a later turn.

    Attributes:
        due_at: Its logical moment, aware UTC.
        number: Which of the timers it is; of two that are due together, the older one comes first.
        callback: What is called.
        is_cancelled: Whether it was taken back.
    """

    due_at: datetime
    number: int
    callback: Callable[[], None] = field(compare=False)
    is_cancelled: bool = field(default=False, compare=False)


def _nothing() -> None:
    """Do nothing."""


class Turns:
    """Gives every event its turn, and every turn its moment.

    Attributes:
        seal: Is called when all of a turn has happened, also if it failed, and before any of its
            words leave. It must not bring anything about.
    """

    def __init__(self, clock: GatewayClock) -> None:
        """Take a clock; nothing waits before the first timer is set.

        Args:
            clock: Tells when an event from outside happens. Timers have the moment that was asked
                for, not the one at which the event loop came round to them.
        """
        self._clock = clock
        self._moment = clock.now()
        self._is_on = False
        self._timers: list[Timer] = []
        self._numbers = itertools.count()
        self._last: list[Callable[[], None]] = []
        self._watchers: list[Callable[[], None]] = []
        self._alarm: tuple[datetime, asyncio.TimerHandle] | None = None
        self.seal: Callable[[], None] = _nothing

    @property
    def is_on(self) -> bool:
        """Tell whether a turn is on."""
        return self._is_on

    def now(self) -> datetime:
        """Return the moment of the turn that is on; between two turns, that of the clock."""
        return self._moment if self._is_on else max(self._moment, self._clock.now())

    def take(self, event: Callable[[], None]) -> None:
        """Give an event from outside its turn, after everything that is due before it.

        An event that another one brings about belongs to the same turn.
        """
        if self._is_on:
            event()
            return
        # Not before the turn before it: an alarm may ring a little early, and its turn counts.
        now = max(self._moment, self._clock.now())
        self._run_due(now)
        self._run(now, event)
        self._set_alarm()

    def at_end(self, callback: Callable[[], None]) -> None:
        """Call back when everything else of this turn is done; outside of a turn, in its own."""
        if self._is_on:
            self._last.append(callback)
        else:
            self.take(callback)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call back at the end of every turn from this one on, after all that happens in it."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Stop calling back."""
        self._watchers.remove(watcher)

    def after(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back in a later turn, some seconds (0 or more) of the gateway's time from now."""
        return self.at(self.now() + timedelta(seconds=max(delay_s, 0.0)), callback)

    def at(self, moment: datetime, callback: Callable[[], None]) -> Timer:
        """Call back in a turn at a moment; at once, but in a turn of its own, if that is over."""
        timer = Timer(max(moment, self.now()), next(self._numbers), callback)
        heapq.heappush(self._timers, timer)
        if not self._is_on:
            self._set_alarm()
        return timer

    @staticmethod
    def cancel(timer: Timer) -> None:
        """Take a call back."""
        timer.is_cancelled = True

    def cancel_all(self) -> None:
        """Take all calls back."""
        self._timers.clear()
        self._clear_alarm()

    def _run(self, moment: datetime, event: Callable[[], None]) -> None:
        """Let one event happen, and what was put off to its end."""
        self._moment = max(self._moment, moment)
        self._is_on = True
        try:
            event()
            self._run_last()
            if self._watchers:
                for watcher in tuple(self._watchers):
                    watcher()
                self._run_last()
        finally:
            self._last.clear()
            try:
                self.seal()
            finally:
                self._is_on = False

    def _run_last(self) -> None:
        """Let happen what was put off to the end of the turn."""
        while self._last:
            last, self._last = self._last, []
            for callback in last:
                callback()

    def _run_due(self, now: datetime) -> None:
        """Let happen what is due, each at its own moment.

        Raises:
            RuntimeError: If timers set each other again without end.
        """
        for _ in range(_DUE_TOGETHER_MAX):
            if not self._timers or self._timers[0].due_at > now:
                return
            timer = heapq.heappop(self._timers)
            if not timer.is_cancelled:
                self._run(timer.due_at, timer.callback)
        message = f"{_DUE_TOGETHER_MAX} timers were due together: they set each other again"
        raise RuntimeError(message)

    def _set_alarm(self) -> None:
        """See to it that the event loop comes back when the next timer is due."""
        while self._timers and self._timers[0].is_cancelled:
            heapq.heappop(self._timers)
        if not self._timers or not self._clock.speed:
            self._clear_alarm()
            return
        due_at = self._timers[0].due_at
        if self._alarm is not None:
            if self._alarm[0] == due_at:
                return
            self._alarm[1].cancel()
        wait_s = (due_at - self._clock.now()).total_seconds() / self._clock.speed
        loop = asyncio.get_running_loop()
        self._alarm = (due_at, loop.call_later(max(wait_s, 0.0), self._ring))

    def _ring(self) -> None:
        """Let happen what is due: the alarm decides, a clock that is a little behind does not."""
        if self._alarm is None:
            return
        due_at, _ = self._alarm
        self._alarm = None
        self._run_due(max(due_at, self._clock.now()))
        self._set_alarm()

    def _clear_alarm(self) -> None:
        """Tell the event loop not to come back."""
        if self._alarm is not None:
            self._alarm[1].cancel()
            self._alarm = None
