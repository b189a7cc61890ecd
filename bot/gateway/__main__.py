"""The gateway as a program, and the one file of it that reads the machine's clock.

It is started by `bot gateway`; this module holds what that command does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from bot.gateway.config import GatewayConfig, GatewayConfigError
from bot.gateway.control import ControlPort
from bot.gateway.exchange.sessions import local, midnight_after
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.script import load
from bot.gateway.recording.lines import RecordingError
from bot.gateway.recording.recorder import FileSink, Recorder
from bot.gateway.server import LOOPBACK, Gateway
from bot.gateway.store.file import claim, read_state
from bot.gateway.store.keeper import Keeper
from bot.gateway.store.state import StateError, check_state, resumed
from bot.prices import load_history

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.gateway.behaviour import Behaviour

#: Where a paper IB Gateway listens.
DEFAULT_PORT: Final = 4002

#: Replayed seconds a second: a day in less than one of them.
SPEED_MAX: Final = 100_000

EXIT_DONE: Final = 0
EXIT_USAGE: Final = 64
EXIT_UNAVAILABLE: Final = 69
EXIT_CONFIG: Final = 78

#: How often the disk is asked to have what is kept.
_SYNC_EVERY_S: Final = 1.0

#: How moments are told.
_MINUTE: Final = "%Y-%m-%d %H:%M"


class ReplayClock:
    """Starts at a replayed moment and advances with real time, or a number of times as fast."""

    def __init__(self, at: datetime, speed: float = 1.0) -> None:
        """Start.

        Args:
            at: The replayed moment, aware.
            speed: Replayed seconds a second, > 0 and at most `SPEED_MAX`.

        Raises:
            ValueError: If it cannot be that fast.
        """
        if not 0 < speed <= SPEED_MAX:
            message = f"speed = {speed}: expected a number above 0, at most {SPEED_MAX}"
            raise ValueError(message)
        self._start = at.astimezone(UTC)
        self._started_s = time.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Replayed seconds a second."""
        return self._speed

    def now(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._started_s) * self._speed)


