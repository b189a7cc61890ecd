"""The gateway as a whole: what outlives connections and stops, and bursts of garbage."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.gateway.connection import Connection
from bot.gateway.handlers.registry import HANDLERS
from bot.gateway.handlers.unserved import UNSERVED
from bot.gateway.server import CONNECTIONS_MAX
from bot.gateway.venue import Venue
from bot.gateway.wire.framing import FrameBuffer, frame, join_fields, split_fields


async def test_account_and_orders_outlive_a_stop(
    running: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    gateway = running.gateway
    running.behaviour.fill_delay_s = 60
    first = await connect(running.port)
    order = library.LimitOrder("SELL", 1, 1, tif="DAY", orderRef="stays")
    trade = first.placeOrder(library.Stock("KO", "SMART", "USD"), order)
    await wait_for(trade.statusEvent, lambda: trade.orderStatus.status == "Submitted")
    await gateway.stop()
    await gateway.stop()  # a second time does nothing
    assert len(gateway.orders) == 1
    running.behaviour.fill_delay_s = 0
    again = await connect(await gateway.start())  # what was due at the stop trades now
    assert [fill.execution.orderRef for fill in again.fills()] == ["stays"]


async def test_the_port_asked_for_is_the_port_listened_on(start_gateway: Any) -> None:
    first = await start_gateway()
    await first.gateway.stop()
    assert await first.gateway.start(port=first.port) == first.port


async def test_truth_cannot_be_changed_from_outside(running: Any) -> None:
    gateway = running.gateway
    assert isinstance(gateway.orders, tuple)
    assert isinstance(gateway.executions, tuple)
    with contextlib.suppress(TypeError):
        gateway.positions["AAPL"] = None
    assert gateway.positions["AAPL"].shares == 2484


class DeadEnd(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close


KINDS = sorted({*HANDLERS, *UNSERVED, "999", "", "-1", "x"} - {"71"})
FIELD = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "2", "265598", "AAPL", "STK", "SMART", "USD", "BUY", "SELL", "LMT"]
    ),
    st.sampled_from(["MKT", "DAY", "IOC", "GTD", "79.01", "1e299", "-1e299", "1e-299", "nan"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
)


def mutated(draw: st.DrawFn) -> list[str]:
    """Return the fields of an order, some of them replaced."""
    plain = (
        "3|1|265598|AAPL|STK||0.0|||SMART|NASDAQ|USD|AAPL|NMS|||BUY|1|LMT|80||DAY|||O|0|r|1|0|0|0|0|0|"
        "0|0||0.0||||||||0||-1|0|||0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||"
        "||0|0|0|0|||0|||"
    )
    fields = plain.split("|")[:-1]
    for _ in range(draw(st.integers(0, 3))):
        fields[draw(st.integers(1, len(fields) - 1))] = draw(FIELD)
    if draw(st.booleans()):
        del fields[draw(st.integers(1, len(fields) - 1))]
    return fields


MESSAGES = st.one_of(
    st.tuples(st.sampled_from(KINDS), st.lists(FIELD, max_size=20)).map(lambda it: [it[0], *it[1]]),
    st.composite(mutated)(),
)


@given(st.lists(MESSAGES, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_a_client_sends_is_answered_or_ignored(messages: list[list[str]]) -> None:
    asyncio.run(_send_all(messages))


async def _send_all(messages: list[list[str]]) -> None:
    config = GatewayConfig()
    venue = Venue(config, ReplayClock(config.at), Behaviour(fill_delay_s=0))
    connection = Connection(
        venue, lambda _client_id, _fields: None, lambda _connection: None, lambda _connection: None
    )
    line = DeadEnd()
    connection.connection_made(line)
    venue.publisher.note_quotes()
    venue.desk.start()
    connection.data_received(b"API\0" + frame(b"v157..176"))
    for fields in (["71", "2", "1", ""], *messages, ["49", "1"]):
        connection.data_received(join_fields(fields))
    await _turn()
    assert not line.is_closed
    answers = [split_fields(body) for body in FrameBuffer().feed(bytes(line.written))]
    assert answers[-1][0] in ("49", "6", "7", "8", "61", "63", "73")
    assert any(answer[0] == "49" for answer in answers)
    venue.turns.cancel_all()


async def _turn() -> None:
    """Let everything run that is due."""
    loop = asyncio.get_running_loop()
    for _ in range(3):
        passed = loop.create_future()
        loop.call_soon(passed.set_result, None)
        await passed


async def test_a_gateway_that_was_never_started_has_its_account() -> None:
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at))
    assert len(gateway.positions) == 10
    await gateway.stop()


async def test_the_33rd_client_is_hung_up_on_and_comes_in_when_another_one_goes(
    running: Any, dial: Any
) -> None:
    clients = [await dial(running.port) for _ in range(32)]
    await asyncio.gather(*(client.start(client_id=n) for n, client in enumerate(clients)))
    late = await dial(running.port)
    await late.greet()
    late.send(71, 2, 99, "")
    await late.wait_closed()
    assert len(running.gateway.client_ids) == 32
    clients[0].writer.write_eof()
    await clients[0].wait_closed()
    again = await dial(running.port)
    assert (await again.start(client_id=99))[0][0] == "15"


async def test_the_port_can_be_shut_for_a_while(running: Any, dial: Any) -> None:
    client = await dial(running.port)
    await client.start(client_id=1)
    running.gateway.shut()
    running.gateway.shut()
    with pytest.raises(ConnectionRefusedError):
        await dial(running.port)
    assert await client.answers() == []
    running.gateway.open()
    running.gateway.open()
    await client.answers()
    assert (await (await dial(running.port)).start(client_id=2))[0][0] == "15"
    running.gateway.shut()
    running.gateway.open()
    await running.gateway.stop()
    with pytest.raises(ConnectionRefusedError):
        await dial(running.port)


async def test_connections_that_only_wait_do_not_shut_others_out(running: Any, dial: Any) -> None:
    said: list[str] = []
    running.gateway.complain = said.append
    first = await dial(running.port)
    await first.start(client_id=1)
    waiting = [
        await asyncio.open_connection("127.0.0.1", running.port) for _ in range(CONNECTIONS_MAX)
    ]
    # The first client has started the API: it is the oldest one that waits that has to go.
    async with asyncio.timeout(5):
        assert await waiting[0][0].read() == b""
    assert said == [f"{CONNECTIONS_MAX} connections: the oldest that only wait are cut off"]
    last = await dial(running.port)
    await last.start(client_id=2)
    assert running.gateway.client_ids == (1, 2)
    for _, writer in waiting:
        writer.close()
