"""Which steps of a plan count: those that bring something into its band, or lower what is out by a tenth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.reasons import Reason
from bot.core.planner.rebalance import Rebalance, rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import Course, Destination, Reach
from bot.core.policy.policy import Band
from tests.core.planner.drawn import one

FREE = np.inf


Held = tuple[list[int], list[float], float]


def plans(
    rows: list[Held],
    targets: list[float],
    half_width: list[float],
    rules: tuple[float, float] = (0.0, 0.0),
) -> Rebalance:
    """Return the plans of portfolios: shares, prices and cash; minimum trade and cash buffer."""
    shares, prices, cash = (np.array(each) for each in zip(*rows, strict=True))
    portfolios = Portfolios(
        shares=shares,
        prices=prices,
        base=(shares * prices).sum(axis=1) + cash,
        cash=cash,
        con_ids=np.arange(shares.shape[1]),
    )
    widths = np.array([half_width])
    course = Course(np.array([targets]), Destination(Reach.EDGE), Band(widths, widths))
    return rebalance(portfolios, course, PlannerRules(*rules))


def to_the_edge(
    held: Held,
    targets: list[float],
    half_width: list[float],
    rules: tuple[float, float] = (0.0, 0.0),
) -> list[int]:
    """Return the trades of one portfolio."""
    return plans([held], targets, half_width, rules).trades[0].tolist()


# One share of the first is 60 % of 1,000. It is 20 points above its band of 30 to 40 %, and with no share it would
# be 30 points below: it stays.
STUCK = ([0.35, 0.12, 0.53], [0.05, 0.01, FREE])


def test_a_step_that_brings_one_inside_counts_however_little_it_lowers() -> None:
    # The second: 14 % in shares of 10, one point above 11 to 13 %. 20 + 1 points out become 20: less than a tenth.
    assert to_the_edge(([1, 14], [600.0, 10.0], 260.0), *STUCK) == [0, -1]


def test_a_step_that_lowers_less_than_a_tenth_and_brings_nothing_inside_does_not_count() -> None:
    # The second: 15 % in shares of 50, 2 points above its band; 10 % would be 1 point below it.
    # 20 + 2 points out would become 20 + 1.
    assert to_the_edge(([1, 3], [600.0, 50.0], 250.0), *STUCK) == [0, 0]
    # Both are told as what the band keeps from a trade.
    told = plans([([1, 3], [600.0, 50.0], 250.0)], *STUCK).reasons
    assert told.tolist() == [[Reason.BAND, Reason.BAND]]


def test_what_one_account_brings_inside_does_not_count_for_another() -> None:
    # The two above, side by side.
    rows = [([1, 14], [600.0, 10.0], 260.0), ([1, 3], [600.0, 50.0], 250.0)]
    assert plans(rows, *STUCK).trades.tolist() == [[0, -1], [0, 0]]


def test_a_step_that_lowers_a_tenth_counts_though_it_brings_nothing_inside() -> None:
    # As above without the first: 2 points out become 1.
    assert to_the_edge(([3], [50.0], 850.0), [0.12, 0.88], [0.01, FREE]) == [-1]


def test_what_is_nearer_to_its_band_on_the_other_side_goes_there() -> None:
    # Nothing of 200 each is held; the band is 27 to 31 % of 1,000: 20 % is 7 points below, 40 % 9 above.
    assert to_the_edge(([0], [200.0], 1000.0), [0.29, 0.71], [0.02, FREE]) == [1]


def test_a_plan_goes_as_far_as_the_money_reaches() -> None:
    # The first: 20 %, 25 points below 45 to 55 %. The five others are 6 points above their targets each, inside their
    # bands, and would sell for 50 each: below the minimum of 60. Cash of 100 buys 10 shares: 15 points out are left.
    held = ([20, 14, 14, 14, 14, 14], [10.0] * 6, 100.0)
    targets = [0.5, 0.08, 0.08, 0.08, 0.08, 0.08, 0.1]
    half_width = [0.05, 0.2, 0.2, 0.2, 0.2, 0.2, FREE]
    assert to_the_edge(held, targets, half_width, (60.0, 0.0)) == [10, 0, 0, 0, 0, 0]
    assert to_the_edge(held, targets, half_width, (0.0, 0.0)) == [25, -5, -5, -5, -5, -5]


def test_the_money_of_a_sell_that_is_not_made_is_not_spent() -> None:
    # The first two are 2 points above their bands: 20 each to sell, below the minimum of 30. The third would get
    # the 40 of both, and could pay them from the cash that the account has: but for what?
    held = ([27, 27, 36], [10.0, 10.0, 10.0], 100.0)
    targets, half_width = [0.2, 0.2, 0.5, 0.1], [0.05, 0.05, 0.2, FREE]
    assert to_the_edge(held, targets, half_width, (30.0, 0.0)) == [0, 0, 0]
    assert to_the_edge(held, targets, half_width, (20.0, 0.0)) == [-2, -2, 4]


def test_cash_comes_second_and_never_at_an_instrument_s_cost() -> None:
    # Cash is 20 %, 5 points above its band of 5 to 15 %; the second is 10 under its target and gets a share of 50.
    targets, half_width = [0.5, 0.4, 0.1], [0.1, 0.2, 0.05]
    assert to_the_edge(([1, 6], [500.0, 50.0], 200.0), targets, half_width) == [0, 1]
    # Cash is 4 points above its band, and the one share that it could buy would be 74 points too much.
    assert to_the_edge(([1], [800.0], 200.0), [0.85, 0.15], [0.06, 0.01]) == [0]


def test_cash_out_of_its_band_must_lose_a_tenth_of_that_too() -> None:
    # Cash is 1 %, 4 points below its band of 5 to 15 %, and the buffer wants 5 %. A share of the first is sold.
    # At 170 cash would be 18 %, 3 points above: better. At 180 it would be 19 %, 4 points above: as bad.
    targets, half_width = [0.5, 0.4, 0.1], [0.3, 0.3, 0.05]
    better, as_bad = ([3, 1], [170.0, 480.0], 10.0), ([3, 1], [180.0, 450.0], 10.0)
    assert to_the_edge(better, targets, half_width, (0.0, 0.05)) == [-1, 0]
    assert to_the_edge(as_bad, targets, half_width, (0.0, 0.05)) == [0, 0]


def test_what_traded_and_is_still_out_of_its_band_says_so() -> None:
    # Base 850, a share is 5.9 %, the band 48.3 to 52.3 %: of 15, 6 go. 9 are 52.9 % and out by less than 8 would be.
    planned = plans([([15], [50.0], 100.0)], [0.503, 0.497], [0.02, FREE])
    assert planned.trades.tolist() == [[-6]]
    assert planned.reasons.tolist() == [[Reason.BAND]]


def test_what_was_cut_to_a_single_share_says_so() -> None:
    # Base 1,000: A 30 % should go to 42.5 %, 8.5 shares of 50 -> 8. A volume of 4 a day lets one of the two go:
    # 35 % is at the edge of its band, and no step follows.
    held = replace(one([6], [50.0], 700.0), daily_volumes=np.array([[4.0]]))
    half = np.array([[0.15, FREE]])
    course = Course(np.array([[0.5, 0.5]]), Destination(Reach.HALFWAY), Band(half, half))
    planned = rebalance(held, course, PlannerRules(0.0, 0.0, participation_max=0.25))
    assert planned.trades.tolist() == [[1]]
    assert planned.reasons.tolist() == [[Reason.VOLUME]]
