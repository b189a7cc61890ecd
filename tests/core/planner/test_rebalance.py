"""From holdings to trades: into the bands, within cash, and nothing left to ask for afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import Course, Rebalance, rebalance
from bot.core.planner.shares import PlannerRules
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.destination import Destination
from bot.core.policy.state import PolicyState

FREELY = PlannerRules(minimum_trade=0.0, cash_buffer=0.0)
FREE = np.inf


def portfolio(shares: list[int], prices: list[float], cash: float) -> Portfolios:
    held = np.array([shares])
    return Portfolios(
        shares=held,
        prices=np.array([prices]),
        base=np.array([float((held * prices).sum() + cash)]),
        cash=np.array([cash]),
        con_ids=np.arange(len(shares)) + 100,
    )


def course(
    targets: list[float], destination: Destination, half_width: list[float] | None = None
) -> Course:
    widths = None if half_width is None else np.array(half_width)
    return Course(np.array(targets), widths, destination)


# --- worked numbers


def test_to_target() -> None:
    # Base 1,000. A 600 -> 500 sells 10 x 10, B 300 -> 400 buys 5 x 20; cash stays 100.
    held = portfolio([60, 15], [10.0, 20.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], Destination.TARGET), FREELY)
    assert planned.trades.tolist() == [[-10, 5]]
    assert planned.desired.tolist() == [[0.5, 0.4, 0.1]]


def test_to_the_edge_sells_into_the_band() -> None:
    # A 60 % of 1,000, band 45 % to 55 %: 550 / 30 = 18.33 -> 18 is inside. 2 x 30 = 60 go to cash, 10 % -> 16 %.
    held = portfolio([20, 10], [30.0, 30.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], Destination.EDGE, [0.05, 0.2, 0.1]), FREELY)
    assert planned.trades.tolist() == [[-2, 0]]
    assert planned.desired[0].tolist() == pytest.approx([0.54, 0.3, 0.16])


def test_halfway_goes_further_than_the_edge() -> None:
    # The midpoint of 55 % and 50 % is 52.5 %, 7.5 shares of 10 away: at a half the smaller trade is made.
    held = portfolio([60, 30], [10.0, 10.0], 100.0)
    to_edge, halfway = (
        rebalance(held, course([0.5, 0.4, 0.1], where, [0.05, 0.2, 0.1]), FREELY).trades.tolist()
        for where in (Destination.EDGE, Destination.HALFWAY)
    )
    assert to_edge == [[-5, 0]]
    assert halfway == [[-7, 0]]


def test_inside_the_bands_nothing_is_done_and_desired_is_where_it_is() -> None:
    held = portfolio([52, 38], [10.0, 10.0], 100.0)
    planned = rebalance(held, course([0.5, 0.4, 0.1], Destination.EDGE, [0.05, 0.05, FREE]), FREELY)
    assert planned.trades.tolist() == [[0, 0]]
    assert planned.desired.tolist() == held.weights().tolist()


def test_a_trade_below_the_minimum_is_not_made_and_neither_is_its_funding() -> None:
    # A 43 % is 2 points under its edge of 45 %: 20 of 1,000. B, inside its band, would have to sell for it.
    held = portfolio([43, 57], [10.0, 10.0], 0.0)
    to_edge = course([0.5, 0.5, 0.0], Destination.EDGE, [0.05, 0.08, FREE])
    assert rebalance(held, to_edge, FREELY).trades.tolist() == [[2, -2]]
    assert rebalance(held, to_edge, PlannerRules(21.0, 0.0)).trades.tolist() == [[0, 0]]


def test_a_narrow_band_that_no_whole_share_fits_is_left_alone_when_a_trade_does_not_help() -> None:
    # One share is 20 % of 1,000, the band 29 % to 33 %: 40 % is 7 points out, 20 % would be 9.
    held = portfolio([2], [200.0], 600.0)
    planned = rebalance(held, course([0.31, 0.69], Destination.EDGE, [0.02, FREE]), FREELY)
    assert planned.trades.tolist() == [[0]]


def test_the_last_share_of_an_under_weight_is_funded_by_a_share_of_another() -> None:
    # Base 1,000. A 32 % must get to 45 % = 11.25 shares of 40: 12, 4 more, cost 160. B must get from 67.2 % to 55 %
    # = 78.57 shares of 7: 78, 18 less, bring 126. Cash gives its 8; the last 26 are 4 more shares of B.
    held = portfolio([8, 96], [40.0, 7.0], 8.0)
    to_edge = course([0.5, 0.5, 0.0], Destination.EDGE, [0.05, 0.05, FREE])
    planned = rebalance(held, to_edge, FREELY)
    assert planned.trades.tolist() == [[4, -22]]


def test_cash_out_of_its_band_is_invested_down_to_its_edge() -> None:
    # Cash 30 % of 1,000, band 0 % to 10 %: 200 for A and B, 10 points under each: 100 each.
    held = portfolio([35, 35], [10.0, 10.0], 300.0)
    planned = rebalance(
        held, course([0.475, 0.475, 0.05], Destination.EDGE, [0.2, 0.2, 0.05]), FREELY
    )
    assert planned.trades.tolist() == [[10, 10]]


def test_the_buffer_is_not_spent_on_the_way_to_the_edge() -> None:
    # A 35 % -> 45 % wants 100 of 1,000. Cash is 5 %, its target 2 %, the buffer 4 %: cash gives 10, B gives 90.
    held = portfolio([35, 60], [10.0, 10.0], 50.0)
    to_edge = course([0.5, 0.48, 0.02], Destination.EDGE, [0.05, 0.2, FREE])
    assert rebalance(held, to_edge, PlannerRules(0.0, 0.04)).trades.tolist() == [[10, -9]]


def test_a_base_that_is_not_holdings_and_cash_is_refused() -> None:
    held = portfolio([60, 15], [10.0, 20.0], 100.0)
    wrong = Portfolios(
        shares=held.shares,
        prices=held.prices,
        base=np.array([2000.0]),
        cash=held.cash,
        con_ids=held.con_ids,
    )
    with pytest.raises(ValueError, match=r"must sum to the base \(1\), found 0\.5 at row 0"):
        rebalance(wrong, course([0.5, 0.4, 0.1], Destination.TARGET), FREELY)


def test_a_band_that_is_needed_and_missing_is_refused() -> None:
    held = portfolio([60, 15], [10.0, 20.0], 100.0)
    with pytest.raises(ValueError, match="halfway needs a band"):
        rebalance(held, course([0.5, 0.4, 0.1], Destination.HALFWAY), FREELY)


# --- properties


@dataclass
class Case:
    held: Portfolios
    course: Course
    rules: PlannerRules

    def plan(self, held: Portfolios | None = None) -> Rebalance:
        return rebalance(held or self.held, self.course, self.rules)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw portfolios from tiny to large, near their targets or far off, and every kind of rule."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, count = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    prices = np.round(generator.lognormal(4, 1.2, (rows, count)), 2) + 0.01
    size = draw(st.sampled_from([3, 20, 300, 5000]))
    shares = generator.integers(0, size, (rows, count))
    tails = generator.random((rows, count)) * generator.integers(0, 2)
    holdings = ((shares + tails) * prices).sum(axis=1)
    base = np.maximum(holdings * (1 + generator.uniform(-0.1, 0.4, rows)), 100.0)
    held = Portfolios(
        shares=shares,
        prices=prices,
        base=base,
        cash=base - holdings,
        con_ids=generator.permutation(count) + 1,
        tails=tails,
    )
    targets = generator.dirichlet(np.ones(count + 1))
    if draw(st.booleans()):
        # Targets near to what the first row holds.
        near = held.weights()[0] * generator.uniform(0.8, 1.2, count + 1)
        targets = np.clip(near, 0.001, 1.0)
    targets[-1] *= draw(st.integers(0, 1))
    targets /= targets.sum()
    half_width = np.full(count + 1, draw(st.sampled_from([0.005, 0.02, 0.05, 0.1])))
    half_width[-1] = draw(st.sampled_from([FREE, 0.005, 0.05]))
    destination = draw(st.sampled_from(Destination))
    rules = PlannerRules(
        draw(st.sampled_from([0.0, 50.0, 500.0])), draw(st.sampled_from([0.0, 0.005, 0.02]))
    )
    return Case(held, Course(targets, half_width, destination), rules)


def out_of_band(case: Case, held: Portfolios) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return for each row how far instruments are out of their bands together."""
    drift = np.abs(held.weights() - case.course.targets)[:, :-1]
    assert case.course.half_width is not None
    return np.maximum(drift - case.course.half_width[:-1], 0.0).sum(axis=1)