@dataclass(frozen=True, slots=True)
class Serving:
    """How a gateway is served.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 takes any that is free.
        speed: Replayed seconds a second, > 0.
        record: Where everything is recorded, or None.
        faults: A script of faults, or None.
        state: Where the state is kept and found again, or None.
        control: Port of the control, 0 for any that is free; None for no control.
    """

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    speed: float = 1.0
    record: Path | None = None
    faults: Path | None = None
    state: Path | None = None
    control: int | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """What a gateway says when it listens; `str` of it is the one line.

    Attributes:
        account: The account that an order without one belongs to.
        host: Where it listens.
        port: On which port.
        replaying: The replayed moment, New York time.
        symbols: How many there are.
        control: Port of the control, or None.
        closed_until: When orders trade, New York time; None if they do now.
    """

    account: str
    host: str
    port: int
    replaying: str
    symbols: int
    control: int | None = None
    closed_until: str | None = None

    @override
    def __str__(self) -> str:
        """Return the line."""
        told = (
            f"paper gateway: account {self.account} on {self.host}:{self.port}, replaying"
            f" {self.replaying} New York, {self.symbols} symbols"
        )
        if self.control is not None:
            told = f"{told}, control on port {self.control}"
        return (
            told if self.closed_until is None else f"{told}; closed until {self.closed_until} there"
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a gateway says when it cannot go on as asked; `str` of it is the one line.

    Attributes:
        words: The line.
        exit_code: What the program ends with, or None if it goes on.
    """

    words: str
    exit_code: int | None = None

    @override
    def __str__(self) -> str:
        """Return the line."""
        return f"paper gateway: {self.words}"


class _Refused(Exception):
    """The gateway cannot be served as asked."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


async def serve(
    config: GatewayConfig,
    serving: Serving,
    announce: Callable[[object], None],
    behaviour: Behaviour | None = None,
) -> int:
    """Run a gateway until the process is interrupted or terminated.

    Args:
        config: The account, the market and the replayed moment.
        serving: Ports and files.
        announce: Is called with a `Listening`, and with a `Trouble` when something cannot be done.
        behaviour: How it treats its clients; as it should if None.

    Returns:
        The exit code: 0, 69 if a port cannot be had, or 78 if a file cannot be used.
    """
    try:
        async with AsyncExitStack() as stack:
            await _serve(config, serving, announce, behaviour, stack)
    except _Refused as refused:
        announce(refused.trouble)
        return refused.trouble.exit_code or EXIT_DONE
    return EXIT_DONE


async def _serve(
    config: GatewayConfig,
    serving: Serving,
    announce: Callable[[object], None],
    behaviour: Behaviour | None,
    stack: AsyncExitStack,
) -> None:
    """Start everything, wait for the end, and leave the ending to the stack."""
    if serving.record is not None and serving.record == serving.state:
        raise _Refused(Trouble("record and state have to be two files", EXIT_CONFIG))
    config, state = _resume(config, serving.state, stack)
    recorder = _recorder(serving.record, announce)
    try:
        clock = ReplayClock(config.at, serving.speed)
        script = None if serving.faults is None else load(serving.faults)
        gateway = Gateway(config, clock, behaviour, recorder=recorder, state=state, script=script)
    except FaultError as error:
        raise _Refused(Trouble(str(error), EXIT_CONFIG)) from error
    except StateError as error:
        raise _Refused(Trouble(f"{serving.state}: {error}", EXIT_CONFIG)) from error
    gateway.complain = lambda words: announce(Trouble(words))
    keeper = _keeper(gateway, serving.state, announce, stack)
    stopped = _ends(stack)  # before anybody is told that it listens, and ends it
    port = await _listen(gateway.start, serving.host, serving.port)
    stack.push_async_callback(gateway.stop)
    _begin(keeper, serving.state)  # before anybody can be served
    control_port = None
    if serving.control is not None:
        control = ControlPort(gateway)
        control_port = await _listen(control.start, LOOPBACK, serving.control)
        stack.push_async_callback(control.stop)
    moment, opens_at = f"{local(config.at):{_MINUTE}}", gateway.closed_until()
    closed_until = None if opens_at is None else f"{local(opens_at):{_MINUTE}}"
    symbols = len(config.universe)
    announce(
        Listening(config.account, serving.host, port, moment, symbols, control_port, closed_until)
    )
    _tell_of_last_price(config, clock, announce, stack)
    await _keep_until(stopped, keeper)


def _tell_of_last_price(
    config: GatewayConfig,
    clock: ReplayClock,
    announce: Callable[[object], None],
    stack: AsyncExitStack,
) -> None:
    """See to it that the end of the shipped history is said when the replay comes to it."""
    if config.prices.source != "closes":
        return
    last_on = load_history().last_on
    rest_s = (midnight_after(last_on) - clock.now()).total_seconds() / clock.speed
    words = f"there are no prices after {last_on}: from now on its closes stand still"
    loop = asyncio.get_running_loop()
    stack.callback(loop.call_later(rest_s, announce, Trouble(words)).cancel)


def _resume(
    config: GatewayConfig, path: Path | None, stack: AsyncExitStack
) -> tuple[GatewayConfig, dict[str, Any] | None]:
    """Return the configuration to go on with, and the state that was kept, if there is one."""
    if path is None:
        return config, None
    try:
        stack.callback(claim(path).close)
        found = read_state(path)
        if found is None:
            return config, None
        state = check_state(found, config)
        return resumed(config, state), state
    except OSError as error:
        raise _Refused(Trouble(f"{path}: {_reason(error)}", EXIT_CONFIG)) from error
    except (StateError, GatewayConfigError) as error:
        raise _Refused(Trouble(f"{path}: {error}", EXIT_CONFIG)) from error


def _recorder(path: Path | None, announce: Callable[[object], None]) -> Recorder | None:
    """Return what records to a file."""
    if path is None:
        return None
    try:
        return Recorder(FileSink(path, lambda words: announce(Trouble(words))))
    except OSError as error:
        raise _Refused(Trouble(f"{path}: {_reason(error)}", EXIT_CONFIG)) from error
    except RecordingError as error:
        raise _Refused(Trouble(f"{path}: {error}", EXIT_CONFIG)) from error


async def _listen(start: Callable[[str, int], Any], host: str, port: int) -> int:
    """Start to listen, and return the port."""
    try:
        bound_port: int = await start(host, port)
    except OSError as error:
        words = f"cannot listen on {host}:{port}: {_reason(error)}"
        raise _Refused(Trouble(words, EXIT_UNAVAILABLE)) from error
    return bound_port


def _reason(error: OSError) -> str:
    """Return why, in the system's words: asyncio wraps them in many of its own."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else str(error.strerror or error)


def _ends(stack: AsyncExitStack) -> asyncio.Event:
    """Return what is set when the process is to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, stopped.set)
        stack.callback(loop.remove_signal_handler, number)
    return stopped


def _keeper(
    gateway: Gateway,
    path: Path | None,
    announce: Callable[[object], None],
    stack: AsyncExitStack,
) -> Keeper | None:
    """Return what keeps the state, and keeps it for the last time when the gateway has stopped."""
    if path is None:
        return None

    def failed(error: OSError) -> None:
        announce(Trouble(f"the state is not kept: {path}: {_reason(error)}"))

    keeper = Keeper(gateway, path, failed)
    stack.callback(keeper.end)
    return keeper


def _begin(keeper: Keeper | None, path: Path | None) -> None:
    """Write the state for the first time: who asks for one shall know that it can be kept."""
    if keeper is not None:
        try:
            keeper.begin()
        except OSError as error:
            raise _Refused(Trouble(f"{path}: {_reason(error)}", EXIT_CONFIG)) from error


async def _keep_until(stopped: asyncio.Event, keeper: Keeper | None) -> None:
    """Wait until the process is to end, and look after the state meanwhile."""
    while not stopped.is_set():
        try:
            await asyncio.wait_for(stopped.wait(), None if keeper is None else _SYNC_EVERY_S)
        except TimeoutError:
            if keeper is not None:
                keeper.look()


if __name__ == "__main__":
    sys.stderr.write("start it with: bot gateway\n")
    sys.exit(EXIT_USAGE)
