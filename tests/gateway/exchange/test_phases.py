"""Halts, the phases of single instruments, and the moments that the rest of the gateway waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import GatewayConfig, GatewayConfigError
from bot.gateway.exchange.currencies import currencies_stretch
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.phases import Halt, Halts, Phase
from bot.gateway.exchange.sessions import NEW_YORK, Sessions, midnight_after

SYMBOLS = {symbol: KNOWN_INSTRUMENTS[symbol] for symbol in ("AAPL", "KO")}
PAIR = replace(SYMBOLS["KO"], symbol="EUR", key="EUR.USD", security_type="CASH")


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


class Minutes:
    """A board on which everything costs as many dollars as the date has had minutes."""

    def price_at(self, _symbol: str, moment: datetime) -> Decimal:
        clock = moment.astimezone(NEW_YORK)
        return Decimal(clock.day * 10_000 + clock.hour * 60 + clock.minute)

    def next_change_after(self, now: datetime) -> datetime:
        return midnight_after(now.astimezone(NEW_YORK).date())


class Scene:
    """A market at a moment that a test moves."""

    def __init__(self, at: str, *halts: Halt, pair: bool = False, calendar: str = "XNYS") -> None:
        self.moment = new_york(at)
        universe: Any = SimpleNamespace(
            by_symbol={**SYMBOLS, **({"EUR.USD": PAIR} if pair else {})}
        )
        board: Any = Minutes()
        self.market = Market(universe, board, Sessions(calendar), lambda: self.moment, halts)

    def phase(self, symbol: str, at: str) -> Phase:
        self.moment = new_york(at)
        return self.market.phase(symbol)


def halt(symbol: str, since: str, until: str | None) -> Halt:
    return Halt(symbol, new_york(since), None if until is None else new_york(until))


def test_a_halt_stops_its_symbol_and_no_other() -> None:
    scene = Scene("2020-06-01T11:00", halt("AAPL", "2020-06-01T11:00", "2020-06-01T11:05"))
    assert scene.market.phase("AAPL") is Phase.HALTED
    assert scene.market.phase(SYMBOLS["AAPL"]) is Phase.HALTED
    assert not scene.market.is_open("AAPL")
    assert scene.market.is_open("KO")
    assert scene.market.is_open()
    assert scene.phase("AAPL", "2020-06-01T11:05") is Phase.CONTINUOUS


def test_a_halt_of_all_stops_the_exchange() -> None:
    """On 2020-03-16 trading stopped for fifteen minutes right after the open."""
    scene = Scene("2020-03-16T09:31", halt("", "2020-03-16T09:30:01", "2020-03-16T09:45:01"))
    assert scene.market.phase("KO") is Phase.HALTED
    assert not scene.market.is_open()
    assert scene.market.next_boundary() == new_york("2020-03-16T09:45:01")


def test_what_is_closed_is_not_called_halted_but_stays_halted() -> None:
    scene = Scene("2020-06-01T15:00", halt("KO", "2020-06-01T15:00", None))
    assert scene.phase("KO", "2020-06-01T18:00") is Phase.HALTED
    assert scene.phase("KO", "2020-06-01T21:00") is Phase.CLOSED
    assert scene.market.is_halted("KO")
    assert scene.phase("KO", "2020-06-02T10:00") is Phase.HALTED


def test_halts_by_hand_are_told_to_whoever_watches() -> None:
    scene, told = Scene("2020-06-01T11:00"), []
    market = scene.market
    market.watch(lambda: told.append(market.phase("KO")))
    market.halt("KO", new_york("2020-06-01T12:00"))
    assert market.next_boundary() == new_york("2020-06-01T12:00")
    market.resume("KO")
    market.resume("KO")  # nothing to end any more, and nothing to tell
    assert told == [Phase.HALTED, Phase.CONTINUOUS]
    assert market.next_boundary() == new_york("2020-06-01T16:00")
    assert market.halts == ()


def test_a_halt_of_all_is_ended_as_it_was_begun() -> None:
    scene = Scene("2020-06-01T11:00")
    scene.market.halt("")
    scene.market.resume("KO")
    assert not scene.market.is_open("KO")
    scene.market.resume("")
    assert scene.market.is_open("KO")


def test_ending_a_halt_leaves_those_to_come() -> None:
    later = halt("KO", "2020-06-01T12:00", None)
    halts = Halts([halt("KO", "2020-06-01T10:00", None), later])
    assert halts.end("KO", new_york("2020-06-01T11:00"))
    assert halts.all == (later,)
    assert not halts.is_on("KO", new_york("2020-06-01T11:30"))
    assert halts.is_on("KO", new_york("2020-06-01T12:00"))


def test_halts_that_are_over_are_forgotten_when_others_begin() -> None:
    scene = Scene("2020-06-01T11:00", halt("KO", "2020-06-01T10:00", "2020-06-01T10:05"))
    scene.market.halt("AAPL")
    assert scene.market.halts == (Halt("AAPL", scene.moment),)


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ("2020-05-31T17:14:59", Phase.CLOSED),  # a Sunday
        ("2020-05-31T17:15:00", Phase.CONTINUOUS),
        ("2020-06-01T03:00:00", Phase.CONTINUOUS),
        ("2020-06-01T17:00:00", Phase.CLOSED),
        ("2020-06-01T17:15:00", Phase.CONTINUOUS),
        ("2020-06-05T16:59:59", Phase.CONTINUOUS),
        ("2020-06-05T17:00:00", Phase.CLOSED),  # a Friday
        ("2020-06-06T12:00:00", Phase.CLOSED),
    ],
)
def test_currencies_trade_all_week_with_a_pause_a_day(moment: str, phase: Phase) -> None:
    scene = Scene(moment, pair=True)
    assert scene.market.phase("EUR.USD") is phase
    assert scene.market.is_open("EUR.USD") is (phase is Phase.CONTINUOUS)


def test_bells_of_currencies_count_only_where_there_are_pairs() -> None:
    at = "2020-06-01T16:30"
    assert Scene(at).market.next_boundary() == new_york("2020-06-01T20:00")
    assert Scene(at, pair=True).market.next_boundary() == new_york("2020-06-01T17:00")


@pytest.mark.parametrize(
    ("at", "which", "price"),
    [
        ("2020-06-02T09:29", "opening", 10_570),  # 570 minutes are 09:30: that of the day before
        ("2020-06-02T09:30", "opening", 20_570),
        ("2020-06-02T15:59", "opening", 20_570),
        ("2020-06-02T15:59", "closing", 10_960),  # 960 minutes are 16:00
        ("2020-06-02T16:00", "closing", 20_960),
        ("2020-06-06T12:00", "closing", 50_960),  # a Saturday
        ("2020-11-27T13:00", "closing", 270_780),  # 780 minutes are 13:00: a half day
        ("2020-11-27T12:00", "closing", 250_960),  # the day before was a holiday
    ],
)
def test_the_price_of_the_latest_auction(at: str, which: Any, price: int) -> None:
    assert Scene(at).market.auction_price("KO", which) == price


@pytest.mark.parametrize(
    ("at", "is_tradable"),
    [
        ("2020-06-01T03:59", False),
        ("2020-06-01T04:00", True),
        ("2020-06-01T12:00", True),
        ("2020-06-01T19:59", True),
        ("2020-06-01T20:00", False),
    ],
)
def test_what_may_trade_outside_regular_hours(at: str, *, is_tradable: bool) -> None:
    assert (Scene(at).market.phase("KO") is not Phase.CLOSED) is is_tradable


@given(
    st.datetimes(datetime(2019, 1, 1), datetime(2021, 12, 31)),  # noqa: DTZ001  (made aware below)
    st.floats(0, 0.999),
    st.integers(0, 3 * 24 * 60),
    st.integers(1, 24 * 60),
)
def test_nothing_changes_between_two_boundaries(
    moment: datetime, fraction: float, halted_min: int, halt_min: int
) -> None:
    start = moment.replace(tzinfo=UTC)
    begins_at = start + timedelta(minutes=halted_min)
    stop = Halt("KO", begins_at, begins_at + timedelta(minutes=halt_min))
    scene = Scene("2020-06-01T12:00", stop, pair=True)

    def phases_at(at: datetime) -> list[Phase]:
        scene.moment = at
        return [scene.market.phase(symbol) for symbol in ("AAPL", "KO", "EUR.USD")]

    now = start
    for _ in range(8):
        phases = phases_at(now)
        boundary = scene.market.next_boundary()
        assert boundary > now
        assert phases_at(now + (boundary - now) * fraction) == phases
        now = boundary


def test_the_weekend_of_currencies_is_one_stretch() -> None:
    stretch = currencies_stretch(new_york("2020-06-06T12:00"))
    assert (stretch.begins_at, stretch.ends_at) == (
        new_york("2020-06-05T17:00"),
        new_york("2020-06-07T17:15"),
    )


def test_halts_and_hours_are_read_from_the_configuration() -> None:
    given_halts = [
        {"symbol": "KO", "since": datetime(2020, 6, 1, 11), "until": datetime(2020, 6, 1, 12)},  # noqa: DTZ001
        {"since": datetime(2020, 6, 2, 11, tzinfo=UTC)},
    ]
    table = GatewayConfig.from_mapping(
        {"exchange": {"halts": given_halts, "extended_opens": "07:00", "extended_closes": ""}}
    ).exchange
    assert table.all_halts() == (
        halt("KO", "2020-06-01T11:00", "2020-06-01T12:00"),
        Halt("", datetime(2020, 6, 2, 11, tzinfo=UTC)),
    )
    session = table.sessions().current_or_next(new_york("2020-06-01T12:00"))
    assert session.extended_opens_at == new_york("2020-06-01T07:00")
    assert session.extended_closes_at == session.closes_at


async def test_orders_wait_for_the_end_of_a_halt(
    start_gateway: Any, hand_clock: Any, connect: Any, library: Any, wait_for: Any
) -> None:
    """One halt ends after an hour that the test turns over, the other one by hand."""

    class Still(hand_clock):
        speed = 0.0

    at = GatewayConfig().at
    until = at + timedelta(hours=1)
    table = {"exchange": {"halts": [{"symbol": "KO", "since": at, "until": until}]}}
    clock = Still(at)
    running = await start_gateway(GatewayConfig.from_mapping(table), clock=clock)
    client = await connect(running.port)
    market = running.gateway._venue.market
    market.halt("AAPL")
    trades = {}
    for symbol in ("KO", "AAPL", "PEP"):
        order = library.MarketOrder("BUY", 1)
        trades[symbol] = client.placeOrder(library.Stock(symbol, "SMART", "USD"), order)
    await wait_for(client.orderStatusEvent, trades["PEP"].isDone)
    clock.moment += timedelta(hours=1)
    await client.reqCurrentTimeAsync()
    assert trades["KO"].isDone()
    assert not trades["AAPL"].isDone()
    market.resume("AAPL")
    await wait_for(client.orderStatusEvent, trades["AAPL"].isDone)
    filled = {it.order.instrument.symbol: it.at for it in running.gateway.executions}
    assert filled == {"PEP": at, "KO": until, "AAPL": until}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            {"halts": [{"symbol": "KO"}]},
            "exchange.halts.since is missing: expected a date and time",
        ),
        (
            {"halts": [{"since": datetime(2020, 6, 1, 11), "until": datetime(2020, 6, 1, 11)}]},  # noqa: DTZ001
            "exchange.halts.until = 2020-06-01 11:00:00-04:00: expected a moment after since",
        ),
        (
            {"halts": [{"symbol": "TSLA", "since": datetime(2020, 6, 1, 11)}]},  # noqa: DTZ001
            "exchange.halts: unknown symbol 'TSLA'",
        ),
        (
            {"extended_opens": "4 o'clock"},
            'exchange.extended_opens = "4 o\'clock": expected a time',
        ),
        ({"extended_closes": 20}, "exchange.extended_closes = 20: expected a time such as"),
        ({"calender": "XNYS"}, "unknown key 'exchange.calender'; did you mean 'calendar'?"),
    ],
)
def test_mistakes_about_the_exchange_are_one_line(table: dict[str, object], words: str) -> None:
    with pytest.raises(GatewayConfigError) as caught:
        GatewayConfig.from_mapping({"exchange": table})
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
