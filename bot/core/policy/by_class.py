"""What instruments of one asset class come to together: the sums that rules of whole classes go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.needs import needed
from bot.core.domain.sums import total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


def classes_of(state: PolicyState, rule: str) -> tuple[str, ...]:
    """Return the asset class of each instrument (N,), which `rule` cannot do without.

    Raises:
        ReadUnknown: If asset classes are not known.
        ValueError: If an instrument has none.
    """
    every = needed(state.asset_classes or None, "the instruments' asset classes", rule)
    for symbol, asset_class in zip(state.symbols, every, strict=True):
        if not asset_class:
            message = f"{rule} needs the asset class of every instrument, found none for {symbol}"
            raise ValueError(message)
    return every[:-1]


def summed_by_class(
    values: NDArray[np.float64], classes: tuple[str, ...], symbols: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return the sums (R, C+1) over the instruments of each class, in the order of their names, and last the cash.

    Args:
        values: What to add up (R, N+1), cash last.
        classes: The class of each instrument (N,).
        symbols: Display names (N+1), the last is ``cash``.
    """
    # Summed in the order of the symbols, so that another order of instruments gives the same bits.
    order = sorted(range(len(classes)), key=lambda index: symbols[index])
    sums = [
        total(values[:, [index for index in order if classes[index] == name]])
        for name in sorted(set(classes))
    ]
    return np.stack([*sums, values[:, -1]], axis=1)
