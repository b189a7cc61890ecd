"""Rebalance when a weight is off its target by more than a fraction of that target.

Daryanani, "Opportunistic Rebalancing: A New Paradigm for Wealth Managers", Journal of Financial Planning, January 2008:
look often, fire at a fifth of the target, and trade back to half of that.
"""

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
class RelativeBand(BandRule):
    """Trade when any weight is off its target by more than a fraction of that target; on the edge is inside."""

    kind: ClassVar[str] = "relative_band"

    width: float = field(
        metadata=parameter(
            "Half-width of the band as a fraction of the target weight: 0.2 around a target of 0.30 is 0.24 to 0.36.",
            unit="fraction of the target weight",
            wrong="Too narrow: costs for nothing. 1 and more: it never fires for what is under its target.",
            example="0.2",
            above=0,
            at_most=10,
        )
    )
    width_min: float = field(
        default=0.005,
        metadata=parameter(
            "The narrowest half-width, for targets so small, or 0, that their fraction is next to nothing.",
            unit="fraction of base",
            wrong="Too narrow: a small holding is traded for a few shares. Too wide: it never fires.",
            above=0,
            below=1,
        ),
    )
    cash_width: float | None = field(default=None, metadata=CASH_WIDTH)

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return half-widths in proportion to the targets (R, N+1)."""
        relative = np.maximum(self.width * state.targets[:, :-1], self.width_min)
        widths = with_cash(relative, self.cash_width)
        return Band(below=widths, above=widths)
