"""The daemon: looks by the calendar, a line to the broker, a clean end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.core.domain.alert import Alert, Level
from bot.engine import events
from bot.engine.cycle import reconnect
from bot.engine.posting import tell
from bot.engine.recovery.cancelling import cancel_own_orders
from bot.engine.recovery.watch import keep_books
from bot.engine.report import Outcome
from bot.engine.telling import ASKED_TO_STOP
from bot.errors import (
    BotError,
    BrokerUnavailable,
    ConfigError,
    HaltRequired,
    InvariantBroken,
    Stopped,
)
from bot.live.alerting import telling
from bot.live.supervisor import stop_trading, supervised_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.engine.desk import Desk
    from bot.engine.report import LookReport
    from bot.engine.scheduler import LookScheduler
    from bot.live.alerting import Errands
    from bot.live.stopping import StoppableSwitch

log = structlog.get_logger(__name__)

#: First and last pause between attempts to reach the gateway, seconds.
RECONNECT_FIRST_S = 5.0
RECONNECT_LAST_S = 60.0
#: How often the broker is asked for the time while nothing else is asked, seconds.
HEARTBEAT_S = 20.0
#: How often the broker's events are taken between looks, seconds.
BOOKS_POLL_S = 1.0
#: How often the switch is looked at while no look runs, seconds.
SWITCH_POLL_S = 0.2
#: Halted without a line: first and last pause between attempts to get one for our cancels, and how long, seconds.
CANCEL_FIRST_S = 0.5
CANCEL_LAST_S = 5.0
CANCEL_WITHIN_S = 600.0
#: How long before an arming's end it is warned of, and how often.
ARMING_ENDS_SOON = timedelta(days=5)
ARMING_WARNED_EVERY_S = 86_400.0
#: How long a running look may take to wind up after a request to stop, seconds.
STOP_WITHIN_S = 15.0


class Service(Protocol):
    """The service manager that started us, if one did."""

    def ready(self) -> bool:
        """Say that looks will be made from now on."""

    def alive(self) -> bool:
        """Say that the loop turns; silence longer than its watchdog makes the manager restart us."""

    def stopping(self) -> bool:
        """Say that we are ending."""


@dataclass(slots=True)
class Daemon:
    """Makes looks until it is asked to stop, or trading is halted.

    Attributes:
        desk: Ports and rules; its switch is `switch`.
        switch: The kill switch, which also carries the request to stop.
        look_timeout_s: A look that takes longer is a failure, seconds.
        service: Tells the service manager how we are.
        make_scheduler: Builds the scheduler around the look and the failure callback.
        arming_left: How long trading is armed yet, or None where it need not be.
        errands: What it says unasked.
    """

    desk: Desk
    switch: StoppableSwitch
    look_timeout_s: float
    service: Service
    make_scheduler: Callable[[Daemon], LookScheduler]
    arming_left: Callable[[], timedelta | None]
    errands: Errands
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    _books: asyncio.Lock = field(default_factory=asyncio.Lock)
    _failure: BaseException | None = None
    _is_told: bool = False
    #: Whether a look runs that answers a halt by itself.
    _is_looking: bool = False
    _warned_at_s: float | None = None

    def request_stop(self) -> None:
        """End cleanly: no new order, own working orders cancelled, the open plan stays open."""
        self._is_told = True
        self._end()

    def fail(self, error: BaseException) -> None:
        """End because of `error`: what a look raised is never swallowed."""
        self._failure = self._failure or error
        self._end()

    def _end(self) -> None:
        self.switch.request_stop()
        self._stop.set()

    async def run(self) -> None:
        """Run until stopped.

        Raises:
            Stopped: If trading is halted, at the start or later.
            HaltRequired, InvariantBroken, ConfigError: As a look raised them.
        """
        if self.switch.is_halted():
            raise Stopped(self.switch.reason())
        async with telling(self.desk, self.errands):
            await self._run()

    async def _run(self) -> None:
        self.desk.recorder.record(events.DAEMON_STARTED, {"settings": self.desk.mandate.digest})
        line = asyncio.create_task(self._keep_line())
        line.add_done_callback(self._line_ended)
        books = asyncio.create_task(self._keep_books())
        books.add_done_callback(self._line_ended)
        scheduler: LookScheduler | None = None
        try:
            await self._first_connection()
            scheduler = self.make_scheduler(self)
            scheduler.start()
            self.service.ready()
            log.info("daemon_ready", next_look_at=str(scheduler.next_at))
            await self._until_stopped()
        finally:
            self.service.stopping()
            line.cancel()
            books.cancel()
            if not self._is_looking:  # one that still runs cancels by itself
                await cancel_own_orders(self.desk)
            if scheduler is not None:
                await scheduler.stop(STOP_WITHIN_S)
            left = await self._cancel_at_last()
            if left:
                log.critical("own_orders_left", not_reached=left, runbook="order-unknown")
            await self.desk.broker.disconnect()
            reason = str(self._failure) if self._failure else ASKED_TO_STOP
            self.desk.recorder.record(events.DAEMON_STOPPED, {"reason": reason})
        if self._failure is not None:
            raise self._failure

    async def cancel_left_behind(self) -> list[str]:
        """Ask once to cancel what an earlier process left at work; for a start that is refused while halted.

        Returns:
            The references that could not be asked for.
        """
        left = [record.intent.order_ref for record in self.desk.recorder.ledger.unsettled()]
        async with telling(self.desk):  # also why it ended, if that could not be told then
            if not left:
                return []
            try:
                await self._connect()
                _, left = await cancel_own_orders(self.desk)
            except BotError as error:
                log.warning("cancels_wait_for_a_line", not_reached=left, reason=str(error))
            finally:
                await self.desk.broker.disconnect()
        return left

    async def _cancel_at_last(self) -> list[str]:
        """Ask for what works of ours; halted without a line, wait for one first, for nobody else would ask.

        Returns:
            The references that could not be asked for.
        """
        pause_s, ends_at_s = CANCEL_FIRST_S, self.desk.clock.monotonic() + CANCEL_WITHIN_S
        while True:
            had_line = self.desk.broker.is_connected
            _, left = await cancel_own_orders(self.desk)
            is_late = self.desk.clock.monotonic() >= ends_at_s
            if not left or had_line or is_late or self._is_told or not self._is_halted():
                return left
            log.warning("cancels_wait_for_a_line", not_reached=left, runbook="ib-disconnected")
            await self.desk.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, CANCEL_LAST_S)
            with suppress(BotError):  # no line, or another account's: nothing to cancel over it
                await self._connect()

    def _is_halted(self) -> bool:
        """Return whether trading is halted and not only this process asked to end."""
        return isinstance(self._failure, Stopped | HaltRequired)

    async def scheduled_look(self) -> LookReport | None:
        """Make one look that the calendar asked for; its failure ends the daemon through `fail`."""
        async with self._busy, self._books:
            if self._stop.is_set():
                return None
            report = await self._timed_look()
        log.info(
            "look_ended",
            look_id=report.look_id,
            outcome=report.outcome.value,
            statement=report.statement,
        )
        if report.outcome is Outcome.HALTED and not self._stop.is_set():
            self.fail(Stopped(report.statement))
        return report

    async def _timed_look(self) -> LookReport:
        self._is_looking = True
        try:
            async with asyncio.timeout(self.look_timeout_s):
                return await supervised_look(self.desk, execute=True)
        except TimeoutError as error:
            message = f"a look took longer than {self.look_timeout_s:.0f} s; trading is stopped"
            await stop_trading(self.desk, message)
            raise HaltRequired(message) from error
        except ConfigError as error:
            # It was sound when we started, so the world has changed: another account, a symbol that is gone.
            await stop_trading(self.desk, str(error))
            raise
        finally:
            self._is_looking = False

    def _warn_of_arming(self) -> None:
        now_s = self.desk.clock.monotonic()
        if self._warned_at_s is not None and now_s - self._warned_at_s < ARMING_WARNED_EVERY_S:
            return
        self._warned_at_s = now_s
        left = self.arming_left()
        if left is not None and left < ARMING_ENDS_SOON:
            hours = round(left.total_seconds() / 3600)
            log.warning("arming_ends_soon", hours_left=hours, runbook="not-armed")
            text = (
                f"trading is armed for {hours} more hours: `bot resume --reason TEXT` arms it anew"
            )
            tell(self.desk, Alert(Level.WARNING, "The arming ends", text, "not-armed", "arming"))

    def _fail_halted(self) -> None:
        """End because trading is halted. Whatever said so, an arming that ran out or a silence, becomes a true halt."""
        reason = self.switch.reason()
        try:
            self.switch.halt(reason)
        except HaltRequired as error:
            log.critical("halt_not_recorded", reason=str(error), runbook=error.runbook)
        self.fail(Stopped(reason))

    def _line_ended(self, line: asyncio.Task[None]) -> None:
        """A line that nobody keeps any more must not go unnoticed."""
        error = None if line.cancelled() else line.exception()
        if error is not None:
            self.fail(error)

    async def _first_connection(self) -> None:
        """Connect once before the first look, so that a wrong account is known at the start; a gateway may be late."""
        try:
            await self._connect()
        except BrokerUnavailable as error:
            log.warning("gateway_unavailable", reason=str(error), runbook=error.runbook)

    async def _connect(self) -> None:
        async with self._busy:
            if not self.desk.broker.is_connected:
                await reconnect(self.desk)
                log.info("connected")

    async def _keep_line(self) -> None:
        """Reconnect with growing pauses, and ask for the time while the line is idle."""
        pause_s = RECONNECT_FIRST_S
        while not self._stop.is_set():
            await self.desk.clock.sleep(HEARTBEAT_S if self.desk.broker.is_connected else pause_s)
            try:
                if self.desk.broker.is_connected:
                    await self.desk.broker.read_time()
                    pause_s = RECONNECT_FIRST_S
                else:
                    await self._connect()
            except BrokerUnavailable as error:
                pause_s = min(2 * pause_s, RECONNECT_LAST_S)
                log.warning("gateway_unavailable", reason=str(error), runbook=error.runbook)
            except (HaltRequired, ConfigError, InvariantBroken) as error:
                await stop_trading(self.desk, str(error))
                self.fail(error)

    async def _keep_books(self) -> None:
        """Take the broker's events between looks, and compare journal and broker when that is due.

        Under a lock of its own, so that a halt meanwhile is not noticed later than without it.
        """
        while not self._stop.is_set():
            await self.desk.clock.sleep(BOOKS_POLL_S)
            async with self._books:
                try:
                    found = await keep_books(self.desk)
                except (HaltRequired, InvariantBroken) as error:
                    await stop_trading(self.desk, f"{type(error).__name__}: {error}")
                    self.fail(error)
                    return
            if found is not None and not found.is_clean:
                log.warning("held", reason=found.told(), runbook="held-symbol")

    async def _until_stopped(self) -> None:
        """Wait for the end; feed the watchdog and notice a halt while no look runs."""
        while not self._stop.is_set():
            self.service.alive()
            self._warn_of_arming()
            if self.switch.is_halted() and not self._is_looking:
                self._fail_halted()
                return
            try:
                await asyncio.wait_for(self._stop.wait(), SWITCH_POLL_S)
            except TimeoutError:
                continue
