"""One attack: a client that sends anything, a bystander who must not notice, and the gateway's own truth."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from tests.fuzz.frames import frame

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Longer than any answer takes, on a machine under load.
TIMEOUT_S = 20.0

_TIME = frame(["49", "1"])


class Caller:
    """A client of bare frames that reads everything and keeps the kinds of what it read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.kinds: dict[str, int] = {}

    @classmethod
    async def connect(cls, port: int, client_id: int) -> Caller:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        caller = cls(reader, writer)
        writer.write(b"API\0" + struct.pack(">I", 9) + b"v157..176")
        await caller._read()
        writer.write(frame(["71", "2", str(client_id), ""]))
        await caller.read_until("9")
        return caller

    async def is_answered(self) -> bool:
        """Ask for the time and wait for it; whatever comes before it is read."""
        self.writer.write(_TIME)
        return await self.read_until("49")

    async def read_until(self, kind: str) -> bool:
        """Read until a message of a kind; False if the gateway hangs up instead."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    fields = await self._read()
                except (asyncio.IncompleteReadError, ConnectionError):
                    return False
                if fields[0] == kind:
                    return True

    async def _read(self) -> list[str]:
        """Read one message; every message is text that ends with a NUL."""
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        fields = (await self.reader.readexactly(length)).decode().split("\0")
        assert fields.pop() == "", fields
        self._check(fields)
        self.kinds[fields[0]] = self.kinds.get(fields[0], 0) + 1
        return fields

    @staticmethod
    def _check(fields: Sequence[str]) -> None:
        """An error has a request id, a code of TWS and a text of one line or two."""
        if fields[0] == "4":
            _id, _version, request_id, code, text, *_rest = fields
            assert int(request_id) >= -(2**31)
            assert 100 <= int(code) <= 10_999, fields
            assert text, fields


async def attack(chunks: Sequence[bytes]) -> None:
    """Send bytes of whole frames to a new gateway, beside a bystander.

    Raises:
        AssertionError: If the gateway fails, hangs up, keeps the bystander waiting or loses count.
    """
    failures: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at), Behaviour(fill_delay_s=0))
    port = await gateway.start()
    attacker, bystander = await asyncio.gather(
        Caller.connect(port, client_id=7), Caller.connect(port, client_id=8)
    )
    try:
        for watched in (["61", "1"], ["6", "2", "1", ""], ["5", "1"]):
            bystander.writer.write(frame(watched))
        for chunk in chunks:
            attacker.writer.write(chunk)
        assert await attacker.is_answered(), "the gateway hung up"
        assert await bystander.is_answered(), "the gateway hung up on a bystander"
        assert failures == []
        assert gateway.cash.is_finite()
        assert all(order.filled <= order.quantity for order in gateway.orders)
    finally:
        attacker.writer.close()
        bystander.writer.close()
        await gateway.stop()