@given(cases())
def test_a_second_plan_is_empty(case: Case) -> None:
    again = case.plan(case.held.after(case.plan().trades))
    assert not again.trades.any()


@given(cases())
def test_nothing_is_sold_that_is_not_held(case: Case) -> None:
    assert (case.held.shares + case.plan().trades >= 0).all()


@given(cases())
def test_value_is_neither_made_nor_lost(case: Case) -> None:
    after = case.held.after(case.plan().trades)
    assert np.allclose(after.weights().sum(axis=1), 1, rtol=0, atol=1e-9)


@given(cases())
def test_buys_leave_the_buffer_alone(case: Case) -> None:
    trades = case.plan().trades
    cash = case.held.after(trades).cash
    floor = case.rules.cash_buffer * case.held.base
    noise = 1e-8 * case.held.base
    assert (cash >= np.minimum(case.held.cash, floor) - noise).all()
    buys = (trades > 0).any(axis=1)
    assert (cash[buys] >= (floor - noise)[buys]).all()


@given(cases())
def test_no_trade_is_below_the_minimum(case: Case) -> None:
    trades = case.plan().trades
    notional = np.abs(trades) * case.held.prices
    assert (notional[trades != 0] >= case.rules.minimum_trade * (1 - 1e-9)).all()


@given(cases())
def test_with_a_band_a_plan_never_makes_it_worse(case: Case) -> None:
    if case.course.destination is Destination.TARGET:
        return
    trades = case.plan().trades
    before, after = out_of_band(case, case.held), out_of_band(case, case.held.after(trades))
    assert (after <= before + 1e-12).all()
    inside = (np.abs(case.held.weights() - case.course.targets) <= case.course.half_width).all(
        axis=1
    )
    assert not trades[inside].any()


