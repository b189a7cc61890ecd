"""Control: a line asks, a line answers; nothing that is asked harms the gateway."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour
from bot.gateway.control import CONNECTIONS_MAX, LINE_BYTES_MAX, SWITCHES, ControlPort
from bot.gateway.faults.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Controller:
    """One connection to a control port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, asked: object) -> dict[str, Any]:
        return await self.ask_line(json.dumps(asked).encode())

    async def ask_line(self, line: bytes) -> dict[str, Any]:
        self.writer.write(line + b"\n")
        async with asyncio.timeout(5):
            answer: dict[str, Any] = json.loads(await self.reader.readline())
        return answer


@pytest.fixture
async def controller(running: Any) -> AsyncIterator[Controller]:
    """A connection to the control port of the running gateway."""
    port = ControlPort(running.gateway)
    number = await port.start("127.0.0.1", 0)
    connected = Controller(
        *await asyncio.open_connection("127.0.0.1", number, limit=LINE_BYTES_MAX * 4)
    )
    yield connected
    connected.writer.close()
    await port.stop()


async def test_status_is_the_truth(
    controller: Any, running: Any, client: Any, library: Any, wait_for: Any
) -> None:
    trade = client.placeOrder(
        library.Stock("KO", "SMART", "USD"), library.MarketOrder("SELL", 5, orderRef="r")
    )
    await wait_for(trade.commissionReportEvent, trade.isDone)
    status = await controller.ask({"do": "status"})
    assert status["ok"] is True
    (order,) = status["orders"]
    assert (order["symbol"], order["status"], order["filled"], order["order_ref"]) == (
        "KO",
        "Filled",
        5,
        "r",
    )
    (execution,) = status["executions"]
    assert (execution["shares"], execution["order_id"]) == (-5, trade.order.orderId)
    books = status["accounts"]["DU1234567"]
    assert books["cash"] == {"USD": str(running.gateway.cash)}
    assert books["positions"]["KO"] == running.gateway.positions["KO"].shares
    assert status["clients"] == [1]


async def test_switches_are_turned(controller: Any, running: Any) -> None:
    answer = await controller.ask({"do": "set", "quotes": "frozen", "muted": [62], "fill": "none"})
    assert answer == {"ok": True, "set": ["fill", "muted", "quotes"]}
    behaviour = running.behaviour
    assert (behaviour.quotes, behaviour.muted, behaviour.fill) == ("frozen", {62}, "none")


def test_every_switch_can_be_turned() -> None:
    assert set(SWITCHES) == {item.name for item in dataclasses.fields(Behaviour)}


async def test_faults_are_listed_struck_and_ended(controller: Any, client: Any) -> None:
    faults = (await controller.ask({"do": "list"}))["faults"]
    assert set(faults) == set(REGISTRY)
    assert all(fault["does"] for fault in faults.values())
    assert (await controller.ask({"do": "strike", "fault": "connectivity-lost"}))["ok"]
    await client.errorEvent
    assert (await controller.ask({"do": "end", "fault": "connectivity-lost"}))["ok"]
    await client.errorEvent
    assert [code for _, code, _ in client.errors][-2:] == [1100, 1102]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello", "one JSON object a line"),
        (b"[1]", "one JSON object a line"),
        (b"\xff", "one JSON object a line"),
        (b"[" * 10_000, "one JSON object a line"),
        (b"{}", "expected one of status, list, set, strike, end"),
        (b'{"do": ["x"]}', "expected one of"),
        (b'{"do": "set", "quotes": "blue"}', "quotes = 'blue': expected one of live"),
        (b'{"do": "set", "quotes": {}}', "quotes = {}: expected one of live"),
        (b'{"do": "set", "fill_delay_s": -1}', "expected a number of seconds"),
        (b'{"do": "set", "fill_delay_s": NaN}', "expected a number of seconds"),
        (b'{"do": "set", "fill_delay_s": 1e15}', "a number of seconds from 0 to 86400"),
        (b'{"do": "set", "reject_code": 1000000}', "an error code from 0 to 99999, or null"),
        (b'{"do": "set"}', "set what? There are quotes, fill"),
        (b'{"do": "set", "muted": [true]}', "expected a list of message ids"),
        (b'{"do": "set", "colour": 1}', "there is no switch 'colour'; there are quotes"),
        (b'{"do": "strike"}', "expected the name of a fault"),
        (b'{"do": "strike", "fault": "nonsense"}', "there is no fault 'nonsense'"),
        (b'{"do": "strike", "fault": "connectivity-lost", "name": 1}', "there is no 'name'"),
        (
            b'{"do": "end", "fault": "halt", "symbol": "KO"}',
            "takes nothing but fault; found symbol",
        ),
        (b'{"do": "end", "fault": "nonsense"}', "there is no fault 'nonsense'"),
    ],
)
async def test_what_cannot_be_done_is_one_line(
    controller: Any, raw: Any, line: bytes, words: str
) -> None:
    answer = await controller.ask_line(line)
    assert answer["ok"] is False
    assert words in answer["error"]
    assert "\n" not in answer["error"]
    assert (await controller.ask({"do": "status"}))["ok"]
    assert await raw.answers() == []


async def test_switches_are_turned_all_or_none(controller: Any, running: Any) -> None:
    await controller.ask({"do": "set", "quotes": "frozen", "fill": "sometimes"})
    assert running.behaviour.quotes == "live"


async def test_an_endless_line_ends_that_connection_only(controller: Any, raw: Any) -> None:
    answer = await controller.ask_line(b"x" * (LINE_BYTES_MAX + 1))
    assert answer == {"ok": False, "error": f"a line of more than {LINE_BYTES_MAX} bytes"}
    async with asyncio.timeout(5):
        assert await controller.reader.read() == b""
    assert await raw.answers() == []


async def test_one_connection_too_many_is_told_so(running: Any) -> None:
    port = ControlPort(running.gateway)
    number = await port.start("127.0.0.1", 0)
    connected = [
        Controller(*await asyncio.open_connection("127.0.0.1", number))
        for _ in range(CONNECTIONS_MAX + 1)
    ]
    try:
        async with asyncio.timeout(5):
            said = json.loads(await connected[-1].reader.readline())
            assert await connected[-1].reader.read() == b""
        assert said == {"ok": False, "error": "there are 32 connections already"}
        assert (await connected[0].ask({"do": "status"}))["ok"]
    finally:
        for each in connected:
            each.writer.close()
        await port.stop()


def test_control_works_without_a_port(running: Any) -> None:
    assert running.gateway.control({"do": "status"})["ok"]
