"""What rules made of other rules have in common: they need what their parts need, and keep every part's band."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.policy.policy import Ask, Policy, tightest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.policy.policy import Band
    from bot.core.policy.state import PolicyState


class Combined(Policy):
    """A rule made of rules."""

    __slots__ = ()

    rules: tuple[Policy, ...]

    @override
    def band(self, state: PolicyState) -> Band | None:
        """Return the band that satisfies every rule with one."""
        return tightest(rule.band(state) for rule in self.rules)

    @override
    def measure(self, state: PolicyState) -> NDArray[np.float64] | None:
        """Return the first measure of a rule; `rules_with_measure` tells whether there are more."""
        found = (rule.measure(state) for rule in self.rules)
        return next((each for each in found if each is not None), None)

    @override
    def has_band(self) -> bool:
        return any(rule.has_band() for rule in self.rules)

    @override
    def has_measure(self) -> bool:
        return any(rule.has_measure() for rule in self.rules)

    @override
    def needs(self) -> Needs:
        return reduce(or_, (rule.needs() for rule in self.rules), Needs())

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset[str]().union(*(rule.symbols() for rule in self.rules))

    @override
    def asset_classes(self) -> frozenset[str]:
        return frozenset[str]().union(*(rule.asset_classes() for rule in self.rules))

    def ask_of(self, state: PolicyState, row: int) -> str:
        """Return the name of what it asks for in `row`."""
        return Ask(int(self.asks(state)[row])).name.lower()


def rules_with_measure(policy: Policy) -> tuple[str, ...]:
    """Return the kinds of the rules inside `policy` that have a measure, each time that one is there.

    A distance refers to one number. With two, such as a total drift and a tracking error, it has no meaning.
    """
    if isinstance(policy, Combined):
        return tuple(kind for rule in policy.rules for kind in rules_with_measure(rule))
    return (policy.kind,) if policy.has_measure() else ()


def measure_limits(policy: Policy) -> tuple[float, ...]:
    """Return the limits of the rules that `rules_with_measure` names, in the same order and each in its own unit."""
    if isinstance(policy, Combined):
        return tuple(limit for rule in policy.rules for limit in measure_limits(rule))
    limit = policy.measure_max()
    return () if limit is None else (limit,)
