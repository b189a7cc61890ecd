"""Weights become whole shares: next to the wanted ones, within cash, and a second time there is nothing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.planner.bounds import Bounds, volume_bounds
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.reasons import Reason
from bot.core.planner.rules import PlannerRules
from bot.core.planner.shares import Edges, plan_shares
from tests.core.planner.drawn import FREELY, one

if TYPE_CHECKING:
    from numpy.typing import NDArray


def anything(held: Portfolios) -> Bounds:
    """Return bounds that forbid nothing but a short position."""
    return volume_bounds(held, FREELY)


def trades(
    held: Portfolios,
    desired: list[float],
    rules: PlannerRules = FREELY,
    edges: Edges | None = None,
) -> list[int]:
    return plan_shares(held, np.array([desired]), rules, anything(held), edges).shares[0].tolist()


def why(held: Portfolios, desired: list[float], rules: PlannerRules = FREELY) -> list[int]:
    return plan_shares(held, np.array([desired]), rules, anything(held)).reasons[0].tolist()


# --- worked numbers


def test_each_leg_goes_to_the_nearest_whole_share() -> None:
    # Base 1,000. A: 45 % = 450 / 20 = 22.5 -> 22 (half goes down); B: 35 % = 350 / 30 = 11.67 -> 12.
    # Cash: 1,000 - 22 x 20 - 12 x 30 = 200.
    held = one([25, 10], [20.0, 30.0], 200.0)
    assert trades(held, [0.45, 0.35, 0.2]) == [-3, 2]


def test_a_fractional_tail_is_counted_and_not_traded() -> None:
    # Base 20 x 10.5 + 90 = 300. A: 80 % = 240 = 12 shares, 0.5 of them are there as a tail: 11.5 -> 11 whole ones.
    held = one([10], [20.0], 90.0, tails=[0.5])
    assert trades(held, [0.8, 0.2]) == [1]
    # Nothing wanted: the whole ones are sold, the tail cannot be.
    assert trades(held, [0.0, 1.0]) == [-10]


def test_rounding_up_gives_way_where_it_would_cost_the_buffer() -> None:
    # Base 1,000, all in cash. A: 49 % = 490 / 50 = 9.8 -> 10; B: 49 % = 490 / 60 = 8.17 -> 8.
    # 500 + 480 = 980: cash 20 is 2 %, as much as the buffer wants.
    held = one([0, 0], [50.0, 60.0], 1000.0)
    assert trades(held, [0.49, 0.49, 0.02], PlannerRules(0.0, 0.02)) == [10, 8]
    # A: 46.4 % = 9.28 -> 9, B: 51.6 % = 8.6 -> 9. 450 + 540 leaves 10, less than 20: B goes down to 8.
    assert trades(held, [0.464, 0.516, 0.02], PlannerRules(0.0, 0.02)) == [9, 8]


def test_the_cut_that_errs_least_is_made() -> None:
    # Base 1,000, buffer 2 % = 20. A: 500 / 100 = 5, B: 260 / 100 = 2.6 -> 3, C: 220 / 30 = 7.33 -> 7.
    # 500 + 300 + 210 = 1,010: 30 short. B down errs by 60 and leaves C's 10: 3,600 + 100. C down errs by 40 beside
    # B's 40: 1,600 + 1,600, which is less.
    held = one([0, 0, 0], [100.0, 100.0, 30.0], 1000.0)
    assert trades(held, [0.5, 0.26, 0.22, 0.02], PlannerRules(0.0, 0.02)) == [5, 3, 6]
    assert why(held, [0.5, 0.26, 0.22, 0.02], PlannerRules(0.0, 0.02)) == [0, 0, Reason.CASH]


def test_a_small_leg_may_lose_its_only_share() -> None:
    # Base 1,000. A: 260 / 100 = 2.6 -> 3, B: 27 / 30 = 0.9 -> 1: cash 670, the buffer of 68 % is 10 short.
    # A down errs by 60 and B by 3: 3,609. B down errs by 27 beside A's 40: 2,329.
    held = one([0, 0], [100.0, 30.0], 1000.0)
    assert trades(held, [0.26, 0.027, 0.713], PlannerRules(0.0, 0.68)) == [3, 0]


def test_what_rounding_does_not_spend_it_does_not_bring_back() -> None:
    # Base 1,000, cash 0, and 0 is wanted; the buffer of 10 % is not for rounding to fill. 500 / 30 = 16.67 -> 17 is
    # 10 more than there is: B gives a share of 10.
    held = one([15, 55], [30.0, 10.0], 0.0)
    assert trades(held, [0.5, 0.5, 0.0], PlannerRules(0.0, 0.0)) == [2, -6]
    # With the buffer the sells alone are made: 60 are less than its 100, so nothing is bought.
    assert trades(held, [0.5, 0.5, 0.0], PlannerRules(0.0, 0.1)) == [0, -6]


def test_buys_take_no_cash_from_the_buffer_also_where_the_weights_want_it() -> None:
    # Base 1,000, desired cash 0, buffer 10 %: 900 for buys that want 1,000 at 10 each. Each falls short by 50.
    held = one([0, 0], [10.0, 10.0], 1000.0)
    assert trades(held, [0.7, 0.3, 0.0], PlannerRules(0.0, 0.1)) == [65, 25]


def test_a_small_buy_gives_all_it_has_before_the_others_give_more() -> None:
    # Base 1,000, buffer 20 %: 800 for buys of 940 and 60. Equal shortfall would be 100: B gives its 60, A 140.
    held = one([0, 0], [10.0, 10.0], 1000.0)
    assert trades(held, [0.94, 0.06, 0.0], PlannerRules(0.0, 0.2)) == [80, 0]


def test_buys_are_cut_where_it_errs_least() -> None:
    # Base 1,000, buffer 10 %: 900 for A 600 (at 70: 8.57 -> 9 = 630) and B 400 (at 90: 4.44 -> 4 = 360): 990.
    # 7 and 4 cost 850 and err by 110 and 40: 13,700. 9 and 3 cost 900 and err by 30 and 130: 17,800. 8 and 4 cost 920.
    held = one([0, 0], [70.0, 90.0], 1000.0)
    assert trades(held, [0.6, 0.4, 0.0], PlannerRules(0.0, 0.1)) == [7, 4]
    assert why(held, [0.6, 0.4, 0.0], PlannerRules(0.0, 0.1)) == [Reason.CASH, Reason.NONE]


def test_cash_below_the_buffer_buys_nothing_until_sells_have_filled_it() -> None:
    # Base 1,000: A 990, cash 10; buffer 5 % = 50. A -> 90 % sells 9 x 10 = 90: cash 100, and 50 above the buffer.
    # B wants 100 = 10 x 10 and gets 5.
    held = one([99, 0], [10.0, 10.0], 10.0)
    assert trades(held, [0.9, 0.1, 0.0], PlannerRules(0.0, 0.05)) == [-9, 5]
    # Sells of 30 do not reach the buffer: nothing is bought.
    assert trades(held, [0.96, 0.04, 0.0], PlannerRules(0.0, 0.05)) == [-3, 0]


def test_negative_cash_is_paid_back_before_anything_is_bought() -> None:
    # Base 900: A 1,000, cash -100. A -> 80 % = 720 sells 28 x 10 = 280: 180 to spend; B wants 20 % = 180.
    held = one([100, 0], [10.0, 10.0], -100.0)
    assert trades(held, [0.8, 0.2, 0.0]) == [-28, 18]


def test_a_trade_below_the_minimum_is_dropped_and_one_at_it_is_not() -> None:
    # A is sold for 5 x 14.3 = 71.5.
    held = one([10, 0], [14.3, 1.0], 0.0)
    assert trades(held, [0.5, 0.0, 0.5], PlannerRules(71.5, 0.0)) == [-5, 0]
    assert trades(held, [0.5, 0.0, 0.5], PlannerRules(71.51, 0.0)) == [0, 0]


def test_a_dropped_sell_takes_its_money_from_the_buys() -> None:
    # Base 1,000, cash 0. A sells 5 x 10 = 50, C sells 20 x 10 = 200, B buys 25 x 10 = 250.
    # Below 100 nothing is traded: A's sell is dropped, and B gets only what C brings.
    held = one([50, 0, 50], [10.0, 10.0, 10.0], 0.0)
    assert trades(held, [0.45, 0.25, 0.3, 0.0]) == [-5, 25, -20]
    assert trades(held, [0.45, 0.25, 0.3, 0.0], PlannerRules(100.0, 0.0)) == [0, 20, -20]


def test_a_buy_that_is_cut_below_the_minimum_leaves_its_money_to_another() -> None:
    # 150 for A 140 and B 110: 50 short each, B would get 60, A 90. Below 100 neither is worth it alone:
    # the largest shortfall takes what it can, A 140.
    held = one([0, 0, 85], [10.0, 10.0, 10.0], 150.0)
    assert trades(held, [0.14, 0.11, 0.75, 0.0]) == [14, 11, -10]
    assert trades(held, [0.14, 0.11, 0.75, 0.0], PlannerRules(101.0, 0.0)) == [14, 0, 0]


def test_rounding_goes_into_the_band() -> None:
    # Base 1,000, shares at 30. A goes to its lower edge of 40 % = 13.33 shares: 13 would be nearest, 14 is inside.
    # B goes to its upper edge of 50 % = 16.67: 17 would be nearest, 16 is inside.
    held = one([10, 20], [30.0, 30.0], 100.0)
    band = Edges(np.array([[0.4, 0.3, -np.inf]]), np.array([[0.6, 0.5, np.inf]]))
    assert trades(held, [0.4, 0.5, 0.1], FREELY, band) == [4, -4]
    assert trades(held, [0.4, 0.5, 0.1]) == [3, -3]


def test_every_leg_has_a_band_of_its_own_to_be_rounded_into() -> None:
    # B: 31 % of 1,000 = 10.33 shares of 30: 10 are 30 %, on its lower edge, though A's is at 40 %.
    held = one([10, 20], [30.0, 30.0], 100.0)
    band = Edges(np.array([[0.4, 0.3, -np.inf]]), np.array([[0.6, 0.5, np.inf]]))
    assert trades(held, [0.5, 0.31, 0.19], FREELY, band) == [7, -10]


def test_a_leg_without_a_lower_edge_may_lose_its_only_share() -> None:
    # As in the example of a small leg above: A down errs by 60 and B by 3, B down by 27 beside A's 40.
    held = one([0, 0], [100.0, 30.0], 1000.0)
    free = Edges(np.full((1, 3), -np.inf), np.full((1, 3), np.inf))
    rules = PlannerRules(0.0, 0.68)
    assert trades(held, [0.26, 0.027, 0.713], rules, free) == [3, 0]


def test_a_tail_counts_when_rounding_goes_into_the_band() -> None:
    # Base 1,000. 5.9 shares of 100 are 59 %, the band ends at 55 %: 5.5 with the tail of 0.9, so 4.6 whole ones.
    # 5 would be nearest and leave 59 %; 4 leave 49 %.
    held = one([5], [100.0], 410.0, tails=[0.9])
    band = Edges(np.array([[0.45, -np.inf]]), np.array([[0.55, np.inf]]))
    assert trades(held, [0.55, 0.45], FREELY, band) == [-1]


def test_a_leg_that_would_leave_its_band_is_rounded_down_last() -> None:
    # As above, but B goes to 48 % = 16 shares and the buffer is 12 %. 14 x 30 + 16 x 30 = 900 leaves 100, 20 short.
    # A at 13 would err by 0.33 shares and be outside its band; B at 15 errs by a whole share and is inside.
    held = one([10, 20], [30.0, 30.0], 100.0)
    band = Edges(np.array([[0.4, 0.3, -np.inf]]), np.array([[0.6, 0.5, np.inf]]))
    assert trades(held, [0.4, 0.48, 0.12], PlannerRules(0.0, 0.12), band) == [4, -5]


def test_where_no_whole_share_fits_the_band_the_nearer_side_is_taken() -> None:
    # Base 1,000, one share is 20 %; the band is 31 % to 35 %: 20 % is 11 points out, 40 % only 5.
    held = one([3], [200.0], 400.0)
    band = Edges(np.array([[0.31, -np.inf]]), np.array([[0.35, np.inf]]))
    assert trades(held, [0.35, 0.65], FREELY, band) == [-1]


def test_of_two_legs_the_one_with_room_in_its_own_band_gives() -> None:
    # As above with the legs the other way round: the wide band is the first one's, and the second keeps its own.
    held = one([20, 10], [30.0, 30.0], 100.0)
    band = Edges(np.array([[0.3, 0.4, -np.inf]]), np.array([[0.5, 0.6, np.inf]]))
    assert trades(held, [0.48, 0.4, 0.12], PlannerRules(0.0, 0.12), band) == [-5, 4]


def test_a_single_share_that_is_over_its_band_goes() -> None:
    # Base 1,000. 6 % are 0.6 shares of 100: one would be nearest and 2 points above its band, none is inside.
    held = one([2], [100.0], 800.0)
    band = Edges(np.array([[0.0, -np.inf]]), np.array([[0.08, np.inf]]))
    assert trades(held, [0.06, 0.94], FREELY, band) == [-2]
    assert trades(held, [0.06, 0.94]) == [-1]


def test_room_inside_the_bands_that_is_just_enough_is_all_that_is_used() -> None:
    # In 1,024ths of base. A 432 / 32 = 13.5 -> 14 and C 4 / 8 = 0.5 -> 1, their lower edges; B 500 / 32 = 15.625 -> 16,
    # its edge at 15. 448 + 512 + 8 leave 56 of 88: 32 short, a share of B. A down would err less, and leave its band.
    held = one([15, 16, 1], [32.0, 32.0, 8.0], 24.0)
    desired = [432 / 1024, 500 / 1024, 4 / 1024, 88 / 1024]
    band = Edges(np.array([[432 / 1024, 480 / 1024, 4 / 1024, -np.inf]]), np.full((1, 4), np.inf))
    rules = PlannerRules(0.0, 88 / 1024)
    assert trades(held, desired, rules, band) == [-1, -1, 0]
    assert trades(held, desired, rules) == [-2, 0, -1]


def test_where_the_bands_leave_no_room_cash_comes_first() -> None:
    # Base 1,000. 400 / 30 = 13.33 -> 14 each, to be inside: 840 leave 160 of the 200. Each gives a share more.
    held = one([16, 16], [30.0, 30.0], 40.0)
    band = Edges(np.array([[0.4, 0.4, -np.inf]]), np.full((1, 3), np.inf))
    assert trades(held, [0.4, 0.4, 0.2], PlannerRules(0.0, 0.2), band) == [-3, -3]


def test_a_leg_that_is_below_its_band_at_its_best_takes_no_room_from_the_others() -> None:
    # Base 1,000. A share of A is 20 %, its band 21 to 25 %: one is nearer than two. B goes to 10 shares of 30, its edge
    # at 8.33 -> 9, and C from 13.33 to 14, inside its edge. 200 + 300 + 420 leave 80 of 90. C down would err less
    # than B down, which stays inside its band.
    held = one([1, 12, 16], [200.0, 30.0, 30.0], -40.0)
    band = Edges(np.array([[0.21, 0.25, 0.4, -np.inf]]), np.array([[0.25, 0.5, 0.6, np.inf]]))
    assert trades(held, [0.21, 0.3, 0.4, 0.09], PlannerRules(0.0, 0.09), band) == [0, -3, -2]


def test_cash_that_is_missing_by_float_noise_costs_no_share() -> None:
    # Noise is 1e-12 of the base of 1,000,000. All of it is to be in A, and half a noise of it is borrowed.
    for cash, sold in ((-5e-7, 0), (-5e-6, -1)):
        assert trades(one([100_000], [10.0], cash), [1.0, 0.0]) == [sold]


# --- properties


def draw_portfolios(generator: np.random.Generator, rows: int, count: int, size: int) -> Portfolios:
    """Return portfolios with prices in cents, some with tails, some with borrowed cash."""
    prices = np.round(generator.lognormal(4, 1.2, (rows, count)), 2) + 0.01
    shares = generator.integers(0, size, (rows, count))
    tails = generator.random((rows, count)) * generator.integers(0, 2)
    holdings = ((shares + tails) * prices).sum(axis=1)
    base = np.maximum(holdings + (holdings + 1000) * generator.uniform(-0.1, 0.6, rows), 100.0)
    return Portfolios(
        shares=shares,
        prices=prices,
        base=base,
        cash=base - holdings,
        con_ids=np.arange(count),
        tails=tails,
    )


@dataclass
class Case:
    held: Portfolios
    desired: NDArray[np.float64]

    @property
    def wanted(self) -> NDArray[np.float64]:
        """The exact number of whole shares beside the tails, below 0 where the tail is too much already."""
        money = self.desired[:, :-1] * self.held.base[:, np.newaxis]
        return money / self.held.prices - self.held.tail_shares


@st.composite
def cases(draw: st.DrawFn) -> Case:
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, count = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    held = draw_portfolios(generator, rows, count, draw(st.sampled_from([2, 20, 300, 5000])))
    return Case(held, generator.dirichlet(np.ones(count + 1), rows))


@given(cases())
def test_no_leg_is_bought_beyond_its_desired_weight_by_a_share(case: Case) -> None:
    held = case.held
    after = held.shares + plan_shares(held, case.desired, FREELY, anything(held)).shares
    assert (after <= np.maximum(held.shares, case.wanted + 1 + 1e-6)).all()


@given(cases())
def test_with_money_to_spare_every_leg_is_at_the_nearest_share(case: Case) -> None:
    # Cash is to keep at least half a share of each: rounding can cost no more.
    spare = np.minimum(case.held.prices.sum(axis=1) / 2 / case.held.base, 1.0)
    case.desired[:, :-1] *= (1 - spare)[:, np.newaxis]
    case.desired[:, -1] = 1 - case.desired[:, :-1].sum(axis=1)
    planned = plan_shares(case.held, case.desired, FREELY, anything(case.held)).shares
    # Where the spare money is capped by the base itself, or tied up in a tail, nothing is promised.
    promised = (spare < 1) & (case.wanted >= 0).all(axis=1)
    error = np.abs(case.held.shares + planned - np.maximum(case.wanted, 0.0))
    assert (error[promised] <= 0.5 + 1e-6).all()


# --- refusals


def test_weights_that_do_not_add_up_are_refused_with_row_and_sum() -> None:
    held = one([1], [10.0], 90.0)
    with pytest.raises(ValueError, match=r"must sum to 1 within 1e-9, found 0\.9 at row 0$"):
        trades(held, [0.5, 0.4])
    with pytest.raises(ValueError, match="must sum to 1"):
        trades(held, [0.5, 0.5 + 2e-9])
    # Base 100: half of it is 5 shares of 10, and one is there.
    assert trades(held, [0.5, 0.5 + 0.9e-9]) == [4]


def test_a_weight_that_is_no_number_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"weight must be a number, found nan at row 0, column 1$"):
        trades(one([1], [10.0], 90.0), [0.5, np.nan])


def test_a_negative_weight_is_refused_for_instruments_and_not_for_cash() -> None:
    held = one([1], [10.0], 90.0)
    with pytest.raises(ValueError, match=r"\(no short\), found -0\.5 at row 0, column 0$"):
        trades(held, [-0.5, 1.5])
    with pytest.raises(ValueError, match=r"found -0\.5 at row 0, column 1$"):
        trades(one([1, 1], [10.0, 10.0], 80.0), [0.5, -0.5, 1.0])
    # Half as much again as the base, on credit: only what is there can be bought.
    assert trades(held, [1.5, -0.5]) == [9]
    # Float noise below 0 is 0.
    assert trades(held, [-0.9e-9, 1.0]) == [-1]


def test_shapes_that_do_not_fit_are_refused() -> None:
    held = one([1], [10.0], 90.0)
    with pytest.raises(ValueError, match=r"^desired weights must be \(1, 2\), found \(1, 1\)$"):
        trades(held, [1.0])
    for name, edges in (
        ("lower", Edges(np.zeros((1, 1)), np.ones((1, 2)))),
        ("upper", Edges(np.zeros((1, 2)), np.ones((1, 3)))),
    ):
        with pytest.raises(
            ValueError, match=rf"^{name} band edges must be \(1, 2\) or \(1, 2\), found"
        ):
            trades(held, [0.5, 0.5], FREELY, edges)
