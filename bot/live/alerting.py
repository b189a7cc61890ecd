"""Alerts leave beside the trading path: a task of its own hands over what waits, and no look waits for it.

Rule: a critical alert is handed to every channel within 5 s of its fact (I24); each alert has a task of its own, so
that a channel that hangs holds up none but itself. What no channel took is tried again, with growing pauses. The
heartbeat's URL is fetched only while all is well, so that its silence says what we cannot say any more.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.domain.alert import Alert, Level, discreet
from bot.engine import events
from bot.engine.posting import collect, tell
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.watch import EVERY_S
from bot.engine.summary import summary_of
from bot.errors import JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.core.domain.session import Session
    from bot.engine.desk import Desk
    from bot.engine.outbox import Waiting
    from bot.errors import BotError
    from bot.ports import Alerts

log = structlog.get_logger(__name__)

#: How often new facts are looked for, seconds.
POLL_S: Final = 0.5
#: First and last pause before an alert that no channel took is tried again, seconds.
RETRY_FIRST_S: Final = 2.0
RETRY_LAST_S: Final = 900.0
#: How often in all, in one process: about five hours; a further start, or a channel that works again, begins anew.
ATTEMPTS_MAX: Final = 25
#: How many are on their way at once.
AT_ONCE: Final = 8
#: How long the end of a process waits for what is on its way, seconds.
FLUSH_S: Final = 10.0
#: The loop is late if a wait took so much longer than asked for, seconds.
LAG_MAX_S: Final = 1.0
#: How often the calendar is asked whether a session has closed, seconds.
CALENDAR_POLL_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Errands:
    """What a daemon says unasked.

    Attributes:
        heartbeat_s: How often the heartbeat's URL is fetched, seconds; None for never.
        daily_summary: Whether each session's close is told in one line.
    """

    heartbeat_s: float | None = None
    daily_summary: bool = False


@asynccontextmanager
async def telling(desk: Desk, errands: Errands | None = None) -> AsyncIterator[None]:
    """Hand over alerts while the body runs and, for at most `FLUSH_S`, when it has ended."""
    if desk.alerts is None:
        yield
        return
    courier = Courier(desk, desk.alerts, errands or Errands())
    running = asyncio.create_task(courier.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})
        await courier.flush()
        if not running.cancelled():
            running.result()  # it never ends by itself: what ended it must be heard


async def announce(alerts: Alerts, error: BotError, account: str) -> None:
    """Hand over that there is no journal to put an alert into; once, for nothing remembers it."""
    text = f"{discreet(str(error), account)}\nwhat to do: runbooks/{error.runbook}.md"
    alert = Alert(Level.CRITICAL, "[critical] The journal cannot be used", text, error.runbook, "")
    await asyncio.gather(*(alerts.send(channel, alert) for channel in alerts.channels))


@dataclass(slots=True)
class Courier:
    """Hands over what waits in the outbox.

    Attributes:
        desk: With the lease: what was handed over is journaled.
        alerts: The channels.
        errands: What it says unasked.
    """

    desk: Desk
    alerts: Alerts
    errands: Errands
    _on_the_way: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _tries: dict[int, int] = field(default_factory=dict)
    _not_before_s: dict[int, float] = field(default_factory=dict)
    _collected: int = -1
    _beat: asyncio.Task[None] | None = None
    _beat_at_s: float = 0.0
    _session: Session | None = None
    _calendar_at_s: float = 0.0
    _is_broken: bool = False

    async def run(self) -> None:
        """Hand over for ever; ends by being cancelled."""
        lag_s = 0.0
        while True:
            try:
                self._step(lag_s)
                self._is_broken = False
            except JournalWriteFailed as error:
                # Whoever trades finds it, too, and halts; that this could be told nowhere but here is ours to say.
                if not self._is_broken:
                    self._is_broken = True
                    log.critical("alerts_not_journaled", reason=str(error), runbook=error.runbook)
                    await announce(self.alerts, error, self.desk.mandate.account)
            before_s = self.desk.clock.monotonic()
            await self.desk.clock.sleep(POLL_S)
            lag_s = self.desk.clock.monotonic() - before_s - POLL_S

    async def flush(self) -> None:
        """Try everything that waits once more, now, and wait for what is on its way, at most `FLUSH_S`."""
        if self._beat is not None:
            self._beat.cancel()
        self._not_before_s.clear()
        ends_at_s = self.desk.clock.monotonic() + FLUSH_S
        try:
            collect(self.desk)
            while self._hand_over() or self._on_the_way:
                left_s = ends_at_s - self.desk.clock.monotonic()
                if left_s <= 0:
                    break
                await asyncio.wait(self._on_the_way.values(), timeout=left_s)
                self._take_back()
        except JournalWriteFailed as error:
            log.critical("alerts_not_journaled", reason=str(error), runbook=error.runbook)
        for task in self._on_the_way.values():
            task.cancel()

    def _step(self, lag_s: float) -> None:
        self._take_back()
        if self.errands.daily_summary:
            self._watch_close()
        # A journal on a server is not asked twice a second; what this process writes is known here.
        if self._collected != self.desk.recorder.newest:
            self._collected = self.desk.recorder.newest
            collect(self.desk)
        self._hand_over()
        self._beat_if_well(lag_s)

    def _hand_over(self) -> bool:
        """Send off what is due, and return whether there was any."""
        if not self.alerts.channels:
            return False
        now_s, sent = self.desk.clock.monotonic(), False
        for each in self.desk.outbox.waiting():
            is_due = now_s >= self._not_before_s.get(each.number, now_s)
            is_open = self._tries.get(each.number, 0) < ATTEMPTS_MAX
            if not is_due or not is_open or each.number in self._on_the_way:
                continue
            if len(self._on_the_way) >= AT_ONCE and each.alert.level is not Level.CRITICAL:
                continue
            self._on_the_way[each.number] = asyncio.create_task(self._send(each))
            sent = True
        return sent

    async def _send(self, each: Waiting) -> None:
        letter, channels = each.letter(), self.alerts.channels
        took = await asyncio.gather(*(self.alerts.send(channel, letter) for channel in channels))
        attempt = each.attempts + 1
        tries = self._tries[each.number] = self._tries.get(each.number, 0) + 1
        pause_s = min(RETRY_FIRST_S * 2 ** (tries - 1), RETRY_LAST_S)
        self._not_before_s[each.number] = self.desk.clock.monotonic() + pause_s
        for channel, is_taken in zip(channels, took, strict=True):
            kind = events.ALERT_SENT if is_taken else events.ALERT_FAILED
            body = {"alert": each.number, "channel": channel, "attempt": attempt}
            await self.desk.recorder.record_remotely(kind, body)
            if not is_taken:
                log.warning("alert_not_taken", channel=channel, runbook="alert-undelivered")
        if any(took):
            # Something takes alerts again: what was given up before is tried anew.
            self._tries.clear()
            self._not_before_s.clear()
        self.desk.outbox.follow(self.desk.recorder.journal)

    def _take_back(self) -> None:
        for number in [number for number, task in self._on_the_way.items() if task.done()]:
            self._on_the_way.pop(number).result()

    def _beat_if_well(self, lag_s: float) -> None:
        now_s = self.desk.clock.monotonic()
        every_s = self.errands.heartbeat_s
        is_busy = self._beat is not None and not self._beat.done()
        if every_s is None or is_busy or now_s < self._beat_at_s:
            return
        if lag_s < LAG_MAX_S and is_well(self.desk):
            self._beat_at_s = now_s + every_s
            self._beat = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            # In a thread: where another process has the lock, this waits, and the loop must not.
            await asyncio.to_thread(self.desk.recorder.journal.probe)
        except JournalWriteFailed as error:
            log.warning("no_heartbeat", reason=str(error), runbook=error.runbook)
            return
        await self.alerts.beat()

    def _watch_close(self) -> None:
        """Tell of a session once it has closed."""
        now_s = self.desk.clock.monotonic()
        if now_s < self._calendar_at_s:
            return
        self._calendar_at_s = now_s + CALENDAR_POLL_S
        now = self.desk.clock.now()
        session, before = self.desk.calendar.session_at(now), self._session
        if before is not None and not before.contains(now):
            tell(self.desk, summary_of(self.desk, before))
        self._session = session


def is_well(desk: Desk) -> bool:
    """Return whether the bot does what it is there for: trading allowed, the line up, journal and broker compared."""
    compared_at_s = desk.watch.compared_at_s
    if desk.switch.is_halted() or not (desk.broker.is_connected and desk.tracker.link_is_up):
        return False
    if compared_at_s is None or desk.tracker.recheck is not None:
        return False
    # While orders may fill it is due every minute; twice that says that it does not come about.
    is_fresh = desk.clock.monotonic() - compared_at_s < 2 * EVERY_S
    return is_fresh or not may_still_fill(desk)
