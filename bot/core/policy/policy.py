"""The faces of a policy: `asks` is hot and batch-shaped, `explain` is cold and tells one row with its numbers.

Rule: both must agree on every row of every state. Why: a decision that is explained by other arithmetic than it was
made with is a story. Enforced by: the contract that every registered policy is tested against.

A rule asks for more than yes or no, since the reason to trade says how: a deposit wants to be invested, not a
rebalance; a breach of the outer band wants to go all the way. What only permits, such as a calendar or a gate, asks
for ANYTHING, so that together with another rule that one decides. `any_of` takes the most that is asked for and
`all_of` the least.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import check_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


class Ask(IntEnum):
    """What a rule asks for, from the least to the most; ANYTHING only permits and counts as REBALANCE if alone."""

    NOTHING = 0
    #: Invest spare cash in what is under its target, or raise missing cash from what is over.
    USE_CASH = 1
    #: Trade as far as the configured destination.
    REBALANCE = 2
    #: Trade to the target, whatever the destination.
    TO_TARGET = 3
    #: No wish of its own.
    ANYTHING = 4


@dataclass(frozen=True, slots=True)
class Band:
    """How far weights may be from their targets, fractions of base, above 0; +inf is free.

    Attributes:
        below: Under the target (R, N+1), cash last.
        above: Over the target (R, N+1), cash last.
    """

    below: NDArray[np.float64]
    above: NDArray[np.float64]


def tightest(bands: Iterable[Band | None]) -> Band | None:
    """Return the band that is inside all of `bands`, or None if none of them is one."""
    found: Band | None = None
    for band in bands:
        if band is None:
            continue
        if found is None:
            found = band
        else:
            found = Band(np.minimum(found.below, band.below), np.minimum(found.above, band.above))
    return found


class Policy(ABC):
    """A rule that says when to rebalance; its dataclass fields are its parameters.

    A subclass is a frozen dataclass whose fields carry `parameter` metadata.
    """

    __slots__ = ()

    #: The rule's name in the settings.
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range or contradict each other."""
        check_parameters(self)
        self.check()

    def check(self) -> None:  # noqa: B027 - most have nothing to compare
        """Refuse parameters that contradict each other.

        Raises:
            ValueError: With their names and numbers.
        """

    @abstractmethod
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return what it asks for in each row (B,), as `Ask`.

        Raises:
            ReadUnknown: If something that it needs is not known.
        """

    @abstractmethod
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return why; `fired` is whether ``asks(state)[row]`` is more than NOTHING, `asks` its name."""

    def band(self, state: PolicyState) -> Band | None:  # noqa: ARG002 - for subclasses
        """Return the band that this rule keeps weights in, or None if it is no such rule."""
        return None

    def measure(self, state: PolicyState) -> NDArray[np.float64] | None:  # noqa: ARG002 - for subclasses
        """Return the one number (B,) that this rule keeps small, linear in drift, or None if it is no such rule."""
        return None

    def has_band(self) -> bool:
        """Return whether `band` gives one, so that edge, halfway and distance have something to refer to."""
        return False

    def has_measure(self) -> bool:
        """Return whether `measure` gives one, so that distance has something to refer to."""
        return False

    def measure_max(self) -> float | None:
        """Return the limit of `measure`, in its unit, or None if it is no such rule; at the limit is quiet."""
        return None

    def needs(self) -> Needs:
        """Return what must be known beyond the portfolio itself."""
        return Needs()

    def symbols(self) -> frozenset[str]:
        """Return the instruments that its parameters name; each must be in the mandate."""
        return frozenset()

    def asset_classes(self) -> frozenset[str]:
        """Return the asset classes that its parameters name; each must be one of an instrument."""
        return frozenset()


def where_fired(fired: NDArray[np.bool_], ask: Ask) -> NDArray[np.int8]:
    """Return `ask` where `fired` (B,), else NOTHING."""
    return np.where(fired, np.int8(ask), np.int8(Ask.NOTHING))
