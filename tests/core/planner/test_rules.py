"""What a person allows a plan is refused where it is no amount, with name and number."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.planner.rules import Marks, PlannerRules


@pytest.mark.parametrize("minimum", [-1.0, np.nan, np.inf])
def test_a_minimum_trade_that_is_no_amount_is_refused(minimum: float) -> None:
    with pytest.raises(ValueError, match=rf"^minimum_trade must be at least 0, found {minimum:g}$"):
        PlannerRules(minimum, 0.0)


@pytest.mark.parametrize("name", ["cash_buffer", "minimum_drift"])
@pytest.mark.parametrize("part", [-0.01, 1.0, np.nan])
def test_a_part_of_the_base_is_a_fraction_below_1(name: str, part: float) -> None:
    parts = {"cash_buffer": 0.0, "minimum_drift": 0.0, name: part}
    message = rf"^{name} must be a fraction from 0 to below 1, found {part:g}$"
    with pytest.raises(ValueError, match=message):
        PlannerRules(0.0, **parts)


@pytest.mark.parametrize("turnover", [0.0, -0.1, np.nan, np.inf])
def test_a_turnover_that_lets_nothing_or_everything_through_is_refused(turnover: float) -> None:
    message = rf"^turnover_max must be a fraction above 0, found {turnover:g}$"
    with pytest.raises(ValueError, match=message):
        PlannerRules(0.0, 0.0, turnover_max=turnover)


@pytest.mark.parametrize("part", [0.0, 1.01, np.nan])
def test_a_participation_is_a_part_of_the_volume(part: float) -> None:
    message = rf"^participation_max must be a fraction above 0 and at most 1, found {part:g}$"
    with pytest.raises(ValueError, match=message):
        PlannerRules(0.0, 0.0, participation_max=part)


def test_what_is_just_allowed_is_allowed() -> None:
    rules = PlannerRules(0.0, 0.99, 0.99, turnover_max=1.5, participation_max=1.0)
    assert (rules.turnover_max, rules.participation_max) == (1.5, 1.0)
    assert PlannerRules(0.0, 0.0) == PlannerRules(0.0, 0.0, 0.0, None, None)


def test_the_larger_of_both_minimums_counts() -> None:
    # A trade of 100, or of 1 % of the base: 50 and 200.
    least = PlannerRules(100.0, 0.0, minimum_drift=0.01).minimum(np.array([5_000.0, 20_000.0]))
    assert least.tolist() == pytest.approx([100.0, 200.0], rel=1e-11)
    # Noise in the last bits drops nothing.
    assert (least < [100.0, 200.0]).all()


def test_free_marks_allow_everything_by_the_share() -> None:
    free = Marks.free(2)
    assert (free.lots.tolist(), free.lots.dtype) == ([1, 1], np.int64)
    assert (free.may_buy.tolist(), free.may_sell.tolist()) == ([True, True], [True, True])
    assert free.is_by_the_share
    assert free.is_whole


def test_marks_know_what_they_count_in_and_can_be_sorted() -> None:
    marks = Marks(np.array([1, 100]), np.array([True, False]), np.array([False, True]))
    assert (marks.is_by_the_share, marks.is_whole) == (False, True)
    turned = marks.columns(np.array([1, 0]))
    assert turned.lots.tolist() == [100, 1]
    assert (turned.may_buy.tolist(), turned.may_sell.tolist()) == ([False, True], [True, False])
    parts = Marks(np.array([1.0, 0.001]), marks.may_buy, marks.may_sell)
    assert (parts.is_by_the_share, parts.is_whole) == (False, False)


@pytest.mark.parametrize("lot", [0.0, -1.0, np.nan, np.inf])
def test_a_lot_that_is_no_number_of_shares_is_refused(lot: float) -> None:
    may = np.array([True, True])
    message = rf"^a lot must be a number of shares above 0, found {lot:g} in column 1$"
    with pytest.raises(ValueError, match=message):
        Marks(np.array([1.0, lot]), may, may)


def test_marks_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(N,\) each, found \(\(1,\), \(2,\), \(1,\)\)$"):
        Marks(np.array([1]), np.array([True, True]), np.array([True]))
    square = np.ones((1, 1), dtype=np.bool_)
    with pytest.raises(ValueError, match=r"must be \(N,\) each"):
        Marks(square.astype(np.int64), square, square)
