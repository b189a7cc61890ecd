"""Quotes: what this request brought, its kind, and why there is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.adapters.ib.quote_lines import QuoteLine
from bot.adapters.ib.quotes import LINES, Quotes
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import Known, Unknown, known

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from bot.core.domain.instrument import Instrument
    from tests.adapters.ib.conftest import Rig, Tools


@pytest.fixture
async def apple(broker: IbBroker, tools: Tools) -> Instrument:
    [instrument] = await tools.resolved(broker, "AAPL")
    return instrument


async def quote_of(broker: IbBroker, instrument: Instrument) -> Quote:
    return known((await broker.read_quotes([instrument]))[instrument.con_id])


async def why_not(broker: IbBroker, instrument: Instrument) -> str:
    reading = (await broker.read_quotes([instrument]))[instrument.con_id]
    assert isinstance(reading, Unknown), reading
    assert "\n" not in reading.reason
    return reading.reason


async def test_a_live_quote_has_both_sides_its_kind_and_our_time(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    before = rig.clock.now()
    quote = await quote_of(broker, apple)
    assert quote.con_id == apple.con_id
    assert quote.kind is QuoteKind.LIVE
    assert quote.bid is not None
    assert quote.ask is not None
    assert 0 < quote.bid < quote.ask
    assert quote.last is not None
    assert quote.close is not None
    assert before <= quote.received_at <= rig.clock.now()


async def test_a_quote_has_the_sizes_that_are_shown_and_none_where_none_is(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    quote = await quote_of(broker, apple)
    told = {fields[3]: fields[5] for fields in rig.tap.answered if fields[0] == "1"}
    assert (quote.bid_size, quote.ask_size) == (float(told["1"]), float(told["2"]))
    line = QuoteLine(apple.con_id)
    line.take_price(1, 10.0, 0.0, rig.clock.now())
    assert line.quote(rig.clock.now()).bid_size is None
    line.take_size(0, 300.0)
    line.take_size(5, 7.0)  # the last trade's
    assert line.quote(rig.clock.now()).bid_size == 300
    assert line.quote(rig.clock.now()).ask_size is None


@pytest.mark.parametrize(
    ("said", "is_halted"),
    # News, a volatility pause, none, nobody knows; another generic tick.
    [("49 1", True), ("49 2", True), ("49 0", False), ("49 -1", None), ("46 1", None)],
)
async def test_a_quote_says_what_ib_said_of_a_halt(
    rig: Rig,
    broker: IbBroker,
    apple: Instrument,
    said: str,
    is_halted: bool | None,  # noqa: FBT001
) -> None:
    rig.tap.hold()

    def answer() -> None:
        request_id = rig.tap.sent[-1][2]
        rig.tap.say("45", "6", request_id, *said.split())
        for tick, price in (("1", "99"), ("2", "101"), ("9", "100")):
            rig.tap.say("1", "6", request_id, tick, price, "0", "0")

    rig.tap.after["1"] = answer
    quote = await quote_of(broker, apple)
    rig.tap.release()
    assert (quote.mid, quote.is_halted) == (100.0, is_halted)


async def test_a_halt_of_the_gateway_s_exchange_reaches_the_quote(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.gateway.strike("halt", symbol="AAPL")
    assert (await quote_of(broker, apple)).is_halted is True


async def test_every_instrument_has_a_reading_and_every_line_is_closed(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    instruments = await tools.resolved(broker, "AAPL", "XOM", "BAC")
    readings = await broker.read_quotes([*instruments, instruments[0]])
    assert list(readings) == [instrument.con_id for instrument in instruments]
    assert all(isinstance(reading, Known) for reading in readings.values())
    await tools.until(lambda: rig.asked.count("2") == 3)
    opened = {fields[2] for fields in rig.tap.sent if fields[0] == "1"}
    assert opened == {fields[2] for fields in rig.tap.sent if fields[0] == "2"}


async def test_no_instruments_need_no_quotes(rig: Rig, broker: IbBroker) -> None:
    assert await broker.read_quotes([]) == {}
    assert rig.asked == []


@pytest.mark.parametrize(
    ("quotes", "kind"), [("frozen", QuoteKind.FROZEN), ("delayed", QuoteKind.DELAYED)]
)
async def test_the_kind_is_what_the_gateway_says(
    rig: Rig, broker: IbBroker, apple: Instrument, quotes: str, kind: QuoteKind
) -> None:
    rig.behaviour.quotes = quotes  # type: ignore[assignment]
    quote = await quote_of(broker, apple)
    assert quote.kind is kind
    assert quote.mid is not None


async def test_live_ticks_without_a_word_on_their_kind_are_live(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.muted = {58}
    assert (await quote_of(broker, apple)).kind is QuoteKind.LIVE


async def test_delayed_ticks_are_delayed_whatever_is_said_of_their_kind(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.muted = {58}
    rig.behaviour.quotes = "delayed"
    assert (await quote_of(broker, apple)).kind is QuoteKind.DELAYED
    rig.tap.after["1"] = lambda: rig.tap.say(58, 1, rig.tap.sent[-1][2], 1)
    assert (await quote_of(broker, apple)).kind is QuoteKind.DELAYED
    rig.tap.after["1"] = lambda: rig.tap.say(58, 1, rig.tap.sent[-1][2], 2)
    assert (await quote_of(broker, apple)).kind is QuoteKind.DELAYED_FROZEN


async def test_a_kind_that_ib_does_not_document_is_none(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.muted = {58}
    rig.tap.after["1"] = lambda: rig.tap.say(58, 1, rig.tap.sent[-1][2], 9)
    assert (await quote_of(broker, apple)).kind is None


async def test_an_explicit_no_is_an_answer_with_no_price(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.quotes = "absent"
    quote = await quote_of(broker, apple)
    assert (quote.bid, quote.ask, quote.mid) == (None, None, None)
    assert quote.kind is QuoteKind.LIVE


async def test_one_side_alone_is_no_answer(rig: Rig, tools: Tools) -> None:
    broker = await rig.connected(quote_timeout_s=0.1)
    [apple] = await tools.resolved(broker, "AAPL")
    rig.behaviour.quotes = "silent"
    rig.tap.after["1"] = lambda: rig.tap.say(1, 6, rig.tap.sent[-1][2], 1, 59.28, 400, 1)
    assert await why_not(broker, apple) == "ask did not come within 0.1 s"


async def test_silence_is_unknown(rig: Rig, tools: Tools) -> None:
    broker = await rig.connected(quote_timeout_s=0.1)
    [apple] = await tools.resolved(broker, "AAPL")
    rig.behaviour.quotes = "silent"
    assert await why_not(broker, apple) == "bid and ask did not come within 0.1 s"
    await tools.until(lambda: rig.asked.count("2") == 1)


async def test_a_missing_subscription_is_named_at_once(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.quotes = "noperm"
    before_s = rig.clock.monotonic()
    reason = await why_not(broker, apple)
    assert reason.startswith("354 no market-data subscription for this listing: add it in Client")
    assert rig.clock.monotonic() - before_s < rig.settings.quote_timeout_s / 2


@pytest.mark.parametrize("code", [101, 200, 354, 10089, 10168, 10186, 10187, 10197, 4711])
async def test_an_error_that_names_the_line_ends_it(rig: Rig, tools: Tools, code: int) -> None:
    broker = await rig.connected()
    [apple] = await tools.resolved(broker, "AAPL")
    rig.behaviour.quotes = "silent"
    rig.tap.after["1"] = lambda: rig.tap.say(4, 2, rig.tap.sent[-1][2], code, "IB's words", "")
    reason = await why_not(broker, apple)
    assert reason.startswith(f"{code} ")
    assert "IB's words" in reason


@pytest.mark.parametrize("code", [10090, 10091, 10167])
async def test_a_remark_does_not_end_a_line_but_explains_its_silence(
    rig: Rig, tools: Tools, code: int
) -> None:
    broker = await rig.connected(quote_timeout_s=0.1)
    [apple] = await tools.resolved(broker, "AAPL")
    rig.tap.after["1"] = lambda: rig.tap.say(4, 2, rig.tap.sent[-1][2], code, "part", "")
    assert (await quote_of(broker, apple)).kind is QuoteKind.LIVE
    rig.behaviour.quotes = "silent"
    reason = await why_not(broker, apple)
    assert reason.startswith(f"bid and ask did not come within 0.1 s; IB said: {code} ")


async def test_a_quote_is_made_of_its_own_lines_ticks_only(rig: Rig, tools: Tools) -> None:
    broker = await rig.connected(quote_timeout_s=0.1)
    [apple] = await tools.resolved(broker, "AAPL")
    await quote_of(broker, apple)
    [old_line] = [fields[2] for fields in rig.tap.sent if fields[0] == "1"]
    rig.behaviour.quotes = "silent"
    rig.tap.after["1"] = lambda: (
        rig.tap.say(1, 6, old_line, 1, 1.0, 1, 1),  # type: ignore[func-returns-value]
        rig.tap.say(1, 6, old_line, 2, 2.0, 1, 1),  # type: ignore[func-returns-value]
    )
    assert await why_not(broker, apple) == "bid and ask did not come within 0.1 s"


async def test_without_a_close_the_quote_comes_after_a_moment(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.quotes = "silent"

    def say_both() -> None:
        for tick, price in ((1, 59.28), (2, 59.30)):
            rig.tap.say(1, 6, rig.tap.sent[-1][2], tick, price, 400, 1)

    rig.tap.after["1"] = say_both
    quote = await quote_of(broker, apple)
    assert (quote.bid, quote.ask, quote.last, quote.close) == (59.28, 59.30, None, None)


async def test_a_close_that_comes_a_moment_later_is_waited_for(
    rig: Rig, broker: IbBroker, apple: Instrument
) -> None:
    rig.behaviour.quotes = "silent"
    loop = asyncio.get_running_loop()

    def say_one_by_one() -> None:
        line = rig.tap.sent[-1][2]
        for count, (tick, price) in enumerate(((2, 59.30), (1, 59.28), (9, 60.0))):
            loop.call_later(0.03 * count, rig.tap.say, 1, 6, line, tick, price, 400, 1)

    rig.tap.after["1"] = say_one_by_one
    quote = await quote_of(broker, apple)
    assert (quote.bid, quote.ask, quote.close) == (59.28, 59.30, 60.0)


async def test_a_broken_data_farm_makes_quotes_unknown_until_it_is_back(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    rig.tap.say(4, 2, -1, 2103, "Market data farm connection is broken:usfarm", "")
    await tools.said(broker, 2103)
    assert "usfarm" in await why_not(broker, apple)
    rig.tap.say(4, 2, -1, 2104, "Market data farm connection is OK:eufarm", "")
    rig.tap.say(4, 2, -1, 2107, "marker", "")
    await tools.said(broker, 2107)
    assert "usfarm" in await why_not(broker, apple)
    rig.tap.say(4, 2, -1, 2104, "Market data farm connection is OK:usfarm", "")
    await tools.said(broker, 2104)
    assert (await quote_of(broker, apple)).kind is QuoteKind.LIVE


async def test_ib_lost_makes_quotes_unknown(rig: Rig, broker: IbBroker, apple: Instrument) -> None:
    rig.tap.after["1"] = lambda: rig.tap.say(4, 2, -1, 1100, "lost", "")
    assert "the gateway has lost IB's servers" in await why_not(broker, apple)


async def test_a_line_that_drops_ends_all_quotes_at_once(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    instruments = await tools.resolved(broker, "AAPL", "XOM", "BAC")
    rig.behaviour.quotes = "silent"
    rig.tap.after["1"] = rig.tap.cut
    before_s = rig.clock.monotonic()
    readings = await broker.read_quotes(instruments)
    for reading in readings.values():
        assert isinstance(reading, Unknown)
        assert "the line" in reading.reason
    assert rig.clock.monotonic() - before_s < rig.settings.quote_timeout_s / 2
    rig.behaviour.quotes = "live"
    rig.tap.after.clear()
    await broker.connect()
    assert (await quote_of(broker, instruments[0])).kind is QuoteKind.LIVE


async def test_no_more_lines_are_open_than_there_are(rig: Rig, tools: Tools) -> None:
    broker = await rig.connected(quote_timeout_s=0.02)
    instruments = await tools.resolved(broker, "AAPL", "XOM", "BAC", "GE", "HD")
    rig.behaviour.quotes = "silent"
    readings = await Quotes(broker._asking, lines=2).read(instruments)
    assert len(readings) == 5
    await tools.until(lambda: rig.asked.count("2") == 5)
    open_lines = [0]
    for message in rig.asked:
        open_lines.append(open_lines[-1] + {"1": 1, "2": -1}.get(message, 0))
    assert max(open_lines) == 2


async def test_lines_are_given_back_after_every_kind_of_end(rig: Rig, tools: Tools) -> None:
    """More reads than there are lines, each ending in another way: none may keep its line."""
    broker = await rig.connected(quote_timeout_s=0.005)
    [apple] = await tools.resolved(broker, "AAPL")
    ends = ("silent", "noperm", "live")
    for count in range(LINES // 10):
        rig.behaviour.quotes = ends[count % len(ends)]  # type: ignore[assignment]
        await broker.read_quotes([apple])
    await tools.until(lambda: rig.asked.count("2") == rig.asked.count("1"))
    assert broker._quotes._lines._value == LINES
