"""Beyond the soft band cash is used if it helps; beyond the hard band weights are rebalanced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import PlannerRules
from bot.core.policy.destination import Destination, Reach, course_of, desired_weights
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.policy.two_tier import TwoTier

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
RULE = TwoTier(soft_width=0.03, hard_width=0.06)
TARGETS = [0.4, 0.3, 0.2, 0.1]
REACHES = (
    Destination(Reach.TARGET),
    Destination(Reach.EDGE),
    Destination(Reach.HALFWAY),
    Destination(Reach.DISTANCE, 0.01),
)


def state(drifts: Any, targets: Any = (TARGETS,)) -> PolicyState:
    """Return rows of AAPL, MSFT, XOM and cash, that far off their targets of 40, 30, 20 and 10 %."""
    return PolicyState(
        weights=np.asarray(targets) + np.atleast_2d(drifts),
        targets=np.asarray(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "XOM", "cash"),
    )


@pytest.mark.parametrize(
    ("drifts", "ask"),
    [
        # On both edges: quiet, though cash is there.
        ([-0.03, 0.0, 0.0, 0.03], Ask.NOTHING),
        # A billionth beyond the soft edge, with cash to spare for it.
        ([-0.03 - 1e-9, 0.0, 0.0, 0.03 + 1e-9], Ask.USE_CASH),
        # As far over, with cash missing.
        ([0.03 + 1e-9, 0.0, 0.0, -0.03 - 1e-9], Ask.USE_CASH),
        ([0.03, 0.0, 0.0, -0.03], Ask.NOTHING),
        # Nothing but cash can help, and there is none to spare or missing.
        ([-0.05, 0.05, 0.0, 0.0], Ask.NOTHING),
        # Cash to spare does not help what is over, nor missing cash what is under.
        ([0.05, -0.03, -0.03, 0.01], Ask.NOTHING),
        ([-0.05, 0.03, 0.03, -0.01], Ask.NOTHING),
        ([0.05, -0.02, -0.02, -0.01], Ask.USE_CASH),
        ([-0.05, 0.02, 0.02, 0.01], Ask.USE_CASH),
        # On the hard edge, a billionth beyond it, and on the other side.
        ([-0.06, 0.03, 0.03, 0.0], Ask.NOTHING),
        ([-0.06 - 1e-9, 0.03, 0.03, 1e-9], Ask.REBALANCE),
        ([0.06, -0.03, -0.03, 0.0], Ask.NOTHING),
        ([0.06 + 1e-9, -0.03, -0.03, -1e-9], Ask.REBALANCE),
        # Cash alone is free.
        ([-0.02, -0.02, -0.02, 0.06], Ask.NOTHING),
    ],
)
def test_what_it_asks_for(drifts: list[float], ask: Ask) -> None:
    assert RULE.asks(state(drifts)).tolist() == [ask]


def test_each_row_asks_for_itself() -> None:
    rows = [[-0.05, 0.02, 0.02, 0.01], [0.0, 0.0, 0.0, 0.0], [-0.07, 0.04, 0.03, 0.0]]
    asks = RULE.asks(state(rows))
    assert asks.tolist() == [Ask.USE_CASH, Ask.NOTHING, Ask.REBALANCE]


def test_a_breach_of_the_hard_band_is_told_before_cash_that_is_further_out() -> None:
    rule = TwoTier(soft_width=0.03, hard_width=0.06, cash_width=0.02)
    # AAPL is 1 point out of its hard band and 4 out of its soft one, cash 6 or more out of its own.
    hard = rule.explain(state([-0.07, 0.0, -0.01, 0.08]), 0)
    assert (hard.numbers["symbol"], hard.numbers["drift_fraction"]) == (
        "AAPL",
        pytest.approx(-0.07),
    )
    soft = rule.explain(state([-0.05, 0.0, -0.03, 0.08]), 0)
    assert (soft.numbers["symbol"], soft.numbers["drift_fraction"]) == ("cash", pytest.approx(0.08))


@pytest.mark.parametrize(
    ("cash", "ask"),
    [
        (0.02, Ask.NOTHING),
        (0.02 + 1e-9, Ask.USE_CASH),
        (-0.02, Ask.NOTHING),
        (-0.02 - 1e-9, Ask.USE_CASH),
        # However far: cash is never a reason for more than to use it.
        (0.0899, Ask.USE_CASH),
    ],
)
def test_cash_out_of_its_own_width_is_used(cash: float, ask: Ask) -> None:
    rule = TwoTier(soft_width=0.03, hard_width=0.06, cash_width=0.02)
    third = -cash / 3
    assert rule.asks(state([third, third, third, cash])).tolist() == [ask]


@pytest.mark.parametrize(
    ("drift", "cash", "share", "ask"),
    [
        # AAPL is 5 points under, beyond its soft 3. A share is 4 points: cash must have its price.
        (-0.05, 0.0401, 0.04, Ask.USE_CASH),
        (-0.05, 0.0399, 0.04, Ask.NOTHING),
        # A share of 9.9 points leaves it 4.9 over, which is nearer; one of 10.1 points 5.1 over, which is not.
        (-0.05, 0.15, 0.099, Ask.USE_CASH),
        (-0.05, 0.15, 0.101, Ask.NOTHING),
        # The same the other way round.
        (0.05, -0.0401, 0.04, Ask.USE_CASH),
        (0.05, -0.0399, 0.04, Ask.NOTHING),
        (0.05, -0.15, 0.099, Ask.USE_CASH),
        (0.05, -0.15, 0.101, Ask.NOTHING),
    ],
)
def test_where_prices_are_known_cash_helps_by_whole_shares(
    drift: float, cash: float, share: float, ask: Ask
) -> None:
    # Base 1,000. MSFT and XOM take what is left in equal parts, and their shares are wider than any drift.
    rest = -(drift + cash) / 2
    row = state([drift, rest, rest, cash])
    prices = np.array([[1000 * share, 1000.0, 1000.0]])
    known = replace(row, prices=prices, base=np.array([1000.0]))
    assert TwoTier(soft_width=0.03, hard_width=0.2).asks(known).tolist() == [ask]
    # One of them alone says nothing about shares.
    for less in (replace(known, prices=None), replace(known, base=None)):
        assert TwoTier(soft_width=0.03, hard_width=0.2).asks(less).tolist() == [Ask.USE_CASH]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("share", "cash", "ask"),
    [
        # Sixteenths are exact. AAPL is 1/16 off; a share of 1/16, and just its price is there.
        (1 / 16, 1 / 16, Ask.USE_CASH),
        # A share of 1/8 would leave it 1/16 off on the other side: no nearer.
        (1 / 8, 1 / 8, Ask.NOTHING),
    ],
)
def test_the_price_of_a_share_is_enough_and_half_of_one_is_no_gain(
    sign: int, share: float, cash: float, ask: Ask
) -> None:
    targets = np.array([[0.5, 0.25, 0.125, 0.125]])
    row = state(sign * np.array([-1 / 16, 1 / 16 - cash, 0.0, cash]), targets)
    prices = np.array([[1000 * share, 1000.0, 1000.0]])
    known = replace(row, prices=prices, base=np.array([1000.0]))
    assert TwoTier(soft_width=0.03, hard_width=0.2).asks(known).tolist() == [ask]


@pytest.mark.parametrize("column", [0, 1, 2])
def test_cash_helps_whichever_is_out(column: int) -> None:
    drifts = np.zeros(4)
    drifts[[column, 3]] = -0.05, 0.05
    assert RULE.asks(state(drifts)).tolist() == [Ask.USE_CASH]
    assert RULE.asks(state(-drifts)).tolist() == [Ask.USE_CASH]


def test_cash_out_of_its_width_is_used_if_there_is_a_share_to_trade() -> None:
    # Cash is 3 points over of 2, each stock 1 under: a share of 1.5 points brings it nearer, one of 2.5 does not.
    rule = TwoTier(soft_width=0.03, hard_width=0.06, cash_width=0.02)
    row = replace(state([-0.01, -0.01, -0.01, 0.03]), base=np.array([1000.0]))
    near, far = (replace(row, prices=np.full((1, 3), price)) for price in (15.0, 25.0))
    assert rule.asks(near).tolist() == [Ask.USE_CASH]
    assert rule.asks(far).tolist() == [Ask.NOTHING]


def test_beyond_the_hard_band_it_may_go_all_the_way() -> None:
    rows = state([[-0.07, 0.07, 0.0, 0.0], [-0.05, 0.02, 0.02, 0.01]])
    rule = TwoTier(soft_width=0.03, hard_width=0.06, beyond_hard="to_target")
    assert rule.asks(rows).tolist() == [Ask.TO_TARGET, Ask.USE_CASH]
    assert rule.asks(rows).dtype == np.int8
    assert rule.explain(rows, 0).asks == "to_target"


def test_a_rebalance_comes_back_into_the_soft_band() -> None:
    row = state([-0.07, 0.04, 0.0, 0.03])
    assert RULE.has_band()
    band = RULE.band(row)
    assert band.below is band.above
    assert band.below.tolist() == [[0.03, 0.03, 0.03, np.inf]]
    # AAPL 33 -> 37 %, MSFT 34 -> 33 %; cash pays the 3 points that it has over its target.
    course = course_of(RULE, row, Ask.REBALANCE, Destination(Reach.EDGE))
    found = desired_weights(row.weights, course)
    assert found[0].tolist() == pytest.approx([0.37, 0.33, 0.2, 0.1])
    held = TwoTier(soft_width=0.03, hard_width=0.06, cash_width=0.02).band(row)
    # Cash comes back further, to half of its width.
    assert held.above.tolist() == [[0.03, 0.03, 0.03, 0.01]]


def test_beyond_the_hard_band_it_tells_the_furthest() -> None:
    # XOM is 8 points under of 6, AAPL 7 over of 6: both beyond the hard band. MSFT is 4 over, beyond the soft one only.
    found = RULE.explain(state([0.07, 0.04, -0.08, -0.03]), 0)
    assert found.rule == "two_tier"
    assert found.fired
    assert found.statement == (
        "XOM is 8.00 points under its target of 20.00 %, hard band 6.00 points; 1 more beyond it"
    )
    assert found.asks == "rebalance"
    assert found.numbers == {
        "symbol": "XOM",
        "weight_fraction": pytest.approx(0.12),
        "target_fraction": 0.2,
        "drift_fraction": pytest.approx(-0.08),
        "soft_fraction": 0.03,
        "hard_fraction": 0.06,
        "hard_distance_fraction": pytest.approx(-0.02),
        "soft_distance_fraction": pytest.approx(-0.05),
        "cash_drift_fraction": pytest.approx(-0.03),
        "out_of_soft_band_count": 3.0,
        "out_of_hard_band_count": 2.0,
    }


@pytest.mark.parametrize(
    ("drifts", "fired", "statement"),
    [
        (
            [0.07, -0.03, -0.03, -0.01],
            True,
            "AAPL is 7.00 points over its target of 40.00 %, hard band 6.00 points",
        ),
        (
            [0.05, -0.02, -0.02, -0.01],
            True,
            (
                "AAPL is 5.00 points over its target of 40.00 %, soft band 3.00 points; "
                "cash is 1.00 points under its target and is put to use"
            ),
        ),
        (
            [0.05, -0.03, -0.03, 0.01],
            False,
            (
                "AAPL is 5.00 points over its target of 40.00 %, soft band 3.00 points; "
                "cash is 1.00 points over its target and cannot help"
            ),
        ),
        (
            [0.05, -0.05, 0.0, 0.0],
            False,
            (
                "AAPL is 5.00 points over its target of 40.00 %, soft band 3.00 points; "
                "cash is 0.00 points over its target and cannot help"
            ),
        ),
        (
            [0.02, -0.01, -0.01, 0.0],
            False,
            (
                "all inside their soft bands; the nearest: AAPL is 2.00 points over its target of 40.00 %, "
                "soft band 3.00 points"
            ),
        ),
    ],
)
def test_it_says_what_cash_can_do(drifts: list[float], fired: bool, statement: str) -> None:  # noqa: FBT001 - a case
    # Halves and quarters of a point would be exact; these are not, so cash at its target is noise of either sign.
    row = state([round(drift, 4) for drift in drifts])
    found = RULE.explain(row, 0)
    assert (found.fired, found.statement) == (fired, statement)


def test_inside_both_bands_the_nearest_is_told_with_what_is_left() -> None:
    found = RULE.explain(state([0.02, -0.01, -0.01, 0.0]), 0)
    assert found.numbers["symbol"] == "AAPL"
    assert found.numbers["hard_distance_fraction"] == pytest.approx(0.04)
    assert found.numbers["soft_distance_fraction"] == pytest.approx(0.01)


def test_each_row_has_its_own_targets() -> None:
    targets = [TARGETS, [0.3, 0.4, 0.2, 0.1]]
    rows = state([[0.01, -0.01, 0.0, 0.0], [0.1, -0.1, 0.0, 0.0]], targets)
    assert RULE.asks(rows).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert RULE.explain(rows, 1).numbers["target_fraction"] == 0.3


@pytest.mark.parametrize("soft", [0.06, 0.07])
def test_a_soft_band_as_wide_as_the_hard_one_is_refused(soft: float) -> None:
    message = (
        rf"^soft_width must be less than hard_width \(fraction of base\), found {soft:g} and 0\.06$"
    )
    with pytest.raises(ValueError, match=message):
        TwoTier(soft_width=soft, hard_width=0.06)


@pytest.mark.parametrize("name", ["soft_width", "hard_width", "cash_width"])
@pytest.mark.parametrize("width", [0.0, 1.0, float("nan")])
def test_a_width_that_is_no_fraction_is_refused_with_its_name(name: str, width: float) -> None:
    message = rf"^{name} must be more than 0 and less than 1 \(fraction of base\), found {width:g}$"
    with pytest.raises(ValueError, match=message):
        TwoTier(**{"soft_width": 0.03, "hard_width": 0.06, name: width})


def test_an_unknown_wish_is_refused() -> None:
    message = "^beyond_hard must be one of rebalance, to_target, found 'sell'$"
    with pytest.raises(ValueError, match=message):
        TwoTier(soft_width=0.03, hard_width=0.06, beyond_hard="sell")


@given(seed=st.integers(0, 2**32 - 1), soft=st.floats(0.005, 0.05), more=st.floats(0.0, 0.04))
def test_wider_bands_never_ask_for_more(seed: int, soft: float, more: float) -> None:
    generator = np.random.default_rng(seed)
    targets, weights = generator.dirichlet(np.ones(4), 6), generator.dirichlet(np.ones(4), 6)
    rows = state(0.2 * (weights - targets), targets)
    close = TwoTier(soft_width=soft, hard_width=0.06).asks(rows)
    assert (TwoTier(soft_width=soft + more / 4, hard_width=0.07).asks(rows) <= close).all()
    assert (TwoTier(soft_width=soft, hard_width=0.06 + more).asks(rows) <= close).all()


@given(seed=st.integers(0, 2**32 - 1), reach=st.sampled_from([Reach.EDGE, Reach.HALFWAY]))
def test_after_a_rebalance_nothing_is_asked_for(seed: int, reach: Reach) -> None:
    generator = np.random.default_rng(seed)
    targets, weights = generator.dirichlet(np.ones(4), 6), generator.dirichlet(np.ones(4), 6)
    rows = state(weights - targets, targets)
    course = course_of(RULE, rows, Ask.REBALANCE, Destination(reach))
    after = desired_weights(rows.weights, course)
    assert not RULE.asks(state(after - targets, targets)).any()


@given(seed=st.integers(0, 2**32 - 1), reach=st.sampled_from(REACHES))
def test_the_next_look_plans_nothing(seed: int, reach: Destination) -> None:
    # A million, shares of 10 to 300: none is as wide as a tenth of a point.
    generator = np.random.default_rng(seed)
    targets = generator.dirichlet(np.full(4, 3.0), 8)
    wanted = targets + 0.5 * (generator.dirichlet(np.full(4, 3.0), 8) - targets)
    prices, base = np.round(generator.uniform(10, 300, (8, 3)), 2), np.full(8, 1e6)
    shares = np.floor(wanted[:, :-1] * 1e6 / prices).astype(np.int64)
    cash = base - (shares * prices).sum(axis=1)
    rule, held = (
        TwoTier(soft_width=0.02, hard_width=0.05, cash_width=0.02),
        Portfolios(shares, prices, base, cash, np.arange(3)),
    )
    after = _after(rule, held, targets, reach)
    assert (_after(rule, after, targets, reach).shares == after.shares).all()


def _after(rule: TwoTier, held: Portfolios, targets: Any, destination: Destination) -> Portfolios:
    """Return the portfolios after one look, each row by what the rule asks for it."""
    rows = replace(_seen(held, targets), prices=held.prices, base=held.base)
    asks = rule.asks(rows)
    trades = np.zeros_like(held.shares)
    for ask in (Ask.USE_CASH, Ask.REBALANCE):
        chosen = asks == ask
        course = course_of(rule, rows, ask, destination).rows(chosen)
        trades[chosen] = rebalance(held.rows(chosen), course, PlannerRules(100.0, 0.002)).trades
    return held.after(trades)


def _seen(held: Portfolios, targets: Any) -> PolicyState:
    return state(held.weights() - targets, targets)
