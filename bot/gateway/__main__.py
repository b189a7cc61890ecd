"""The gateway as a program: `python -m bot.gateway [--config FILE] [--host H] [--port P]`.

The one file of the gateway that reads the machine's clock.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from typing_extensions import override

from bot.gateway.config import GatewayConfig, GatewayConfigError
from bot.gateway.exchange.sessions import local
from bot.gateway.server import LOOPBACK, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.gateway.behaviour import Behaviour

#: Where a paper IB Gateway listens.
DEFAULT_PORT: Final = 4002
PORT_MAX: Final = 65535

EXIT_DONE: Final = 0
EXIT_USAGE: Final = 64
EXIT_UNAVAILABLE: Final = 69
EXIT_CONFIG: Final = 78


class _Parser(argparse.ArgumentParser):
    """A parser that ends with the exit code that all commands of the bot have for wrong usage."""

    @override
    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


class ReplayClock:
    """Starts at a replayed moment and advances with real time, or a number of times as fast."""

    def __init__(self, at: datetime, speed: float = 1.0) -> None:
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
class Listening:
    """What a gateway says when it listens; `str` of it is the one line."""

    account: str
    host: str
    port: int
    replaying: str
    symbols: int

    @override
    def __str__(self) -> str:
        """Return the line."""
        return (
            f"paper gateway: account {self.account} on {self.host}:{self.port}, replaying"
            f" {self.replaying} New York, {self.symbols} symbols"
        )


async def serve(
    config: GatewayConfig,
    host: str,
    port: int,
    announce: Callable[[object], None],
    behaviour: Behaviour | None = None,
) -> int:
    """Run a gateway until the process is interrupted or terminated.

    Args:
        config: The account, the market and the replayed moment.
        host: Address to listen on.
        port: Port to listen on; 0 takes any that is free.
        announce: Is called with a `Listening`, or with one line when the gateway cannot listen.
        behaviour: How it treats its clients; as it should if None.

    Returns:
        The exit code: 0, or 69 if the port cannot be had.
    """
    gateway = Gateway(config, ReplayClock(config.at), behaviour)
    try:
        bound_port = await gateway.start(host, port)
    except OSError as error:
        # asyncio wraps the system's words in many of its own.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        announce(f"paper gateway: cannot listen on {host}:{port}: {reason}")
        return EXIT_UNAVAILABLE
    moment = f"{local(config.at):%Y-%m-%d %H:%M}"
    announce(Listening(config.account, host, bound_port, moment, len(config.universe)))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await stopped.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        await gateway.stop()
    return EXIT_DONE


def _port(text: str) -> int:
    """Read a port number.

    Raises:
        argparse.ArgumentTypeError: If it is none.
    """
    if not text.isdecimal() or int(text) > PORT_MAX:
        message = f"{text!r} is no port: expected a number from 0 to {PORT_MAX}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve.

    Returns:
        The exit code: 0, 69 if the port cannot be had, 78 if the configuration cannot be served.
        A wrong command line ends the process with 64.
    """
    parser = _Parser(
        prog="python -m bot.gateway",
        description="A paper broker that speaks the TWS protocol, on replayed daily closes.",
    )
    parser.add_argument("--config", help="TOML file; config/gateway.toml shows every key")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port (%(default)s)")
    chosen = parser.parse_args(arguments)

    def announce(line: object) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        config = GatewayConfig.from_toml(chosen.config) if chosen.config else GatewayConfig()
    except GatewayConfigError as error:
        announce(f"paper gateway: {error}")
        return EXIT_CONFIG
    return asyncio.run(serve(config, chosen.host, chosen.port, announce))


if __name__ == "__main__":
    sys.exit(main())
