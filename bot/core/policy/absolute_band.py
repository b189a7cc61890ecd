"""Rebalance when a weight is further from its target than a fixed number of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Finding
from bot.core.policy.state import WEIGHT_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


def _checked_width(name: str, width: float) -> None:
    # Written so that a NaN is refused too.
    if not 0 < width <= 1:
        message = f"{name} must be a fraction of base above 0 and at most 1, found {width:g}"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class AbsoluteBand:
    """Fires when any weight is outside [target - width, target + width]; on the edge is inside.

    Attributes:
        width: Half-width of every instrument's band, fraction of base, above 0.
        cash_width: Half-width of cash's band, fraction of base, above 0; None lets cash drift freely.

    Raises:
        ValueError: If a width is not a fraction above 0 and at most 1.
    """

    width: float
    cash_width: float | None = None

    def __post_init__(self) -> None:
        _checked_width("width", self.width)
        if self.cash_width is not None:
            _checked_width("cash_width", self.cash_width)

    def half_widths(self, count: int) -> NDArray[np.float64]:
        """Return the half-widths (count,) with cash last, fractions of base; +inf where cash is free."""
        widths = np.full(count, self.width, dtype=np.float64)
        widths[-1] = np.inf if self.cash_width is None else self.cash_width
        return widths

    def _beyond(self, state: PolicyState) -> NDArray[np.float64]:
        # How far each weight is beyond its band (B, N+1); negative inside.
        drift = np.abs(state.weights - state.targets)
        return drift - self.half_widths(state.targets.shape[0])

    def fires(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return for each row (B,) whether any weight is beyond its band."""
        fired: NDArray[np.bool_] = np.any(self._beyond(state) > WEIGHT_TOLERANCE, axis=-1)
        return fired

    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: the weight that is furthest out, or nearest to getting out."""
        beyond = self._beyond(state)[row]
        # Ties go by name, so that another order of instruments tells the same.
        worst = min(range(beyond.shape[0]), key=lambda i: (-beyond[i], state.symbols[i]))
        weight, target = float(state.weights[row, worst]), float(state.targets[worst])
        band = float(self.half_widths(beyond.shape[0])[worst])
        drift = weight - target
        out = int((beyond > WEIGHT_TOLERANCE).sum())
        where = (
            f"{state.symbols[worst]} is {abs(drift) * 100:.2f} points {'over' if drift >= 0 else 'under'} "
            f"its target of {target * 100:.2f} %, band {band * 100:.2f} points"
        )
        others = f"; {out - 1} more out of band" if out > 1 else ""
        return Finding(
            rule="absolute_band",
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
        )
