"""Recordings: what a live session recorded is played again and gives the same bytes."""

from __future__ import annotations

import asyncio
import json
import struct
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.config.reading import GatewayConfigError
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.registry import REGISTRY
from bot.gateway.faults.script import read
from bot.gateway.recording.lines import RecordingError, read_event
from bot.gateway.recording.plain import config_of, plain
from bot.gateway.replay import replay

SHIPPED = Path(__file__).parents[3] / "config" / "gateway.toml"

#: An order for 2 KO with a number, a type and a limit to be put in.
ORDER = (
    "3|%d|0|KO|STK||0.0|||SMART||USD|||||BUY|2|%s||DAY|||O|0|r|1|0|0|0|0|0|0|0||0.0||||||||0||-1|0||"
    "|0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||||0|0|0|0|||0|||"
)


def frame(text: str) -> bytes:
    body = text.replace("|", "\0").encode()
    return struct.pack(">I", len(body)) + body


async def session(recorded: Any, connect: Any, library: Any, wait_for: Any) -> None:
    """Trade with the real library: fills, a rest, a change, a cancel, subscriptions, switches."""
    client = await connect(recorded.port, client_id=3)
    other = await connect(recorded.port, client_id=4)
    ko, aapl = (library.Stock(symbol, "SMART", "USD") for symbol in ("KO", "AAPL"))
    await client.qualifyContractsAsync(ko, aapl)
    ticker = client.reqMktData(ko)
    client.reqMktData(aapl)
    await client.reqAccountSummaryAsync()
    bought = client.placeOrder(ko, library.MarketOrder("BUY", 10))
    sold = client.placeOrder(aapl, library.LimitOrder("SELL", 5, 1))
    resting = other.placeOrder(ko, library.LimitOrder("BUY", 7, 1))
    for trade in (bought, sold):
        await wait_for(trade.commissionReportEvent, lambda it=trade: it.isDone())
    await wait_for(resting.statusEvent, lambda: resting.orderStatus.status == "Submitted")
    resting.order.totalQuantity = 8
    other.placeOrder(ko, resting.order)
    recorded.gateway.behaviour.fill = "partial"
    half = client.placeOrder(ko, library.MarketOrder("BUY", 100))
    await wait_for(half.fillEvent, lambda: half.filled() == 50)
    recorded.gateway.behaviour.quotes = "frozen"
    recorded.gateway.behaviour.muted = {9}
    await wait_for(client.pendingTickersEvent, lambda: ticker.marketDataType == 2)
    other.cancelOrder(resting.order)
    await wait_for(resting.statusEvent, resting.isDone)
    await client.reqExecutionsAsync()
    await client.reqCompletedOrdersAsync(apiOnly=False)
    other.disconnect()
    while recorded.gateway.client_ids != (3,):
        await client.reqCurrentTimeAsync()
    recorded.gateway.drop_connections()


async def test_a_live_session_is_played_again_to_the_byte_in_two_processes(
    record: Any, connect: Any, library: Any, wait_for: Any, play_apart: Any
) -> None:
    recorded = await record()
    await session(recorded, connect, library, wait_for)
    lines = await recorded.lines()
    kinds = {read_event(line).kind for line in lines[1:]}
    assert kinds == {"started", "opened", "in", "out", "switched", "closed", "dropped", "ended"}
    first, second = await asyncio.gather(*(play_apart(recorded.path, seed) for seed in (1, 2)))
    frames = sum(read_event(line).kind in ("in", "out") for line in lines[1:])
    assert frames > 200
    assert first[:2] == second[:2] == (0, f"identical: {frames} frames\n")
    assert first[2] == second[2] == recorded.path.read_bytes()


LIFELIKE = {
    "seed": 11,
    "prices": {"step_s": 1},
    "reports": {"sequences": "recorded", "late_s": "0.02"},
    "book": {
        "displayed_shares": 20,
        "refill_s": "0.01",
        "impact_bps": "5",
        "cancel_delay_s": "0.01",
    },
    "account_rules": {"settlement_days": 1, "ledger_keys": "both", "account_values": "all"},
    "further_accounts": [{"account": "DU7654321", "cash": "50000", "positions": {"KO": 100}}],
}


