"""Rebalance when all of several rules ask for it.

An occurrence inside counts as due when its calendar part is due, even if the whole does not fire:
"checked monthly, traded when out of band" is consumed by a look that checked and found nothing.
`Finding.occurrences` gathers it from the parts, so nothing is hidden here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.policy.combined import Combined
from bot.core.policy.policy import Ask, Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class AllOf(Combined):
    """Trade only when every one of the rules says so."""

    kind: ClassVar[str] = "all_of"

    rules: tuple[Policy, ...] = field(
        metadata=parameter(
            "The rules to combine.",
            allowed="a list of 1 to 16 rules, each a table with its kind",
            wrong="Each further rule makes trading rarer; rules that never agree never trade.",
            example='[{ kind = "absolute_band", width = 0.05 }]',
            count_max=16,
        )
    )

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return the least that a rule asks for in each row (B,): ANYTHING is above every wish."""
        asked = np.full(state.weights.shape[0], Ask.ANYTHING, dtype=np.int8)
        for rule in self.rules:
            asked = np.minimum(asked, rule.asks(state))
        return asked

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with every rule's own inside."""
        findings = tuple(rule.explain(state, row) for rule in self.rules)
        missing = [finding for finding in findings if not finding.fired]
        reasons = "; ".join(finding.statement for finding in missing or findings)
        count = len(findings) - len(missing)
        return Finding(
            rule=self.kind,
            fired=not missing,
            statement=f"{count} of {len(findings)} rules fired, all needed: {reasons}",
            numbers={
                "fired_count": float(count),
                "needed_count": float(len(findings)),
                "distance_count": float(len(missing)),
            },
            parts=findings,
            asks=self.ask_of(state, row),
        )