@given(cases())
def test_desired_weights_add_up_to_one(case: Case) -> None:
    assert np.allclose(case.plan().desired.sum(axis=1), 1, rtol=0, atol=1e-9)


@given(cases())
def test_a_row_alone_is_planned_as_among_many(case: Case) -> None:
    together = case.plan()
    rows = len(together.trades)
    for row in range(rows):
        alone = case.plan(case.held.rows(np.arange(rows) == row))
        assert alone.trades.tolist() == together.trades[row : row + 1].tolist()
        assert alone.desired.tobytes() == together.desired[row : row + 1].tobytes()


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_gives_the_same_plan(case: Case, data: st.DataObject) -> None:
    count = case.held.shares.shape[1]
    order = np.array(data.draw(st.permutations(range(count))))
    shuffled = rebalance(case.held.columns(order), case.course.columns(order), case.rules)
    expected = case.plan().columns(order)
    assert shuffled.trades.tolist() == expected.trades.tolist()
    assert shuffled.desired.tobytes() == expected.desired.tobytes()


@given(
    seed=st.integers(0, 2**32 - 1),
    destination=st.sampled_from([Destination.EDGE, Destination.HALFWAY]),
)
def test_a_liquid_account_ends_with_every_weight_inside_its_band(
    seed: int, destination: Destination
) -> None:
    # A million, shares of 20 to 200 each, bands of 3 points: a share is at most 0.02 points. Any trade is worth it.
    generator = np.random.default_rng(seed)
    count = 8
    prices = np.round(generator.uniform(20, 200, (1, count)), 2)
    weights = generator.dirichlet(np.ones(count + 1))
    shares = np.floor(weights[:-1] * 1e6 / prices).astype(np.int64)
    base = np.array([1e6])
    held = Portfolios(
        shares=shares,
        prices=prices,
        base=base,
        cash=base - (shares * prices).sum(axis=1),
        con_ids=np.arange(count),
    )
    targets = np.append(np.full(count, 0.99 / count), 0.01)
    half_width = np.append(np.full(count, 0.03), FREE)
    planned = rebalance(held, Course(targets, half_width, destination), PlannerRules(0.0, 0.002))
    after = held.after(planned.trades)
    drift = np.abs(after.weights() - targets)
    assert (drift <= half_width).all()
    # So the rule that asked for the plan does not ask again.
    band = AbsoluteBand(width=0.03)
    assert band.half_widths(count + 1).tolist() == half_width.tolist()
    assert not band.fires(looked_at(after, targets)).any()


def looked_at(
    held: Portfolios, targets: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> PolicyState:
    """Return what a policy sees of portfolios, in a session of March 2020."""
    session = Session(
        exchange="XNYS",
        held_on=date(2020, 3, 16),
        opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
        closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
        is_half_day=False,
        number_in={},
    )
    return PolicyState(
        weights=held.weights(),
        targets=targets,
        session=session,
        occurrences_done=frozenset(),
        symbols=(*(f"S{con_id}" for con_id in held.con_ids), "cash"),
    )
