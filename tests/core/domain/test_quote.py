"""A price is usable only with both sides; a spread and an age are what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.quote import Quote, QuoteKind

NOW = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)


def quote(bid: float | None, ask: float | None) -> Quote:
    return Quote(
        con_id=1,
        bid=bid,
        ask=ask,
        last=100.0,
        close=100.0,
        kind=QuoteKind.LIVE,
        received_at=NOW,
    )


def test_the_mid_is_halfway_between_bid_and_ask() -> None:
    assert quote(99.0, 101.0).mid == 100.0


@pytest.mark.parametrize(
    ("bid", "ask"),
    [
        (None, 101.0),
        (99.0, None),
        (None, None),
        (0.0, 101.0),
        (-1.0, 101.0),
        (101.0, 99.0),
        (float("nan"), 101.0),
        (99.0, float("nan")),
        (99.0, float("inf")),
    ],
)
def test_without_two_sides_that_fit_there_is_neither_mid_nor_spread(
    bid: float | None, ask: float | None
) -> None:
    assert quote(bid, ask).mid is None
    assert quote(bid, ask).spread_bps is None


def test_a_locked_market_has_a_mid_and_no_spread() -> None:
    assert quote(100.0, 100.0).mid == 100.0
    assert quote(100.0, 100.0).spread_bps == 0.0


def test_the_spread_is_in_basis_points_of_the_mid() -> None:
    # (101 - 99) / 100 = 2 % = 200 bps.
    assert quote(99.0, 101.0).spread_bps == pytest.approx(200.0)


@given(bid=st.floats(0.01, 1e5), width=st.floats(0.0, 100.0))
def test_the_mid_is_never_outside_the_quote(bid: float, width: float) -> None:
    made = quote(bid, bid + width)
    assert made.mid is not None
    assert bid <= made.mid <= bid + width
    assert made.spread_bps is not None
    assert made.spread_bps >= 0


def test_the_age_is_in_seconds_and_negative_before_the_quote() -> None:
    assert quote(99.0, 101.0).age_s(NOW + timedelta(seconds=2.5)) == 2.5
    assert quote(99.0, 101.0).age_s(NOW - timedelta(seconds=1)) == -1.0
