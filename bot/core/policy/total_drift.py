"""Rebalance when the weights together are too far from their targets.

The measure is half the sum of the sizes of all drifts: what is over somewhere is under elsewhere, so half of it is the
part of the portfolio that is in the wrong place. It is what some call active share or turnover to target, and what
Betterment triggers on, by asset class (3 % for portfolios of funds; its help pages, "How and when is my portfolio
rebalanced"). By class, drifts inside one class make up for each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE, total
from bot.core.policy.by_class import classes_of, summed_by_class
from bot.core.policy.policy import Ask, Policy, where_fired

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class TotalDrift(Policy):
    """Trade when the part of the portfolio that is in the wrong place is above a limit."""

    kind: ClassVar[str] = "total_drift"

    total_drift_max: float = field(
        metadata=parameter(
            "The most that may be in the wrong place, half the sum of all drifts: 0.03 is three points.",
            unit="fraction of base",
            wrong="Too low: costs for nothing. Too high: one weight may drift far before it fires.",
            example="0.03",
            above=0,
            below=1,
        )
    )
    is_cash_counted: bool = field(
        default=True,
        metadata=parameter(
            "Whether cash that is off its target counts as drift too.",
            wrong="false: of a deposit that waits in cash only half counts, by the weights that it makes smaller.",
        ),
    )
    drift_of: str = field(
        default="instrument",
        metadata=parameter(
            "Whose drifts are added up: those of single instruments, or of whole asset classes.",
            wrong="asset_class: inside a class one instrument may take the place of another without end.",
            choices=("instrument", "asset_class"),
        ),
    )

    def _drift(self, state: PolicyState) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        # Whose drifts count, and how large they are (B, C): C is N, N+1 or the number of classes.
        names, drift = state.symbols, state.drift
        if self.drift_of == "asset_class":
            classes = classes_of(state, self.kind)
            names = (*sorted(set(classes)), "cash")
            drift = summed_by_class(drift, classes, state.symbols)
        return (names, drift) if self.is_cash_counted else (names[:-1], drift[:, :-1])

    @override
    def has_measure(self) -> bool:
        return True

    @override
    def measure_max(self) -> float:
        return self.total_drift_max

    @override
    def measure(self, state: PolicyState) -> NDArray[np.float64]:
        """Return half the sum of the sizes of all drifts (B,), fraction of base, at least 0.

        Raises:
            ReadUnknown: If it goes by asset class, and the classes are not known.
            ValueError: If it goes by asset class, and an instrument has none.
        """
        return 0.5 * total(np.abs(self._drift(state)[1]))

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether it is above the limit; at the limit is not. Raises as `measure`."""
        return where_fired(
            self.measure(state) > self.total_drift_max + WEIGHT_TOLERANCE, Ask.REBALANCE
        )

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, which names the largest drift in it. Raises as `measure`."""
        found = float(self.measure(state)[row])
        names, drifts = self._drift(state)
        drift = drifts[row]
        # Ties go by name, so that another order of instruments tells the same.
        largest = min(range(len(drift)), key=lambda i: (-abs(drift[i]), names[i]))
        out = found > self.total_drift_max + WEIGHT_TOLERANCE
        side = "over" if drift[largest] >= 0 else "under"
        return Finding(
            rule=self.kind,
            fired=out,
            statement=(
                f"{found * 100:.2f} points of the portfolio are in the wrong place, limit "
                f"{self.total_drift_max * 100:.2f} points; the largest: {names[largest]} is "
                f"{abs(drift[largest]) * 100:.2f} points {side}"
            ),
            numbers={
                "total_drift_fraction": found,
                "limit_fraction": self.total_drift_max,
                # Positive: what is left to the limit. Negative: how far beyond it.
                "distance_fraction": self.total_drift_max - found,
                "symbol" if self.drift_of == "instrument" else "asset_class": names[largest],
                "drift_fraction": float(drift[largest]),
            },
            asks=(Ask.REBALANCE if out else Ask.NOTHING).name.lower(),
        )
