"""Trades become legs: sells first, the largest first, each with its reason; and what was left out is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.instrument import Instrument
from bot.core.planner.legs import left_out, make_legs
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.reasons import WORDS, Reason
from bot.core.planner.rebalance import Rebalance, rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import TO_TARGET, Course
from bot.errors import InvariantBroken
from tests.core.planner.drawn import FREELY, marks, one

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
    count = len(con_ids)
    held = Portfolios(
        shares=np.full((1, count), 100),
        prices=np.array([prices]),
        base=np.array([1e6]),
        cash=np.array([0.0]),
        con_ids=np.array(con_ids),
    )
    planned = Rebalance(
        desired=np.zeros((1, count + 1)),
        lots=np.array([trades]),
        lot_shares=np.ones(count, dtype=np.int64),
        reasons=np.zeros((1, count), dtype=np.int8),
    )
    instruments = [instrument(con_id) for con_id in con_ids]
    return make_legs(instruments, held, np.zeros((1, count + 1)), planned)


def test_sells_come_before_buys_and_larger_ones_before_smaller() -> None:
    # Sold are 300 and 500, bought 90 and 200.
    made = legs([1, 2, 3, 4, 5], [9, -30, 0, -5, 2], [10.0, 10.0, 10.0, 100.0, 100.0])
    assert [(leg.index, leg.instrument.con_id, leg.shares) for leg in made] == [
        (0, 4, -5),
        (1, 2, -30),
        (2, 5, 2),
        (3, 1, 9),
    ]
    assert made[0].arrival_price == 100.0
    assert {type(leg.shares) for leg in made} == {int}


def test_a_buy_of_one_share_is_a_buy() -> None:
    # Bought are 500 in one share, sold 20.
    made = legs([1, 2], [1, -2], [500.0, 10.0])
    assert [leg.shares for leg in made] == [-2, 1]


def test_equal_ones_go_by_con_id_whatever_the_order() -> None:
    made = legs([9, 3], [-5, -5], [10.0, 10.0])
    assert [leg.instrument.con_id for leg in made] == [3, 9]


def test_no_trades_make_no_legs() -> None:
    assert legs([1, 2], [0, 0], [10.0, 10.0]) == ()


def told(
    held: Portfolios, targets: list[float], planned: Rebalance
) -> tuple[list[str], tuple[str, ...]]:
    """Return the reasons of the legs, and what was left out."""
    instruments = [instrument(int(con_id)) for con_id in held.con_ids]
    aims = np.array([targets])
    made = make_legs(instruments, held, aims, planned)
    return [leg.reason for leg in made], left_out(instruments, held, aims, planned)


def test_a_leg_says_why_in_percent_of_base() -> None:
    # Base 1,000: 60 % and 30 % to 50 % and 40 %.
    held = one([60, 15], [10.0, 20.0], 100.0)
    targets = [0.5, 0.4, 0.1]
    planned = rebalance(held, Course(np.array([targets])), FREELY)
    assert told(held, targets, planned) == (
        ["10.00 pp over target: 60.00 to 50.00 %", "10.00 pp under target: 30.00 to 40.00 %"],
        (),
    )


def test_a_leg_that_is_cut_says_by_what() -> None:
    # Base 1,000, cash 0, buffer 5 %: sells of 100 leave 50 for a buy of 100.
    held = one([60, 20], [10.0, 20.0], 0.0)
    targets = [0.5, 0.5, 0.0]
    planned = rebalance(held, Course(np.array([targets])), PlannerRules(0.0, 0.05))
    assert planned.trades.tolist() == [[-10, 2]]
    reasons, left = told(held, targets, planned)
    assert reasons[1] == (
        "10.00 pp under target: 40.00 to 50.00 %, cut: the cash above the buffer pays for no more"
    )
    assert left == ()


def test_what_is_left_out_is_told_by_symbol_with_its_reason() -> None:
    # Base 1,000. S100 may not be sold, S101 would buy for 100, less than 150, S102 stays.
    held = one([60, 20, 10], [10.0, 10.0, 10.0], 100.0)
    targets = [0.5, 0.3, 0.1, 0.1]
    planned = rebalance(
        held,
        Course(np.array([targets]), TO_TARGET),
        PlannerRules(150.0, 0.0),
        marks([1, 1, 1], no_sell=(0,)),
    )
    assert told(held, targets, planned) == (
        [],
        (
            "S100: 10.00 pp over target: 60.00 to 50.00 %, no trade: its mark in the mandate forbids it",
            "S101: 10.00 pp under target: 20.00 to 30.00 %, no trade: it is below the minimum trade",
        ),
    )


def test_a_way_that_was_not_gone_is_not_told_as_one() -> None:
    # Where the planner stops before the first step, the desired weight is the present one.
    held = one([60], [10.0], 400.0)
    planned = Rebalance(
        desired=np.array([[0.60004, 0.39996]]),
        lots=np.array([[0]]),
        lot_shares=np.array([1]),
        reasons=np.array([[Reason.BAND]], dtype=np.int8),
    )
    assert told(held, [0.5, 0.5], planned)[1] == (
        "S100: 10.00 pp over target: 60.00 %, no trade: whole shares (or lots) do not bring it nearer to its band",
    )
    further = Rebalance(np.array([[0.60006, 0.39994]]), *_rest(planned))
    assert told(held, [0.5, 0.5], further)[1][0].startswith(
        "S100: 10.00 pp over target: 60.00 to 60.01 %, no trade:"
    )


def _rest(
    planned: Rebalance,
) -> tuple[
    np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    | np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    np.ndarray[tuple[int, ...], np.dtype[np.int8]],
]:
    return planned.lots, planned.lot_shares, planned.reasons


def test_a_row_of_many_is_told_with_its_own_targets() -> None:
    held = Portfolios(
        shares=np.array([[60], [10]]),
        prices=np.array([[10.0], [20.0]]),
        base=np.array([1000.0, 1000.0]),
        cash=np.array([400.0, 800.0]),
        con_ids=np.array([7]),
    )
    targets = np.array([[0.5, 0.5], [0.3, 0.7]])
    planned = rebalance(held, Course(targets), FREELY)
    (leg,) = make_legs([instrument(7)], held, targets, planned, row=1)
    assert (leg.shares, leg.arrival_price) == (5, 20.0)
    assert leg.reason == "10.00 pp under target: 20.00 to 30.00 %"
    # One row of targets stands for all: 20 % are not far below 50 %.
    (leg,) = make_legs([instrument(7)], held, targets[:1], planned, row=1)
    assert leg.reason == "30.00 pp under target: 20.00 to 30.00 %"


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason) - {Reason.NONE}
    assert len(set(WORDS.values())) == len(WORDS)


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
    held = one([60], [10.0], 400.0)
    planned = rebalance(held, Course(np.array([[0.5, 0.5]])), FREELY)
    instruments = [instrument(1), instrument(2)]
    for tell in (make_legs, left_out):
        with pytest.raises(
            InvariantBroken, match=r"rows of 2 instruments expected, found \(1, 1, 1\)"
        ):
            tell(instruments, held, np.array([[0.5, 0.5]]), planned)


@pytest.mark.parametrize(
    ("target", "way"),
    [
        (0.595, "0.50 pp over target: 60.00 to 59.50 %"),
        (0.605, "0.50 pp under target: 60.00 to 60.50 %"),
    ],
)
def test_a_drift_of_less_than_a_point_is_on_its_side(target: float, way: str) -> None:
    # Base 1,000: 600 of A, 5 more or less than its target.
    held = one([600], [1.0], 400.0)
    targets = [target, 1 - target]
    planned = rebalance(held, Course(np.array([targets])), FREELY)
    assert told(held, targets, planned) == ([way], ())
