"""What every plan keeps to: empty the second time, nothing made or lost, no limit passed, rows stand alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.destination import TO_TARGET, Course, Destination, Reach
from bot.core.policy.policy import Band
from bot.core.policy.state import PolicyState
from tests.core.planner.drawn import FREE, Case, cases

Shares: TypeAlias = (
    np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    | np.ndarray[tuple[int, ...], np.dtype[np.float64]]
)


@given(cases())
def test_a_second_plan_is_empty(case: Case) -> None:
    assert not case.plan(case.held.after(case.trades())).lots.any()


@given(cases())
def test_a_plan_keeps_to_all_that_is_allowed(case: Case) -> None:
    trades = case.trades()
    nothing_is_made_or_lost(case, trades)
    buys_leave_the_buffer_alone(case, trades)
    settled_cash_pays_for_the_buys(case, trades)
    no_trade_is_below_the_minimum(case, trades)
    marks_and_lots_are_kept(case, trades)


@given(cases(), st.sampled_from([0.01, 0.1, 1.0]))
def test_three_plans_of_a_session_trade_no_more_of_the_volume_than_one_may(
    case: Case, part: float
) -> None:
    capped = Case(
        replace(case.held, shares_traded=np.zeros(case.held.shares.shape)),
        case.course,
        replace(case.rules, participation_max=part),
        case.marks,
    )
    assert capped.held.daily_volumes is not None
    limit = part * capped.held.daily_volumes
    for _ in range(3):
        capped = replace(capped, held=capped.held.after(capped.trades()))
        assert capped.held.shares_traded is not None
        # 1e-6 shares are noise: a lot may be 0.001 of one.
        assert (capped.held.shares_traded <= limit + 1e-6).all()


def nothing_is_made_or_lost(case: Case, trades: Shares) -> None:
    after = case.held.after(trades)
    held = case.held.shares + case.held.tail_shares
    assert (held + trades >= -1e-9).all()
    assert np.allclose(after.shares + after.tail_shares, held + trades, rtol=1e-12, atol=1e-9)
    assert np.allclose(after.weights().sum(axis=1), 1, rtol=0, atol=1e-9)


def buys_leave_the_buffer_alone(case: Case, trades: Shares) -> None:
    cash = case.held.after(trades).cash
    floor = case.rules.cash_buffer * case.held.base
    noise = 1e-9 * case.held.base
    assert (cash >= np.minimum(case.held.cash, floor) - noise).all()
    buys = (trades > 0).any(axis=1)
    assert (cash[buys] >= (floor - noise)[buys]).all()


def settled_cash_pays_for_the_buys(case: Case, trades: Shares) -> None:
    if case.held.settled is None:
        return
    spent = (np.maximum(trades, 0) * case.held.prices).sum(axis=1)
    free = np.maximum(case.held.settled - case.rules.cash_buffer * case.held.base, 0.0)
    assert (spent <= free + 1e-9 * case.held.base).all()


def no_trade_is_below_the_minimum(case: Case, trades: Shares) -> None:
    notional = np.abs(trades) * case.held.prices
    least = np.maximum(case.rules.minimum_trade, case.rules.minimum_drift * case.held.base)
    is_enough = notional >= least[:, np.newaxis] * (1 - 1e-9)
    assert is_enough[trades != 0].all()


def marks_and_lots_are_kept(case: Case, trades: Shares) -> None:
    if case.marks is None:
        return
    assert not (trades[:, ~case.marks.may_buy] > 0).any()
    assert not (trades[:, ~case.marks.may_sell] < 0).any()
    if case.is_whole:
        assert trades.dtype == np.int64
        assert not (trades % case.marks.lots).any()


@given(case=cases(), part=st.sampled_from([0.01, 0.3, 1.0]))
def test_no_plan_passes_its_part_of_the_daily_volume(case: Case, part: float) -> None:
    capped = replace(case, rules=replace(case.rules, participation_max=part))
    assert case.held.daily_volumes is not None
    assert (np.abs(capped.trades()) <= part * case.held.daily_volumes + 1e-6).all()


@given(case=cases(), part=st.sampled_from([0.01, 0.1, 0.5]))
def test_no_plan_passes_its_turnover_nor_any_other_limit(case: Case, part: float) -> None:
    limited = replace(case, rules=replace(case.rules, turnover_max=part))
    free, trades = case.trades(), limited.trades()
    turnover = (np.abs(trades) * case.held.prices).sum(axis=1)
    assert (turnover <= part * case.held.base * (1 + 1e-9)).all()
    # No leg is turned or enlarged: what held for the whole plan holds for a part of it.
    assert (np.abs(trades) <= np.abs(free)).all()
    assert (trades * free >= 0).all()
    buys_leave_the_buffer_alone(limited, trades)
    settled_cash_pays_for_the_buys(limited, trades)
    no_trade_is_below_the_minimum(limited, trades)


@given(case=cases(), higher=st.sampled_from([60.0, 1000.0]))
def test_a_higher_minimum_only_takes_sells_away(case: Case, higher: float) -> None:
    # Buys may grow: what one leaves, another gets.
    to_target = replace(case, course=Course(case.course.targets))
    raised = replace(to_target, rules=replace(case.rules, minimum_trade=higher))
    lowered = replace(to_target, rules=replace(case.rules, minimum_trade=50.0))
    more, fewer = np.minimum(lowered.plan().lots, 0), np.minimum(raised.plan().lots, 0)
    assert ((fewer == more) | (fewer == 0)).all()


@given(cases())
def test_with_a_band_a_plan_never_makes_it_worse(case: Case) -> None:
    if case.course.destination.reach not in (Reach.EDGE, Reach.HALFWAY, Reach.DISTANCE):
        return
    trades = case.trades()
    before, after = _out_of_band(case, case.held), _out_of_band(case, case.held.after(trades))
    if case.marks is None:
        assert (after <= before + 1e-12).all()
    assert case.course.band is not None
    drift = np.abs(case.held.weights() - case.course.targets)
    inside = (drift <= case.course.band.above).all(axis=1)
    assert not trades[inside].any()


def _out_of_band(case: Case, held: Portfolios) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return for each row how far instruments are out of their bands together."""
    assert case.course.band is not None
    drift = np.abs(held.weights() - case.course.targets) - case.course.band.above
    return np.maximum(drift[:, :-1], 0.0).sum(axis=1)


