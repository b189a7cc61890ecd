"""The expected difference to the targets beyond the limit fires; at the limit it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.history import History
from bot.core.domain.needs import Needs
from bot.core.domain.session import Session
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.policy.tracking_error import TrackingError
from bot.core.signals.volatility import ewma_covariance, portfolio_volatility
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
RULE = TrackingError(tracking_error_max=0.01, half_life_sessions=5)


def history(closes: np.ndarray) -> History:
    """Return the history of `closes` (T, N) or (R, T, N)."""
    every = closes if closes.ndim == 3 else closes[np.newaxis]
    first = date(2020, 1, 1)
    return History(tuple(first + timedelta(days=day) for day in range(every.shape[1])), every)


def zigzag(moves: list[float]) -> np.ndarray:
    """Return closes (26, N) whose logarithms go up and down by `moves` in turns."""
    swings = np.arange(CLOSES) % 2
    return 100 * np.exp(np.outer(swings, np.array(moves)))


def state(
    weights: list[list[float]], targets: list[list[float]], closes: np.ndarray
) -> PolicyState:
    names = ("AAPL", "MSFT", "XOM")[: len(weights[0]) - 1]
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*names, "cash"),
        history=history(closes),
    )


# Both move by 1 % a session and always alike: 252 x 0.01^2 = 0.0252 is every variance and covariance, a year. MSFT
# moves as AAPL does, XOM the other way.
ALIKE = zigzag([0.01, 0.01])
AGAINST = zigzag([0.01, -0.01])
TARGETS = [[0.4, 0.4, 0.2]]


@pytest.mark.parametrize(
    ("weights", "closes", "found"),
    [
        # One drift of 0.1 against cash: 0.1 x sqrt(0.0252) = 0.015874...
        ([0.5, 0.4, 0.1], ALIKE, 0.1 * 0.0252**0.5),
        # 0.1 too much of one and too little of its like: no difference.
        ([0.5, 0.3, 0.2], ALIKE, 0.0),
        # The same of its opposite: both err the same way, 0.2 x sqrt(0.0252).
        ([0.5, 0.3, 0.2], AGAINST, 0.2 * 0.0252**0.5),
        # 0.1 too much of both opposites: no difference, whatever cash does.
        ([0.5, 0.5, 0.0], AGAINST, 0.0),
        # 0.1 and 0.05 too much of alike: 0.15 x sqrt(0.0252).
        ([0.5, 0.45, 0.05], ALIKE, 0.15 * 0.0252**0.5),
    ],
)
def test_it_is_the_volatility_of_the_difference(
    weights: list[float], closes: np.ndarray, found: float
) -> None:
    # The root of a difference that cancels keeps 1e-9 of noise.
    assert RULE.measure(state([weights], TARGETS, closes)) == pytest.approx([found], abs=1e-8)


def test_beyond_the_limit_it_asks_for_a_rebalance_and_says_what_most_of_it_is() -> None:
    row = state([[0.5, 0.35, 0.15], [0.41, 0.4, 0.19]], TARGETS, ALIKE)
    # 0.05 x 0.158745 = 0.00793725 is inside 0.01; 0.001587 is too.
    assert RULE.asks(row).tolist() == [Ask.NOTHING, Ask.NOTHING]
    tight = replace(RULE, tracking_error_max=0.005)
    assert tight.asks(row).tolist() == [Ask.REBALANCE, Ask.NOTHING]
    found = tight.explain(row, 0)
    assert (found.rule, found.fired, found.asks) == ("tracking_error", True, "rebalance")
    assert found.statement == (
        "the tracking error is 0.79 % a year, limit 0.50 %; most of it: AAPL is 10.00 points over"
    )
    assert found.numbers == pytest.approx(
        {
            "tracking_error_fraction": 0.05 * 0.0252**0.5,
            "limit_fraction": 0.005,
            "distance_fraction": 0.005 - 0.05 * 0.0252**0.5,
            "symbol": "AAPL",
            "drift_fraction": 0.1,
        }
    )
    quiet = tight.explain(row, 1)
    assert (quiet.fired, quiet.asks) == (False, "nothing")
    assert quiet.numbers["distance_fraction"] == pytest.approx(0.005 - 0.01 * 0.0252**0.5)


def test_the_most_may_be_under_its_target() -> None:
    # d = (0.05, -0.1), Sd = -0.00126: MSFT adds 0.000126.
    found = RULE.explain(state([[0.45, 0.3, 0.25]], TARGETS, ALIKE), 0)
    assert found.statement.endswith("most of it: MSFT is 10.00 points under")


def test_of_equal_parts_the_first_by_name_is_told() -> None:
    row = state([[0.45, 0.45, 0.1]], TARGETS, ALIKE)
    assert RULE.explain(row, 0).numbers["symbol"] == "AAPL"
    named = replace(row, symbols=("XOM", "AAPL", "cash"))
    assert RULE.explain(named, 0).numbers["symbol"] == "AAPL"


def test_at_its_targets_nothing_is_over_or_under() -> None:
    found = RULE.explain(state(TARGETS, TARGETS, ALIKE), 0)
    assert found.statement == (
        "the tracking error is 0.00 % a year, limit 1.00 %; most of it: AAPL is 0.00 points over"
    )


@pytest.mark.parametrize(("more", "ask"), [(5e-13, Ask.NOTHING), (2e-12, Ask.REBALANCE)])
def test_within_the_tolerance_of_its_limit_it_is_at_the_limit(more: float, ask: Ask) -> None:
    row = state([[0.5, 0.4, 0.1]], TARGETS, ALIKE)
    rule = replace(RULE, tracking_error_max=float(RULE.measure(row)[0]) - more)
    assert rule.asks(row).tolist() == [ask]
    assert rule.explain(row, 0).fired == (ask is Ask.REBALANCE)


def test_each_row_has_its_own_past_where_there_are_more() -> None:
    rows = state([[0.5, 0.3, 0.2]] * 2, TARGETS, np.stack([ALIKE, AGAINST]))
    assert RULE.asks(rows).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert RULE.explain(rows, 1).numbers["tracking_error_fraction"] == pytest.approx(
        0.2 * 0.0252**0.5
    )


def test_an_unknown_or_short_past_is_not_a_quiet_one() -> None:
    row = state(TARGETS, TARGETS, ALIKE)
    message = "^tracking_error needs 26 sessions of price history, which is unknown"
    for call in (RULE.measure, RULE.asks, lambda each: RULE.explain(each, 0)):
        with pytest.raises(ReadUnknown, match=message):
            call(replace(row, history=None))
        with pytest.raises(
            ReadUnknown, match=r"^tracking_error needs 26 sessions of price history, found 25"
        ):
            call(replace(row, history=history(ALIKE[1:])))


def test_it_needs_five_half_lives_of_returns() -> None:
    assert RULE.needs() == Needs(history_sessions=26)
    # 5 x 63 = 315 returns.
    assert TrackingError(tracking_error_max=0.01).needs() == Needs(history_sessions=316)
    assert (RULE.has_measure(), RULE.has_band()) == (True, False)


Case = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw weights (B, N+1), targets (R, N+1) and closes (R, T, N) of a random walk."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, rows = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    shared = draw(st.sampled_from([1, rows]))
    weights = generator.dirichlet(np.ones(count + 1), rows)
    targets = generator.dirichlet(np.ones(count + 1), shared)
    walk = generator.normal(0, 0.02, (shared, CLOSES, count))
    return weights, targets, 50 * np.exp(np.cumsum(walk, axis=1))


@given(case=cases())
def test_it_is_what_the_differences_would_have_moved_by(case: Case) -> None:
    # The root of d'Sd two ways: with S, and by the returns of the differences themselves.
    weights, targets, closes = case
    row = state(weights.tolist(), targets.tolist(), closes)
    directly = portfolio_volatility(closes, (weights - targets)[:, :-1], 5)
    assert RULE.measure(row) == pytest.approx(directly, abs=1e-9)
    drift, covariance = (weights - targets)[:, :-1], ewma_covariance(closes, 5)
    for index in range(len(drift)):
        own = covariance[min(index, len(covariance) - 1)]
        squared = float(drift[index] @ own @ drift[index])
        assert RULE.measure(row)[index] ** 2 == pytest.approx(squared, abs=1e-14)


@given(case=cases(), part=st.floats(0.0, 1.0))
def test_it_is_linear_in_the_way_to_the_target(case: Case, part: float) -> None:
    weights, targets, closes = case
    nearer = weights + part * (targets - weights)
    before = RULE.measure(state(weights.tolist(), targets.tolist(), closes))
    after = RULE.measure(state(nearer.tolist(), targets.tolist(), closes))
    assert after == pytest.approx((1 - part) * before, abs=1e-9)


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_is_the_same_risk(case: Case, data: st.DataObject) -> None:
    weights, targets, closes = case
    order = data.draw(st.permutations(range(closes.shape[2])))
    with_cash = [*order, len(order)]
    row = state(weights.tolist(), targets.tolist(), closes)
    shuffled = state(
        weights[:, with_cash].tolist(), targets[:, with_cash].tolist(), closes[:, :, order]
    )
    assert RULE.measure(shuffled) == pytest.approx(RULE.measure(row), abs=1e-12)


@given(case=cases(), low=st.floats(0.001, 0.3), more=st.floats(0.0, 0.3))
def test_a_higher_limit_never_fires_where_a_lower_one_does_not(
    case: Case, low: float, more: float
) -> None:
    weights, targets, closes = case
    row = state(weights.tolist(), targets.tolist(), closes)
    high = replace(RULE, tracking_error_max=low + more).asks(row)
    assert (high <= replace(RULE, tracking_error_max=low).asks(row)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"tracking_error_max": 0.0},
            r"tracking_error_max must be more than 0 and less than 1 \(fraction a year\), found 0",
        ),
        ({"tracking_error_max": 1.0}, "tracking_error_max must be more than 0 and less than 1"),
        (
            {"tracking_error_max": 0.01, "half_life_sessions": 4.9},
            "half_life_sessions must be at least 5 and at most 504",
        ),
        (
            {"tracking_error_max": 0.01, "half_life_sessions": 505},
            r"at most 504 \(sessions\), found 505",
        ),
    ],
)
def test_a_parameter_out_of_range_is_refused_with_its_number(
    arguments: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TrackingError(**arguments)