async def test_a_lifelike_session_is_played_again_to_the_byte_in_two_processes(
    record: Any, connect: Any, library: Any, play_apart: Any
) -> None:
    config = GatewayConfig.from_mapping(LIFELIKE)
    recorded = await record(config, speed=5.0)
    client = await connect(recorded.port, client_id=3, account="DU1234567")
    client.reqPnL("DU1234567")
    symbols = ("KO", "AAPL", "MSFT", "GE")
    stocks = [library.Stock(symbol, "SMART", "USD") for symbol in symbols]
    await client.qualifyContractsAsync(*stocks)
    for stock in stocks:
        client.reqMktData(stock)
    trades = [
        client.placeOrder(stock, library.MarketOrder(side, 30, account=account))
        for stock, side in zip(stocks, ("BUY", "SELL", "SELL", "SELL"), strict=True)
        for account in ("DU1234567", "DU7654321")
        if account == "DU1234567" or stock.symbol == "KO"
    ]
    resting = client.placeOrder(stocks[0], library.LimitOrder("BUY", 3, 1, account="DU1234567"))
    recorded.gateway.strike("cancel-race")
    client.cancelOrder(resting.order)
    async with asyncio.timeout(10):
        while sum(order.quantity == order.filled for order in recorded.gateway.orders) < len(
            trades
        ):
            await client.reqPositionsAsync()
    assert len(recorded.gateway.executions) >= 10  # 30 shares, 20 of them displayed
    await client.reqHistoricalDataAsync(stocks[0], "", "2 D", "1 hour", "TRADES", useRTH=True)
    await client.reqExecutionsAsync()
    client.disconnect()
    await recorded.lines()
    copies = await asyncio.gather(*(play_apart(recorded.path, seed) for seed in (1, 2)))
    for code, said, copy in copies:
        assert code == 0, said
        assert copy == recorded.path.read_bytes()


