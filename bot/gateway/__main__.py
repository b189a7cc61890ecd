"""The gateway as a program: `python -m bot.gateway [--config FILE] [--host H] [--port P]`.

The one file of the gateway that reads the machine's clock.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.gateway.config import GatewayConfig, GatewayConfigError
from bot.gateway.exchange.sessions import local
from bot.gateway.server import LOOPBACK, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Where a paper IB Gateway listens.
DEFAULT_PORT: Final = 4002

EXIT_DONE: Final = 0
EXIT_UNAVAILABLE: Final = 69
EXIT_CONFIG: Final = 78


class ReplayClock:
    """Starts at a replayed moment and advances with real time."""

    def __init__(self, at: datetime) -> None:
        self._start = at.astimezone(UTC)
        self._started_s = time.monotonic()

    def now(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._started_s)


async def serve(
    config: GatewayConfig, host: str, port: int, announce: Callable[[str], None]
) -> int:
    """Run a gateway until the process is interrupted or terminated.

    Args:
        config: The account, the market and the replayed moment.
        host: Address to listen on.
        port: Port to listen on; 0 takes any that is free.
        announce: Is called with one line when the gateway listens, or when it cannot.

    Returns:
        The exit code: 0, or 69 if the port cannot be had.
    """
    gateway = Gateway(config, ReplayClock(config.at))
    try:
        bound_port = await gateway.start(host, port)
    except OSError as error:
        announce(f"paper gateway: cannot listen on {host}:{port}: {error.strerror or error}")
        return EXIT_UNAVAILABLE
    moment = local(config.at)
    announce(
        f"paper gateway: account {config.account} on {host}:{bound_port}, replaying"
        f" {moment:%Y-%m-%d %H:%M} New York, {len(config.universe)} symbols"
    )
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve.

    Returns:
        The exit code: 0, 69 if the port cannot be had, 78 if the configuration cannot be served.
    """
    parser = argparse.ArgumentParser(
        prog="python -m bot.gateway",
        description="A paper broker that speaks the TWS protocol, on replayed daily closes.",
    )
    parser.add_argument("--config", help="TOML file; config/gateway.toml shows every key")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port (%(default)s)")
    chosen = parser.parse_args(arguments)

    def announce(line: str) -> None:
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
