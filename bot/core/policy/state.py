"""What a policy sees, and the two faces that every policy has.

Rule: `fires` is hot and batch-shaped, `explain` is cold and tells one row with its numbers, and
both must agree on every row of every state. Why: a decision that is explained by other arithmetic
than it was made with is a story. Enforced by: the contract that every registered policy is tested against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.domain.session import Session

#: A drift within this of its limit (fraction of base) is at the limit, not beyond it. Weights are
#: quotients of sums: 0.55 - 0.50 is not quite 0.05 in floats, and another order of instruments may
#: move the last bits of the base. A decision must not hang on them.
WEIGHT_TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class PolicyState:
    """B portfolios at one moment.

    Attributes:
        weights: Current weights (B, N+1), fractions of base, cash last, each row summing to 1.
        targets: Target weights (N+1,), cash last.
        session: The exchange session that the look is in.
        occurrences_done: Calendar occurrences that need no more work, e.g. ``month:2020-03``.
        symbols: Display names (N+1), the last is ``cash``.
    """

    weights: NDArray[np.float64]
    targets: NDArray[np.float64]
    session: Session
    occurrences_done: frozenset[str]
    symbols: tuple[str, ...]


class Policy(Protocol):
    """A rule that says when to rebalance."""

    def fires(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return for each row (B,) whether it asks for a rebalance."""

    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return why it fires or does not in `row`; `fired` equals ``fires(state)[row]``."""
