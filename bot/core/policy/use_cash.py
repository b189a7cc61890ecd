"""Use cash only: spare cash buys what is under its target, missing cash comes from what is over.

Nothing else is traded. Spare is cash above its target (or above the floor, where that is higher); missing is cash below
it. Both are shared so that the drifts which are left on that side are as even as can be: of all ways to spend the same
money that one has the least sum of squared drifts, and it trades few instruments, those that are furthest off.

Spare cash always finds room. Drifts add up to 0, so shortages together are cash's excess plus the instruments' excess,
and nothing needs to be bought past its target. The mirror image holds for missing cash, unless a floor above cash's
target asks for more than the instruments' excess: what is still missing then comes from all, in proportion to what is
left of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import WEIGHT_TOLERANCE, total

if TYPE_CHECKING:
    from numpy.typing import NDArray


def use_cash(
    weights: NDArray[np.float64], targets: NDArray[np.float64], cash_floor: float = -math.inf
) -> NDArray[np.float64]:
    """Return where to go (B, N+1) from `weights` if only cash is put to use.

    Args:
        weights: Current weights (B, N+1), fractions of base, cash last, rows summing to 1, finite; instruments at
            least 0, cash of either sign.
        targets: Target weights (R, N+1) with R 1 or B, cash last, rows summing to 1, finite.
        cash_floor: Cash is never spent below this, and is raised up to it, fraction of base; -inf for no floor.

    Returns:
        Weights whose rows have the sum that they had. Cash within 1e-12 of where it should be leaves a row as it is,
        so using cash twice is using it once.
    """
    held, drift = weights[:, :-1], (weights - targets)[:, :-1]
    spare = weights[:, -1] - np.maximum(targets[:, -1], cash_floor)
    # Spare cash buys what is under, missing cash sells what is over: +1 or -1 for a row.
    side = np.where(spare > 0, 1.0, -1.0)[:, np.newaxis]
    parts = _shared(np.maximum(-side * drift, 0.0), np.abs(spare))
    missing = np.maximum(-spare - total(parts), 0.0)
    trades = side * parts - _in_proportion(held - parts, missing)
    desired = np.empty_like(weights)
    desired[:, :-1] = np.maximum(held + trades, 0.0)
    desired[:, -1] = weights[:, -1] - total(trades)
    is_moved = np.abs(spare) > WEIGHT_TOLERANCE
    return np.where(is_moved[:, np.newaxis], desired, weights)


def _shared(room: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return parts (B, N) of `amount` (B,), none above its `room` (B, N, at least 0), that leave the rooms most even.

    Each room is lowered to one level, the same for a row. All of `room` if `amount` is more than that.
    """
    level = np.zeros_like(amount)
    is_lowered = room > 0
    for _ in range(room.shape[1]):
        count = np.count_nonzero(is_lowered, axis=1)
        above = total(np.where(is_lowered, room, 0.0)) - amount
        # It only rises, and stays where it is once the right rooms are lowered: more rounds change no bit.
        level = np.maximum(above / np.maximum(count, 1), level)
        still = is_lowered & (room > level[:, np.newaxis])
        if (still == is_lowered).all():
            break
        is_lowered = still
    parts: NDArray[np.float64] = np.maximum(room - level[:, np.newaxis], 0.0)
    return parts


def _in_proportion(held: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return parts (B, N) of `amount` (B,) in proportion to `held` (B, N, at least 0), at most all of it."""
    available = total(held)
    share = np.divide(amount, available, out=np.zeros_like(amount), where=available > 0)
    # Noise of either sign is nothing that is missing.
    share = np.where(amount > WEIGHT_TOLERANCE, np.minimum(share, 1.0), 0.0)
    return held * share[:, np.newaxis]
