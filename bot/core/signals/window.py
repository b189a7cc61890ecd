"""How far back a signal looks, and what it does with a window that is too short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A signal within this of its limit (relative) is at the limit: its last bits hang on the order of instruments.
SIGNAL_TOLERANCE: Final = 1e-12
#: Half-lives of returns that an average sees: what came before has 2**-5, three percent, of all the weight.
HALF_LIVES: Final = 5


def window_sessions(half_life_sessions: float) -> int:
    """Return how many closes an average with this half-life needs: five half-lives of returns, and one close more."""
    return round(HALF_LIVES * half_life_sessions) + 1


def decay(half_life_sessions: float) -> NDArray[np.float64]:
    """Return the weights of the returns in the window, oldest first, adding up to 1.

    The k-th newest of n returns (k from 0) has the weight ``2**(-k/half_life) / sum over j < n of 2**(-j/half_life)``.
    """
    count = window_sessions(half_life_sessions) - 1
    ages = np.arange(count - 1, -1, -1, dtype=np.float64)
    weights = np.exp2(-ages / half_life_sessions)
    result: NDArray[np.float64] = weights / np.cumsum(weights)[-1]
    return result


def newest(path: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the newest `count` entries of `path` (R, T) or (R, T, N).

    Raises:
        ReadUnknown: If there are fewer: a short past is not a quiet one.
    """
    found = path.shape[1]
    if found < count:
        message = f"{count} sessions of the past are needed, found {found}"
        raise ReadUnknown(message)
    return path[:, found - count :]


def log_returns(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the natural logarithm of each close over the one before, (R, T, N) gives (R, T-1, N)."""
    # Contiguous, so that a slice takes the same road through numpy as the whole.
    ratios = np.ascontiguousarray(closes[:, 1:] / closes[:, :-1])
    result: NDArray[np.float64] = np.log(ratios)
    return result
