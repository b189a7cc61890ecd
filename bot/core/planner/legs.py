"""A row of trades as the legs of a plan: sells first, the largest first, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.plan import Leg
from bot.errors import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.instrument import Instrument


def make_legs(
    instruments: Sequence[Instrument],
    trades: NDArray[np.int64],
    prices: NDArray[np.float64],
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
    desired: NDArray[np.float64],
) -> tuple[Leg, ...]:
    """Return the legs of one portfolio: sells before buys, larger notional before smaller, ties by conId.

    Args:
        instruments: The N instruments, in array order.
        trades: Signed whole shares (N,), int64; zeros make no leg.
        prices: Mids (N,), account currency per share: the arrival prices.
        weights: Current weights (N+1,), fractions of base, cash last.
        targets: Target weights (N+1,).
        desired: Desired weights before rounding (N+1,).
    """
    count = len(instruments)
    found = (trades.shape, prices.shape, weights.shape, targets.shape, desired.shape)
    expected = ((count,), (count,), (count + 1,), (count + 1,), (count + 1,))
    require(found == expected, f"one row of {count} instruments expected, found shapes {found}")

    def place(index: int) -> tuple[bool, float, int]:
        notional = abs(int(trades[index])) * float(prices[index])
        return bool(trades[index] > 0), -notional, instruments[index].con_id

    traded = sorted((index for index in range(count) if trades[index] != 0), key=place)
    return tuple(
        Leg(
            index=position,
            instrument=instruments[index],
            shares=int(trades[index]),
            arrival_price=float(prices[index]),
            reason=_reason(weights[index], targets[index], desired[index]),
        )
        for position, index in enumerate(traded)
    )


def _reason(weight: float, target: float, desired: float) -> str:
    """Return why, in percent of base; a drift in percentage points (pp)."""
    drift = (weight - target) * 100
    side = "over" if drift >= 0 else "under"
    return f"{abs(drift):.2f} pp {side} target: {weight * 100:.2f} to {desired * 100:.2f} %"
