"""How much prices move: exponentially weighted, newest returns first.

Returns are logarithms of close over close; their mean is taken as zero, since over a day it is small beside the
spread and cannot be measured. The weights are those of `window.decay`, over a window of five half-lives.

Sums over time run oldest first, entry by entry, so that a row alone gives the same bits as among thousands.

Source: J.P. Morgan/Reuters, RiskMetrics Technical Document, 4th edition 1996, section 5.2 (equations 5.1 and 5.5),
with half-lives in place of its decay factor: decay = 2**(-1/half_life), so that 0.94 is a half-life of 11 sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.parameter import parameter
from bot.core.domain.session import SESSIONS_PER_YEAR
from bot.core.domain.sums import total
from bot.core.signals.window import (
    decay,
    log_returns,
    newest,
    window_sessions,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: How every rule takes the half-life of its average over past returns.
HALF_LIFE: Final = parameter(
    "After so many sessions a past return counts half.",
    unit="sessions",
    wrong="Too short: it follows each storm. Too long: it needs years of prices and notices no change.",
    at_least=5,
    at_most=504,
)


def ewma_volatility(closes: NDArray[np.float64], half_life_sessions: float) -> NDArray[np.float64]:
    """Return each instrument's volatility (R, N), a fraction a year, at least 0.

    Args:
        closes: Daily closes (R, T, N), oldest first, adjusted, above 0.
        half_life_sessions: After so many sessions a return counts half, above 0.

    Raises:
        ReadUnknown: If there are fewer closes than `window_sessions` of the half-life.
    """
    window = newest(closes, window_sessions(half_life_sessions))
    return _annual(log_returns(window), half_life_sessions)


def ewma_covariance(closes: NDArray[np.float64], half_life_sessions: float) -> NDArray[np.float64]:
    """Return the covariance of each pair (R, N, N), a fraction squared a year; the same both ways round.

    Args:
        closes: Daily closes (R, T, N), oldest first, adjusted, above 0.
        half_life_sessions: After so many sessions a pair of returns counts half, above 0.

    Raises:
        ReadUnknown: If there are fewer closes than `window_sessions` of the half-life.
    """
    returns = log_returns(newest(closes, window_sessions(half_life_sessions)))
    rows, _, count = returns.shape
    covariance = np.zeros((rows, count, count), dtype=np.float64)
    for session, weight in enumerate(decay(half_life_sessions).tolist()):
        of_session = returns[:, session]
        # The product of the pair first: it is the same both ways round, to the last bit.
        covariance += weight * (of_session[:, :, np.newaxis] * of_session[:, np.newaxis, :])
    covariance *= SESSIONS_PER_YEAR
    return covariance


def portfolio_volatility(
    closes: NDArray[np.float64], weights: NDArray[np.float64], half_life_sessions: float
) -> NDArray[np.float64]:
    """Return the volatility (B,) that today's weights would have had, a fraction a year, at least 0.

    It is the root of w'Sw with S the `ewma_covariance`, without making S: the return of a session is the sum of
    weight times return. Cash does not move.

    Args:
        closes: Daily closes (R, T, N) with R 1 or B, oldest first, adjusted, above 0.
        weights: Weights of the instruments (B, N), fractions of base, without cash.
        half_life_sessions: After so many sessions a return counts half, above 0.

    Raises:
        ReadUnknown: If there are fewer closes than `window_sessions` of the half-life.
    """
    returns = log_returns(newest(closes, window_sessions(half_life_sessions)))
    together = np.zeros((weights.shape[0], returns.shape[1]), dtype=np.float64)
    # Left to right as `sums.total`, for all sessions at once.
    for column in range(weights.shape[1]):
        together += weights[:, column, np.newaxis] * returns[:, :, column]
    return _annual(together[:, :, np.newaxis], half_life_sessions)[:, 0]


def risk_parts(
    drift: NDArray[np.float64], closes: NDArray[np.float64], half_life_sessions: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each drift adds to the tracking variance (B, N), and their sum (B,): fractions squared a year.

    A part is d_i (Sd)_i: negative where the drift makes up for others. The sum is at least 0.

    Args:
        drift: Weights less targets of the instruments (B, N), fractions of base, without cash.
        closes: Daily closes (R, T, N) with R 1 or B, oldest first, adjusted, above 0.
        half_life_sessions: After so many sessions a return counts half, above 0.

    Raises:
        ReadUnknown: If there are fewer closes than `window_sessions` of the half-life.
    """
    covariance = ewma_covariance(closes, half_life_sessions)
    parts = np.empty_like(drift)
    for column in range(drift.shape[1]):
        parts[:, column] = drift[:, column] * total(covariance[:, column] * drift)
    # S has no negative directions; the last bits may.
    return parts, np.maximum(total(parts), 0.0)


def _annual(returns: NDArray[np.float64], half_life_sessions: float) -> NDArray[np.float64]:
    # Volatility (R, N) of the returns (R, T, N) of one window.
    variance = np.zeros((returns.shape[0], returns.shape[2]), dtype=np.float64)
    for session, weight in enumerate(decay(half_life_sessions).tolist()):
        variance += weight * (returns[:, session] * returns[:, session])
    result: NDArray[np.float64] = np.sqrt(variance * SESSIONS_PER_YEAR)
    return result
