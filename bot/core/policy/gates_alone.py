"""Which gates of a rule need nobody's agreement.

A gate only permits, and what only permits counts as a wish to rebalance where no other rule has one (ADR 0011). For a
calendar that is meant. A gate permits in look after look, so that one in an `any_of` trades in each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.gate import Gate
from bot.core.policy.not_rule import NotRule

if TYPE_CHECKING:
    from bot.core.policy.policy import Policy


def gates_alone(policy: Policy) -> tuple[str, ...]:
    """Return the kinds of the gates inside `policy` that make it fire without a wish beside them, as written."""
    if isinstance(policy, Gate | NotRule):
        return (policy.kind,)
    if isinstance(policy, AnyOf):
        return tuple(kind for rule in policy.rules for kind in gates_alone(rule))
    if isinstance(policy, AllOf):
        found = [gates_alone(rule) for rule in policy.rules]
        # One that has a wish, or a date, is enough to hold the others back.
        return tuple(kind for kinds in found for kind in kinds) if all(found) else ()
    return ()
