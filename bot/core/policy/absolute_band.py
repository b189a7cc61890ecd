"""Rebalance when a weight is further from its target than a fixed number of points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.policy.policy import Ask, Band, Policy, where_fired
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class AbsoluteBand(Policy):
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
    cash_width: float | None = field(
        default=None,
        metadata=parameter(
            "Half-width of the band around the cash target; left out, cash alone never fires.",
            unit="fraction of base",
            wrong="Too narrow: every dividend is a reason to trade.",
            example="0.02",
            above=0,
            below=1,
        ),
    )

    def half_widths(self, count: int) -> NDArray[np.float64]:
        """Return the half-widths (count,) with cash last, fractions of base; +inf where cash is free."""
        widths = np.full(count, self.width, dtype=np.float64)
        widths[-1] = np.inf if self.cash_width is None else self.cash_width
        return widths

    def _beyond(self, state: PolicyState) -> NDArray[np.float64]:
        # How far each weight is beyond its band (B, N+1); negative inside.
        drift = np.abs(state.weights - state.targets)
        return drift - self.half_widths(state.targets.shape[-1])

    @override
    def has_band(self) -> bool:
        return True

    @override
    def band(self, state: PolicyState) -> Band:
        widths = self.half_widths(state.targets.shape[-1])[np.newaxis]
        return Band(below=widths, above=widths)

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether any weight is beyond its band."""
        return where_fired(np.any(self._beyond(state) > WEIGHT_TOLERANCE, axis=-1), Ask.REBALANCE)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: the weight that is furthest out, or nearest to getting out."""
        beyond = self._beyond(state)[row]
        # Ties go by name, so that another order of instruments tells the same.
        worst = min(range(beyond.shape[0]), key=lambda i: (-beyond[i], state.symbols[i]))
        weight, target = (
            float(state.weights[row, worst]),
            float(state.targets[min(row, len(state.targets) - 1), worst]),
        )
        band = float(self.half_widths(beyond.shape[0])[worst])
        drift = weight - target
        out = int((beyond > WEIGHT_TOLERANCE).sum())
        where = (
            f"{state.symbols[worst]} is {abs(drift) * 100:.2f} points {'over' if drift >= 0 else 'under'} "
            f"its target of {target * 100:.2f} %, band {band * 100:.2f} points"
        )
        others = f"; {out - 1} more out of band" if out > 1 else ""
        return Finding(
            rule=self.kind,
            fired=out > 0,
            statement=f"{where}{others}"
            if out
            else f"all inside their bands; the nearest: {where}",
            numbers={
                "symbol": state.symbols[worst],
                "weight_fraction": weight,
                "target_fraction": target,
                "drift_fraction": drift,
                "band_fraction": band,
                # Positive: what is left to the edge. Negative: how far beyond it.
                "distance_fraction": -float(beyond[worst]),
                "out_of_band_count": float(out),
            },
            asks=(Ask.REBALANCE if out else Ask.NOTHING).name.lower(),
        )
