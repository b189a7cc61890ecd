"""What has a target of 0 leaves the portfolio wholly, whatever the band and however far a rebalance goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.bands import leaving
from bot.core.policy.destination import Course, Destination, Reach, course_of, desired_weights
from bot.core.policy.policy import Ask, Band
from bot.core.policy.two_tier import TwoTier

BAND = AbsoluteBand(width=0.05, cash_width=0.02)
DESTINATIONS = [
    Destination(Reach.EDGE),
    Destination(Reach.HALFWAY),
    Destination(Reach.DISTANCE, 0.03),
]


def test_a_holding_with_a_target_of_0_is_out_of_its_band(make_state) -> None:
    # XOM has the target 0 and weighs 3 %: inside 0 +- 5 points, and yet to leave.
    row = make_state(weights=np.array([[0.87, 0.03, 0.1]]), targets=np.array([[0.9, 0.0, 0.1]]))
    assert BAND.asks(row).tolist() == [Ask.REBALANCE]
    assert BAND.explain(row, 0).statement == (
        "XOM is 3.00 points over its target of 0.00 %, band 5.00 points below and 0.00 points above"
    )
    # A band is no reason to buy it, and JPM and cash keep theirs.
    assert BAND.band(row).below.tolist() == [[0.05, 0.05, 0.02]]
    assert BAND.band(row).above.tolist() == [[0.05, 1e-9, 0.02]]


def test_less_than_a_share_is_no_reason(make_state) -> None:
    # A share of XOM costs 40 of 100,000: 0.0004. Three quarters of one cannot be sold, a whole one can.
    known = {
        "targets": np.array([[0.9, 0.0, 0.1]]),
        "prices": np.array([[100.0, 40.0]]),
        "base": np.array([100_000.0]),
    }
    tail = make_state(weights=np.array([[0.8997, 0.0003, 0.1]]), **known)
    share = make_state(weights=np.array([[0.8996, 0.0004, 0.1]]), **known)
    assert BAND.asks(tail).tolist() == [Ask.NOTHING]
    assert BAND.asks(share).tolist() == [Ask.REBALANCE]


@pytest.mark.parametrize("place", [0, 1])
def test_what_has_a_target_of_0_goes_to_0_and_cash_with_one_goes_into_its_band(place: int) -> None:
    halfway = Destination(Reach.HALFWAY)
    widths = np.array([[0.05, 0.05, 0.2]])
    # 6 % of what is to leave, 1 point out of its band: half the way would be 2.5 %.
    weights, targets = [0.84, 0.84, 0.1], [0.9, 0.9, 0.1]
    weights[place], targets[place] = 0.06, 0.0
    course = Course(np.array([targets]), halfway, Band(widths, widths))
    assert desired_weights(np.array([weights]), course)[0, place] == 0.0
    # Cash at 10 %, 5 points out of 0 +- 5: half the way is 2.5 %, and the rest is bought.
    widths = np.array([[0.2, 0.2, 0.05]])
    course = Course(np.array([[0.5, 0.5, 0.0]]), halfway, Band(widths, widths))
    desired = desired_weights(np.array([[0.45, 0.45, 0.1]]), course)
    assert desired[0].tolist() == pytest.approx([0.4875, 0.4875, 0.025])


def test_what_stays_keeps_its_own_width_beside_what_leaves(make_state) -> None:
    # A share of 40 is 40 % of 100: the width of what leaves is less, and stays, too.
    known = {"prices": np.array([[40.0, 40.0]]), "base": np.array([100.0])}
    widths = np.array([[0.05, 0.02, 0.2]])
    for targets in ([0.9, 0.0, 0.1], [0.0, 0.9, 0.1]):
        row = make_state(targets=np.array([targets]), **known)
        assert leaving(Band(widths, widths), row).above.tolist() == widths.tolist()


def test_a_price_alone_does_not_say_what_a_share_weighs(make_state) -> None:
    row = make_state(
        weights=np.array([[0.87, 0.03, 0.1]]),
        targets=np.array([[0.9, 0.0, 0.1]]),
        prices=np.array([[40.0, 40.0]]),
    )
    assert BAND.band(row).above.tolist() == [[0.05, 1e-9, 0.02]]


def test_without_a_target_of_0_a_band_stays_as_it_is(make_state) -> None:
    row = make_state()
    assert BAND.band(row).above.tolist() == BAND.corridor(row).above.tolist()


def test_a_hard_band_has_no_room_above_0_either(make_state) -> None:
    row = make_state(weights=np.array([[0.87, 0.03, 0.1]]), targets=np.array([[0.9, 0.0, 0.1]]))
    assert TwoTier(soft_width=0.04, hard_width=0.06).asks(row).tolist() == [Ask.REBALANCE]


def test_rows_of_their_own_leave_for_themselves(make_state) -> None:
    rows = make_state(
        weights=np.array([[0.87, 0.03, 0.1]] * 2),
        targets=np.array([[0.9, 0.0, 0.1], [0.87, 0.03, 0.1]]),
    )
    assert BAND.asks(rows).tolist() == [Ask.REBALANCE, Ask.NOTHING]
    assert BAND.band(rows).above.tolist() == [[0.05, 1e-9, 0.02], [0.05, 0.05, 0.02]]


@pytest.mark.parametrize("destination", DESTINATIONS, ids=lambda each: each.reach.value)
@given(
    shares=st.tuples(st.integers(1, 3_000), st.integers(1, 3_000), st.integers(1, 300)),
    cash=st.integers(0, 50_000),
    minimum=st.sampled_from([0.0, 500.0]),
)
def test_nothing_is_left_of_it_and_the_second_plan_is_empty(
    make_state, destination: Destination, shares: tuple[int, int, int], cash: int, minimum: float
) -> None:
    prices = np.array([[100.0, 40.0, 250.0]])
    held = np.array([shares], dtype=np.int64)
    base = (held * prices).sum(axis=1) + cash
    portfolios = Portfolios(
        shares=held,
        prices=prices,
        base=base,
        cash=np.array([float(cash)]),
        con_ids=np.array([1, 2, 3], dtype=np.int64),
    )
    rules = PlannerRules(minimum_trade=minimum, cash_buffer=0.005)

    def planned(now: Portfolios):
        state = make_state(
            weights=now.weights(),
            targets=np.array([[0.6, 0.38, 0.0, 0.02]]),
            symbols=("JPM", "XOM", "GE", "cash"),
            prices=prices,
            base=base,
        )
        if BAND.asks(state)[0] == Ask.NOTHING:
            return np.zeros_like(held)
        course = course_of(BAND, state, Ask.REBALANCE, destination)
        return rebalance(now, course, rules).trades

    first = planned(portfolios)
    # GE has the target 0. What is worth less than the minimum trade stays.
    is_worth_it = shares[2] * 250 >= minimum
    assert first[0, 2] == (-shares[2] if is_worth_it else 0)
    assert planned(portfolios.after(first)).tolist() == [[0, 0, 0]]
