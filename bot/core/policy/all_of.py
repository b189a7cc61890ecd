"""Rebalance when all of several rules ask for it.

An occurrence inside counts as due when its calendar part is due, even if the whole does not fire:
"checked monthly, traded when out of band" is consumed by a look that checked and found nothing.
`Finding.occurrences` gathers it from the parts, so nothing is hidden here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import Policy, PolicyState


@dataclass(frozen=True, slots=True)
class AllOf:
    """Fires when every part fires.

    Attributes:
        parts: The rules, at least one; findings keep their order.

    Raises:
        ValueError: If there is no part.
    """

    parts: tuple[Policy, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            message = "all_of needs at least one rule, found 0"
            raise ValueError(message)

    def fires(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return for each row (B,) whether every part fires."""
        fired = np.ones(state.weights.shape[0], dtype=np.bool_)
        for part in self.parts:
            fired &= part.fires(state)
        return fired

    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with every part's own inside."""
        findings = tuple(part.explain(state, row) for part in self.parts)
        missing = [finding for finding in findings if not finding.fired]
        reasons = "; ".join(finding.statement for finding in missing or findings)
        count = len(findings) - len(missing)
        return Finding(
            rule="all_of",
            fired=not missing,
            statement=f"{count} of {len(findings)} rules fired, all needed: {reasons}",
            numbers={
                "fired_count": float(count),
                "needed_count": float(len(findings)),
                "distance_count": float(len(missing)),
            },
            parts=findings,
        )
