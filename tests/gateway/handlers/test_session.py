"""Connecting with the real client library."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest


async def test_connect_with_all_start_up_requests_is_quick(running: Any, connect: Any) -> None:
    """The goal is 50 ms for the median; the very first one pays for caches."""
    taken_s = []
    for client_id in range(1, 8):
        started_s = time.perf_counter()
        await connect(running.port, client_id)
        taken_s.append(time.perf_counter() - started_s)
    assert sorted(taken_s)[3] < 0.050


async def test_every_start_up_request_is_answered(client: Any) -> None:
    assert client.managedAccounts() == ["DU1234567"]
    assert len(client.positions()) == 10
    assert len(client.portfolio()) == 10
    assert {value.tag for value in client.accountValues()} >= {"NetLiquidation", "CashBalance"}
    assert client.trades() == client.fills() == []
    assert [code for _, code, _ in client.errors] == [2104, 2106, 2158]


async def test_time_is_the_replayed_one(client: Any) -> None:
    moment = await client.reqCurrentTimeAsync()
    assert f"{moment:%Y-%m-%d %H:%M}" == "2020-06-01 14:30"


async def test_client_id_in_use_is_refused(running: Any, connect: Any, client: Any) -> None:
    with pytest.raises((TimeoutError, asyncio.TimeoutError, ConnectionError)):
        await connect(running.port, 1, timeout=0.2)
    assert client.isConnected()
    assert await client.reqCurrentTimeAsync()


async def test_a_read_only_client_connects_without_asking_for_orders(
    running: Any, connect: Any
) -> None:
    await connect(running.port, 3, readonly=True)
    kinds = {message.fields[0] for message in running.gateway.messages}
    assert not kinds & {"5", "99"}


async def test_client_zero_may_ask_to_bind_manual_orders(running: Any, connect: Any) -> None:
    zero = await connect(running.port, 0)
    assert "15" in {message.fields[0] for message in running.gateway.messages}
    assert await zero.reqCurrentTimeAsync()