@given(cases())
def test_desired_weights_add_up_to_one(case: Case) -> None:
    assert np.allclose(case.plan().desired.sum(axis=1), 1, rtol=0, atol=1e-9)


@given(cases())
def test_a_row_alone_is_planned_as_among_many(case: Case) -> None:
    together = case.plan()
    rows = np.arange(len(together.lots))
    for row in rows:
        chosen = rows == row
        alone = replace(case, course=case.course.rows(chosen)).plan(case.held.rows(chosen))
        assert alone.lots.tobytes() == together.lots[chosen].tobytes()
        assert alone.desired.tobytes() == together.desired[chosen].tobytes()
        assert alone.reasons.tobytes() == together.reasons[chosen].tobytes()


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_gives_the_same_plan(case: Case, data: st.DataObject) -> None:
    count = case.held.shares.shape[1]
    order = np.array(data.draw(st.permutations(range(count))))
    shuffled = rebalance(
        case.held.columns(order),
        case.course.columns(order),
        case.rules,
        None if case.marks is None else case.marks.columns(order),
    )
    expected = case.plan().columns(order)
    assert shuffled.lots.tolist() == expected.lots.tolist()
    assert shuffled.reasons.tolist() == expected.reasons.tolist()
    assert shuffled.lot_shares.tolist() == expected.lot_shares.tolist()
    assert shuffled.desired.tobytes() == expected.desired.tobytes()


@given(seed=st.integers(0, 2**32 - 1), reach=st.sampled_from([Reach.EDGE, Reach.HALFWAY]))
def test_a_liquid_account_ends_with_every_weight_inside_its_band(seed: int, reach: Reach) -> None:
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
    targets = np.append(np.full(count, 0.99 / count), 0.01)[np.newaxis]
    widths = np.append(np.full(count, 0.03), FREE)[np.newaxis]
    course = Course(targets, Destination(reach), Band(widths, widths))
    after = held.after(rebalance(held, course, PlannerRules(0.0, 0.002)).trades)
    assert (np.abs(after.weights() - targets) <= widths).all()
    # So the rule that asked for the plan does not ask again.
    rule = AbsoluteBand(width=0.03)
    assert not rule.asks(_looked_at(after, targets)).any()


def _looked_at(
    held: Portfolios, targets: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
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


# --- where a second plan is not empty, by its meaning


@pytest.mark.parametrize(
    "limit",
    [{"turnover_max": 0.2}, {"participation_max": 0.25}],
)
def test_a_plan_that_was_cut_short_goes_on_the_next_time(limit: dict[str, float]) -> None:
    # 1,000 in cash for 80 shares at 10; a plan may trade 200, or a quarter of 80 shares a day: 20 each time.
    held = Portfolios(
        shares=np.array([[0]]),
        prices=np.array([[10.0]]),
        base=np.array([1000.0]),
        cash=np.array([1000.0]),
        con_ids=np.array([1]),
        daily_volumes=np.array([[80.0]]),
    )
    rules = replace(PlannerRules(0.0, 0.0), **limit)
    course = Course(np.array([[0.8, 0.2]]), TO_TARGET)
    traded = []
    for _ in range(5):
        trades = rebalance(held, course, rules).trades
        traded.append(int(trades[0, 0]))
        held = held.after(trades)
    assert traded == [20, 20, 20, 20, 0]
