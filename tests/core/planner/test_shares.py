"""Weights become whole shares: next to the wanted ones, within cash, and a second time there is nothing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.shares import PlannerRules, plan_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

FREELY = PlannerRules(minimum_trade=0.0, cash_buffer=0.0)


def portfolio(
    shares: list[int], prices: list[float], cash: float, tails: list[float] | None = None
) -> Portfolios:
    held = np.array([shares])
    tail = np.array([tails or [0.0] * len(shares)])
    base = float(((held + tail) * prices).sum() + cash)
    return Portfolios(
        shares=held,
        prices=np.array([prices]),
        base=np.array([base]),
        cash=np.array([cash]),
        con_ids=np.arange(len(shares)) + 100,
        tails=tail,
    )


def trades(held: Portfolios, desired: list[float], rules: PlannerRules = FREELY) -> list[int]:
    return plan_shares(held, np.array([desired]), rules)[0].tolist()


# --- worked numbers


def test_each_leg_goes_to_the_nearest_whole_share() -> None:
    # Base 1,000. A: 45 % = 450 / 20 = 22.5 -> 22 (half goes down); B: 35 % = 350 / 30 = 11.67 -> 12.
    # Cash: 1,000 - 22 x 20 - 12 x 30 = 200.
    held = portfolio([25, 10], [20.0, 30.0], 200.0)
    assert trades(held, [0.45, 0.35, 0.2]) == [-3, 2]


def test_a_fractional_tail_is_counted_and_not_traded() -> None:
    # Base 20 x 10.5 + 90 = 300. A: 80 % = 240 = 12 shares, 0.5 of them are there as a tail: 11.5 -> 11 whole ones.
    held = portfolio([10], [20.0], 90.0, tails=[0.5])
    assert trades(held, [0.8, 0.2]) == [1]
    # Nothing wanted: the whole ones are sold, the tail cannot be.
    assert trades(held, [0.0, 1.0]) == [-10]


def test_rounding_up_gives_way_where_it_would_cost_the_buffer() -> None:
    # Base 1,000, all in cash. A: 49 % = 490 / 50 = 9.8 -> 10; B: 49 % = 490 / 60 = 8.17 -> 8.
    # 500 + 480 = 980: cash 20 is 2 %, as much as the buffer wants.
    held = portfolio([0, 0], [50.0, 60.0], 1000.0)
    assert trades(held, [0.49, 0.49, 0.02], PlannerRules(0.0, 0.02)) == [10, 8]
    # A: 46.4 % = 9.28 -> 9, B: 51.6 % = 8.6 -> 9. 450 + 540 leaves 10, less than 20: B goes down to 8.
    assert trades(held, [0.464, 0.516, 0.02], PlannerRules(0.0, 0.02)) == [9, 8]


def test_the_leg_that_suffers_least_is_rounded_down_first() -> None:
    # Base 1,000, buffer 2 % = 20. A: 500 / 100 = 5, B: 260 / 100 = 2.6 -> 3, C: 220 / 30 = 7.33 -> 7.
    # 500 + 300 + 210 = 1,010: 30 short. Down from 3 B errs by 0.6 instead of 0.4 shares of 100, down from 5 A by 1
    # instead of 0: B goes down. C is down already.
    held = portfolio([0, 0, 0], [100.0, 100.0, 30.0], 1000.0)
    assert trades(held, [0.5, 0.26, 0.22, 0.02], PlannerRules(0.0, 0.02)) == [5, 2, 7]


def test_the_error_of_a_leg_counts_for_the_cash_that_it_brings() -> None:
    # Base 1,000. A: 260 / 100 = 2.6 -> 3, B: 27 / 30 = 0.9 -> 1: cash 670, the buffer of 68 % is 10 short.
    # A down: (0.6^2 - 0.4^2) x 100 = 20 for each unit of cash; B down: (0.9^2 - 0.1^2) x 30 = 24.
    held = portfolio([0, 0], [100.0, 30.0], 1000.0)
    assert trades(held, [0.26, 0.027, 0.713], PlannerRules(0.0, 0.68)) == [2, 1]


def test_buys_take_no_cash_from_the_buffer_also_where_the_weights_want_it() -> None:
    # Base 1,000, desired cash 0, buffer 10 %: 900 for buys that want 1,000 at 10 each. Each falls short by 50.
    held = portfolio([0, 0], [10.0, 10.0], 1000.0)
    assert trades(held, [0.7, 0.3, 0.0], PlannerRules(0.0, 0.1)) == [65, 25]


def test_a_small_buy_gives_all_it_has_before_the_others_give_more() -> None:
    # Base 1,000, buffer 20 %: 800 for buys of 940 and 60. Equal shortfall would be 100: B gives its 60, A 140.
    held = portfolio([0, 0], [10.0, 10.0], 1000.0)
    assert trades(held, [0.94, 0.06, 0.0], PlannerRules(0.0, 0.2)) == [80, 0]


def test_what_whole_shares_leave_over_goes_to_the_largest_shortfall() -> None:
    # Base 1,000, buffer 10 %: 900 for A 600 (at 70: 8.57 -> 9 = 630) and B 400 (at 90: 4.44 -> 4 = 360).
    # 990 wanted, 90 too much, 45 each: A 585 / 70 = 8.36 -> 8, B 315 / 90 = 3.5 -> 3. 830 spent, 70 left.
    # B lacks 90, A lacks 70: B costs 90, too much; A costs 70: bought.
    held = portfolio([0, 0], [70.0, 90.0], 1000.0)
    assert trades(held, [0.6, 0.4, 0.0], PlannerRules(0.0, 0.1)) == [9, 3]


def test_cash_below_the_buffer_buys_nothing_until_sells_have_filled_it() -> None:
    # Base 1,000: A 990, cash 10; buffer 5 % = 50. A -> 90 % sells 9 x 10 = 90: cash 100, and 50 above the buffer.
    # B wants 100 = 10 x 10 and gets 5.
    held = portfolio([99, 0], [10.0, 10.0], 10.0)
    assert trades(held, [0.9, 0.1, 0.0], PlannerRules(0.0, 0.05)) == [-9, 5]
    # Sells of 30 do not reach the buffer: nothing is bought.
    assert trades(held, [0.96, 0.04, 0.0], PlannerRules(0.0, 0.05)) == [-3, 0]


def test_negative_cash_is_paid_back_before_anything_is_bought() -> None:
    # Base 900: A 1,000, cash -100. A -> 80 % = 720 sells 28 x 10 = 280: 180 to spend; B wants 20 % = 180.
    held = portfolio([100, 0], [10.0, 10.0], -100.0)
    assert trades(held, [0.8, 0.2, 0.0]) == [-28, 18]


def test_a_trade_below_the_minimum_is_dropped_and_one_at_it_is_not() -> None:
    # A is sold for 5 x 14.3 = 71.5.
    held = portfolio([10, 0], [14.3, 1.0], 0.0)
    assert trades(held, [0.5, 0.0, 0.5], PlannerRules(71.5, 0.0)) == [-5, 0]
    assert trades(held, [0.5, 0.0, 0.5], PlannerRules(71.51, 0.0)) == [0, 0]


def test_a_dropped_sell_takes_its_money_from_the_buys() -> None:
    # Base 1,000, cash 0. A sells 5 x 10 = 50, C sells 20 x 10 = 200, B buys 25 x 10 = 250.
    # Below 100 nothing is traded: A's sell is dropped, and B gets only what C brings.
    held = portfolio([50, 0, 50], [10.0, 10.0, 10.0], 0.0)
    assert trades(held, [0.45, 0.25, 0.3, 0.0]) == [-5, 25, -20]
    assert trades(held, [0.45, 0.25, 0.3, 0.0], PlannerRules(100.0, 0.0)) == [0, 20, -20]


def test_a_buy_that_is_cut_below_the_minimum_leaves_its_money_to_another() -> None:
    # 150 for A 140 and B 110: 50 short each, B would get 60, A 90. Below 100 neither is worth it alone:
    # the largest shortfall takes what it can, A 140.
    held = portfolio([0, 0, 85], [10.0, 10.0, 10.0], 150.0)
    assert trades(held, [0.14, 0.11, 0.75, 0.0]) == [14, 11, -10]
    assert trades(held, [0.14, 0.11, 0.75, 0.0], PlannerRules(101.0, 0.0)) == [14, 0, 0]


def test_rounding_goes_into_the_band() -> None:
    # Base 1,000, shares at 30. A goes to its lower edge of 40 % = 13.33 shares: 13 would be nearest, 14 is inside.
    # B goes to its upper edge of 50 % = 16.67: 17 would be nearest, 16 is inside.
    held = portfolio([10, 20], [30.0, 30.0], 100.0)
    lower, upper = np.array([0.4, 0.3, -np.inf]), np.array([0.6, 0.5, np.inf])
    desired = np.array([[0.4, 0.5, 0.1]])
    assert plan_shares(held, desired, FREELY, lower, upper).tolist() == [[4, -4]]
    assert plan_shares(held, desired, FREELY).tolist() == [[3, -3]]


def test_a_tail_counts_when_rounding_goes_into_the_band() -> None:
    # Base 1,000. 5.9 shares of 100 are 59 %, the band ends at 55 %: 5.5 with the tail of 0.9, so 4.6 whole ones.
    # 5 would be nearest and leave 59 %; 4 leave 49 %.
    held = portfolio([5], [100.0], 410.0, tails=[0.9])
    lower, upper = np.array([0.45, -np.inf]), np.array([0.55, np.inf])
    planned = plan_shares(held, np.array([[0.55, 0.45]]), FREELY, lower, upper)
    assert planned.tolist() == [[-1]]


def test_a_leg_that_would_leave_its_band_is_rounded_down_last() -> None:
    # As above, but B goes to 48 % = 16 shares and the buffer is 12 %. 14 x 30 + 16 x 30 = 900 leaves 100, 20 short.
    # A at 13 would err by 0.33 shares and be outside its band; B at 15 errs by a whole share and is inside.
    held = portfolio([10, 20], [30.0, 30.0], 100.0)
    lower, upper = np.array([0.4, 0.3, -np.inf]), np.array([0.6, 0.5, np.inf])
    desired = np.array([[0.4, 0.48, 0.12]])
    planned = plan_shares(held, desired, PlannerRules(0.0, 0.12), lower, upper)
    assert planned.tolist() == [[4, -5]]


def test_where_no_whole_share_fits_the_band_the_nearer_side_is_taken() -> None:
    # Base 1,000, one share is 20 %; the band is 31 % to 35 %: 20 % is 11 points out, 40 % only 5.
    held = portfolio([3], [200.0], 400.0)
    lower, upper = np.array([0.31, -np.inf]), np.array([0.35, np.inf])
    assert plan_shares(held, np.array([[0.35, 0.65]]), FREELY, lower, upper).tolist() == [[-1]]


# --- properties


@dataclass
class Case:
    portfolios: Portfolios
    desired: NDArray[np.float64]
    rules: PlannerRules
    edges: tuple[NDArray[np.float64], NDArray[np.float64]] | tuple[None, None]

    def plan(self, held: Portfolios | None = None) -> NDArray[np.int64]:
        return plan_shares(held or self.portfolios, self.desired, self.rules, *self.edges)


def draw_portfolios(generator: np.random.Generator, rows: int, count: int, size: int) -> Portfolios:
    """Return portfolios with prices in cents, some with tails, some with borrowed cash."""
    prices = np.round(generator.lognormal(4, 1.2, (rows, count)), 2) + 0.01
    shares = generator.integers(0, size, (rows, count))
    tails = generator.random((rows, count)) * generator.integers(0, 2)
    holdings = ((shares + tails) * prices).sum(axis=1)
    cash = (holdings + 1000) * generator.uniform(-0.1, 0.6, rows)
    return Portfolios(
        shares=shares,
        prices=prices,
        base=np.maximum(holdings + cash, 100.0),
        cash=np.maximum(holdings + cash, 100.0) - holdings,
        con_ids=generator.permutation(count) + 1,
        tails=tails,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, count = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    held = draw_portfolios(generator, rows, count, draw(st.sampled_from([2, 20, 300, 5000])))
    desired = generator.dirichlet(np.ones(count + 1), rows)
    if draw(st.booleans()):
        desired = np.append(desired[:, :-1], np.zeros((rows, 1)), axis=1)
        desired /= desired.sum(axis=1, keepdims=True)
    rules = PlannerRules(
        draw(st.sampled_from([0.0, 50.0, 500.0])), draw(st.sampled_from([0, 0.02]))
    )
    width = generator.uniform(0.0, 0.1, count + 1)
    edges = (desired[0] - width, desired[0] + width) if draw(st.booleans()) else (None, None)
    return Case(held, desired, rules, edges)


@given(cases())
def test_a_second_plan_is_empty(case: Case) -> None:
    assert not case.plan(case.portfolios.after(case.plan())).any()


@given(cases())
def test_nothing_is_sold_that_is_not_held(case: Case) -> None:
    assert (case.portfolios.shares + case.plan() >= 0).all()


@given(cases())
def test_buys_leave_the_buffer_alone(case: Case) -> None:
    traded = case.plan()
    cash = case.portfolios.after(traded).cash
    floor = case.rules.cash_buffer * case.portfolios.base
    noise = 1e-8 * case.portfolios.base
    assert (cash >= np.minimum(case.portfolios.cash, floor) - noise).all()
    buys = (traded > 0).any(axis=1)
    assert (cash[buys] >= (floor - noise)[buys]).all()


@given(cases())
def test_no_leg_passes_its_desired_weight_by_more_than_a_share(case: Case) -> None:
    held = case.portfolios
    wanted = case.desired[:, :-1] * held.base[:, np.newaxis] / held.prices - held.tail_shares
    after = held.shares + case.plan()
    assert (after >= np.minimum(held.shares, wanted - 1 - 1e-6)).all()
    assert (after <= np.maximum(held.shares, wanted + 1 + 1e-6)).all()


@given(cases())
def test_no_trade_is_below_the_minimum(case: Case) -> None:
    traded = case.plan()
    notional = np.abs(traded) * case.portfolios.prices
    assert (notional[traded != 0] >= case.rules.minimum_trade * (1 - 1e-9)).all()


@given(cases())
def test_a_row_alone_is_planned_as_among_many(case: Case) -> None:
    together = case.plan()
    for row in range(len(together)):
        chosen = np.arange(len(together)) == row
        alone = plan_shares(
            case.portfolios.rows(chosen), case.desired[chosen], case.rules, *case.edges
        )
        assert alone.tolist() == together[chosen].tolist()


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_gives_the_same_shares(
    case: Case, data: st.DataObject
) -> None:
    count = case.portfolios.shares.shape[1]
    order = np.array(data.draw(st.permutations(range(count))))
    with_cash = np.append(order, count)
    lower, upper = (None if edge is None else edge[with_cash] for edge in case.edges)
    shuffled = plan_shares(
        case.portfolios.columns(order), case.desired[:, with_cash], case.rules, lower, upper
    )
    assert shuffled.tolist() == case.plan()[:, order].tolist()


@given(cases())
def test_with_money_to_spare_every_leg_is_at_the_nearest_share(case: Case) -> None:
    held = case.portfolios
    # Cash is to keep at least half a share of each: rounding can cost no more.
    rich = case.desired.copy()
    spare = np.minimum((held.prices.sum(axis=1) / 2 / held.base), 1.0)
    rich[:, :-1] *= (1 - spare)[:, np.newaxis]
    rich[:, -1] = 1 - rich[:, :-1].sum(axis=1)
    wanted = rich[:, :-1] * held.base[:, np.newaxis] / held.prices - held.tail_shares
    planned = plan_shares(held, rich, FREELY)
    # Where the spare money is capped by the base itself nothing is promised.
    promised = spare < 1
    error = np.abs(held.shares + planned - np.maximum(wanted, 0.0))
    assert (error[promised] <= 0.5 + 1e-6).all()


# --- refusals


def test_weights_that_do_not_add_up_are_refused_with_row_and_sum() -> None:
    held = portfolio([1], [10.0], 90.0)
    with pytest.raises(ValueError, match=r"must sum to 1 within 1e-9, found 0\.9 at row 0"):
        plan_shares(held, np.array([[0.5, 0.4]]), FREELY)
    with pytest.raises(ValueError, match="must sum to 1"):
        plan_shares(held, np.array([[0.5, 0.5 + 2e-9]]), FREELY)
    plan_shares(held, np.array([[0.5, 0.5 + 0.9e-9]]), FREELY)


def test_a_weight_that_is_no_number_is_refused_with_its_place() -> None:
    held = portfolio([1], [10.0], 90.0)
    with pytest.raises(ValueError, match="must be a number, found nan at row 0, column 1"):
        plan_shares(held, np.array([[0.5, np.nan]]), FREELY)


def test_a_negative_weight_is_refused_for_instruments_and_not_for_cash() -> None:
    held = portfolio([1], [10.0], 90.0)
    with pytest.raises(ValueError, match=r"\(no short\), found -0\.5 at row 0, column 0"):
        plan_shares(held, np.array([[-0.5, 1.5]]), FREELY)
    assert plan_shares(held, np.array([[1.5, -0.5]]), FREELY).tolist() == [[9]]


def test_shapes_that_do_not_fit_are_refused() -> None:
    held = portfolio([1], [10.0], 90.0)
    desired = np.array([[0.5, 0.5]])
    with pytest.raises(ValueError, match=r"must be \(1, 2\), found \(1, 1\)"):
        plan_shares(held, np.array([[1.0]]), FREELY)
    with pytest.raises(ValueError, match=r"lower band edges must be \(2,\), found \(1,\)"):
        plan_shares(held, desired, FREELY, np.zeros(1), np.ones(2))
    with pytest.raises(ValueError, match=r"upper band edges must be \(2,\), found \(3,\)"):
        plan_shares(held, desired, FREELY, np.zeros(2), np.ones(3))
    with pytest.raises(ValueError, match="come in pairs"):
        plan_shares(held, desired, FREELY, np.zeros(2))


@pytest.mark.parametrize("minimum", [-1.0, np.nan, np.inf])
def test_a_minimum_trade_that_is_no_amount_is_refused(minimum: float) -> None:
    with pytest.raises(ValueError, match="minimum_trade must be at least 0, found"):
        PlannerRules(minimum, 0.0)


@pytest.mark.parametrize("buffer", [-0.01, 1.0, np.nan])
def test_a_cash_buffer_that_is_no_fraction_is_refused(buffer: float) -> None:
    with pytest.raises(ValueError, match="cash_buffer must be a fraction from 0 to below 1, found"):
        PlannerRules(0.0, buffer)
