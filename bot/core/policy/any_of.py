"""Rebalance when at least one of several rules asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import Policy, PolicyState


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Fires when any part fires.

    Attributes:
        parts: The rules, at least one; findings keep their order.

    Raises:
        ValueError: If there is no part.
    """

    parts: tuple[Policy, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            message = "any_of needs at least one rule, found 0"
            raise ValueError(message)

    def fires(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return for each row (B,) whether any part fires."""
        fired = np.zeros(state.weights.shape[0], dtype=np.bool_)
        for part in self.parts:
            fired |= part.fires(state)
        return fired

    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with every part's own inside."""
        findings = tuple(part.explain(state, row) for part in self.parts)
        fired = [finding for finding in findings if finding.fired]
        reasons = "; ".join(finding.statement for finding in fired or findings)
        return Finding(
            rule="any_of",
            fired=bool(fired),
            statement=f"{len(fired)} of {len(findings)} rules fired, 1 needed: {reasons}",
            numbers={
                "fired_count": float(len(fired)),
                "needed_count": 1.0,
                "distance_count": float(1 - len(fired)),
            },
            parts=findings,
        )
