"""One way to add over instruments, so that one row gives the same bits alone and among thousands.

Rule: every sum over N runs through `total`. numpy's own sum changes its order of addition with shape and memory
layout, so a live look (B = 1) and the same row of a sweep (B = many) could differ in the last bit, and a decision
at its exact limit with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How far weights may be from adding up to 1 (fraction of base): float noise, not a missing holding.
SUM_TOLERANCE: Final = 1e-9
#: A drift within this of its limit (fraction of base) is at the limit, not beyond it. Weights are
#: quotients of sums: 0.55 - 0.50 is not quite 0.05 in floats, and another order of instruments may
#: move the last bits of the base. A decision must not hang on them.
WEIGHT_TOLERANCE: Final = 1e-12


def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the last axis, left to right: shape (..., N) gives (...)."""
    result = np.zeros(values.shape[:-1], dtype=np.float64)
    for column in range(values.shape[-1]):
        result += values[..., column]
    return result
