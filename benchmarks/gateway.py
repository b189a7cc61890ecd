"""How fast the paper gateway is: it must never be the bottleneck of a test.

It runs in a process of its own, as it would for a user; the client shares the machine with it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.raw_client import RawClient, order_frame
from benchmarks.rows import Row, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECT_LIMIT_MS: Final = 50.0
_CONNECT_GOAL_MS: Final = 3.0

#: The interpreter of each client library. The two overwrite each other's eventkit.
_INTERPRETERS: Final = {
    "ib_insync": Path(sys.executable),
    "ib_async": Path(".venv-ib_async/bin/python"),
}

_ORDERS: Final = 20_000
_WARM_UP_ORDERS: Final = 1_000
_ORDERS_IN_FLIGHT: Final = 50
_ROUND_TRIPS_GOAL: Final = 5_000.0

#: As many as a real gateway lets in.
_CLIENTS: Final = 32
_CLIENTS_CONNECT_LIMIT_MS: Final = 1_000.0


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


def _connect_ms(port: int, library: str) -> float:
    """Return the median of connecting with a library, in milliseconds."""
    command = [str(_INTERPRETERS[library]), "-m", "benchmarks.connecting", str(port), library]
    # The command is our own, word for word.
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return float(answer.stdout)


def _round_trips_a_second(client: RawClient, orders: int) -> float:
    """Buy and sell one share in turn, some orders in flight, each until its commission is known."""
    turns = (("BUY", "500"), ("SELL", "1"))  # both far through the market
    frames = [
        order_frame(number, *turns[number % 2]) for number in range(1, _WARM_UP_ORDERS + orders + 1)
    ]
    client.round_trips(frames[:_WARM_UP_ORDERS], _ORDERS_IN_FLIGHT)
    started_s = time.perf_counter()
    client.round_trips(frames[_WARM_UP_ORDERS:], _ORDERS_IN_FLIGHT)
    return orders / (time.perf_counter() - started_s)


def _one_client(port: int) -> float:
    """Return the round trips a second of a client that is alone."""
    client = RawClient(port, client_id=900)
    rate = _round_trips_a_second(client, _ORDERS)
    client.close()
    return rate


def _many_clients(port: int) -> tuple[float, float]:
    """Connect as many clients as a gateway has, then trade with one of them.

    Returns:
        Milliseconds until all of them are connected; round trips a second of the last one while the
        others stay connected.
    """
    started_s = time.perf_counter()
    clients = [RawClient(port, client_id=number) for number in range(1, _CLIENTS + 1)]
    for client in clients:
        client.wait_until_ready()
    taken_ms = (time.perf_counter() - started_s) * 1e3
    rate = _round_trips_a_second(clients[-1], _ORDERS // 4)
    for client in clients:
        client.close()
    return taken_ms, rate


def measure() -> list[Row]:
    """Measure connecting and trading."""
    with running_gateway() as port:
        connects_ms = {library: _connect_ms(port, library) for library in _INTERPRETERS}
        rate = _one_client(port)
        many_ms, many_rate = _many_clients(port)
    limit = "gateway: connect, all start-up requests"
    return [
        at_most(f"{limit}, ms (limit 50)", connects_ms["ib_insync"], _CONNECT_LIMIT_MS),
        *(
            at_most(f"{limit}, {library}, median ms (limit 3)", found_ms, _CONNECT_GOAL_MS)
            for library, found_ms in connects_ms.items()
        ),
        at_least(
            "gateway: place, fill, commission, round trips a second (5,000)",
            rate,
            _ROUND_TRIPS_GOAL,
        ),
        at_most(
            "gateway: 32 clients connected, ms for all (limit 1,000)",
            many_ms,
            _CLIENTS_CONNECT_LIMIT_MS,
        ),
        at_least(
            "gateway: the same with 32 clients connected, round trips a second (5,000)",
            many_rate,
            _ROUND_TRIPS_GOAL,
        ),
    ]
