"""Trades become legs: sells first, the largest first, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.instrument import Instrument
from bot.core.planner.legs import make_legs
from bot.errors import InvariantBroken

if TYPE_CHECKING:
    from bot.core.domain.plan import Leg


def instrument(con_id: int) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=f"S{con_id}",
        currency="USD",
        exchange="SMART",
        primary_exchange="NYSE",
        price_bands=(),
        time_zone="US/Eastern",
        liquid_hours="",
    )


def legs(con_ids: list[int], trades: list[int], prices: list[float]) -> tuple[Leg, ...]:
    weights = np.full(len(con_ids) + 1, 1 / (len(con_ids) + 1))
    return make_legs(
        [instrument(con_id) for con_id in con_ids],
        np.array(trades, dtype=np.int64),
        np.array(prices),
        weights,
        weights,
        weights,
    )


def test_sells_come_before_buys_and_larger_ones_before_smaller() -> None:
    # Sold are 300 and 500, bought 90 and 200.
    made = legs([1, 2, 3, 4, 5], [9, -30, 0, -5, 2], [10.0, 10.0, 10.0, 100.0, 100.0])
    assert [(leg.index, leg.instrument.con_id, leg.shares) for leg in made] == [
        (0, 4, -5),
        (1, 2, -30),
        (2, 5, 2),
        (3, 1, 9),
    ]


def test_equal_ones_go_by_con_id_whatever_the_order() -> None:
    made = legs([9, 3], [-5, -5], [10.0, 10.0])
    assert [leg.instrument.con_id for leg in made] == [3, 9]


def test_no_trades_make_no_legs() -> None:
    assert legs([1, 2], [0, 0], [10.0, 10.0]) == ()


def test_a_leg_says_why_in_percent_of_base() -> None:
    sell, buy = make_legs(
        [instrument(1), instrument(2)],
        np.array([-12, 5], dtype=np.int64),
        np.array([100.0, 50.0]),
        np.array([0.1711, 0.3, 0.5289]),
        np.array([0.099, 0.35, 0.551]),
        np.array([0.149, 0.31, 0.541]),
    )
    # 17.11 - 9.90 = 7.21; 30 - 35 = -5.
    assert sell.reason == "7.21 pp over target: 17.11 to 14.90 %"
    assert buy.reason == "5.00 pp under target: 30.00 to 31.00 %"
    assert (sell.arrival_price, type(sell.shares)) == (100.0, int)


@given(
    st.lists(st.tuples(st.integers(-100, 100), st.floats(0.01, 1000)), min_size=1, max_size=8),
)
def test_legs_are_the_trades_in_one_order(trades: list[tuple[int, float]]) -> None:
    con_ids = list(range(1, len(trades) + 1))
    made = legs(con_ids, [shares for shares, _ in trades], [price for _, price in trades])
    assert [leg.index for leg in made] == list(range(len(made)))
    assert {leg.instrument.con_id: leg.shares for leg in made} == {
        con_id: shares for con_id, (shares, _) in zip(con_ids, trades, strict=True) if shares
    }
    backwards = legs(
        con_ids[::-1], [shares for shares, _ in trades[::-1]], [price for _, price in trades[::-1]]
    )
    assert [leg.instrument.con_id for leg in backwards] == [leg.instrument.con_id for leg in made]
    notionals = [(leg.shares > 0, -leg.notional) for leg in made]
    assert notionals == sorted(notionals)


def test_rows_that_do_not_fit_each_other_are_a_bug() -> None:
    with pytest.raises(InvariantBroken, match="one row of 2 instruments expected"):
        legs([1, 2], [5], [10.0, 10.0])
