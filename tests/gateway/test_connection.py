"""Connections: handshake, garbage, errors, and that no client can hurt another one."""

from __future__ import annotations

import asyncio
import struct
from datetime import UTC, datetime
from typing import Any

import pytest


async def test_handshake_agrees_on_the_highest_version_of_both(running: Any, dial: Any) -> None:
    for high, agreed in ((157, 157), (176, 176), (178, 178), (201, 178)):
        client = await dial(running.port)
        await client.greet(high=high)
        assert client.version == agreed


@pytest.mark.parametrize(("low", "high"), [(100, 156), (179, 201)])
async def test_without_a_common_version_the_gateway_hangs_up(
    running: Any, dial: Any, low: int, high: int
) -> None:
    client = await dial(running.port)
    versions = f"v{low}..{high}".encode()
    client.send_bytes(b"API\0" + struct.pack(">I", len(versions)) + versions)
    await client.wait_closed()


async def test_connection_options_behind_the_versions_are_ignored(running: Any, dial: Any) -> None:
    client = await dial(running.port)
    versions = b"v157..176 +PACEAPI"
    client.send_bytes(b"API\0" + struct.pack(">I", len(versions)) + versions)
    answer = await client.receive()
    assert answer == ["176", "20200601 10:30:00 Eastern Standard Time"]


async def test_start_is_answered_with_account_next_id_and_farms(running: Any, dial: Any) -> None:
    client = await dial(running.port)
    messages = await client.start(client_id=5)
    assert messages[:2] == [["15", "1", "DU1234567"], ["9", "1", "1"]]
    assert [message[3] for message in messages[2:]] == ["2104", "2106", "2158"]


async def test_a_client_id_in_use_is_refused_and_its_holder_left_alone(
    running: Any, dial: Any
) -> None:
    first, second = await dial(running.port), await dial(running.port)
    await first.start(client_id=5)
    await second.greet()
    second.send(71, 2, 5, "")
    refusal = await second.receive()
    assert refusal[2:4] == ["-1", "326"]
    await second.wait_closed()
    assert await first.answers() == []


async def test_a_client_id_is_free_again_after_its_connection(running: Any, dial: Any) -> None:
    for _ in range(3):
        client = await dial(running.port)
        assert (await client.start(client_id=5))[0][0] == "15"
        client.writer.write_eof()
        await client.wait_closed()
    assert running.gateway.client_ids == ()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"API\0" + struct.pack(">I", 1 << 30),
        b"API\0" + struct.pack(">I", 5) + b"hello",
        b"API\0" + struct.pack(">I", 0),
        b"\0\0\0\x05hello",
    ],
)
async def test_garbage_instead_of_a_handshake_closes_that_connection_only(
    running: Any, dial: Any, raw: Any, garbage: bytes
) -> None:
    stranger = await dial(running.port)
    stranger.send_bytes(garbage)
    await stranger.wait_closed()
    assert await raw.answers() == []


async def test_an_overlong_frame_closes_that_connection_only(
    running: Any, dial: Any, raw: Any
) -> None:
    stranger = await dial(running.port)
    await stranger.start(client_id=5)
    stranger.send_bytes(struct.pack(">I", (1 << 20) + 1))
    await stranger.wait_closed()
    assert await raw.answers() == []


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        (["9999"], "505", "Unknown message id"),
        (["hello", "world"], "505", "Unknown message id"),
        ([], "505", "Unknown message id"),
        (["3", "1"], "320", "placeOrder: 2 fields are too few"),
        (["49", "1", "2", "3"], "320", "reqCurrentTime: 2 fields are left over"),
        (["8", "1", "1", ""], "320", "left over"),
        (["2", "2", "seven"], "320", "cancelMktData: request_id: 'seven' is no"),
        (["7", "3", "1", "0", "", "June", "", "", "", ""], "320", "'June' is no moment"),
        (["91", "99"], "321", "Unknown market rule 99"),
        (["71", "2", "5", ""], "504", "only once"),
    ],
)
async def test_wrong_requests_are_answered_and_the_connection_lives(
    raw: Any, fields: list[str], code: str, words: str
) -> None:
    raw.send(*fields)
    (answer,) = await raw.answers()
    assert (answer[0], answer[2], answer[3]) == ("4", "-1", code)
    assert words in answer[4]


@pytest.mark.parametrize(
    ("fields", "request_id"), [(["68", "1", "41"], "41"), (["69", "1", "x"], "-1"), (["65"], "-1")]
)
async def test_requests_that_are_not_served_are_refused_under_their_id(
    raw: Any, fields: list[str], request_id: str
) -> None:
    raw.send(*fields)
    (answer,) = await raw.answers()
    assert answer[2:4] == [request_id, "321"]


async def test_requests_before_the_start_are_refused(running: Any, dial: Any) -> None:
    client = await dial(running.port)
    await client.greet()
    client.send(61, 1)
    assert (await client.receive())[3] == "504"
    client.send(71, 2, 5, "")
    assert (await client.receive())[0] == "15"


async def test_frames_may_be_split_anywhere_and_glued_together(raw: Any) -> None:
    stream = raw.frame(8, 1, 1) + raw.frame(17, 1) + raw.frame(49, 1)
    for byte in stream:
        raw.send_bytes(bytes([byte]))
        await raw.writer.drain()
    assert [message[0] for message in await raw.until(49)] == ["9", "15", "49"]
    raw.send_bytes(stream)
    assert [message[0] for message in await raw.until(49)] == ["9", "15", "49"]


async def test_broken_text_in_a_request_is_survived(raw: Any) -> None:
    body = b"81\x007\x00\xff\xfe\x00"
    raw.send_bytes(struct.pack(">I", len(body)) + body)
    assert await raw.answers() == [["79", "7", "0"]]


async def test_time_is_the_replayed_one(start_gateway: Any, hand_clock: Any, dial: Any) -> None:
    at = datetime(2020, 6, 1, 15, 0, tzinfo=UTC)
    running = await start_gateway(clock=hand_clock(at))
    client = await dial(running.port)
    await client.start(client_id=1)
    client.send(49, 1)
    assert await client.receive() == ["49", "1", str(int(at.timestamp()))]


async def test_what_was_received_is_kept_for_tests(running: Any, raw: Any) -> None:
    raw.send(8, 1, 1)
    await raw.answers()
    kept = [(message.client_id, message.fields) for message in running.gateway.messages]
    assert kept[0] == (None, ("71", "2", "77", ""))
    assert (77, ("8", "1", "1")) in kept
    times = [message.received_s for message in running.gateway.messages]
    assert times == sorted(times)


async def test_dropped_connections_leave_the_gateway_serving(running: Any, dial: Any) -> None:
    clients = [await dial(running.port) for _ in range(3)]
    for number, client in enumerate(clients):
        await client.start(client_id=number)
    running.gateway.drop_connections()
    for client in clients:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await client.until(999)
    fresh = await dial(running.port)
    assert (await fresh.start(client_id=0))[0][0] == "15"


async def test_many_clients_are_served_at_once(running: Any, dial: Any) -> None:
    clients = [await dial(running.port) for _ in range(32)]
    await asyncio.gather(*(client.start(client_id=n) for n, client in enumerate(clients)))
    assert len(running.gateway.client_ids) == 32
