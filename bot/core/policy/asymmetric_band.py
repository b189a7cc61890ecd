"""Rebalance when a weight is further under or over its target than a number of points of its own for either side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.policy.bands import BandRule, with_cash
from bot.core.policy.policy import Band

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class AsymmetricBand(BandRule):
    """Trade when any weight is outside [target - below, target + above]; on the edge is inside."""

    kind: ClassVar[str] = "asymmetric_band"

    below: float = field(
        metadata=parameter(
            "How far under its target a weight may be: 0.03 is three percentage points.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing. Wider than the weights: what falls is never bought.",
            example="0.03",
            above=0,
            below=1,
        )
    )
    above: float = field(
        metadata=parameter(
            "How far over its target a weight may be: 0.06 is six percentage points.",
            unit="fraction of base",
            wrong="Too narrow: what rises is sold at once. Too wide: one instrument may take over.",
            example="0.06",
            above=0,
            below=1,
        )
    )
    cash_below: float | None = field(
        default=None,
        metadata=parameter(
            "How far under its target cash may be; left out, too little cash alone never fires.",
            unit="fraction of base",
            wrong="Too narrow: a small withdrawal is a reason to sell.",
            example="0.01",
            above=0,
            below=1,
        ),
    )
    cash_above: float | None = field(
        default=None,
        metadata=parameter(
            "How far over its target cash may be; left out, too much cash alone never fires.",
            unit="fraction of base",
            wrong="Too narrow: every dividend is a reason to trade.",
            example="0.02",
            above=0,
            below=1,
        ),
    )

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return the same half-widths for every instrument (1, N+1)."""
        count = len(state.symbols) - 1
        return Band(
            below=with_cash(np.full((1, count), self.below), self.cash_below),
            above=with_cash(np.full((1, count), self.above), self.cash_above),
        )
