"""A paper gateway, a broker that speaks to it over TCP, and a tap on the line between the two."""

from __future__ import annotations

import asyncio
import os
import struct
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.clock import WallClock
from bot.adapters.ib import IbBroker, IbSettings
from bot.core.domain.instrument import Instrument, InstrumentSpec
from bot.core.domain.orders import OrderIntent, SystemMessage
from bot.gateway import Behaviour, Gateway, GatewayConfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from bot.core.domain.orders import BrokerEvent

LIBRARY = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")
ACCOUNT = "DU1234567"
GREETING = b"API\0"
PREFIX = "T-"

# Longest wait of a test for something that comes within milliseconds, seconds.
PATIENCE_S = 5.0


def frame(*fields: object) -> bytes:
    body = "".join(f"{value}\0" for value in fields).encode()
    return struct.pack(">I", len(body)) + body


def split_frames(buffer: bytes) -> tuple[list[list[str]], bytes]:
    """Return the fields of every whole message, and the rest."""
    messages = []
    while len(buffer) >= 4 and len(buffer) >= (end := 4 + struct.unpack(">I", buffer[:4])[0]):
        messages.append(buffer[4:end].decode().removesuffix("\0").split("\0"))
        buffer = buffer[end:]
    return messages, buffer


class Tap:
    """A TCP relay that can say things of its own, hold the gateway's answers back, and cut the line."""

    def __init__(self, gateway_port: int) -> None:
        self.sent: list[list[str]] = []
        self.answered: list[list[str]] = []
        self.after: dict[str, Callable[[], None]] = {}
        self._gateway_port = gateway_port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def say(self, *fields: object) -> None:
        """Send one message to the clients, as if the gateway had said it."""
        self.say_raw(frame(*fields))

    def say_raw(self, data: bytes) -> None:
        for writer in self._clients:
            writer.write(data)

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._clients.clear()

    def count(self, message_id: int) -> int:
        return sum(fields[0] == str(message_id) for fields in self.sent)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._gateway_port)
        self._writers |= {writer, upstream}
        self._clients.add(writer)
        try:
            await asyncio.gather(
                self._requests(reader, upstream), self._answers(upstream_reader, writer)
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in (writer, upstream):
                one.transport.abort()
            self._clients.discard(writer)

    async def _requests(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
        buffer = b""
        while data := await reader.read(65_536):
            buffer = (buffer + data).removeprefix(GREETING)
            upstream.write(data)
            messages, buffer = split_frames(buffer)
            for fields in messages:
                self.sent.append(fields)
                self.after.get(fields[0], lambda: None)()
        upstream.write_eof()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = b""
        while data := await reader.read(65_536):
            messages, buffer = split_frames(buffer + data)
            self.answered += messages
            await self._open.wait()
            writer.write(data)
        writer.transport.abort()


class ReplayClock:
    """The gateway's clock: starts at a moment, and advances as time does."""

    speed = 1.0

    def __init__(self, at: datetime) -> None:
        self._offset = at - WallClock().now()

    def jump(self, by: timedelta) -> None:
        self._offset += by

    def now(self) -> datetime:
        return WallClock().now() + self._offset


@dataclass
class Rig:
    gateway: Gateway
    gateway_clock: ReplayClock
    behaviour: Behaviour
    tap: Tap
    clock: WallClock
    settings: IbSettings
    brokers: list[IbBroker] = field(default_factory=list)

    def broker(self, *, queue_size: int = 1000, **changes: Any) -> IbBroker:
        broker = IbBroker(replace(self.settings, **changes), self.clock, queue_size=queue_size)
        self.brokers.append(broker)
        return broker

    async def connected(self, **changes: Any) -> IbBroker:
        broker = self.broker(**changes)
        await broker.connect()
        return broker

    @property
    def asked(self) -> list[str]:
        """Ids of the messages that the gateway got, but for the handshake."""
        return [message.fields[0] for message in self.gateway.messages if message.fields[0] != "71"]


async def resolved(broker: IbBroker, *symbols: str) -> list[Instrument]:
    answers = await broker.resolve([InstrumentSpec(symbol, "USD") for symbol in symbols])
    assert all(isinstance(answer, Instrument) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Instrument)]


def intent(instrument: Instrument, shares: int, price: str, ref: str = "T-1-0-1") -> OrderIntent:
    return OrderIntent(
        order_ref=ref,
        plan_id="T-1",
        leg=0,
        attempt=1,
        instrument=instrument,
        shares=shares,
        limit_price=Decimal(price),
        account=ACCOUNT,
    )


async def event_of(broker: IbBroker, kind: type[BrokerEvent], **expected: object) -> Any:
    """Return the next event of a kind with the given facts; those before it are dropped."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            event = await broker.next_event(PATIENCE_S)
            if isinstance(event, kind) and all(
                getattr(event, name) == value for name, value in expected.items()
            ):
                return event


async def said(broker: IbBroker, code: int) -> None:
    """Wait until a system message has arrived."""
    await event_of(broker, SystemMessage, code=code)


async def turn_of_the_loop() -> None:
    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turn.set_result, None)
    await turn


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until something has come about that tells nobody."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await turn_of_the_loop()


@dataclass(frozen=True)
class Tools:
    """What tests cannot import from here: the tests' folder is no package."""

    resolved = staticmethod(resolved)
    intent = staticmethod(intent)
    event_of = staticmethod(event_of)
    said = staticmethod(said)
    frame = staticmethod(frame)
    until = staticmethod(until)
    turn = staticmethod(turn_of_the_loop)


@pytest.fixture
def tools() -> Tools:
    return Tools()


@pytest.fixture
def gateway_config() -> GatewayConfig:
    return GatewayConfig()


@pytest.fixture
async def rig(gateway_config: GatewayConfig) -> AsyncIterator[Rig]:
    behaviour = Behaviour(fill_delay_s=0.0)
    gateway_clock = ReplayClock(gateway_config.at)
    gateway = Gateway(gateway_config, gateway_clock, behaviour)
    tap = Tap(await gateway.start())
    settings = IbSettings(
        host="127.0.0.1",
        port=await tap.start(),
        client_id=7,
        library=LIBRARY,  # type: ignore[arg-type]
        account=ACCOUNT,
        mode="paper",
        connect_timeout_s=5.0,
        request_timeout_s=3.0,
        quote_timeout_s=3.0,
        own_prefix=PREFIX,
    )
    rig = Rig(gateway, gateway_clock, behaviour, tap, WallClock(), settings)
    yield rig
    for broker in rig.brokers:
        await broker.disconnect()
    await tap.stop()
    await gateway.stop()


@pytest.fixture
async def broker(rig: Rig) -> IbBroker:
    return await rig.connected()


class SimulatedClock:
    """A clock that a test moves by hand; sleepers wake in the order of their times."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return WallClock().now() + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.elapsed_s + seconds, waker))
        await waker

    async def settle(self) -> None:
        """Let every task run until it waits; a bounded number of turns of the loop."""
        for _ in range(50):
            await turn_of_the_loop()

    async def advance(self, seconds: float) -> None:
        """Move on, stopping at every moment at which somebody wakes."""
        await self.settle()
        end_s = self.elapsed_s + seconds
        while True:
            due = [entry for entry in self._sleepers if entry[0] <= end_s]
            if not due:
                break
            at_s, waker = min(due, key=lambda entry: entry[0])
            self._sleepers.remove((at_s, waker))
            self.elapsed_s = max(self.elapsed_s, at_s)
            if not waker.done():
                waker.set_result(None)
            await self.settle()
        self.elapsed_s = end_s


@pytest.fixture(scope="session")
def simulated_clock() -> type[SimulatedClock]:
    return SimulatedClock


@pytest.fixture
async def apple(broker: IbBroker, tools: Tools) -> Instrument:
    [instrument] = await tools.resolved(broker, "AAPL")
    return instrument
