"""Rebalance when a weight is further from its target than a fixed number of points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.policy.bands import CASH_WIDTH, BandRule, with_cash
from bot.core.policy.policy import Band

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class AbsoluteBand(BandRule):
    """Trade when any weight is outside [target - width, target + width]; on the edge is inside."""

    kind: ClassVar[str] = "absolute_band"

    width: float = field(
        metadata=parameter(
            "Half-width of the band around each target weight: 0.05 is five percentage points.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing. Wider than the weights: it never fires.",
            example="0.05",
            above=0,
            below=1,
        )
    )
    cash_width: float | None = field(default=None, metadata=CASH_WIDTH)

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return the same half-width for every instrument (1, N+1)."""
        widths = with_cash(np.full((1, len(state.symbols) - 1), self.width), self.cash_width)
        return Band(below=widths, above=widths)
