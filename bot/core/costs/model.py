"""One object that says what trades cost, for the gate, the planner and the backtest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CostModel:
    """What trades cost.

    Attributes:
        half_spread_bps: Half the spread between bid and ask, basis points of the notional, at least 0.
    """

    half_spread_bps: float

    def cost(self, shares: NDArray[np.float64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each trade costs (B, N), account currency, at least 0; 0 for no trade.

        Args:
            shares: Signed shares (B, N), whole or not.
            prices: Mids (R, N), account currency per share, with R 1 or B.
        """
        notional: NDArray[np.float64] = np.abs(shares) * prices
        return notional * (self.half_spread_bps * 1e-4)
