"""Handshake, account check, doubt: what a connection is, and when it is none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.adapters.ib import IbSettings
from bot.core.domain.orders import Disconnected, SystemMessage
from bot.core.domain.reading import Known, Unknown
from bot.errors import BrokerUnavailable, ConfigError, WrongAccount
from bot.gateway import GatewayConfig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.adapters.ib import IbBroker
    from tests.adapters.ib.conftest import Rig, Tools

LIVE = "U7654321"


async def test_connecting_is_a_matter_of_milliseconds(rig: Rig) -> None:
    broker = await rig.connected()  # the first one imports the library
    times_s = []
    for _ in range(5):
        await broker.disconnect()
        before_s = rig.clock.monotonic()
        await broker.connect()
        times_s.append(rig.clock.monotonic() - before_s)
    assert broker.is_connected
    assert min(times_s) < 0.05


async def test_the_handshake_asks_for_nothing(rig: Rig, broker: IbBroker) -> None:
    assert broker.is_connected
    assert rig.asked == []


async def test_connecting_twice_keeps_the_line(rig: Rig, broker: IbBroker) -> None:
    await asyncio.gather(broker.connect(), broker.connect())
    assert rig.tap.count(71) == 1


async def test_two_tasks_that_find_the_line_down_make_one(rig: Rig) -> None:
    broker = rig.broker()
    await asyncio.gather(broker.connect(), broker.connect())
    assert rig.tap.count(71) == 1


async def test_no_gateway_is_one_clear_line(rig: Rig) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    with pytest.raises(BrokerUnavailable, match=f"no gateway listens at 127.0.0.1:{port}: start"):
        await rig.connected(port=port)


async def test_a_client_id_in_use_is_told_at_once_and_no_other_is_tried(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    second = rig.broker()
    before_s = rig.clock.monotonic()
    with pytest.raises(BrokerUnavailable, match="client id 7 is in use"):
        await second.connect()
    assert rig.clock.monotonic() - before_s < rig.settings.connect_timeout_s / 2
    assert broker.is_connected
    assert not second.is_connected
    assert rig.gateway.client_ids == (7,)
    await broker.disconnect()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await second.connect()
    assert second.is_connected


@pytest.mark.parametrize("gateway_config", [GatewayConfig(account=LIVE)])
async def test_a_live_account_is_refused_in_paper_mode_and_nothing_is_asked(rig: Rig) -> None:
    broker = rig.broker()
    with pytest.raises(WrongAccount, match=r"expected account DU1234567 \(paper\).*U7654321"):
        await broker.connect()
    assert not broker.is_connected
    with pytest.raises(WrongAccount, match="refuses a gateway with live accounts"):
        await rig.connected(account=LIVE)
    assert rig.asked == []


async def test_the_configured_account_must_be_managed(rig: Rig) -> None:
    with pytest.raises(WrongAccount, match="expected account DU7777777"):
        await rig.connected(account="DU7777777")
    with pytest.raises(WrongAccount, match="expected account DU7777777"):
        await rig.connected(account="DU7777777", mode="observe")
    assert rig.asked == []


async def test_a_paper_account_is_refused_in_live_mode(rig: Rig) -> None:
    with pytest.raises(WrongAccount, match='mode = "live" refuses a paper account'):
        await rig.connected(mode="live")
    assert rig.asked == []


async def test_observe_takes_a_paper_account(rig: Rig) -> None:
    broker = await rig.connected(mode="observe")
    assert broker.is_connected


@pytest.mark.parametrize("gateway_config", [GatewayConfig(account=LIVE)])
async def test_observe_and_live_take_a_live_account(rig: Rig) -> None:
    observer = await rig.connected(mode="observe", account=LIVE)
    assert observer.is_connected
    await observer.disconnect()
    assert (await rig.connected(mode="live", account=LIVE)).is_connected


@pytest.mark.parametrize(
    ("mode", "port"), [("paper", 7496), ("paper", 4001), ("live", 7497), ("live", 4002)]
)
async def test_the_other_modes_port_is_refused_before_connecting(
    rig: Rig, mode: str, port: int
) -> None:
    with pytest.raises(ConfigError, match=f'port {port} .*mode = "{mode}"'):
        await rig.connected(mode=mode, port=port)


def test_any_other_port_is_neutral(rig_settings: IbSettings) -> None:
    rig_settings.check_port()


@pytest.fixture
def rig_settings() -> IbSettings:
    return IbSettings("gateway.example", 4004, 1, "ib_insync", "U1", "live")


async def test_a_library_that_is_not_there_says_how_to_get_it(rig: Rig) -> None:
    other = "ib_async" if rig.settings.library == "ib_insync" else "ib_insync"
    with pytest.raises(ConfigError, match=f"pip install {other}"):
        await rig.connected(library=other)


async def answering(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> asyncio.Server:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        await answer(writer)
        await reader.read(100)
        writer.transport.abort()

    return await asyncio.start_server(accept, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((), "did not finish the handshake within 0.2 s"),
        (("150", "20201116 10:00:00 EST"), "too old.*10.30 or newer"),
        (("150", "20201116 10:00:00 EST", "more"), "could not be read"),
        (("words", "and", "no", "numbers"), "failed on what came in"),
    ],
    ids=["silent", "old", "unknown", "nonsense"],
)
async def test_a_gateway_that_makes_no_sense_is_unavailable(
    rig: Rig, tools: Tools, fields: tuple[str, ...], reason: str
) -> None:
    async def give(writer: asyncio.StreamWriter) -> None:
        writer.write(tools.frame(*fields) if fields else b"")
        await writer.drain()

    server = await answering(give)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BrokerUnavailable, match=reason):
        await rig.connected(port=port, connect_timeout_s=0.2)
    server.close()


@pytest.mark.parametrize("answer", [b"", b"\0"])
async def test_a_line_that_drops_in_the_handshake_is_told_at_once(rig: Rig, answer: bytes) -> None:
    def drop() -> None:
        rig.tap.say_raw(answer)
        rig.tap.cut()

    rig.tap.after["71"] = drop
    before_s = rig.clock.monotonic()
    with pytest.raises(BrokerUnavailable):
        await rig.connected()
    assert rig.clock.monotonic() - before_s < rig.settings.connect_timeout_s / 2
    rig.tap.after.clear()
    assert (await rig.connected()).is_connected


async def test_a_connect_that_is_cancelled_leaves_nothing_behind(rig: Rig, tools: Tools) -> None:
    broker = rig.broker()
    rig.tap.hold()
    connecting = asyncio.ensure_future(broker.connect())
    await tools.until(lambda: bool(rig.tap.sent))
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert not broker.is_connected
    rig.tap.release()
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    assert broker.is_connected


async def test_our_own_disconnect_is_no_event(rig: Rig, broker: IbBroker, tools: Tools) -> None:
    await tools.said(broker, 2158)
    await broker.disconnect()
    await broker.disconnect()
    assert not broker.is_connected
    assert await broker.next_event(0) is None
    await tools.until(lambda: rig.gateway.client_ids == ())


async def test_a_dropped_line_is_an_event_and_can_be_made_anew(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    rig.gateway.drop_connections()
    event = await tools.event_of(broker, Disconnected)
    assert event.reason
    assert not broker.is_connected
    assert isinstance(await broker.read_time(), Unknown)
    await broker.connect()
    assert broker.is_connected
    assert isinstance(await broker.read_time(), Known)


async def test_an_unreadable_message_makes_the_connection_doubtful_until_it_is_made_anew(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    rig.tap.say("garbage", "frame")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    await tools.said(broker, 2107)
    assert not broker.is_connected
    for reading in (
        await broker.read_positions(),
        await broker.read_orders(),
        await broker.read_account(),
        await broker.read_time(),
    ):
        assert isinstance(reading, Unknown)
        assert "doubtful" in reading.reason
        assert "garbage" in reading.reason
    assert rig.asked == []
    await broker.connect()
    assert isinstance(await tools.event_of(broker, Disconnected), Disconnected)
    assert isinstance(await broker.read_positions(), Known)


@pytest.mark.parametrize(
    "fields",
    [
        (61, 3, "DU1234567", 1, "AAPL"),
        (61, 3, "DU1234567", 1, "A", "STK", "", 0, "", "", "X", "USD", "A", "A", "nan", 1.0),
        (999, 1),
        (3, 5, "Submitted", "ten"),
        (93, 26, 1, 0.0, 0.0),
    ],
    ids=["short", "nan", "unknown-id", "text", "no-tick"],
)
async def test_what_cannot_be_translated_makes_doubtful(
    rig: Rig, broker: IbBroker, tools: Tools, fields: tuple[object, ...]
) -> None:
    rig.tap.say(*fields)
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    await tools.said(broker, 2107)
    assert not broker.is_connected
    assert broker.doubt is not None


async def test_an_end_that_was_there_already_is_no_event(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    await tools.said(broker, 2158)
    rig.tap.say(4, 2, 77, 300, "Can't find EId with tickerId:77", "")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    assert await broker.next_event(1) == SystemMessage(2107, "marker")


async def test_messages_that_nobody_asks_for_are_harmless(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    rig.tap.say(8, 1, "16:00")
    rig.tap.say(14, 1, 1, 1, "a news bulletin", "NYSE")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    await tools.said(broker, 2107)
    assert broker.is_connected


async def test_a_full_event_queue_makes_doubtful_and_still_tells_of_the_end(rig: Rig) -> None:
    broker = await rig.connected(queue_size=4)  # three notices come at start-up
    rig.tap.say(4, 2, -1, 2107, "fits", "")
    rig.tap.say(4, 2, -1, 2107, "does not", "")
    reading = await broker.read_time()
    while isinstance(reading, Known):
        reading = await broker.read_time()
    assert "event queue was full and lost SystemMessage" in reading.reason
    rig.gateway.drop_connections()
    for _ in range(4):
        assert isinstance(await broker.next_event(1), SystemMessage)
    assert isinstance(await broker.next_event(1), Disconnected)


async def test_the_clock_follows_a_paper_gateway_on_this_machine(rig: Rig) -> None:
    broker = await rig.connected(follow_gateway_time=True)
    difference = abs(rig.clock.now() - rig.gateway.config.at)
    assert difference < timedelta(seconds=30)
    at = rig.clock.now()
    await broker.disconnect()
    await broker.connect()
    assert timedelta(0) <= rig.clock.now() - at < timedelta(seconds=30)


async def test_a_clock_that_follows_is_set_anew_when_the_gateways_jumps(
    rig: Rig, tools: Tools
) -> None:
    broker = await rig.connected(follow_gateway_time=True)
    await broker.disconnect()
    rig.gateway_clock.jump(timedelta(days=1))
    await tools.until(lambda: rig.gateway.client_ids == ())
    await broker.connect()
    assert abs(rig.clock.now() - rig.gateway_clock.now()) < timedelta(seconds=2)


async def test_the_clock_follows_nothing_unless_asked_to(rig: Rig, broker: IbBroker) -> None:
    assert broker.is_connected
    assert rig.clock.now() - rig.gateway.config.at > timedelta(days=365)


@pytest.mark.parametrize("gateway_config", [GatewayConfig(account=LIVE)])
async def test_the_clock_never_follows_a_live_account(rig: Rig) -> None:
    await rig.connected(mode="observe", account=LIVE, follow_gateway_time=True)
    assert rig.clock.now() - rig.gateway.config.at > timedelta(days=365)
