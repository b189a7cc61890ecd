"""What a client was told outlives the program, however that ends: killed processes, real clients."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

TIMEOUT_S = 20

#: A limit order for one share of KO, at version 176: number, side and limit are left open.
ORDER = (
    "3|{}|0|KO|STK||0.0|||SMART||USD|||||{}|1|LMT|{}||GTC|||O|0|kept|1|0|0|0|0|0|0|0||0.0||||||||0||-1|0||"
    "|0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||||0|0|0|0|||0|||"
)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[], Awaitable[tuple[Any, int]]]]:
    """Start `bot gateway` on one state; returns the process and its port."""
    started: list[asyncio.subprocess.Process] = []

    async def start_one() -> tuple[asyncio.subprocess.Process, int]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "gateway", "--port", "0", "--json"),
            *("--state", str(tmp_path / "it.json")),
            env={**os.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(TIMEOUT_S):
            return process, json.loads(await process.stdout.readline())["port"]

    yield start_one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_an_acknowledged_order_outlives_a_kill(
    start: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    process, port = await start()
    client = await connect(port)
    ko = library.Stock("KO", "SMART", "USD")
    trade = client.placeOrder(ko, library.LimitOrder("BUY", 2, 1, tif="GTC", orderRef="kept"))
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    process.kill()
    client = await connect((await start())[1])
    (found,) = client.openTrades()
    assert (found.order.permId, found.order.orderRef) == (trade.orderStatus.permId, "kept")
    assert found.orderStatus.status == "Submitted"
    another = client.placeOrder(ko, library.LimitOrder("BUY", 2, 1, tif="GTC"))
    await wait_for(another.statusEvent, lambda: another.orderStatus.status == "Submitted")
    assert another.order.orderId > trade.order.orderId
    assert another.orderStatus.permId > trade.orderStatus.permId


async def test_a_fill_outlives_a_kill(
    start: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    process, port = await start()
    client = await connect(port)
    ko = library.Stock("KO", "SMART", "USD")
    held = {item.contract.symbol: item.position for item in client.positions()}
    trade = client.placeOrder(ko, library.MarketOrder("SELL", 3))
    await wait_for(trade.fillEvent, lambda: bool(trade.fills))
    process.kill()
    client = await connect((await start())[1])
    (fill,) = client.fills()
    assert fill.execution.execId == trade.fills[0].execution.execId
    assert fill.execution.permId == trade.fills[0].execution.permId
    positions = {item.contract.symbol: item.position for item in client.positions()}
    assert positions == held | {"KO": held["KO"] - 3}
    another = client.placeOrder(ko, library.MarketOrder("SELL", 1))
    await wait_for(another.fillEvent, lambda: bool(another.fills))
    assert another.fills[0].execution.execId > fill.execution.execId
    assert another.fills[0].execution.permId > fill.execution.permId


async def test_whatever_left_before_a_kill_in_full_run_is_there_again(
    start: Any, dial: Any
) -> None:
    process, port = await start()
    raw = await dial(port)
    await raw.start(client_id=5)
    # Every other order trades at once, far through the market; the others rest.
    for number in range(1, 301):
        terms = ("SELL", "1") if number % 2 else ("BUY", "1")
        raw.send(*ORDER.format(number, *terms).split("|")[:-1])
    told = await raw.until(59)
    process.kill()
    try:
        while True:
            told.append(await raw.receive())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    orders = {message[1] for message in told if message[0] == "5"}
    executions = ids(told)
    assert orders
    assert executions
    raw = await dial((await start())[1])
    await raw.start(client_id=5)
    raw.send(99, 0)
    completed = {field for message in await raw.until(102) for field in message}
    raw.send(16, 1)
    working = {message[1] for message in await raw.until(53) if message[0] == "5"}
    raw.send(7, 3, 1, 5, "", "", "", "", "", "")
    found = ids(await raw.until(55))
    assert executions <= found
    # An order that was told of works, or has ended: then its permanent id is in that list.
    permanent = {message[1]: message[25] for message in told if message[0] == "5"}
    assert all(order in working or permanent[order] in completed for order in orders)


def ids(messages: list[list[str]]) -> set[str]:
    """Return the execution ids of the fills in some messages."""
    fills = (message for message in messages if message[0] == "11")
    return {field for message in fills for field in message if field.startswith("0000e")}
