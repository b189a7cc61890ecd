"""A gateway in a process of its own, with fills at once: what the gateway benchmark loads."""

from __future__ import annotations

import asyncio
import signal
import sys

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock


async def serve() -> None:
    """Listen on any free port, print it, and serve until terminated."""
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at), Behaviour(fill_delay_s=0))
    port = await gateway.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await gateway.stop()


if __name__ == "__main__":
    asyncio.run(serve())
