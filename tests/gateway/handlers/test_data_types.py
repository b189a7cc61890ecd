"""Which market data a client gets: live, frozen, delayed or none, and what it is told about it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.prices import PricesTable
from bot.gateway.config.quotes import QuotesTable

CONTRACT = (265598, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "")

#: Monday 2020-06-01 in New York: 10:30, and 21:00 when even extended hours are over.
OPEN = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)
CLOSED = datetime(2020, 6, 2, 1, 0, tzinfo=UTC)

NO_SUBSCRIPTION = (
    "Requested market data requires additional subscription for API. See link in 'Market Data"
    " Connections' dialog for more details.Delayed market data is available."
)


def subscribe(raw: Any, request_id: int = 4, generic: str = "", *, snapshot: bool = False) -> None:
    raw.send(1, 11, request_id, *CONTRACT, 0, generic, int(snapshot), 0, "")


def ask_for_type(raw: Any, data_type: int) -> None:
    raw.send(59, 1, data_type)


def codes(messages: list[list[str]]) -> list[str]:
    return [message[3] for message in messages if message[0] == "4"]


def told_types(messages: list[list[str]]) -> list[str]:
    return [message[3] for message in messages if message[0] == "58"]


def prices(messages: list[list[str]]) -> dict[int, str]:
    return {int(message[3]): message[4] for message in messages if message[0] == "1"}


async def quotes(raw: Any, data_type: int | None, **terms: Any) -> list[list[str]]:
    """Ask for a type, subscribe, and return all that is answered."""
    if data_type is not None:
        ask_for_type(raw, data_type)
    subscribe(raw, **terms)
    found: list[list[str]] = await raw.answers()
    return found


@pytest.fixture
async def at(start_gateway: Any, hand_clock: Any, dial: Any) -> Any:
    """Start a gateway at a moment; returns it, its clock and a client."""

    async def start(moment: datetime, **keys: Any) -> Any:
        clock = hand_clock(moment)
        running = await start_gateway(dataclasses.replace(GatewayConfig(), **keys), clock=clock)
        raw = await dial(running.port)
        await raw.start(1)
        return running, clock, raw

    return start


@pytest.mark.parametrize("data_type", [None, 1, 2, 3, 4])
async def test_live_data_come_whatever_was_asked_for(raw: Any, data_type: int | None) -> None:
    messages = await quotes(raw, data_type)
    assert (codes(messages), told_types(messages)) == ([], ["1"])
    assert prices(messages)[1] == "78.99"


@pytest.mark.parametrize(("data_type", "told"), [(1, "1"), (2, "2"), (3, "1"), (4, "2")])
async def test_after_hours_the_last_quotes_are_frozen_for_who_asks(
    at: Any, data_type: int, told: str
) -> None:
    _running, _clock, raw = await at(CLOSED)
    messages = await quotes(raw, data_type)
    assert (codes(messages), told_types(messages)) == ([], [told])


@pytest.mark.parametrize(
    ("data_type", "code", "told"),
    [
        (None, "10089", []),
        (1, "10089", []),
        (2, "10168", []),
        (3, "10167", ["3"]),
        (4, "10167", ["3"]),
    ],
)
async def test_without_a_subscription_delayed_data_come_to_who_asks(
    running: Any, raw: Any, data_type: int | None, code: str, told: list[str]
) -> None:
    running.behaviour.quotes = "unsubscribed"
    messages = await quotes(raw, data_type)
    assert (codes(messages), told_types(messages)) == ([code], told)
    assert set(prices(messages)) == ({66, 67, 68, 75} if told else set())
    # A line that was refused does not come to life.
    running.behaviour.quotes = "live"
    assert bool(await raw.answers()) is bool(told)


async def test_delayed_data_freeze_after_hours(at: Any) -> None:
    running, _clock, raw = await at(CLOSED)
    running.behaviour.quotes = "unsubscribed"
    messages = await quotes(raw, 4)
    assert (codes(messages), told_types(messages)) == (["10167"], ["4"])


@pytest.mark.parametrize(
    ("kind", "data_type", "words"),
    [
        (
            "unsubscribed",
            None,
            f"{NO_SUBSCRIPTION}AAPL NASDAQ/TOP/ALL",
        ),
        (
            "unsubscribed",
            2,
            "Requested market data is not subscribed. Delayed market data is not enabled.",
        ),
        (
            "unsubscribed",
            3,
            "Requested market data is not subscribed. Displaying delayed market data.",
        ),
        ("competing", None, "No market data during competing live session"),
    ],
)
async def test_notices_have_the_words_of_tws(
    running: Any, raw: Any, kind: Any, data_type: int | None, words: str
) -> None:
    running.behaviour.quotes = kind
    messages = await quotes(raw, data_type)
    assert messages[0][4] == words


async def test_a_partial_subscription_has_neither_bid_nor_ask(running: Any, raw: Any) -> None:
    running.behaviour.quotes = "partial"
    messages = await quotes(raw, None)
    assert codes(messages) == ["10090"]
    assert prices(messages) == {1: "-1.0", 2: "-1.0", 4: "79", 9: "78.04"}


@pytest.mark.parametrize("snapshot", [False, True])
async def test_during_a_competing_session_lines_wait(
    running: Any, raw: Any, *, snapshot: bool
) -> None:
    running.behaviour.quotes = "competing"
    messages = await quotes(raw, None, snapshot=snapshot)
    assert [message[0] for message in messages] == ["4"]
    assert codes(messages) == ["10197"]
    running.behaviour.quotes = "live"
    assert bool(prices(await raw.answers())) is not snapshot


async def test_an_unknown_type_is_refused_and_changes_nothing(running: Any, raw: Any) -> None:
    running.behaviour.quotes = "unsubscribed"
    ask_for_type(raw, 3)
    ask_for_type(raw, 5)
    (refused,) = await raw.answers()
    assert refused[2:4] == ["-1", "321"]
    assert told_types(await quotes(raw, None)) == ["3"]


async def test_types_are_those_of_each_client(running: Any, raw: Any, dial: Any) -> None:
    running.behaviour.quotes = "unsubscribed"
    other = await dial(running.port)
    await other.start(78)
    ask_for_type(raw, 3)
    assert codes(await quotes(other, None)) == ["10089"]


async def test_quotes_withdrawn_after_hours_come_back(at: Any) -> None:
    """From 21:00 on neither side; at 04:00 trading before the open begins. Frozen lines stay."""
    _running, clock, raw = await at(CLOSED, quotes=QuotesTable(closed_quotes="withdrawn"))
    live = await quotes(raw, 1, request_id=4)
    frozen = await quotes(raw, 2, request_id=5)
    assert (prices(live)[1], prices(live)[2], prices(live)[4]) == ("-1.0", "-1.0", "79")
    assert prices(frozen)[1] == "78.99"
    clock.moment = datetime(2020, 6, 2, 8, 0, tzinfo=UTC)
    messages = await raw.answers()
    # Tuesday's close is 79.36.
    assert prices([message for message in messages if message[2] == "4"])[1] == "79.35"
    assert ["58", "1", "5", "1"] in messages


async def test_further_bursts_have_what_changed_four_times_a_second_at_most(at: Any) -> None:
    """A new price every tenth of a second: in two seconds there are eight bursts or nine."""
    moving = PricesTable(step_s=Decimal("0.1"), intraday_volatility=Decimal("0.05"))
    _running, clock, raw = await at(OPEN, prices=moving)
    first = await quotes(raw, None)
    assert set(prices(first)) == {1, 2, 4, 9}
    bursts = 0
    for _ in range(20):
        clock.moment += timedelta(seconds=0.1)
        messages = await raw.answers()
        assert 9 not in prices(messages)  # the prior close stays
        bursts += bool(messages)
    assert 6 <= bursts <= 9


async def test_a_halt_is_told_and_its_end(running: Any, raw: Any) -> None:
    venue = running.gateway._venue
    messages = await quotes(raw, None)
    assert [message for message in messages if message[0] == "45"] == []
    venue.turns.take(lambda: venue.market.halt("AAPL"))
    assert (await raw.until(45))[-1] == ["45", "6", "4", "49", "1.0"]
    venue.turns.take(lambda: venue.market.resume("AAPL"))
    assert (await raw.until(45))[-1] == ["45", "6", "4", "49", "0.0"]


async def test_generic_ticks_that_are_served(raw: Any) -> None:
    """AAPL: mark price 79.00, easy to borrow, and a trade in real time with the volume of the day."""
    messages = await quotes(raw, None, generic="165,221,233,236")
    found = {message[3]: message for message in messages if message[0] in ("1", "2", "45", "46")}
    assert int(found["21"][4]) > 0
    assert found["37"][4] == "79"
    assert found["46"][4] == "3.0"
    price, shares, milliseconds, volume, average, single = found["48"][4].split(";")
    assert (price, shares, average, single) == ("79", "100", "79", "true")
    assert int(volume) == int(found["8"][4])
    assert int(milliseconds) // 1000 == int(found["45"][4])


async def test_a_list_may_leave_out_quotes(raw: Any) -> None:
    messages = await quotes(raw, None, generic="mdoff,236")
    assert [message[0] for message in messages] == ["58", "81", "45"]


@pytest.mark.parametrize("generic", ["999", "233,13", "abc", "292:", "162", "mdoff", ","])
async def test_lists_of_unknown_ticks_are_refused(raw: Any, generic: str) -> None:
    (message,) = await quotes(raw, None, generic=generic)
    assert message[2:4] == ["4", "321"]
    start = f"Error validating request.-'bQ' : cause - Incorrect generic tick list of {generic}.  "
    assert message[4].startswith(start + "Legal ones for (STK) are: 100(Option Volume),101(")


@pytest.mark.parametrize("generic", ["100,101,104,106", "258/47"[:3], "456", "292:BRFG+DJNL", "59"])
async def test_ticks_that_need_a_subscription_are_taken_in_silence(raw: Any, generic: str) -> None:
    messages = await quotes(raw, None, generic=generic)
    assert [message[0] for message in messages] == ["58", "81", "1", "1", "1", "1", "2", "46"]


async def test_a_snapshot_has_no_generic_ticks(raw: Any) -> None:
    (message,) = await quotes(raw, None, generic="233", snapshot=True)
    assert (message[3], "not applicable to generic ticks" in message[4]) == ("321", True)


async def test_a_regulatory_snapshot_is_one(raw: Any) -> None:
    raw.send(1, 11, 4, *CONTRACT, 0, "", 0, 1, "")
    assert (await raw.answers())[-1] == ["57", "1", "4"]


async def test_lines_are_as_many_as_configured(at: Any) -> None:
    _running, _clock, raw = await at(OPEN, quotes=QuotesTable(lines_max=1))
    assert codes(await quotes(raw, None, request_id=4)) == []
    assert codes(await quotes(raw, None, request_id=5)) == ["101"]
    assert codes(await quotes(raw, None, request_id=6, snapshot=True)) == []


async def test_sizes_were_in_round_lots_once(running: Any, dial: Any) -> None:
    sizes = []
    for client_id, version in enumerate((158, 159)):
        raw = await dial(running.port)
        await raw.start(client_id + 1, version)
        messages = await quotes(raw, None)
        sizes.append([int(message[5]) for message in messages if message[0] == "1"])
    assert sizes[0] == [shares // 100 for shares in sizes[1]]


async def test_without_its_farm_there_are_no_quotes(running: Any, raw: Any) -> None:
    feed = running.gateway._venue.publisher.feed
    feed.set_farm("quotes", "broken")
    assert codes(await raw.answers()) == ["2103"]
    assert await quotes(raw, None) == []
    feed.set_farm("quotes", "ok")
    messages = await raw.answers()
    assert (codes(messages), told_types(messages)) == (["2104"], ["1"])
    assert prices(messages)[1] == "78.99"


async def test_delayed_data_are_a_quarter_of_an_hour_old(at: Any) -> None:
    """Prices move every minute. Those of 10:30 come at 10:45; the close, of 16:00, at 16:15."""
    moving = PricesTable(step_s=Decimal(60))
    running, clock, raw = await at(OPEN, prices=moving)
    then = prices(await quotes(raw, 1, request_id=1))
    running.behaviour.quotes = "unsubscribed"
    clock.moment = OPEN + timedelta(minutes=15)
    late = await quotes(raw, 3, request_id=2)
    assert [prices(late)[tick] for tick in (66, 67, 68)] == [then[tick] for tick in (1, 2, 4)]
    stamps = [message[4] for message in late if message[0] == "46" and message[3] == "88"]
    assert stamps == [str(int(OPEN.timestamp()))]
    shown = prices(late)
    for minute in (14, 15):
        clock.moment = datetime(2020, 6, 1, 20, minute, 59, tzinfo=UTC)
        before, shown = shown, shown | prices(await raw.answers())
    assert shown[68] != before[68]
    assert Decimal(shown[68]) == running.gateway._venue.market.last_price("AAPL")


async def test_frozen_quotes_do_not_move(at: Any) -> None:
    running, clock, raw = await at(OPEN, prices=PricesTable(step_s=Decimal(60)))
    running.behaviour.quotes = "frozen"
    assert told_types(await quotes(raw, 1)) == ["2"]
    clock.moment = OPEN + timedelta(minutes=30)
    assert prices(await raw.answers()) == {}
    running.behaviour.quotes = "live"
    assert told_types(await raw.answers()) == ["1"]
