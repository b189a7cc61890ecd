"""A plan that would trade too much at once is scaled down: every leg by the same part, as whole shares allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total
from bot.core.domain.units import whole_shares_down

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Turnover this much above its limit is float noise (fraction of the limit).
_NOISE: Final = 1e-12


def scaled(
    trades: NDArray[np.int64],
    prices: NDArray[np.float64],
    limit: NDArray[np.float64],
    minimum: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return `trades` with the part of each that fits into the turnover limit, no side turned, none enlarged.

    Each leg is scaled by the same part, rounded towards no trade. The smallest of those that end below the
    minimum is dropped and the others are scaled anew, one after the other. What rounding leaves over goes share by
    share to the legs that lost most by it, as far as it fits.

    Args:
        trades: Signed whole shares (B, N), int64.
        prices: Price of one share (B, N), account currency, above 0.
        limit: Most money that a plan may trade (B,), buys and sells together, above 0.
        minimum: Least money that a trade must be worth (B,), at least 0.
    """
    is_over = total(np.abs(trades) * prices) > limit * (1 + _NOISE)
    if not is_over.any():
        return trades
    size = _fitted(np.abs(trades[is_over]), prices[is_over], limit[is_over], minimum[is_over])
    fitted = trades.copy()
    fitted[is_over] = np.sign(trades[is_over]) * size
    return fitted


def _fitted(
    wanted: NDArray[np.int64],
    prices: NDArray[np.float64],
    limit: NDArray[np.float64],
    minimum: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return sizes (B, N, whole shares) of the trades `wanted`, which are together worth more than `limit`."""
    kept = wanted.copy()
    is_open: NDArray[np.bool_] = np.ones(len(wanted), dtype=np.bool_)
    while is_open.any():
        part = _part(kept, prices, limit)
        value = kept * prices
        # One that is not worth a trade any more leaves its turnover to the others.
        small = np.where((value > 0) & (part * value < minimum[:, np.newaxis]), value, np.inf)
        is_open = np.any(np.isfinite(small), axis=1)
        rows = np.flatnonzero(is_open)
        kept[rows, small[rows].argmin(axis=1)] = 0
    part = _part(kept, prices, limit)
    size = whole_shares_down(part * kept)
    return _filled(size, kept, prices, limit, minimum)


def _part(
    kept: NDArray[np.int64], prices: NDArray[np.float64], limit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the part (B, 1) of the trades `kept` that the limit has room for, from 0 to 1."""
    turnover = total(kept * prices)
    part = np.divide(limit, turnover, out=np.ones_like(limit), where=turnover > limit)
    return part[:, np.newaxis]


def _filled(
    size: NDArray[np.int64],
    kept: NDArray[np.int64],
    prices: NDArray[np.float64],
    limit: NDArray[np.float64],
    minimum: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return `size` with one share more of the legs that rounding took from, most first, while they fit.

    A leg that stays below the minimum is left out.
    """
    filled = size.copy()
    rows = np.arange(len(size))
    lost = (_part(kept, prices, limit) * kept - size) * prices
    for leg in np.argsort(-lost, axis=1, kind="stable").T:
        price, have = prices[rows, leg], filled[rows, leg]
        left = limit * (1 + _NOISE) - total(filled * prices)
        may_grow = (lost[rows, leg] > _NOISE * limit) & (price <= left)
        filled[rows, leg] = have + may_grow
    return np.where(filled * prices < minimum[:, np.newaxis], 0, filled)
