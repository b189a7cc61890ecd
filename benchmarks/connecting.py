"""Connects with a client library again and again: `python -m benchmarks.connecting PORT LIBRARY`.

A program of its own, since the two libraries cannot live in one environment.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Connections measured; the first ones warm up the caches of both sides.
CONNECTS: Final = 60
WARM_UP_CONNECTS: Final = 5


async def connect_ms(port: int, library_name: str) -> list[float]:
    """Connect one client after the other, each with all of its start-up requests.

    Args:
        port: Where the gateway listens on this machine.
        library_name: `ib_insync` or `ib_async`.

    Returns:
        Milliseconds of every connection, without the first ones.
    """
    library = importlib.import_module(library_name)
    taken_ms = []
    for client_id in range(1, CONNECTS + WARM_UP_CONNECTS + 1):
        client = library.IB()
        started_s = time.perf_counter()
        await client.connectAsync("127.0.0.1", port, clientId=client_id)
        taken_ms.append((time.perf_counter() - started_s) * 1e3)
        client.disconnect()
    return taken_ms[WARM_UP_CONNECTS:]


def main(arguments: Sequence[str]) -> int:
    """Measure and print the median in milliseconds."""
    port, library_name = arguments
    median_ms = statistics.median(asyncio.run(connect_ms(int(port), library_name)))
    sys.stdout.write(f"{median_ms:.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
