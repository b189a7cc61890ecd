"""A trade is permitted where less drift is worth more than it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.costs.model import CostModel
from bot.core.domain.history import History
from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.cost_benefit import CostBenefit
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
# A half-life of 5 sessions sees 25 returns, which are 26 closes.
CLOSES = 26
RULE = CostBenefit(half_life_sessions=5)
#: Ten basis points of what is traded, and nothing else.
SPREAD = CostModel(commission="none", sec_fee_per_million=0, taf_per_share=0, half_spread_bps=10)


def history(closes: np.ndarray, volumes: np.ndarray | None = None) -> History:
    """Return the history of `closes` (R, T, N)."""
    first = date(2020, 1, 1)
    dates = tuple(first + timedelta(days=day) for day in range(closes.shape[1]))
    return History(dates, closes, volumes)


#: One instrument whose logarithm goes up and down by 0.01 in turns: a variance of 252 x 0.01^2 = 0.0252 a year.
ZIGZAG = 100 * np.exp(0.01 * (np.arange(CLOSES) % 2))[np.newaxis, :, np.newaxis]


def state(weights: list[list[float]], targets: list[list[float]]) -> PolicyState:
    """Return rows of AAPL and cash, base 100,000 at a price of 50."""
    rows = len(weights)
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "cash"),
        base=np.full(rows, 100_000.0),
        prices=np.array([[50.0]]),
        history=history(ZIGZAG),
        costs=SPREAD,
    )


# A drift of 0.1: a tracking variance of 0.01 x 0.0252 = 0.000252. Half of 5 times it is 0.00063: 6.3 bps of base a
# year. To trade 0.1 of base costs 0.1 x 10 = 1 bps.
ROW = state([[0.5, 0.5]], [[0.4, 0.6]])


@pytest.mark.parametrize(
    ("rule", "ask"),
    [
        (RULE, Ask.ANYTHING),
        # 6.3 times the cost is just the benefit.
        (replace(RULE, ratio_min=6.29), Ask.ANYTHING),
        (replace(RULE, ratio_min=6.31), Ask.NOTHING),
        # A risk aversion of 0.7 makes it 0.882 bps, one of 0.8 makes it 1.008.
        (replace(RULE, risk_aversion=0.7), Ask.NOTHING),
        (replace(RULE, risk_aversion=0.8), Ask.ANYTHING),
        # In 0.15 years it is 0.945 bps, in 0.16 years 1.008.
        (replace(RULE, horizon_years=0.15), Ask.NOTHING),
        (replace(RULE, horizon_years=0.16), Ask.ANYTHING),
    ],
)
def test_it_permits_where_the_benefit_is_worth_the_cost(rule: CostBenefit, ask: Ask) -> None:
    assert rule.asks(ROW).tolist() == [ask]


def test_it_says_what_both_are() -> None:
    found = replace(RULE, ratio_min=2).explain(ROW, 0)
    assert (found.rule, found.fired, found.asks) == ("cost_benefit", True, "anything")
    assert found.statement == (
        "less drift is worth 6.30 bps of base over 1 year (tracking error 1.59 % a year), trading costs 1.00 bps, "
        "2 times that needed"
    )
    assert found.numbers == pytest.approx(
        {
            "benefit_bps": 6.3,
            "cost_bps": 1.0,
            "limit_bps": 2.0,
            "distance_bps": -4.3,
            "tracking_error_fraction": 0.1 * 0.0252**0.5,
        }
    )


def test_it_says_what_is_missing() -> None:
    found = replace(RULE, ratio_min=10).explain(ROW, 0)
    assert "bps of base over 1 year (" in found.statement
    half = replace(RULE, horizon_years=0.5).explain(ROW, 0)
    assert half.statement.startswith("less drift is worth 3.15 bps of base over 0.5 years (")
    assert (found.fired, found.asks) == (False, "nothing")
    assert found.numbers["distance_bps"] == pytest.approx(3.7)


def test_a_buy_is_as_good_as_a_sell_and_rows_are_their_own() -> None:
    # 0.01 off is a hundredth of the benefit and a tenth of the cost: 0.063 against 0.1 bps.
    rows = state([[0.3, 0.7], [0.39, 0.61]], [[0.4, 0.6]])
    assert RULE.asks(rows).tolist() == [Ask.ANYTHING, Ask.NOTHING]
    found = RULE.explain(rows, 1)
    assert found.numbers["benefit_bps"] == pytest.approx(0.063)
    assert found.numbers["cost_bps"] == pytest.approx(0.1)


def test_every_instrument_adds_its_cost() -> None:
    # 0.1 too much of the one and 0.05 too little of its like, at 50 and at 25: 0.15 of base to trade. They make up for
    # each other, 0.05 is left: half of 5 times 0.0025 x 0.0252 is 1.575 bps.
    row = PolicyState(
        weights=np.array([[0.5, 0.35, 0.15]]),
        targets=np.array([[0.4, 0.4, 0.2]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "cash"),
        base=np.array([100_000.0]),
        prices=np.array([[50.0, 25.0]]),
        history=history(np.concatenate([ZIGZAG, ZIGZAG], axis=2)),
        costs=SPREAD,
    )
    found = RULE.explain(row, 0)
    assert found.numbers["cost_bps"] == pytest.approx(1.5)
    assert found.numbers["benefit_bps"] == pytest.approx(1.575)


def test_at_its_targets_there_is_nothing_to_gain() -> None:
    row = state([[0.4, 0.6]], [[0.4, 0.6]])
    assert RULE.asks(row).tolist() == [Ask.NOTHING]
    assert RULE.explain(row, 0).numbers["distance_bps"] == 0


@pytest.mark.parametrize(("more", "ask"), [(5e-13, Ask.NOTHING), (2e-12, Ask.ANYTHING)])
def test_within_the_tolerance_of_its_cost_the_benefit_is_at_it(more: float, ask: Ask) -> None:
    # The cost is 0.0001 of base, so that a ratio of benefit / cost less more / cost leaves `more` of base.
    numbers = RULE.explain(ROW, 0).numbers
    benefit, cost = (float(numbers[name]) * 1e-4 for name in ("benefit_bps", "cost_bps"))
    rule = replace(RULE, ratio_min=(benefit - more) / cost)
    assert rule.asks(ROW).tolist() == [ask]
    assert rule.explain(ROW, 0).fired == (ask is Ask.ANYTHING)


def test_a_small_account_pays_the_least_commission() -> None:
    # Of 100,000 it is 200 shares at 50 for the least commission, 1.00: 0.1 bps of base. Of 1,000 it is 2 shares, and
    # 1.00 is 1 % of their value of 100: 10 bps of base, more than 6.3.
    fixed = CostModel(sec_fee_per_million=0, taf_per_share=0, half_spread_bps=0)
    large = replace(ROW, costs=fixed)
    assert RULE.explain(large, 0).numbers["cost_bps"] == pytest.approx(0.1)
    small = replace(large, base=np.array([1_000.0]))
    assert RULE.explain(small, 0).numbers["cost_bps"] == pytest.approx(10.0)
    assert RULE.asks(large).tolist() == [Ask.ANYTHING]
    assert RULE.asks(small).tolist() == [Ask.NOTHING]


def test_a_sell_pays_the_fees_of_a_sell() -> None:
    # 20 per million of 0.1 of base is 0.02 bps; a buy pays none.
    fees = CostModel(commission="none", sec_fee_per_million=20, taf_per_share=0, half_spread_bps=0)
    over = replace(ROW, costs=fees)
    assert RULE.explain(over, 0).numbers["cost_bps"] == pytest.approx(0.02)
    under = replace(state([[0.3, 0.7]], [[0.4, 0.6]]), costs=fees)
    assert RULE.explain(under, 0).numbers["cost_bps"] == 0


def test_impact_counts_the_mean_volume_and_the_volatility_of_the_window() -> None:
    # 200 shares of a mean of 20,000 a day: sqrt(0.01) = 0.1, times the daily volatility of 0.01: 0.001 of what is
    # traded, 0.1 of base: 1 bps. The oldest volume is before the window and says nothing.
    impact = replace(SPREAD, half_spread_bps=0, impact_coefficient=1)
    closes = np.concatenate([ZIGZAG[:, 1:2], ZIGZAG], axis=1)
    swings = np.where(np.arange(CLOSES + 1) % 2, 10_000.0, 30_000.0)
    swings[0] = 1e9
    row = replace(ROW, costs=impact, history=history(closes, swings[np.newaxis, :, np.newaxis]))
    assert RULE.explain(row, 0).numbers["cost_bps"] == pytest.approx(1.0)


def test_impact_without_volumes_is_unknown() -> None:
    row = replace(ROW, costs=replace(SPREAD, impact_coefficient=1))
    with pytest.raises(ReadUnknown, match="the cost of impact needs daily volumes"):
        RULE.asks(row)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("costs", "what trading costs"),
        ("base", "the base"),
        ("prices", "prices"),
        ("history", "26 sessions of price history"),
    ],
)
def test_what_is_unknown_is_not_free(name: str, words: str) -> None:
    message = f"^cost_benefit needs {words}, which is unknown"
    with pytest.raises(ReadUnknown, match=message):
        RULE.asks(replace(ROW, **{name: None}))
    with pytest.raises(ReadUnknown, match=message):
        RULE.explain(replace(ROW, **{name: None}), 0)


def test_a_short_past_is_not_a_quiet_one() -> None:
    with pytest.raises(
        ReadUnknown, match=r"^cost_benefit needs 26 sessions of price history, found 25"
    ):
        RULE.asks(replace(ROW, history=history(ZIGZAG[:, 1:])))


def test_it_needs_history_and_costs() -> None:
    assert RULE.needs() == Needs(history_sessions=26, has_costs=True)
    # 5 x 63 = 315 returns.
    assert CostBenefit().needs() == Needs(history_sessions=316, has_costs=True)
    assert (RULE.has_band(), RULE.has_measure()) == (False, False)
    default = CostBenefit()
    assert (default.ratio_min, default.risk_aversion, default.horizon_years) == (1.0, 5.0, 1.0)


@given(weight=st.floats(0, 1), low=st.floats(0.1, 50), more=st.floats(0, 50))
def test_a_higher_ratio_never_permits_where_a_lower_one_does_not(
    weight: float, low: float, more: float
) -> None:
    row = state([[weight, 1 - weight]], [[0.4, 0.6]])
    assert (
        replace(RULE, ratio_min=low + more).asks(row)[0]
        <= replace(RULE, ratio_min=low).asks(row)[0]
    )


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 5), is_shared=st.booleans())
def test_a_row_alone_decides_as_among_many(seed: int, rows: int, *, is_shared: bool) -> None:
    generator = np.random.default_rng(seed)
    shared = 1 if is_shared else rows
    walk = generator.normal(0, 0.02, (shared, CLOSES, 3))
    many = PolicyState(
        weights=generator.dirichlet(np.ones(4), rows),
        targets=generator.dirichlet(np.ones(4), shared),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "XOM", "cash"),
        base=generator.uniform(1e3, 1e6, rows),
        prices=generator.uniform(5, 500, (shared, 3)),
        history=history(
            50 * np.exp(np.cumsum(walk, axis=1)), generator.uniform(1e4, 1e6, walk.shape)
        ),
        costs=CostModel(impact_coefficient=1),
    )
    asked = RULE.asks(many)
    for row in range(rows):
        own = row if shared == rows else 0
        assert many.base is not None
        assert many.prices is not None
        assert many.history is not None
        assert many.history.volumes is not None
        alone = replace(
            many,
            weights=many.weights[row : row + 1],
            targets=many.targets[own : own + 1],
            base=many.base[row : row + 1],
            prices=many.prices[own : own + 1],
            history=history(
                many.history.closes[own : own + 1], many.history.volumes[own : own + 1]
            ),
        )
        assert RULE.asks(alone).tolist() == [asked[row]]
        assert RULE.explain(alone, 0) == RULE.explain(many, row)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio_min": 0.0}, "ratio_min must be more than 0 and at most 100"),
        ({"ratio_min": 101.0}, r"ratio_min .* \(benefit per cost\), found 101"),
        ({"risk_aversion": 0.0}, "risk_aversion must be more than 0 and at most 100"),
        ({"risk_aversion": 101.0}, "risk_aversion must be more than 0 and at most 100"),
        ({"horizon_years": 0.0}, "horizon_years must be more than 0 and at most 10"),
        ({"horizon_years": 10.1}, r"horizon_years .* \(years\), found 10.1"),
        ({"half_life_sessions": 4.9}, "half_life_sessions must be at least 5 and at most 504"),
        ({"half_life_sessions": 505.0}, "half_life_sessions must be at least 5 and at most 504"),
    ],
)
def test_a_parameter_out_of_range_is_refused_with_its_number(
    arguments: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        CostBenefit(**arguments)
