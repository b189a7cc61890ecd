"""The one place where a float becomes shares, a limit price or cash.

Rule: floats decide, integers and Decimals act. Policy mathematics is float64; whatever leaves the house is an int
or a Decimal made here. Why: rounding that stands in two places drifts apart, and a share too many is a real order.
Enforced by: the core's other rooms return floats and int64 only; the broker port takes int and Decimal only.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import numpy as np

from bot.errors import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.instrument import PriceBand

CENT = Decimal("0.01")

# A float that stands for n shares may be off by its last bits; within this it is n (shares).
SHARE_TOLERANCE = 1e-9

# From here on a float does not stand for one whole number any more, and far beyond it int64 would overflow in silence.
SHARES_BELOW = 2.0**53


def whole_shares_down(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return `shares` (any shape, below 2^53) cut towards zero; within 1e-9 of a whole number counts as it."""
    _require_countable(shares)
    magnitude = np.floor(np.abs(shares) + SHARE_TOLERANCE)
    return (np.sign(shares) * magnitude).astype(np.int64)


def whole_shares_up(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return `shares` (any shape, below 2^53) rounded away from zero; within 1e-9 of a whole number counts as it."""
    _require_countable(shares)
    magnitude = np.ceil(np.abs(shares) - SHARE_TOLERANCE)
    return (np.sign(shares) * magnitude).astype(np.int64)


def _require_countable(shares: NDArray[np.float64]) -> None:
    # Written so that NaN and infinity are refused, too.
    is_countable = bool((np.abs(shares) < SHARES_BELOW).all())
    require(is_countable, "shares to round must be finite and below 2^53")


def order_quantity(shares: int) -> Decimal:
    """Return the unsigned quantity of an order for signed whole `shares`, never 0."""
    require(shares != 0, "an order needs at least one share")
    return Decimal(abs(int(shares)))


def increment_at(price: float, bands: tuple[PriceBand, ...]) -> Decimal:
    """Return the tick (price, > 0) that holds at `price`; `bands` ascend by low edge."""
    require(len(bands) > 0, "a price grid needs at least one band")
    increment = bands[0].increment
    for band in bands:
        if price >= band.low_edge:
            increment = band.increment
    return Decimal(str(increment))


def limit_price(price: float, shares: int, bands: tuple[PriceBand, ...]) -> Decimal:
    """Return `price` on the tick grid, never more aggressive than given: a buy down, a sell up.

    Args:
        price: Wanted limit, price per share, finite, > 0.
        shares: Signed shares of the order; the sign is the side.
        bands: The contract's price grid.

    Raises:
        InvariantBroken: If the price is not finite and positive, or no positive tick is left.
    """
    require(math.isfinite(price) and price > 0, f"a limit price must be positive, found {price}")
    tick = increment_at(price, bands)
    rounding = ROUND_FLOOR if shares > 0 else ROUND_CEILING
    # Decimal(str(x)) is the shortest decimal that means this float: 10.1 is 10.1 here, not 10.0999...
    on_grid = (Decimal(str(price)) / tick).to_integral_value(rounding) * tick
    require(on_grid > 0, f"no positive tick at or below {price}")
    return on_grid


def coarser(bands: tuple[PriceBand, ...]) -> tuple[PriceBand, ...]:
    """Return a price grid with steps ten times as wide: its prices are on every grid up to that.

    For an order that was refused for its tick: the grid that the broker holds it to is then not the one it told.
    """
    return tuple(
        replace(band, increment=float(Decimal(str(band.increment)) * 10)) for band in bands
    )


def cents(amount: Decimal | float) -> Decimal:
    """Return `amount` (any currency with two decimals) to the cent, half-even."""
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return exact.quantize(CENT, ROUND_HALF_EVEN)