async def test_moving_quotes_and_a_fast_clock_are_played_again(
    record: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    config = GatewayConfig.from_mapping({"prices": {"step_s": 1}})
    # Twenty replayed seconds a second: some steps of the prices happen meanwhile.
    recorded = await record(config, speed=20.0)
    client = await connect(recorded.port)
    stock = library.Stock("MSFT", "SMART", "USD")
    await client.qualifyContractsAsync(stock)
    ticker = client.reqMktData(stock)
    seen: set[float] = set()
    ticker.updateEvent += lambda it: seen.add(it.last)
    await wait_for(ticker.updateEvent, lambda: len(seen) > 3)
    client.disconnect()
    await recorded.lines()
    outcome = await replay(recorded.path, None, print)
    assert (outcome.difference, outcome.has_end) == (None, True)


async def test_faults_are_inputs_and_are_played_again(record: Any, dial: Any) -> None:
    recorded = await record()
    client = await dial(recorded.port)
    await client.start(client_id=1)
    assert recorded.gateway.strike("connectivity-lost", for_s=0.05)
    assert [message[3] for message in [await client.receive()]] == ["1100"]
    assert (await client.receive())[3] == "1102"
    recorded.gateway.strike("connectivity-lost")
    await client.receive()
    recorded.gateway.end_fault("connectivity-lost")
    await client.receive()
    lines = await recorded.lines()
    told = [(event.kind, *event.fields) for event in map(read_event, lines[1:])]
    assert ("struck", "connectivity-lost", '{"for_s": 0.05}') in told
    assert ("calmed", "connectivity-lost") in told
    assert (await replay(recorded.path, None, print)).difference is None


@pytest.mark.parametrize("name", sorted(REGISTRY))
async def test_whatever_goes_wrong_is_played_again(
    record: Any, dial: Any, tmp_path: Path, name: str
) -> None:
    recorded = await record()
    client = await dial(recorded.port)
    await client.start(client_id=1)
    client.send_bytes(frame("1|11|1|0|KO|STK||0.0|||SMART||USD|||0||0|0||"))
    client.send(6, 2, 1, "")
    with suppress(FaultError):  # some need an order or another fault first
        recorded.gateway.strike(name)
    with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
        for order_id, terms in enumerate(("MKT|", "LMT|1"), start=1):
            client.send_bytes(frame(ORDER % (order_id, terms)))
            client.send(49, 1)
            async with asyncio.timeout(0.1):
                await client.until(49)
        client.send(4, 1, 2)
        client.send(16, 1)
        client.send(49, 1)
        async with asyncio.timeout(0.1):
            await client.until(49)
    with suppress(FaultError):
        recorded.gateway.strike(name)
    recorded.gateway.end_fault(name)
    await recorded.lines()
    copy = tmp_path / "copy.jsonl"
    outcome = await replay(recorded.path, copy, print)
    assert outcome.difference is None, str(outcome)
    assert outcome.has_end
    assert copy.read_bytes() == recorded.path.read_bytes()


async def test_a_script_of_faults_is_part_of_the_recording(record: Any, dial: Any) -> None:
    script = read(
        {
            "seed": 3,
            "fault": [
                {"name": "connectivity-lost", "when": "request", "request": 49, "chance": 0.3},
                {"name": "connectivity-lost", "every_s": 0.01, "count": 2, "for_s": 0.005},
            ],
        }
    )
    recorded = await record(script=script)
    client = await dial(recorded.port)
    await client.start(client_id=1)
    for _ in range(20):
        client.send(49, 1)
        await client.receive()
    lines = await recorded.lines()
    assert any('"1100"' in line for line in lines)
    assert (await replay(recorded.path, None, print)).difference is None


async def test_bytes_that_are_no_text_and_garbage_are_played_again(record: Any, dial: Any) -> None:
    recorded = await record()
    client = await dial(recorded.port)
    await client.start(client_id=1)
    body = b"81\x007\x00\xff\xfe\x00"
    client.send_bytes(struct.pack(">I", len(body)) + body)
    await client.receive()
    stranger = await dial(recorded.port)
    stranger.send_bytes(b"GET / HTTP/1.1\r\n\r\n")
    await stranger.wait_closed()
    other = await dial(recorded.port)
    await other.start(client_id=2)
    other.send_bytes(struct.pack(">I", 1 << 30))
    await other.wait_closed()
    await client.answers()
    await recorded.lines()
    assert (await replay(recorded.path, None, print)).difference is None


class Choked(asyncio.Transport):
    """A transport whose other side reads nothing: 65 MiB wait already."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 65 << 20

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        pass


async def test_a_client_that_reads_nothing_is_cut_off_in_the_replay_too(
    record: Any, dial: Any
) -> None:
    recorded = await record()
    connection = recorded.gateway.new_connection()
    connection.connection_made(Choked())
    connection.data_received(b"API\0" + struct.pack(">I", 9) + b"v157..176")
    connection.data_received(frame("71|2|5||"))
    await (await dial(recorded.port)).start(client_id=1)
    connection.connection_lost(None)
    kinds = [read_event(line).kind for line in (await recorded.lines())[1:]]
    assert "choked" in kinds
    assert (await replay(recorded.path, None, print)).difference is None


@pytest.fixture
async def greeting(record: Any, dial: Any) -> list[str]:
    """The recorded lines of a session in which a client says who it is, and no more."""
    recorded = await record()
    client = await dial(recorded.port)
    await client.start(client_id=1)
    found: list[str] = await recorded.lines()
    return found


async def test_the_first_difference_is_told_with_its_fields(
    greeting: list[str], tmp_path: Path
) -> None:
    (number,) = (n for n, line in enumerate(greeting) if '["9", "1", "1"]' in line)
    greeting[number] = greeting[number].replace('["9", "1", "1"]', '["9", "1", "7"]')
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join([*greeting, ""]), encoding="ascii")
    outcome = await replay(changed, None, print)
    assert outcome.difference is not None
    assert (outcome.difference.line, outcome.difference.fields) == (number + 1, (2,))
    assert f"line {number + 1} differs" in str(outcome)


async def test_a_line_too_few_or_too_many_is_a_difference(
    greeting: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "changed.jsonl"
    last_out = max(n for n, line in enumerate(greeting) if '"kind": "out"' in line)
    for changed in (
        [*greeting[:last_out], *greeting[last_out + 1 :]],
        [*greeting[:-1], greeting[last_out]],
    ):
        path.write_text("\n".join([*changed, greeting[-1], ""]), encoding="ascii")
        assert (await replay(path, None, print)).difference is not None


async def test_a_recording_that_breaks_off_is_played_up_to_there(
    greeting: list[str], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.jsonl"
    torn.write_text("\n".join([*greeting[:6], greeting[6][:20]]), encoding="ascii")
    outcome = await replay(torn, None, print)
    assert str(outcome).endswith("the recording breaks off there")
    assert (outcome.difference, outcome.has_end) == (None, False)


async def test_what_was_recorded_is_in_the_file_before_the_gateway_ends(
    record: Any, dial: Any
) -> None:
    recorded = await record()
    client = await dial(recorded.port)
    await client.start(client_id=1)
    text = recorded.path.read_text(encoding="ascii")
    assert '"fields": ["71", "2", "1", ""]' in text
    assert text.endswith("\n")


async def test_a_full_disk_ends_the_recording_and_not_the_gateway(record: Any, dial: Any) -> None:
    recorded = await record(path=Path("/dev/full"))
    client = await dial(recorded.port)
    assert (await client.start(client_id=1))[0][0] == "15"
    assert recorded.said == ["recording stopped: /dev/full: No space left on device"]
    assert await client.answers() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no recording"),
        ("hello\n", "no recording"),
        ('{"format": 1, "config": {"universe": ["TSLA"]}, "behaviour": {}}\n', "TSLA"),
        ('{"format": 1, "config": {}, "at": "noon", "behaviour": {}}\n', "noon"),
        ('{"format": 1, "config": {}, "at": "2020-06-01T14:30:00+00:00"}\n', "behaviour"),
    ],
)
async def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "it.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=words):
        await replay(path, None, print)


async def test_a_line_in_the_middle_that_is_none_is_refused(record: Any, tmp_path: Path) -> None:
    lines = await (await record()).lines()
    path = tmp_path / "it.jsonl"
    switched = lines[1].replace("started", "switched").replace("[]", '["colour", "1"]')
    for strange in ('{"at": 1}', lines[1].replace("started", "exploded"), switched):
        path.write_text("\n".join([*lines[:2], strange, ""]), encoding="utf-8")
        with pytest.raises(RecordingError, match=r"it\.jsonl: line 3: "):
            await replay(path, None, print)


def test_a_configuration_survives_as_plain_values() -> None:
    config = replace(
        GatewayConfig(),
        positions=MappingProxyType({"KO": 3}),
        cash=Decimal("1.10"),
        seed=9,
    )
    lifelike, written = GatewayConfig.from_mapping(LIFELIKE), GatewayConfig.from_toml(SHIPPED)
    for each in (config, GatewayConfig(), lifelike, written):
        assert config_of(json.loads(json.dumps(plain(each)))) == each
    with pytest.raises(GatewayConfigError, match="unknown key"):
        config_of({"nonsense": 1})


def test_switches_survive_as_plain_values() -> None:
    assert plain(Behaviour(muted={9, 4})) == {
        "quotes": "live",
        "fill": "full",
        "fill_delay_s": 0.02,
        "muted": [4, 9],
        "hold_acks": False,
        "drop_on_place": False,
    }
