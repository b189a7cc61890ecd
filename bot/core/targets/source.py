"""What every source of target weights gives, and the one check that all of them pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from bot.core.domain.sums import SUM_TOLERANCE, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class TargetSource(Protocol):
    """Something that knows the wanted weights."""

    def weights(self) -> NDArray[np.float64]:
        """Return target weights (N+1,), cash last, fractions of base, summing to 1 within 1e-9."""


def checked(weights: Sequence[float]) -> NDArray[np.float64]:
    """Return `weights` (N+1,), cash last, as an array, or refuse them.

    Raises:
        ValueError: If there is no instrument, a weight is not a number from 0 to 1, or the sum is not 1 within 1e-9.
    """
    if len(weights) < 2:  # noqa: PLR2004 - one instrument and cash
        message = f"targets need at least one instrument and cash, found {len(weights)} weights"
        raise ValueError(message)
    values = np.array(weights, dtype=np.float64)
    for index, weight in enumerate(values):
        # Written so that a NaN is refused too.
        if not 0 <= weight <= 1:
            message = f"target weight {index} must be from 0 to 1, found {weight:g}"
            raise ValueError(message)
    found = float(total(values))
    if abs(found - 1) > SUM_TOLERANCE:
        message = (
            f"target weights and cash must sum to 1 within {SUM_TOLERANCE:g}, found {found:.12g} "
            f"(off by {found - 1:+.3g})"
        )
        raise ValueError(message)
    return values
