"""Exponentially weighted volatility and covariance: worked numbers, and the same bits for a row alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.signals.volatility import (
    ewma_covariance,
    ewma_volatility,
    portfolio_volatility,
    risk_parts,
)
from bot.core.signals.window import window_sessions
from bot.errors import ReadUnknown

#: With a half-life of 1 the five returns count 1, 2, 4, 8 and 16 of 31, oldest first.
HALF_LIFE = 1.0


def closes_of(*returns: list[float]) -> np.ndarray:
    """Return closes (1, T, N) from 100 on with the logarithmic returns of each instrument."""
    steps = np.array([[0.0, *each] for each in returns])
    return 100 * np.exp(np.cumsum(steps, axis=1)).T[np.newaxis]


#: JPM moved only first and last; XOM only last, the other way and twice as far.
JPM, XOM = [0.02, 0, 0, 0, 0.01], [0, 0, 0, 0, -0.02]


def test_the_newest_return_counts_most() -> None:
    # JPM: (1 x 0.02^2 + 16 x 0.01^2) / 31 = 20e-4 / 31; XOM: 16 x 0.02^2 / 31 = 64e-4 / 31. A year is 252 sessions.
    found = ewma_volatility(closes_of(JPM, XOM), HALF_LIFE)
    assert found.tolist() == [
        pytest.approx([math.sqrt(20e-4 / 31 * 252), math.sqrt(64e-4 / 31 * 252)], rel=1e-12)
    ]


def test_the_covariance_has_the_variances_and_the_products() -> None:
    # Only in the last session both moved: 16 x 0.01 x -0.02 / 31 = -32e-4 / 31.
    found = ewma_covariance(closes_of(JPM, XOM), HALF_LIFE)
    year = 252 / 31
    assert found.shape == (1, 2, 2)
    assert found[0].tolist() == [
        pytest.approx([20e-4 * year, -32e-4 * year], rel=1e-12),
        pytest.approx([-32e-4 * year, 64e-4 * year], rel=1e-12),
    ]


def test_a_portfolio_moves_as_its_weights_say() -> None:
    # Half and a quarter: first session 0.5 x 0.02 = 0.01, last 0.5 x 0.01 - 0.25 x 0.02 = 0. So 1 x 0.01^2 / 31.
    weights = np.array([[0.5, 0.25], [0.0, 0.0]])
    found = portfolio_volatility(closes_of(JPM, XOM), weights, HALF_LIFE)
    assert found.tolist() == pytest.approx([math.sqrt(1e-4 / 31 * 252), 0.0], rel=1e-12)


def test_what_is_older_than_the_window_does_not_count() -> None:
    wild = closes_of([0.5, -0.5, *JPM], [0.3, 0.3, *XOM])
    assert ewma_volatility(wild, HALF_LIFE).tolist() == ewma_volatility(wild[:, 2:], 1.0).tolist()
    assert ewma_covariance(wild, HALF_LIFE).tolist() == ewma_covariance(wild[:, 2:], 1.0).tolist()
    weights = np.array([[0.5, 0.5]])
    assert (
        portfolio_volatility(wild, weights, HALF_LIFE).tolist()
        == portfolio_volatility(wild[:, 2:], weights, HALF_LIFE).tolist()
    )


def test_too_few_closes_are_unknown() -> None:
    short = closes_of(JPM, XOM)[:, 1:]
    for signal in (ewma_volatility, ewma_covariance):
        with pytest.raises(ReadUnknown, match=r"^6 sessions of the past are needed, found 5$"):
            signal(short, HALF_LIFE)
    with pytest.raises(ReadUnknown, match=r"^6 sessions of the past are needed, found 5$"):
        portfolio_volatility(short, np.ones((1, 2)), HALF_LIFE)


@st.composite
def walks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float]:
    """Draw closes (R, T, N), weights (R, N) and a half-life."""
    half_life = draw(st.floats(1, 12))
    rows, count = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (rows, window_sessions(half_life) + draw(st.integers(0, 2)), count)
    closes = 100 * np.exp(np.cumsum(generator.normal(0, 0.02, shape), axis=1))
    return closes, generator.dirichlet(np.ones(count), rows), half_life


@given(walk=walks())
def test_a_row_alone_has_the_same_bits_as_among_many(
    walk: tuple[np.ndarray, np.ndarray, float],
) -> None:
    closes, weights, half_life = walk
    volatility = ewma_volatility(closes, half_life)
    covariance = ewma_covariance(closes, half_life)
    together = portfolio_volatility(closes, weights, half_life)
    for row in range(len(closes)):
        alone = closes[row : row + 1]
        assert ewma_volatility(alone, half_life).tolist() == [volatility[row].tolist()]
        assert ewma_covariance(alone, half_life).tolist() == [covariance[row].tolist()]
        one = portfolio_volatility(alone, weights[row : row + 1], half_life)
        assert one.tolist() == [together[row]]
        # A history that all rows share.
        shared = portfolio_volatility(alone, weights, half_life)
        assert shared[row] == together[row]


@given(walk=walks(), data=st.data())
def test_each_pair_has_the_same_bits_in_another_order(
    walk: tuple[np.ndarray, np.ndarray, float], data: st.DataObject
) -> None:
    closes, weights, half_life = walk
    order = data.draw(st.permutations(range(closes.shape[2])))
    shuffled = closes[:, :, order]
    covariance = ewma_covariance(closes, half_life)
    assert (
        ewma_volatility(shuffled, half_life) == ewma_volatility(closes, half_life)[:, order]
    ).all()
    assert (ewma_covariance(shuffled, half_life) == covariance[:, order][:, :, order]).all()
    assert (covariance == covariance.transpose(0, 2, 1)).all()
    np.testing.assert_allclose(
        portfolio_volatility(shuffled, weights[:, order], half_life),
        portfolio_volatility(closes, weights, half_life),
        rtol=1e-12,
    )


@given(walk=walks())
def test_the_three_agree_with_each_other(walk: tuple[np.ndarray, np.ndarray, float]) -> None:
    closes, weights, half_life = walk
    covariance = ewma_covariance(closes, half_life)
    diagonal = np.sqrt(np.einsum("rnn->rn", covariance))
    np.testing.assert_allclose(ewma_volatility(closes, half_life), diagonal, rtol=1e-12)
    expected = np.sqrt(np.einsum("rn,rnm,rm->r", weights, covariance, weights))
    np.testing.assert_allclose(
        portfolio_volatility(closes, weights, half_life), expected, rtol=1e-9
    )


def test_the_parts_of_a_tracking_variance_say_what_each_drift_adds() -> None:
    # JPM has the variance 20e-4 / 31 and XOM 64e-4 / 31 a session, together -32e-4 / 31; d = (0.1, 0.05).
    # Sd: JPM (2e-4 - 1.6e-4) / 31 = 0.4e-4 / 31, XOM (-3.2e-4 + 3.2e-4) / 31 = 0. Parts: 0.4e-5 / 31 and 0.
    parts, variance = risk_parts(np.array([[0.1, 0.05]]), closes_of(JPM, XOM), HALF_LIFE)
    assert parts.tolist() == [pytest.approx([0.4e-5 / 31 * 252, 0], rel=1e-12, abs=1e-16)]
    assert variance.tolist() == pytest.approx([0.4e-5 / 31 * 252], rel=1e-9)


def test_a_drift_that_makes_up_for_others_takes_off_the_variance() -> None:
    # Both with the closes of JPM, d = (0.1, -0.05): Sd = 0.05 x 20e-4 / 31 = 1e-4 / 31; parts 1e-5 / 31 and
    # -0.5e-5 / 31.
    parts, variance = risk_parts(np.array([[0.1, -0.05]]), closes_of(JPM, JPM), HALF_LIFE)
    assert parts.tolist() == [pytest.approx([1e-5 / 31 * 252, -0.5e-5 / 31 * 252], rel=1e-12)]
    assert variance.tolist() == pytest.approx([0.5e-5 / 31 * 252], rel=1e-12)
