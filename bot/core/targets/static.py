"""Target weights that a person wrote down and that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.targets.source import checked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StaticWeights:
    """Fixed weights.

    Attributes:
        values: One weight for each instrument and cash last, fractions of base, each from 0 to 1,
            summing to 1 within 1e-9.

    Raises:
        ValueError: If they are not; the message has the numbers.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        checked(self.values)

    def weights(self) -> NDArray[np.float64]:
        """Return the weights (N+1,), cash last, fractions of base."""
        return checked(self.values)
