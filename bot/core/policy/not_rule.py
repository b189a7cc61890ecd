"""Permit a trade where another rule is quiet.

A negation has no wish of its own: it permits (ANYTHING) or it does not. It keeps no band and no measure, since the rule
inside is wanted to be quiet. A calendar inside is a span in which not to trade, and a look into it consumes nothing: if
it did, the span would end with its first look.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.policy.policy import Ask, Policy, where_fired

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.needs import Needs
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class NotRule(Policy):
    """Permit trades only while another rule is quiet."""

    kind: ClassVar[str] = "not"

    rule: Policy = field(
        metadata=parameter(
            "The rule that must be quiet.",
            allowed="a rule, a table with its kind",
            wrong="Alone, without another rule in an all_of, it trades in every look that the rule inside is quiet.",
            example='{ kind = "calendar", every = "quarter" }',
        )
    )

    @override
    def needs(self) -> Needs:
        return self.rule.needs()

    @override
    def symbols(self) -> frozenset[str]:
        return self.rule.symbols()

    @override
    def asset_classes(self) -> frozenset[str]:
        return self.rule.asset_classes()

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return ANYTHING for each row (B,) in which the rule inside asks for nothing."""
        return where_fired(self.rule.asks(state) == Ask.NOTHING, Ask.ANYTHING)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with that of the rule inside as its part."""
        part = self.rule.explain(state, row)
        is_quiet = not part.fired
        return Finding(
            rule=self.kind,
            fired=is_quiet,
            statement=f"{part.rule} is {'quiet' if is_quiet else 'not quiet'}, quiet needed: {part.statement}",
            numbers={
                "fired_count": float(part.fired),
                "needed_count": 0.0,
                # Rules that would have to fall quiet for it to fire.
                "distance_count": float(part.fired),
            },
            parts=(_without_occurrences(part),),
            asks=(Ask.ANYTHING if is_quiet else Ask.NOTHING).name.lower(),
        )


def _without_occurrences(finding: Finding) -> Finding:
    return replace(
        finding,
        occurrence=None,
        parts=tuple(_without_occurrences(part) for part in finding.parts),
    )
