"""Gateways on real ports, the real client library, and a client of bare frames."""

from __future__ import annotations

import asyncio
import importlib
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

# Imported with the tests, not in them: eventkit asks for the main thread's event loop, and
# between two tests there is none.
LIBRARY = importlib.import_module(os.environ.get("BOT_BROKER__LIBRARY", "ib_insync"))

#: Nothing that a test waits for may take longer.
TIMEOUT_S = 5.0

VERSION = 176


@pytest.fixture(autouse=True)
def _no_decoder_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on whatever the library could not decode: it logs it and goes on."""
    yield
    records = [record for when in ("setup", "call") for record in caplog.get_records(when)]
    errors = [
        record.getMessage()
        for record in records
        if record.levelname == "ERROR"
        and (record.name.startswith("eventkit") or record.name.endswith(".Decoder"))
    ]
    assert errors == []


@pytest.fixture(scope="session")
def library() -> Any:
    """The client library under test."""
    return LIBRARY


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.moment = at.astimezone(UTC)

    @property
    def speed(self) -> float:
        return 1.0

    def now(self) -> datetime:
        return self.moment


@dataclass
class Running:
    """A gateway that listens, and its port."""

    gateway: Gateway
    port: int

    @property
    def behaviour(self) -> Behaviour:
        return self.gateway.behaviour


@pytest.fixture
async def start_gateway() -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    """Start gateways; all of them are stopped at the end."""
    started: list[Gateway] = []

    async def start(
        config: GatewayConfig | None = None,
        *,
        behaviour: Behaviour | None = None,
        clock: Any = None,
    ) -> Running:
        config = config or GatewayConfig()
        gateway = Gateway(
            config, clock or ReplayClock(config.at), behaviour or Behaviour(fill_delay_s=0)
        )
        started.append(gateway)
        return Running(gateway, await gateway.start())

    yield start
    for gateway in started:
        await gateway.stop()


@pytest.fixture
async def running(start_gateway: Callable[..., Awaitable[Running]]) -> Running:
    """A gateway with the default portfolio and fills at once."""
    return await start_gateway()


@pytest.fixture
def hand_clock() -> type[HandClock]:
    """The class of a clock that a test moves."""
    return HandClock


@pytest.fixture
async def connect(library: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Connect clients of the library; all of them are disconnected at the end."""
    clients: list[Any] = []

    async def connect_one(port: int, client_id: int = 1, **options: Any) -> Any:
        client = library.IB()
        client.errors = []
        client.errorEvent += lambda request_id, code, text, _contract: client.errors.append(
            (request_id, code, text)
        )
        clients.append(client)
        options = {"timeout": TIMEOUT_S, **options}
        await client.connectAsync("127.0.0.1", port, clientId=client_id, **options)
        return client

    yield connect_one
    for client in clients:
        client.disconnect()


@pytest.fixture
async def client(running: Running, connect: Callable[..., Awaitable[Any]]) -> Any:
    """One connected client of the library."""
    return await connect(running.port)


class RawClient:
    """A client of bare frames, for what no library would send or show."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.version = 0

    def send(self, *fields: object) -> None:
        self.send_bytes(self.frame(*fields))

    def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)

    @staticmethod
    def frame(*fields: object) -> bytes:
        body = "".join(f"{field}\0" for field in fields).encode()
        return struct.pack(">I", len(body)) + body

    async def receive(self) -> list[str]:
        """Return the fields of the next message."""
        async with asyncio.timeout(TIMEOUT_S):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            body = await self.reader.readexactly(length)
        return body.decode().split("\0")[:-1]

    async def until(self, number: int) -> list[list[str]]:
        """Return all messages up to and including the next one with an id."""
        messages = []
        while not messages or messages[-1][0] != str(number):
            messages.append(await self.receive())
        return messages

    async def answers(self) -> list[list[str]]:
        """Return all messages up to the answer of a question that is put now."""
        self.send(49, 1)
        return (await self.until(49))[:-1]

    async def wait_closed(self) -> None:
        """Wait until the gateway has hung up."""
        async with asyncio.timeout(TIMEOUT_S):
            while await self.reader.read(1 << 16):
                pass

    async def greet(self, low: int = 157, high: int = VERSION) -> None:
        """Agree on a version."""
        versions = f"v{low}..{high}".encode()
        self.send_bytes(b"API\0" + struct.pack(">I", len(versions)) + versions)
        self.version = int((await self.receive())[0])

    async def start(self, client_id: int, version: int = VERSION) -> list[list[str]]:
        """Agree on a version and start the API; returns what that is answered with."""
        await self.greet(high=version)
        self.send(71, 2, client_id, "")
        return await self.answers()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[[int], Awaitable[RawClient]]]:
    """Connect clients of bare frames; all of them are closed at the end."""
    opened: list[RawClient] = []

    async def dial_one(port: int) -> RawClient:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", port))
        opened.append(client)
        return client

    yield dial_one
    for client in opened:
        client.writer.close()


@pytest.fixture
async def raw(running: Running, dial: Callable[[int], Awaitable[RawClient]]) -> RawClient:
    """One client of bare frames that has started the API."""
    client = await dial(running.port)
    await client.start(client_id=77)
    return client


@pytest.fixture
def wait_for() -> Callable[[Any, Callable[[], bool]], Awaitable[None]]:
    """Wait until an event of the library has made a condition true."""

    async def wait(event: Any, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await event

    return wait
