"""Quotes as the real client library shows them, in every way the gateway can give them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.gateway import GatewayConfig

CONTRACT = (265598, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")


async def qualified(client: Any, library: Any, symbol: str) -> Any:
    """Return a contract with its id, without which ib_async has no ticker for it."""
    (contract,) = await client.qualifyContractsAsync(library.Stock(symbol, "SMART", "USD"))
    return contract


def subscribe(raw: Any, request_id: int = 4, *, snapshot: bool = False) -> None:
    raw.send(1, 11, request_id, *CONTRACT, 0, "", int(snapshot), 0, "")


def ticks(messages: list[list[str]]) -> dict[int, tuple[str, str]]:
    """Price and size by tick type."""
    return {int(m[3]): (m[4], m[5]) for m in messages if m[0] == "1"}


async def test_live_quotes_have_both_sides_last_and_close(
    client: Any, library: Any, wait_for: Any
) -> None:
    ticker = client.reqMktData(await qualified(client, library, "AAPL"))
    await wait_for(ticker.updateEvent, lambda: ticker.close == ticker.close)
    assert (ticker.bid, ticker.ask, ticker.last, ticker.close) == (78.99, 79.01, 79.0, 78.04)
    assert ticker.bidSize % 100 == ticker.askSize % 100 == 0
    assert ticker.marketDataType == 1
    assert ticker.minTick == 0.01
    client.cancelMktData(ticker.contract)


async def test_snapshots_end(client: Any, library: Any) -> None:
    (ticker,) = await client.reqTickersAsync(await qualified(client, library, "KO"))
    assert ticker.bid < ticker.ask
    assert await client.reqCurrentTimeAsync()


async def test_live_snapshot_frame_by_frame(raw: Any) -> None:
    subscribe(raw, snapshot=True)
    messages = await raw.answers()
    assert [m[0] for m in messages] == ["58", "81", "1", "1", "1", "1", "2", "46", "57"]
    assert messages[0] == ["58", "1", "4", "1"]
    assert [ticks(messages)[kind][0] for kind in (1, 2, 4, 9)] == ["78.99", "79.01", "79", "78.04"]
    assert messages[-1] == ["57", "1", "4"]


async def test_frozen_quotes_say_so(running: Any, raw: Any) -> None:
    running.behaviour.quotes = "frozen"
    subscribe(raw)
    messages = await raw.answers()
    assert messages[0] == ["58", "1", "4", "2"]
    assert ticks(messages)[1][0] == "78.99"


async def test_delayed_quotes_come_with_notice_and_ids_of_their_own(running: Any, raw: Any) -> None:
    running.behaviour.quotes = "delayed"
    subscribe(raw)
    messages = await raw.answers()
    assert messages[0][2:4] == ["4", "10167"]
    assert messages[1] == ["58", "1", "4", "3"]
    assert set(ticks(messages)) == {66, 67, 68, 75}


async def test_absent_quotes_are_minus_one(running: Any, raw: Any) -> None:
    running.behaviour.quotes = "absent"
    subscribe(raw)
    assert ticks(await raw.answers()) == {1: ("-1.0", "0"), 2: ("-1.0", "0")}


async def test_absent_quotes_are_no_prices_for_the_library(
    running: Any, client: Any, library: Any
) -> None:
    running.behaviour.quotes = "absent"
    (ticker,) = await client.reqTickersAsync(await qualified(client, library, "KO"))
    assert ticker.bid == ticker.ask == -1
    assert math.isnan(ticker.last)


@pytest.mark.parametrize("snapshot", [False, True])
async def test_silent_quotes_never_answer(running: Any, raw: Any, *, snapshot: bool) -> None:
    running.behaviour.quotes = "silent"
    subscribe(raw, snapshot=snapshot)
    assert await raw.answers() == []


async def test_without_permission_there_is_error_354_and_no_subscription(
    running: Any, raw: Any
) -> None:
    running.behaviour.quotes = "noperm"
    subscribe(raw)
    (answer,) = await raw.answers()
    assert answer[2:4] == ["4", "354"]
    running.behaviour.quotes = "live"
    assert await raw.answers() == []


async def test_a_switch_acts_on_running_subscriptions(running: Any, raw: Any) -> None:
    subscribe(raw)
    await raw.answers()
    running.behaviour.quotes = "absent"
    assert ticks(await raw.answers())[1] == ("-1.0", "0")


async def test_cancelled_subscriptions_are_silent(running: Any, raw: Any) -> None:
    subscribe(raw)
    raw.send(2, 2, 4)
    await raw.answers()
    running.behaviour.quotes = "absent"
    assert await raw.answers() == []
    raw.send(2, 2, 4)
    (answer,) = await raw.answers()
    assert answer[2:4] == ["4", "300"]


async def test_a_request_id_in_use_and_an_unknown_contract_are_refused(raw: Any) -> None:
    subscribe(raw)
    await raw.answers()
    subscribe(raw)
    raw.send(1, 11, 5, 1, *CONTRACT[1:], 0, "", 0, 0, "")
    first, second = await raw.answers()
    assert (first[2:4], second[2:4]) == (["4", "322"], ["5", "200"])


async def test_no_more_than_a_hundred_lines(raw: Any) -> None:
    for request_id in range(101):
        subscribe(raw, request_id + 10)
    errors = [m for m in await raw.answers() if m[0] == "4"]
    assert [m[2:4] for m in errors] == [["110", "101"]]


async def test_new_quotes_are_pushed_when_the_date_changes(
    start_gateway: Any, hand_clock: Any, dial: Any
) -> None:
    """Half a tenth of a second before midnight in New York, which is 04:00 UTC."""
    clock = hand_clock(datetime(2020, 6, 2, 4, tzinfo=UTC) - timedelta(seconds=0.05))
    running = await start_gateway(GatewayConfig(), clock=clock)
    client = await dial(running.port)
    await client.start(1)
    subscribe(client)
    client.send(6, 2, 1, "")
    await client.until(54)
    clock.moment += timedelta(seconds=0.05)
    pushed = await client.until(46)
    assert ticks(pushed)[9][0] == "79"  # what was the last price is the prior close now
    assert (await client.until(8))[-1] == ["8", "1", "00:00"]
