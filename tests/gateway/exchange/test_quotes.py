"""Quotes of moving prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS, Universe
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.gateway.exchange.sources.fx import PairPrices, Several, currency_pairs
from bot.prices import load_history

WOBBLE = Wobble(seed=3, step_s=5, intraday_volatility=0.02, gap_volatility=0.01)
PAIRS = currency_pairs({"EUR": Decimal("1.1"), "JPY": Decimal("0.0067")}, "USD")
UNIVERSE = Universe(KNOWN_INSTRUMENTS, PAIRS)
NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)


def board(half_spread_bps: str = "1") -> QuoteBoard:
    stocks = DailyCloses(load_history(), None, WOBBLE)
    prices = {item.key: price for item, price in PAIRS.items()}
    source = Several(prices, PairPrices(prices, WOBBLE), stocks)
    return QuoteBoard(UNIVERSE, source, half_spread_bps=Decimal(half_spread_bps), seed=1)


BOARD = board()


@given(
    st.sampled_from(sorted(UNIVERSE.by_symbol)),
    st.datetimes(datetime(1990, 1, 3), datetime(2022, 12, 28)),  # noqa: DTZ001  (made aware below)
    st.sampled_from(["0", "1", "500"]),
)
@settings(deadline=None)
def test_quotes_are_never_crossed_and_always_on_a_tick(
    key: str, moment: datetime, half_spread_bps: str
) -> None:
    now = moment.replace(tzinfo=UTC)
    quote = board(half_spread_bps).quote(key, now)
    rule = UNIVERSE.by_symbol[key].rule
    assert 0 < quote.bid <= quote.last <= quote.ask
    for price in (quote.bid, quote.ask, quote.last):
        assert rule.is_on_tick(price)
    assert quote.volume >= 0
    assert min(quote.bid_size, quote.ask_size) > 0


def test_a_quote_is_worked_out_once_until_prices_move() -> None:
    first = BOARD.quote("KO", NOON)
    change = BOARD.next_change_after(NOON)
    assert change == NOON + timedelta(seconds=5)
    assert BOARD.quote("KO", change - timedelta(microseconds=1)) is first
    assert BOARD.quote("KO", change) != first


def test_looking_back_does_not_show_the_quote_of_later() -> None:
    later = BOARD.quote("KO", NOON + timedelta(hours=1))
    assert BOARD.quote("KO", NOON) == board().quote("KO", NOON) != later


def test_the_volume_grows_and_the_prior_close_stays() -> None:
    quotes = [BOARD.quote("AAPL", NOON + timedelta(hours=hour)) for hour in (0, 1, 2)]
    volumes = [quote.volume for quote in quotes]
    assert volumes == sorted(set(volumes))
    assert {quote.prior_close for quote in quotes} == {Decimal("78.04")}  # 78.039


def test_pairs_are_quoted_in_half_pips_and_large_sizes() -> None:
    euro, yen = (BOARD.quote(key, NOON) for key in ("EUR.USD", "USD.JPY"))
    assert euro.ask % Decimal("0.00005") == 0
    assert yen.ask % Decimal("0.005") == 0
    assert euro.bid_size >= 100_000
