"""Where a price stands against its own past: the moving average and the return over a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.core.signals.window import newest

if TYPE_CHECKING:
    from numpy.typing import NDArray


def moving_average(closes: NDArray[np.float64], sessions: int) -> NDArray[np.float64]:
    """Return the plain mean of the newest `sessions` closes (R, N), the newest among them; account currency.

    Args:
        closes: Daily closes (R, T, N), oldest first, adjusted, above 0.
        sessions: How many, at least 1.

    Raises:
        ReadUnknown: If there are fewer closes.

    Source: Brock, Lakonishok, LeBaron 1992, "Simple technical trading rules and the stochastic properties of stock
    returns", Journal of Finance 47(5), section I.B.
    """
    window = newest(closes, sessions)
    result = np.zeros((window.shape[0], window.shape[2]), dtype=np.float64)
    for session in range(sessions):
        result += window[:, session]
    result /= sessions
    return result


def momentum(closes: NDArray[np.float64], sessions: int) -> NDArray[np.float64]:
    """Return what each price gained over the last `sessions` sessions (R, N), a fraction: 0.1 is ten percent up.

    Args:
        closes: Daily closes (R, T, N), oldest first, adjusted, above 0.
        sessions: How many sessions back, at least 1.

    Raises:
        ReadUnknown: If there are fewer than `sessions` + 1 closes.

    Source: Moskowitz, Ooi, Pedersen 2012, "Time series momentum", Journal of Financial Economics 104(2), section 2.
    """
    window = newest(closes, sessions + 1)
    result: NDArray[np.float64] = window[:, -1] / window[:, 0] - 1.0
    return result
