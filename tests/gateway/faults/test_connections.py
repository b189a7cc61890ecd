"""Faults of connections, as a client of bare frames sees them, and what is true meanwhile."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from bot.gateway.orders.order import Status


async def ends(client: Any) -> bytes:
    """Return what still comes until the connection ends."""
    received = b""
    async with asyncio.timeout(5):
        while True:
            try:
                chunk = await client.reader.read(1 << 16)
            except ConnectionError:
                return received
            if not chunk:
                return received
            received += chunk


def frames(data: bytes) -> list[list[str]]:
    """Return the messages of some bytes that end with a whole frame."""
    messages = []
    while data:
        (length,) = struct.unpack(">I", data[:4])
        assert len(data) >= 4 + length
        messages.append(data[4 : 4 + length].decode().split("\0")[:-1])
        data = data[4 + length :]
    return messages


async def test_drop_connection_now(rig: Any) -> None:
    assert rig.strike("drop-connection") == "drop-connection: 1 connections cut"
    assert await ends(rig.raw) == b""
    assert rig.gateway.faults.active() == ()


async def test_drop_connection_of_one_client_leaves_the_others(rig: Any, dial: Any) -> None:
    other = await dial(rig.port)
    await other.start(client_id=78)
    rig.strike("drop-connection", client=78)
    await ends(other)
    assert await rig.raw.answers() == []


async def test_drop_connection_before_the_order_is_accepted(rig: Any) -> None:
    rig.strike("drop-connection", side="before-accept")
    rig.place()
    assert await ends(rig.raw) == b""
    assert rig.gateway.orders == ()


async def test_drop_connection_before_the_acknowledgement(rig: Any) -> None:
    rig.strike("drop-connection", side="before-ack")
    rig.place()
    assert await ends(rig.raw) == b""
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]


async def test_drop_connection_after_the_acknowledgement(rig: Any) -> None:
    rig.strike("drop-connection", side="after-ack")
    rig.place()
    told = frames(await ends(rig.raw))
    # The order trades in the same turn, but only its first state is told.
    assert [(message[0], message[2]) for message in told] == [
        ("5", told[0][2]),
        ("3", "PreSubmitted"),
    ]
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]
    assert rig.gateway.faults.active() == ()


async def test_drop_connection_in_the_middle_of_a_frame(rig: Any) -> None:
    rig.strike("drop-connection", side="mid-frame")
    rig.raw.send(8, 1, 1)
    # The answer is 9|1|1|: a length of 4 bytes and a body of 6, of which half arrives.
    assert await ends(rig.raw) == struct.pack(">I", 6) + b"9"


async def test_half_open_connections_neither_hear_nor_speak(rig: Any, dial: Any) -> None:
    rig.strike("half-open", client=77)
    rig.place()
    other = await dial(rig.port)
    await other.start(client_id=78)
    for _ in range(3):
        await other.answers()
    assert rig.gateway.orders == ()
    assert rig.gateway.client_ids == (77, 78)
    rig.end("half-open")
    assert await ends(rig.raw) == b""


async def test_slow_frames_arrive_whole_in_the_end(rig: Any) -> None:
    rig.strike("slow-frames", piece_bytes=100, step_s=0.001)
    rig.raw.send(61, 1)
    assert [message[0] for message in await rig.raw.answers()] == ["61"] * 10 + ["62"]
    rig.end("slow-frames")
    assert await rig.raw.answers() == []


async def test_slow_frames_slow_new_connections_down_and_end_with_what_is_left(
    rig: Any, dial: Any
) -> None:
    rig.strike("slow-frames", piece_bytes=30, step_s=0.001)
    rig.strike("client-id-in-use", client=5)
    client = await dial(rig.port)
    await client.greet()
    client.send(71, 2, 5, "")
    # The connection is closed only after its last byte.
    assert (await client.receive())[3] == "326"
    await client.wait_closed()


async def test_split_frames_arrive_in_pieces(rig: Any) -> None:
    rig.strike("split-frames", piece_bytes=3)
    rig.raw.send(8, 1, 1)
    async with asyncio.timeout(5):
        assert await rig.raw.reader.read(1 << 16) == b"\0\0\0"
    # What is left of 9|1|1| without its first three bytes.
    async with asyncio.timeout(5):
        assert await rig.raw.reader.readexactly(7) == b"\x069\x001\x001\0"


async def test_glued_frames_leave_in_one_piece(rig: Any) -> None:
    rig.strike("glued-frames", step_s=0.02)
    for _ in range(3):
        rig.raw.send(8, 1, 1)
        await rig.raw.writer.drain()
    async with asyncio.timeout(5):
        data = await rig.raw.reader.read(1 << 16)
    assert len(frames(data)) == 3


async def test_bytes_that_wait_leave_at_once_when_connections_are_fast_again(
    rig: Any, dial: Any
) -> None:
    other = await dial(rig.port)
    await other.start(client_id=78)
    rig.strike("glued-frames", step_s=60, client=77)
    rig.raw.send(8, 1, 1)
    while not any(kept.fields[0] == "8" for kept in rig.gateway.messages):
        assert await other.answers() == []
    rig.end("glued-frames")
    assert [message[0] for message in await rig.raw.answers()] == ["9"]


async def test_refuse_connections_and_keep_those_there_are(rig: Any, dial: Any) -> None:
    rig.strike("refuse-connections")
    with pytest.raises(ConnectionRefusedError):
        await dial(rig.port)
    assert await rig.raw.answers() == []
    rig.end("refuse-connections")
    await rig.redial(dial)


async def test_silent_handshake_accepts_and_says_nothing(rig: Any, dial: Any) -> None:
    rig.strike("silent-handshake")
    client = await dial(rig.port)
    client.send_bytes(b"API\0" + struct.pack(">I", 9) + b"v157..176")
    assert await rig.raw.answers() == []
    rig.end("silent-handshake")
    assert await ends(client) == b""
    fresh = await dial(rig.port)
    assert (await fresh.start(client_id=5))[0][0] == "15"


async def test_silent_handshake_may_hang_up(rig: Any, dial: Any) -> None:
    rig.strike("silent-handshake", style="close")
    assert await ends(await dial(rig.port)) == b""


async def test_client_id_in_use_is_refused_with_326(rig: Any, dial: Any) -> None:
    rig.strike("client-id-in-use", client=5)
    refused, other = await dial(rig.port), await dial(rig.port)
    await refused.greet()
    refused.send(71, 2, 5, "")
    assert (await refused.receive())[2:4] == ["-1", "326"]
    await refused.wait_closed()
    await other.start(client_id=6)
    rig.end("client-id-in-use")
    again = await dial(rig.port)
    assert (await again.start(client_id=5))[0][0] == "15"
