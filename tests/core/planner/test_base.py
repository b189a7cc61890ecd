"""A snapshot is worth what it says, or nothing is done: unknown is never zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.account import AccountState, Position
from bot.core.domain.instrument import Instrument
from bot.core.domain.orders import OrderBooks
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Known, Reading, Unknown
from bot.core.domain.snapshot import Snapshot
from bot.core.planner.base import Valuation, value
from bot.errors import CycleSkipped, ReadUnknown

T = TypeVar("T")
NOW = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)
NOTHING = Decimal(0)
EMPTY = ConfirmedEmpty(source="ib:positions", received_at=NOW)


def known(value: T) -> Known[T]:
    return Known(value=value, source="test", received_at=NOW)


def instrument(con_id: int, symbol: str, currency: str = "USD") -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=symbol,
        currency=currency,
        exchange="SMART",
        primary_exchange="NYSE",
        price_bands=(),
        time_zone="US/Eastern",
        liquid_hours="",
    )


AAPL, XOM, WMT = instrument(3, "AAPL"), instrument(1, "XOM"), instrument(2, "WMT")


def position(held: Instrument, quantity: str, currency: str = "USD") -> Position:
    return Position(
        con_id=held.con_id,
        symbol=held.symbol,
        security_type="STK",
        currency=currency,
        quantity=Decimal(quantity),
        average_cost=None,
    )


def quote(con_id: int, bid: float | None, ask: float | None) -> Reading[Quote]:
    return known(
        Quote(
            con_id=con_id,
            bid=bid,
            ask=ask,
            last=None,
            close=None,
            kind=QuoteKind.LIVE,
            received_at=NOW,
        )
    )


# AAPL: 10.5 x 100 = 1,050. XOM: none. WMT is outside the mandate, 450 by the broker. Cash 500.
# NAV: 1,050 + 450 + 500 = 2,000. Base: 1,050 + 500 = 1,550.
ACCOUNT = AccountState(
    account="DU1",
    account_type="INDIVIDUAL",
    currency="USD",
    net_liquidation=Decimal(2000),
    cash=Decimal(500),
    settled_cash=None,
    market_values={3: Decimal("1049.00"), 2: Decimal("450.00")},
    foreign_cash={},
)
SNAPSHOT = Snapshot(
    taken_at=NOW,
    broker_time=known(NOW),
    session=None,
    instruments=(AAPL, XOM),
    account=known(ACCOUNT),
    positions=known((position(AAPL, "10.5"), position(WMT, "4"))),
    orders=known(OrderBooks(open_orders=(), completed_orders=(), executions=())),
    quotes={3: quote(3, 99.0, 101.0), 1: quote(1, 49.9, 50.1)},
)


def with_account(**change: object) -> Snapshot:
    return replace(SNAPSHOT, account=known(replace(ACCOUNT, **change)))  # type: ignore[arg-type]


def with_positions(*positions: Position) -> Snapshot:
    return replace(SNAPSHOT, positions=known(positions))


# --- worked numbers


def test_the_base_is_the_mandate_at_mid_and_cash() -> None:
    valued = value(SNAPSHOT, NOTHING)
    assert valued.base == 1550.0
    assert valued.holdings.tolist() == [1050.0, 0.0]
    assert valued.weights.tolist() == pytest.approx([1050 / 1550, 0.0, 500 / 1550])
    assert (valued.net_liquidation, valued.outside_value) == (2000.0, 450.0)
    assert (valued.currency, valued.cash) == ("USD", 500.0)


def test_a_fractional_position_is_split_into_whole_shares_and_a_tail() -> None:
    valued = value(SNAPSHOT, NOTHING)
    assert valued.whole_shares.tolist() == [10, 0]
    assert valued.whole_shares.dtype == np.int64
    assert valued.tails.tolist() == [0.5, 0.0]


@pytest.mark.parametrize(("quantity", "whole", "tail"), [("0", 0, 0.0), ("0.5", 0, 0.5)])
def test_less_than_a_share_is_held_and_not_short(quantity: str, whole: int, tail: float) -> None:
    valued = value(with_positions(position(AAPL, quantity), position(WMT, "4")), NOTHING)
    assert (valued.whole_shares[0], valued.tails[0]) == (whole, tail)


def test_the_smallest_base_is_a_base() -> None:
    # 1,050 - 1,049.50
    assert value(with_account(cash=Decimal("-1049.50")), NOTHING).base == 0.5


def test_reserved_cash_is_not_in_the_base() -> None:
    valued = value(SNAPSHOT, Decimal(600))
    # 500 - 600 = -100; 1,050 - 100 = 950.
    assert valued.cash == -100.0
    assert valued.base == 950.0
    assert valued.nav_difference == pytest.approx(0.0)


def test_the_two_counts_agree_or_their_difference_is_a_fraction_of_base() -> None:
    assert value(SNAPSHOT, NOTHING).nav_difference == 0.0
    # NAV 31 higher: 31 / 1,550 = 2 %.
    richer = value(with_account(net_liquidation=Decimal(2031)), NOTHING)
    assert richer.nav_difference == pytest.approx(0.02)
    poorer = value(with_account(net_liquidation=Decimal(1969)), NOTHING)
    assert poorer.nav_difference == pytest.approx(-0.02)


def test_an_account_without_positions_is_all_cash() -> None:
    empty = replace(SNAPSHOT, positions=EMPTY)
    valued = value(empty, NOTHING)
    assert valued.weights.tolist() == [0.0, 0.0, 1.0]
    assert valued.whole_shares.tolist() == [0, 0]


def test_an_outside_position_of_no_shares_needs_no_value() -> None:
    # The broker keeps a line for what was sold today.
    valued = value(
        with_positions(position(AAPL, "10.5"), position(instrument(9, "GE"), "0")), NOTHING
    )
    assert valued.outside_value == 0.0


def test_outside_positions_are_added_up_also_behind_one_without_shares() -> None:
    sold, wmt, ko = (
        position(instrument(9, "GE"), "0"),
        position(WMT, "4"),
        position(instrument(8, "KO"), "2"),
    )
    snapshot = replace(
        with_account(market_values={2: Decimal(450), 8: Decimal("120.50")}),
        positions=known((sold, wmt, ko)),
    )
    assert value(snapshot, NOTHING).outside_value == 570.5


def test_an_outside_short_position_lowers_what_is_outside() -> None:
    snapshot = replace(
        with_account(market_values={2: Decimal(-450)}, net_liquidation=Decimal(1100)),
        positions=known((position(AAPL, "10.5"), position(WMT, "-4"))),
    )
    valued = value(snapshot, NOTHING)
    assert valued.outside_value == -450.0
    assert valued.nav_difference == 0.0


def test_negative_cash_is_a_normal_input() -> None:
    valued = value(with_account(cash=Decimal(-50)), NOTHING)
    assert valued.weights[-1] == pytest.approx(-50 / 1000)


def test_the_planner_gets_a_batch_of_one() -> None:
    batch = value(SNAPSHOT, NOTHING).portfolios()
    assert batch.shares.tolist() == [[10, 0]]
    assert batch.con_ids.tolist() == [3, 1]
    assert batch.weights()[0].tolist() == pytest.approx(value(SNAPSHOT, NOTHING).weights.tolist())


# --- unknown is never zero


@pytest.mark.parametrize("name", ["account", "positions"])
def test_a_read_that_did_not_end_is_refused_with_its_reason(name: str) -> None:
    unknown = Unknown(source=f"ib:{name}", received_at=NOW, reason="no answer within 10 s")
    with pytest.raises(ReadUnknown, match=f"ib:{name} is unknown: no answer within 10 s"):
        value(replace(SNAPSHOT, **{name: unknown}), NOTHING)


@pytest.mark.parametrize("amount", [None, Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_that_the_broker_did_not_say_is_unknown(amount: Decimal | None) -> None:
    with pytest.raises(ReadUnknown, match=r"^cash \(USD\) is unknown"):
        value(with_account(cash=amount), NOTHING)
    with pytest.raises(ReadUnknown, match=r"^net liquidation \(USD\) is unknown"):
        value(with_account(net_liquidation=amount), NOTHING)
    words = r"^market value of WMT \(4 shares outside the mandate\) \(USD\) is unknown"
    with pytest.raises(ReadUnknown, match=words):
        value(with_account(market_values={2: amount}), NOTHING)


def test_an_outside_position_without_market_value_is_unknown() -> None:
    with pytest.raises(ReadUnknown, match="market value of WMT"):
        value(with_account(market_values={}), NOTHING)


def test_a_quote_that_was_not_read_is_unknown() -> None:
    with pytest.raises(ReadUnknown, match="XOM: no quote was read"):
        value(replace(SNAPSHOT, quotes={3: SNAPSHOT.quotes[3]}), NOTHING)


def test_a_quote_read_that_did_not_end_is_unknown() -> None:
    unknown = Unknown(source="ib:quote XOM", received_at=NOW, reason="no tick within 5 s")
    with pytest.raises(ReadUnknown, match="ib:quote XOM is unknown: no tick within 5 s"):
        value(replace(SNAPSHOT, quotes={**SNAPSHOT.quotes, 1: unknown}), NOTHING)


def test_a_quote_without_two_sides_has_no_mid_also_for_what_is_not_held() -> None:
    half = {**SNAPSHOT.quotes, 1: quote(1, None, 50.1)}
    with pytest.raises(ReadUnknown, match=r"XOM: no mid price, found bid None and ask 50\.1 USD"):
        value(replace(SNAPSHOT, quotes=half), NOTHING)


def test_a_number_of_shares_that_is_none_is_unknown() -> None:
    with pytest.raises(ReadUnknown, match="AAPL: the number of shares is unknown, found NaN"):
        value(with_positions(position(AAPL, "NaN")), NOTHING)


def test_a_position_that_is_there_twice_is_unknown() -> None:
    twice = with_positions(position(AAPL, "10"), position(AAPL, "3"))
    with pytest.raises(ReadUnknown, match=r"AAPL \(conId 3\) is in the positions twice: 10 and 3"):
        value(twice, NOTHING)


# --- what cannot be handled yet


def test_a_short_position_in_the_mandate_is_refused() -> None:
    with pytest.raises(CycleSkipped, match="AAPL is short: -2 shares"):
        value(with_positions(position(AAPL, "-2"), position(WMT, "4")), NOTHING)


def test_an_instrument_in_another_currency_is_refused() -> None:
    foreign = replace(SNAPSHOT, instruments=(AAPL, instrument(1, "SAP", "EUR")))
    with pytest.raises(CycleSkipped, match="SAP is priced in EUR, the account is in USD"):
        value(foreign, NOTHING)


def test_an_outside_position_in_another_currency_is_refused() -> None:
    with pytest.raises(CycleSkipped, match="WMT is outside the mandate and priced in EUR"):
        value(with_positions(position(WMT, "4", "EUR")), NOTHING)


def test_a_balance_in_another_currency_is_refused_unless_it_is_zero() -> None:
    with pytest.raises(CycleSkipped, match=r"a balance of 12\.50 EUR beside its USD"):
        value(with_account(foreign_cash={"EUR": Decimal("12.50")}), NOTHING)
    assert value(with_account(foreign_cash={"EUR": Decimal(0)}), NOTHING).base == 1550.0


@pytest.mark.parametrize("cash", ["-1050", "-2000"])
def test_an_account_without_a_base_is_refused(cash: str) -> None:
    with pytest.raises(CycleSkipped, match=r"the base must be above 0, found .* USD"):
        value(with_account(cash=Decimal(cash)), NOTHING)


# --- properties


def random_snapshot(seed: int, order: list[int]) -> Snapshot:
    """Return a snapshot of as many instruments as `order` has, listed in that order."""
    generator = np.random.default_rng(seed)
    all_instruments = [instrument(index + 1, f"S{index}") for index in range(len(order))]
    bids = np.round(generator.uniform(1, 500, len(order)), 2)
    shares = generator.integers(0, 1000, len(order))
    return replace(
        SNAPSHOT,
        instruments=tuple(all_instruments[index] for index in order),
        positions=known(
            tuple(position(all_instruments[index], f"{shares[index]}.25") for index in order)
        ),
        quotes={
            index + 1: quote(index + 1, float(bids[index]), float(bids[index]) + 0.02)
            for index in order
        },
    )


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12), data=st.data())
def test_another_order_of_instruments_gives_the_same_bits(
    seed: int, count: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(count)))
    ordered = value(random_snapshot(seed, list(range(count))), NOTHING)
    shuffled = value(random_snapshot(seed, order), NOTHING)
    assert shuffled.base == ordered.base
    assert shuffled.weights[:-1].tolist() == ordered.weights[order].tolist()
    assert shuffled.weights[-1] == ordered.weights[-1]


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12))
def test_weights_add_up_to_one_and_say_what_the_planner_sees(seed: int, count: int) -> None:
    valued: Valuation = value(random_snapshot(seed, list(range(count))), NOTHING)
    assert float(valued.weights.sum()) == pytest.approx(1, abs=1e-12)
    assert np.allclose(valued.portfolios().weights()[0], valued.weights, rtol=0, atol=1e-12)
