"""How fast the paper gateway is: it must never be the bottleneck of a test.

It runs in a process of its own, as it would for a user; the client shares the machine with it.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.raw_client import RawClient, order_frame
from benchmarks.rows import Row, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECTS: Final = 30
_CONNECT_LIMIT_MS: Final = 50.0
_CONNECT_GOAL_MS: Final = 3.0

_ORDERS: Final = 20_000
_WARM_UP_ORDERS: Final = 1_000
_ORDERS_IN_FLIGHT: Final = 50
_ROUND_TRIPS_GOAL: Final = 5_000.0


@contextmanager
def running_gateway() -> Iterator[int]:
    """Run a gateway in another process; yields its port."""
    command = [sys.executable, "-m", "benchmarks.gateway_process"]
    # The command is our own, word for word.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            if process.stdout is None:
                message = "the gateway process has no output"
                raise RuntimeError(message)
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _connect_ms(port: int) -> list[float]:
    """Connect again and again with ib_insync, each time with all of its start-up requests."""
    library = importlib.import_module("ib_insync")
    taken_ms = []
    for client_id in range(1, _CONNECTS + 1):
        client = library.IB()
        started_s = time.perf_counter()
        await client.connectAsync("127.0.0.1", port, clientId=client_id)
        taken_ms.append((time.perf_counter() - started_s) * 1e3)
        client.disconnect()
    return taken_ms


def _round_trips_a_second(port: int) -> float:
    """Buy and sell one share in turn, some orders in flight, each until its commission is known."""
    client = RawClient(port, client_id=900)
    turns = (("BUY", "500"), ("SELL", "1"))  # both far through the market
    frames = [
        order_frame(number, *turns[number % 2])
        for number in range(1, _WARM_UP_ORDERS + _ORDERS + 1)
    ]
    client.round_trips(frames[:_WARM_UP_ORDERS], _ORDERS_IN_FLIGHT)
    started_s = time.perf_counter()
    client.round_trips(frames[_WARM_UP_ORDERS:], _ORDERS_IN_FLIGHT)
    taken_s = time.perf_counter() - started_s
    client.close()
    return _ORDERS / taken_s


def measure() -> list[Row]:
    """Measure connecting and trading."""
    with running_gateway() as port:
        connect_ms = statistics.median(asyncio.run(_connect_ms(port)))
        rate = _round_trips_a_second(port)
    return [
        at_most(
            "gateway: connect, all start-up requests, ms (limit 50)", connect_ms, _CONNECT_LIMIT_MS
        ),
        at_most(
            "gateway: connect, all start-up requests, ms (limit 3)", connect_ms, _CONNECT_GOAL_MS
        ),
        at_least(
            "gateway: place, fill, commission, round trips a second (5,000)",
            rate,
            _ROUND_TRIPS_GOAL,
        ),
    ]
