"""Rebalance when the portfolio may move too differently from its targets.

Tracking error is the volatility of the difference: the root of d'Sd, with d the drifts and S the covariance of returns
a year. Ten points too much of one calm stock and too little of its like are a small error, the same points between a
bond and a share a large one. Cash does not move.

Source: Grinold, Kahn 2000, "Active Portfolio Management", 2nd edition, chapter 3 (active risk). As a trigger:
Masters 2003, "Rebalancing", Journal of Portfolio Management 29(3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.policy import Ask, Policy, where_fired
from bot.core.policy.state import past_closes
from bot.core.signals.volatility import HALF_LIFE, risk_parts
from bot.core.signals.window import window_sessions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class TrackingError(Policy):
    """Trade when the expected tracking error against the targets is above a limit."""

    kind: ClassVar[str] = "tracking_error"

    tracking_error_max: float = field(
        metadata=parameter(
            "The most tracking error: 0.01 means that in two years of three it ends within a percent of its targets.",
            unit="fraction a year",
            wrong="Too low: costs for nothing, most of all in wild markets. Too high: it never fires.",
            example="0.01",
            above=0,
            below=1,
        )
    )
    half_life_sessions: float = field(default=63.0, metadata=HALF_LIFE)

    @override
    def needs(self) -> Needs:
        return Needs(history_sessions=window_sessions(self.half_life_sessions))

    def _risk(self, state: PolicyState) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        closes = past_closes(state, window_sessions(self.half_life_sessions), self.kind)
        return risk_parts(state.drift[:, :-1], closes, self.half_life_sessions)

    @override
    def has_measure(self) -> bool:
        return True

    @override
    def measure_max(self) -> float:
        return self.tracking_error_max

    @override
    def measure(self, state: PolicyState) -> NDArray[np.float64]:
        """Return the tracking error (B,), fraction a year, at least 0.

        Raises:
            ReadUnknown: If the history is not known or too short.
        """
        return np.sqrt(self._risk(state)[1])

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether it is above the limit; at the limit is not.

        Raises:
            ReadUnknown: If the history is not known or too short.
        """
        return where_fired(
            self.measure(state) > self.tracking_error_max + WEIGHT_TOLERANCE, Ask.REBALANCE
        )

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, which names the drift that adds most to it.

        Raises:
            ReadUnknown: If the history is not known or too short.
        """
        parts, variance = self._risk(state)
        found = float(np.sqrt(variance)[row])
        drift = state.drift[row]
        # Ties go by name, so that another order of instruments tells the same.
        most = min(range(parts.shape[1]), key=lambda i: (-parts[row, i], state.symbols[i]))
        out = found > self.tracking_error_max + WEIGHT_TOLERANCE
        side = "over" if drift[most] >= 0 else "under"
        return Finding(
            rule=self.kind,
            fired=out,
            statement=(
                f"the tracking error is {found * 100:.2f} % a year, limit {self.tracking_error_max * 100:.2f} %; most "
                f"of it: {state.symbols[most]} is {abs(drift[most]) * 100:.2f} points {side}"
            ),
            numbers={
                "tracking_error_fraction": found,
                "limit_fraction": self.tracking_error_max,
                # Positive: what is left to the limit. Negative: how far beyond it.
                "distance_fraction": self.tracking_error_max - found,
                "symbol": state.symbols[most],
                "drift_fraction": float(drift[most]),
            },
            asks=(Ask.REBALANCE if out else Ask.NOTHING).name.lower(),
        )
