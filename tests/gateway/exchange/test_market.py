"""Sessions, replayed closes and quotes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS, Universe
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.phases import Halt
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sessions import NEW_YORK, Sessions
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.prices import load_history

HISTORY = load_history()
UNIVERSE = Universe(KNOWN_INSTRUMENTS)


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def board(half_spread_bps: str = "1", seed: int = 1) -> QuoteBoard:
    source = DailyCloses(HISTORY)
    return QuoteBoard(UNIVERSE, source, half_spread_bps=Decimal(half_spread_bps), seed=seed)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2020-06-01T09:29:59", False),
        ("2020-06-01T09:30:00", True),
        ("2020-06-01T15:59:59", True),
        ("2020-06-01T16:00:00", False),
        ("2020-05-31T12:00:00", False),  # a Sunday
        ("2020-07-03T12:00:00", False),  # Independence Day, observed
        ("2019-12-25T12:00:00", False),
        ("2023-01-02T12:00:00", False),  # after the history, too, the calendar decides
        ("2023-01-03T12:00:00", True),
    ],
)
def test_exchange_is_open_in_regular_hours_of_sessions(moment: str, *, is_open: bool) -> None:
    assert Sessions().is_open(new_york(moment)) is is_open


def test_hours_follow_new_york_through_the_change_of_clocks() -> None:
    sessions = Sessions()
    winter, summer = sessions.on(date(2020, 3, 6)), sessions.on(date(2020, 3, 9))
    assert winter is not None
    assert summer is not None
    assert winter.opens_at == datetime(2020, 3, 6, 14, 30, tzinfo=UTC)
    assert summer.opens_at == datetime(2020, 3, 9, 13, 30, tzinfo=UTC)


def test_after_the_close_the_next_session_counts() -> None:
    session = Sessions().current_or_next(new_york("2020-07-02T16:00:00"))
    assert session.day == date(2020, 7, 6)  # over a holiday and a weekend


def test_the_longest_closure_of_the_history_is_bridged() -> None:
    """The exchange stayed closed from 2001-09-11 to 2001-09-14."""
    session = Sessions().current_or_next(new_york("2001-09-10T17:00:00"))
    assert session.day == date(2001, 9, 17)


def test_price_is_the_close_of_the_local_date_and_moves_at_midnight() -> None:
    source = DailyCloses(HISTORY)
    evening, night = new_york("2020-06-01T23:59:59"), new_york("2020-06-02T00:00:00")
    assert source.prices_at("AAPL", evening).middle == Decimal("78.998")
    assert source.next_change_after(evening) == night
    assert source.prices_at("AAPL", night).prior_close == Decimal("78.998")


def test_on_a_weekend_the_price_is_the_last_close() -> None:
    source = DailyCloses(HISTORY)
    friday, sunday = new_york("2020-05-29T12:00:00"), new_york("2020-05-31T12:00:00")
    assert source.prices_at("KO", sunday) == source.prices_at("KO", friday)


def test_first_session_has_no_prior_close() -> None:
    first = new_york("1990-01-02T12:00:00")
    assert DailyCloses(HISTORY).prices_at("AAPL", first).prior_close is None
    assert board().quote("AAPL", first).prior_close is None


def test_quotes_are_rounded_outward_from_the_middle() -> None:
    """78.998 less and more one basis point: 78.9901 and 79.0059."""
    quote = board().quote("AAPL", new_york("2020-06-01T12:00:00"))
    assert (quote.bid, quote.ask) == (Decimal("78.99"), Decimal("79.01"))
    assert quote.last == Decimal("79.00")


def test_prices_below_a_dollar_have_finer_ticks() -> None:
    """0.264 less and more one basis point: 0.2639736 and 0.2640264."""
    quote = board().quote("AAPL", new_york("1990-01-02T12:00:00"))
    assert (quote.bid, quote.ask) == (Decimal("0.2639"), Decimal("0.2641"))


@given(
    st.sampled_from(sorted(KNOWN_INSTRUMENTS)),
    st.datetimes(datetime(1990, 1, 3), datetime(2022, 12, 28)),  # noqa: DTZ001  (made aware below)
    st.decimals(0, 50, places=2),
)
def test_quotes_are_on_ticks_and_enclose_the_close(
    symbol: str, moment: datetime, half_spread_bps: Decimal
) -> None:
    now = moment.replace(tzinfo=UTC)
    quote = board(str(half_spread_bps)).quote(symbol, now)
    middle = DailyCloses(HISTORY).prices_at(symbol, now).middle
    rule = KNOWN_INSTRUMENTS[symbol].rule
    assert quote.bid <= middle <= quote.ask
    assert quote.bid <= quote.last <= quote.ask
    assert all(rule.is_on_tick(price) for price in (quote.bid, quote.ask, quote.last))
    assert min(quote.bid_size, quote.ask_size, quote.volume) >= 100


def test_displayed_sizes_come_from_the_seed() -> None:
    now = new_york("2020-06-01T12:00:00")
    symbols = sorted(KNOWN_INSTRUMENTS)

    def sizes(seed: int) -> list[int]:
        quotes = board(seed=seed)
        return [quotes.quote(symbol, now).bid_size for symbol in symbols]

    assert sizes(1) == sizes(1)
    assert sizes(1) != sizes(2)


def test_quotes_stand_still_in_a_halt() -> None:
    """The closes of Monday and Tuesday differ; when the halt is over, Tuesday's is there at once."""
    clock = [new_york("2020-06-01T15:00")]
    halt = Halt("KO", clock[0], new_york("2020-06-02T12:00"))
    market = Market(UNIVERSE, board(), Sessions(), lambda: clock[0], [halt])
    before, other = market.quote("KO"), market.quote("PEP")
    clock[0] = new_york("2020-06-02T11:59:59")
    assert market.quote("KO") == before
    assert market.last_price("KO") == market.pricing()("KO") == before.last
    assert market.quote("PEP") != other
    clock[0] = new_york("2020-06-02T12:00")
    assert market.quote("KO") != before
