"""How many of the wanted buys the confirmed money pays for, at the worst price that each order allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    import numpy as np
    from numpy.typing import NDArray


def affordable(
    wanted: Sequence[int] | NDArray[np.int64], prices: Sequence[Decimal], available: Decimal
) -> tuple[int, ...]:
    """Return whole shares to buy of each, together never costing more than `available`.

    The largest wanted notional is filled first, as far as the money goes, then the next; equal ones
    in the given order.

    Args:
        wanted: Whole shares wanted of each (N,), at least 0.
        prices: Limit prices, what one share costs at the worst, one currency, above 0.
        available: Confirmed money: proceeds and free cash less the buffer, same currency; may be negative.

    Returns:
        Whole shares of each (N,), from 0 to what is wanted; all 0 when nothing is available.

    Raises:
        ValueError: If lengths differ or a number is out of range; with its place.
    """
    shares = [int(count) for count in wanted]
    _check(shares, prices, available)
    bought = [0] * len(shares)
    left = available
    largest_first = sorted(range(len(shares)), key=lambda index: -shares[index] * prices[index])
    for index in largest_first:
        if left <= 0:
            break
        count = min(shares[index], int(left // prices[index]))
        bought[index] = count
        left -= count * prices[index]
    return tuple(bought)


def _check(shares: Sequence[int], prices: Sequence[Decimal], available: Decimal) -> None:
    if len(shares) != len(prices):
        message = f"one price for each buy: expected {len(shares)}, found {len(prices)}"
        raise ValueError(message)
    for index, (count, price) in enumerate(zip(shares, prices, strict=True)):
        if count < 0:
            message = f"shares to buy must be at least 0, found {count} at {index}"
            raise ValueError(message)
        if not (price.is_finite() and price > 0):
            message = f"a limit price must be a number above 0, found {price} at {index}"
            raise ValueError(message)
    if not available.is_finite():
        message = f"available money must be a number, found {available}"
        raise ValueError(message)
