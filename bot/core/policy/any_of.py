"""Rebalance when at least one of several rules asks for it."""

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
class AnyOf(Combined):
    """Trade when at least one of the rules says so."""

    kind: ClassVar[str] = "any_of"

    rules: tuple[Policy, ...] = field(
        metadata=parameter(
            "The rules to combine.",
            allowed="a list of 1 to 16 rules, each a table with its kind",
            wrong="Each further rule makes trading more frequent.",
            example='[{ kind = "absolute_band", width = 0.05 }]',
            count_max=16,
        )
    )

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return the most that a rule asks for in each row (B,)."""
        asked = np.zeros(state.weights.shape[0], dtype=np.int8)
        permitted = np.zeros(state.weights.shape[0], dtype=np.bool_)
        for rule in self.rules:
            found = rule.asks(state)
            permitted |= found == Ask.ANYTHING
            asked = np.maximum(asked, np.where(found == Ask.ANYTHING, Ask.NOTHING, found)).astype(
                np.int8
            )
        # To permit anything is more than to invest cash, and has no say against a wish for more.
        alone = np.where(asked == Ask.NOTHING, Ask.ANYTHING, np.maximum(asked, Ask.REBALANCE))
        return np.where(permitted, alone, asked).astype(np.int8)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with every rule's own inside."""
        findings = tuple(rule.explain(state, row) for rule in self.rules)
        fired = [finding for finding in findings if finding.fired]
        reasons = "; ".join(finding.statement for finding in fired or findings)
        return Finding(
            rule=self.kind,
            fired=bool(fired),
            statement=f"{len(fired)} of {len(findings)} rules fired, 1 needed: {reasons}",
            numbers={
                "fired_count": float(len(fired)),
                "needed_count": 1.0,
                "distance_count": float(1 - len(fired)),
            },
            parts=findings,
            asks=self.ask_of(state, row),
        )
