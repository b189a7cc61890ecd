"""From holdings to trades: into the bands, within cash, and nothing left to ask for afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.reasons import Reason
from bot.core.planner.rebalance import Rebalance, rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import TO_TARGET, Course, Destination, Reach
from tests.core.planner.drawn import FREE, FREELY, band, marks, one

TO_EDGE = Destination(Reach.EDGE)
HALFWAY = Destination(Reach.HALFWAY)
USE_CASH = Destination(Reach.USE_CASH)


def course(
    targets: list[float], destination: Destination, half_width: list[float] | None = None
) -> Course:
    if half_width is None:
        return Course(np.array([targets]), destination)
    return Course(np.array([targets]), destination, band(half_width))


def reasons(planned: Rebalance) -> list[Reason]:
    return [Reason(code) for code in planned.reasons[0].tolist()]


# --- worked numbers


def test_to_target() -> None:
    # Base 1,000. A 600 -> 500 sells 10 x 10, B 300 -> 400 buys 5 x 20; cash stays 100.
    held = one([60, 15], [10.0, 20.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], TO_TARGET), FREELY)
    assert planned.trades.tolist() == [[-10, 5]]
    assert planned.desired.tolist() == [[0.5, 0.4, 0.1]]


def test_to_the_edge_sells_into_the_band() -> None:
    # A 60 % of 1,000, band 45 % to 55 %: 550 / 30 = 18.33 -> 18 is inside. 2 x 30 = 60 go to cash, 10 % -> 16 %.
    held = one([20, 10], [30.0, 30.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], TO_EDGE, [0.05, 0.2, 0.1]), FREELY)
    assert planned.trades.tolist() == [[-2, 0]]
    assert planned.desired[0].tolist() == pytest.approx([0.54, 0.3, 0.16])


def test_halfway_goes_further_than_the_edge() -> None:
    # The midpoint of 55 % and 50 % is 52.5 %, 7.5 shares of 10 away: at a half the smaller trade is made.
    held = one([60, 30], [10.0, 10.0], 100.0)
    to_edge, halfway = (
        rebalance(held, course([0.5, 0.4, 0.1], where, [0.05, 0.2, 0.1]), FREELY).trades.tolist()
        for where in (TO_EDGE, HALFWAY)
    )
    assert to_edge == [[-5, 0]]
    assert halfway == [[-7, 0]]


def test_inside_the_bands_nothing_is_done_and_desired_is_where_it_is() -> None:
    held = one([52, 38], [10.0, 10.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], TO_EDGE, [0.05, 0.05, FREE]), FREELY)
    assert planned.trades.tolist() == [[0, 0]]
    assert planned.desired.tolist() == held.weights().tolist()


def test_a_trade_below_the_minimum_is_not_made_and_neither_is_its_funding() -> None:
    # A 43 % is 2 points under its edge of 45 %: 20 of 1,000. B, inside its band, would have to sell for it.
    held = one([43, 57], [10.0, 10.0], 0.0)
    to_edge = course([0.5, 0.5, 0.0], TO_EDGE, [0.05, 0.08, FREE])
    assert rebalance(held, to_edge, FREELY).trades.tolist() == [[2, -2]]
    assert rebalance(held, to_edge, PlannerRules(21.0, 0.0)).trades.tolist() == [[0, 0]]


def test_a_narrow_band_that_no_whole_share_fits_is_left_alone_when_a_trade_does_not_help() -> None:
    # One share is 20 % of 1,000, the band 29 % to 33 %: 40 % is 7 points out, 20 % would be 9.
    held = one([2], [200.0], 600.0)
    planned = rebalance(held, course([0.31, 0.69], TO_EDGE, [0.02, FREE]), FREELY)
    assert planned.trades.tolist() == [[0]]


def test_the_last_share_of_an_under_weight_is_funded_by_a_share_of_another() -> None:
    # Base 1,000. A 32 % must get to 45 % = 11.25 shares of 40: 12, 4 more, cost 160. B must get from 67.2 % to 55 %
    # = 78.57 shares of 7: 78, 18 less, bring 126. Cash gives its 8; the last 26 are 4 more shares of B.
    held = one([8, 96], [40.0, 7.0], 8.0)
    to_edge = course([0.5, 0.5, 0.0], TO_EDGE, [0.05, 0.05, FREE])
    planned = rebalance(held, to_edge, FREELY)
    assert planned.trades.tolist() == [[4, -22]]


def test_cash_out_of_its_band_is_invested_down_to_its_edge() -> None:
    # Cash 30 % of 1,000, band 0 % to 10 %: 200 for A and B, 10 points under each: 100 each.
    held = one([35, 35], [10.0, 10.0], 300.0)
    planned = rebalance(held, course([0.475, 0.475, 0.05], TO_EDGE, [0.2, 0.2, 0.05]), FREELY)
    assert planned.trades.tolist() == [[10, 10]]


def test_the_buffer_is_not_spent_on_the_way_to_the_edge() -> None:
    # A 35 % -> 45 % wants 100 of 1,000. Cash is 5 %, its target 2 %, the buffer 4 %: cash gives 10, B gives 90.
    held = one([35, 60], [10.0, 10.0], 50.0)
    to_edge = course([0.5, 0.48, 0.02], TO_EDGE, [0.05, 0.2, FREE])
    assert rebalance(held, to_edge, PlannerRules(0.0, 0.04)).trades.tolist() == [[10, -9]]


def test_a_base_that_is_not_holdings_and_cash_is_refused() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    wrong = Portfolios(
        shares=held.shares,
        prices=held.prices,
        base=np.array([2000.0]),
        cash=held.cash,
        con_ids=held.con_ids,
    )
    with pytest.raises(ValueError, match=r"must sum to the base \(1\), found 0\.5 at row 0"):
        rebalance(wrong, course([0.5, 0.4, 0.1], TO_TARGET), FREELY)


def test_a_band_that_is_needed_and_missing_is_refused() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    with pytest.raises(ValueError, match="halfway needs a band"):
        rebalance(held, course([0.5, 0.4, 0.1], HALFWAY), FREELY)


# --- marks


def test_what_may_not_be_sold_stays_and_the_others_go_to_their_targets() -> None:
    # Base 1,000. A 600 may not be sold to 500. B 300 -> 400 wants 100, and finds the 100 of cash.
    held = one([60, 15], [10.0, 20.0], 100.0)
    planned = rebalance(
        held, course([0.5, 0.5, 0.0], TO_TARGET), FREELY, marks([1, 1], no_sell=(0,))
    )
    # B wants 200 for its 500, and gets 100: what A ties up is missing.
    assert planned.trades.tolist() == [[0, 5]]
    assert reasons(planned) == [Reason.MARK, Reason.CASH]


def test_what_may_not_be_bought_leaves_its_money_in_cash() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    planned = rebalance(
        held, course([0.5, 0.4, 0.1], TO_TARGET), FREELY, marks([1, 1], no_buy=(1,))
    )
    assert planned.trades.tolist() == [[-10, 0]]
    assert reasons(planned) == [Reason.NONE, Reason.MARK]
    assert planned.desired.tolist() == [[0.5, 0.4, 0.1]]


def test_a_mark_forbids_one_side_only() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    there = course([0.5, 0.4, 0.1], TO_TARGET)
    planned = rebalance(held, there, FREELY, marks([1, 1], no_buy=(0,), no_sell=(1,)))
    assert planned.trades.tolist() == [[-10, 5]]
    assert reasons(planned) == [Reason.NONE, Reason.NONE]


def test_nothing_is_sold_for_what_may_not_go_back_into_its_band() -> None:
    # A 40 % is under 45 to 55 %; B 60 % is over its target and inside 42 to 62 %. A may not be bought: B stays too.
    held = one([40, 60], [10.0, 10.0], 0.0)
    to_edge = course([0.48, 0.52, 0.0], TO_EDGE, [0.03, 0.1, FREE])
    assert rebalance(held, to_edge, FREELY).trades.tolist() == [[5, -5]]
    planned = rebalance(held, to_edge, FREELY, marks([1, 1], no_buy=(0,)))
    assert planned.trades.tolist() == [[0, 0]]
    assert reasons(planned) == [Reason.MARK, Reason.NONE]
    # The other way round: A over, and not to be sold.
    over = course([0.32, 0.68, 0.0], TO_EDGE, [0.03, 0.1, FREE])
    assert rebalance(held, over, FREELY).trades.tolist() == [[-5, 5]]
    planned = rebalance(held, over, FREELY, marks([1, 1], no_sell=(0,)))
    assert planned.trades.tolist() == [[0, 0]]
    assert reasons(planned) == [Reason.MARK, Reason.NONE]
    # At its edge it is inside.
    at_edge = course([0.37, 0.63, 0.0], TO_EDGE, [0.03, 0.1, FREE])
    assert reasons(rebalance(held, at_edge, FREELY, marks([1, 1], no_sell=(0,)))) == [0, 0]


def test_one_stuck_leg_keeps_no_other_from_its_band() -> None:
    # A is stuck 10 points over; B 30 % goes to its edge of 35 % with the cash.
    held = one([60, 30], [10.0, 10.0], 100.0)
    to_edge = course([0.45, 0.4, 0.15], TO_EDGE, [0.05, 0.05, FREE])
    planned = rebalance(held, to_edge, FREELY, marks([1, 1], no_sell=(0,)))
    assert planned.trades.tolist() == [[0, 5]]
    assert reasons(planned) == [Reason.MARK, Reason.NONE]


def test_as_many_marks_as_instruments() -> None:
    held = one([60, 15], [10.0, 20.0], 100.0)
    with pytest.raises(ValueError, match=r"^one mark for each instrument: expected 2, found 1$"):
        rebalance(held, course([0.5, 0.4, 0.1], TO_TARGET), FREELY, marks([1]))


# --- lots


def test_trades_are_whole_lots_and_a_part_of_a_lot_is_left() -> None:
    # Base 2,000: 130 shares of 10 are a lot of 100 and 30 beside. 60 % = 1,200 = 120 shares: a lot is 90 too far.
    held = one([130, 0], [10.0, 20.0], 700.0)
    planned = rebalance(held, course([0.1, 0.2, 0.7], TO_TARGET), FREELY, marks([100, 7]))
    # A: 10 % = 200 = 20 shares, less than the 30 beside the lot: it goes. B: 400 = 20 shares = 2.86 lots of 7.
    assert planned.lots.tolist() == [[-1, 3]]
    assert planned.trades.tolist() == [[-100, 21]]
    assert planned.trades.dtype == np.int64
    assert planned.shares.tolist() == [[-100.0, 21.0]]
    assert planned.lot_shares.tolist() == [100, 7]


def test_parts_of_shares_are_traded_where_lots_are_parts() -> None:
    # Base 1,000: 55 % = 550 = 5.5 shares of 100, 45 % = 450 = 4.5 shares: no cash is left over.
    held = one([5, 3], [100.0, 100.0], 200.0)
    planned = rebalance(held, course([0.55, 0.45, 0.0], TO_TARGET), FREELY, marks([0.01, 0.01]))
    assert planned.lots.tolist() == [[50, 150]]
    assert planned.shares.tolist() == pytest.approx(np.array([[0.5, 1.5]]))
    with pytest.raises(
        ValueError, match=r"^a lot must be whole shares, found 0\.01 at row 0, column 0$"
    ):
        _ = planned.trades


# --- cash


def test_a_cash_account_buys_with_settled_cash_only() -> None:
    # Base 1,000, cash 100 of which 80 are settled; the sells bring 100 more, which are not.
    held = replace(one([60, 15], [10.0, 20.0], 100.0), settled=np.array([80.0]))
    there = course([0.5, 0.5, 0.0], TO_TARGET)
    planned = rebalance(held, there, FREELY)
    assert planned.trades.tolist() == [[-10, 4]]
    assert reasons(planned) == [Reason.NONE, Reason.SETTLED]
    # The buffer is taken off what is settled: 80 - 2 % of 1,000 = 60.
    assert rebalance(held, there, PlannerRules(0.0, 0.02)).trades.tolist() == [[-10, 3]]
    # Nothing settled, nothing bought.
    owing = replace(held, settled=np.array([-10.0]))
    assert rebalance(owing, there, FREELY).trades.tolist() == [[-10, 0]]


def test_a_cash_account_that_owes_buys_no_more_than_any_other() -> None:
    # Settled cash of 500 beside a total of 100 (bought, and not paid for yet): the total is what limits.
    held = replace(one([60, 15], [10.0, 20.0], 100.0), settled=np.array([500.0]))
    planned = rebalance(held, course([0.6, 0.4, 0.0], TO_TARGET), PlannerRules(0.0, 0.04))
    assert planned.trades.tolist() == [[0, 3]]
    assert reasons(planned) == [Reason.NONE, Reason.CASH]


def test_cash_below_the_buffer_that_no_sell_can_fill_buys_nothing_and_says_so() -> None:
    # Base 1,000: cash -50, buffer 2 %. A, 10 points over its target, may not be sold.
    held = one([60, 45], [10.0, 10.0], -50.0)
    planned = rebalance(
        held, course([0.5, 0.48, 0.02], TO_TARGET), PlannerRules(0.0, 0.02), marks([1, 1], (), (0,))
    )
    assert planned.trades.tolist() == [[0, 0]]
    assert reasons(planned) == [Reason.MARK, Reason.CASH]


def test_negative_cash_is_brought_back_to_its_target() -> None:
    # Base 1,000: cash -100 to 0. A 600 -> 550, B 500 -> 450.
    held = one([60, 25], [10.0, 20.0], -100.0)
    planned = rebalance(held, course([0.55, 0.45, 0.0], TO_TARGET), FREELY)
    # B: 450 / 20 = 22.5 -> 22, half goes down.
    assert planned.trades.tolist() == [[-5, -3]]


def test_spare_cash_buys_what_is_under_and_sells_nothing() -> None:
    # Base 1,000: A 5 points over, B 10 under, cash 5 over its 10 %: 50 for B, in shares of 20: 2.5 -> 2.
    held = one([55, 15], [10.0, 20.0], 150.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], USE_CASH), FREELY)
    assert planned.trades.tolist() == [[0, 2]]
    # 2.6 would round up to 3 and spend 8 of the cash that is to stay: it buys 2, and the rest waits.
    held = one([548, 15], [1.0, 20.0], 152.0)
    assert rebalance(held, course([0.5, 0.4, 0.1], USE_CASH), FREELY).trades.tolist() == [[0, 2]]


def test_missing_cash_is_raised_in_full() -> None:
    # Base 1,000: cash 5 % to 10 %. A is over: 50 / 30 = 1.67 -> 2. The 10 that are too much go to B, which is under.
    held = one([20, 35], [30.0, 10.0], 50.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], USE_CASH), FREELY)
    assert planned.trades.tolist() == [[-2, 1]]
    # 40 / 30 = 1.33: one share would be nearest, and leave 10 missing. B, under its target, is not sold for it, but
    # gets the 20 that two bring too much.
    held = one([20, 34], [30.0, 10.0], 60.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], USE_CASH), FREELY)
    assert planned.trades.tolist() == [[-2, 2]]


# --- what one plan may do


def test_a_participation_cuts_a_leg_and_says_so() -> None:
    # 25 % of 16 shares a day are 4 of the 10 that A should sell.
    held = replace(one([60, 15], [10.0, 20.0], 100.0), daily_volumes=np.array([[16.0, 1000.0]]))
    rules = PlannerRules(0.0, 0.0, participation_max=0.25)
    planned = rebalance(held, course([0.5, 0.4, 0.1], TO_TARGET), rules)
    assert planned.trades.tolist() == [[-4, 5]]
    assert reasons(planned) == [Reason.VOLUME, Reason.NONE]


def test_what_was_cut_inside_its_band_says_so_too() -> None:
    # 60 % should fall to 52.5 %, 7 shares; a volume of 24 a day lets 6 go: 54 % is inside 55 %, and no step follows.
    held = replace(one([60, 30], [10.0, 10.0], 100.0), daily_volumes=np.array([[24.0, 1000.0]]))
    rules = PlannerRules(0.0, 0.0, participation_max=0.25)
    halfway = course([0.5, 0.4, 0.1], HALFWAY, [0.05, 0.2, 0.1])
    planned = rebalance(held, halfway, rules)
    assert planned.trades.tolist() == [[-6, 0]]
    assert reasons(planned) == [Reason.VOLUME, Reason.NONE]
    # With 28 a day all 7 go, and nothing was cut.
    free = rebalance(replace(held, daily_volumes=np.array([[28.0, 1000.0]])), halfway, rules)
    assert free.trades.tolist() == [[-7, 0]]
    assert reasons(free) == [Reason.NONE, Reason.NONE]


def test_a_step_is_measured_from_what_was_held_at_first() -> None:
    # To the edge takes steps; all of them together keep to 8 shares.
    held = replace(one([8, 96], [40.0, 7.0], 8.0), daily_volumes=np.array([[80.0, 80.0]]))
    to_edge = course([0.5, 0.5, 0.0], TO_EDGE, [0.05, 0.05, FREE])
    rules = PlannerRules(0.0, 0.0, participation_max=0.1)
    trades = rebalance(held, to_edge, rules).trades
    # 8 x 7 + 8 = 64 pay for one share of 40.
    assert trades.tolist() == [[1, -8]]


def test_a_turnover_scales_the_plan_and_its_desired_weights() -> None:
    # 100 sold and 100 bought are 20 % of 1,000; 10 % are half: 5 x 10 and 2.5 x 20 -> 2.
    held = one([60, 15], [10.0, 20.0], 100.0)
    there = course([0.5, 0.4, 0.1], TO_TARGET)
    planned = rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=0.1))
    assert planned.trades.tolist() == [[-5, 2]]
    assert planned.desired[0].tolist() == pytest.approx([0.55, 0.35, 0.1])
    assert reasons(planned) == [Reason.TURNOVER, Reason.TURNOVER]
    # At the limit nothing is scaled.
    whole = rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=0.2))
    assert (whole.trades.tolist(), whole.desired.tolist()) == ([[-10, 5]], [[0.5, 0.4, 0.1]])
    assert reasons(whole) == [Reason.NONE, Reason.NONE]


def test_buys_of_a_scaled_plan_are_cut_to_what_its_sells_bring() -> None:
    # Base 1,000, no cash: A sells 3 x 100, B buys 30 x 10. 400 of 600: A 2 x 100, B 20 x 10. At 500: A 2.5 -> 2,
    # B 25, and the 50 that are left buy 5 more; only 200 are there.
    held = one([8, 20], [100.0, 10.0], 0.0)
    there = course([0.5, 0.5, 0.0], TO_TARGET)
    assert rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=0.4)).trades.tolist() == [
        [-2, 20]
    ]
    planned = rebalance(held, there, PlannerRules(0.0, 0.0, turnover_max=0.5))
    assert planned.trades.tolist() == [[-2, 20]]
    assert reasons(planned) == [Reason.TURNOVER, Reason.CASH]


def test_only_the_row_that_is_over_is_scaled() -> None:
    held = Portfolios(
        shares=np.array([[60], [52]]),
        prices=np.full((2, 1), 10.0),
        base=np.array([1000.0, 1000.0]),
        cash=np.array([400.0, 480.0]),
        con_ids=np.array([1]),
    )
    planned = rebalance(
        held, course([0.5, 0.5], TO_TARGET), PlannerRules(0.0, 0.0, turnover_max=0.05)
    )
    assert planned.trades.tolist() == [[-5], [-2]]
    assert planned.desired.tolist() == [pytest.approx([0.55, 0.45]), [0.5, 0.5]]
    assert planned.reasons.tolist() == [[Reason.TURNOVER], [Reason.NONE]]


def test_a_minimum_drift_leaves_small_moves_out() -> None:
    # B 30 -> 31 % moves by a point of 1,000, A by nine.
    held = one([60, 15], [10.0, 20.0], 100.0)
    there = course([0.51, 0.32, 0.17], TO_TARGET)
    assert rebalance(held, there, PlannerRules(0.0, 0.0, 0.02)).trades.tolist() == [[-9, 1]]
    assert rebalance(held, there, PlannerRules(0.0, 0.0, 0.021)).trades.tolist() == [[-9, 0]]


def test_a_step_that_does_not_count_is_told_as_one() -> None:
    # One share is 20 % of 1,000, the band 29 % to 33 %: neither 40 nor 20 % is inside.
    held = one([2], [200.0], 600.0)
    planned = rebalance(held, course([0.31, 0.69], TO_EDGE, [0.02, FREE]), FREELY)
    assert reasons(planned) == [Reason.BAND]


def test_a_fraction_of_the_way_is_one_plan() -> None:
    # Half the way from 60 to 50 %: 5 of 10 shares; from 30 to 40 %: 2.5 of 5 -> 2.
    held = one([60, 15], [10.0, 20.0], 100.0)
    halfway = Destination(Reach.FRACTION, 0.5)
    planned = rebalance(held, course([0.5, 0.4, 0.1], halfway, [0.01, 0.01, FREE]), FREELY)
    assert planned.trades.tolist() == [[-5, 2]]


def test_a_distance_is_where_what_is_out_goes_to() -> None:
    # A 60 % of 1,000, band 45 to 55 %: to 3 points over its target, 53 %: 7 shares.
    held = one([60, 30], [10.0, 10.0], 100.0)
    near = Destination(Reach.DISTANCE, 0.03)
    planned = rebalance(held, course([0.5, 0.4, 0.1], near, [0.05, 0.2, 0.1]), FREELY)
    assert planned.trades.tolist() == [[-7, 0]]
