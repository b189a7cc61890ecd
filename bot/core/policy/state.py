"""What a policy sees: B portfolios at one moment, and what is known of their past.

Rule: everything a decision depends on is in here, and what is not known is None, never empty or zero. A rule that needs
it says so (`Needs`), and refuses to decide without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from bot.core.costs.model import CostModel
    from bot.core.domain.history import History
    from bot.core.domain.session import Session

T = TypeVar("T")

#: A drift within this of its limit (fraction of base) is at the limit, not beyond it. Weights are
#: quotients of sums: 0.55 - 0.50 is not quite 0.05 in floats, and another order of instruments may
#: move the last bits of the base. A decision must not hang on them.
WEIGHT_TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class PolicyState:
    """B portfolios at one moment; R is B, or 1 where all rows share it.

    Attributes:
        weights: Current weights (B, N+1), fractions of base, cash last, each row summing to 1.
        targets: Target weights (R, N+1), cash last.
        session: The exchange session that the look is in.
        occurrences_done: Calendar occurrences that need no more work, e.g. ``month:2020-03``.
        symbols: Display names (N+1), the last is ``cash``.
        now: The moment of the look, aware UTC, inside `session`; None is not known.
        asset_classes: Class of each instrument and of cash (N+1), ``cash`` last; empty strings where none is set.
        base: What weights are fractions of (B,), account currency, above 0.
        prices: Mids (R, N), account currency per share.
        history: Past closes.
        values: The account's unitised value (R, T), oldest first, this moment last: what one unit of money put in at
            the first is worth, deposits and withdrawals taken out.
        flows: Cash that came in (+) or went out (-) since the last rebalance, not by own trades (B,), fraction of base.
        sessions_since_trade: Sessions since the last plan that traded (B,), 0 in the same session, +inf if never.
        levels: Level of each market index by its name (R,), e.g. ``VIX``.
        costs: What trading costs.
    """

    weights: NDArray[np.float64]
    targets: NDArray[np.float64]
    session: Session
    occurrences_done: frozenset[str]
    symbols: tuple[str, ...]
    now: datetime | None = None
    asset_classes: tuple[str, ...] = ()
    base: NDArray[np.float64] | None = None
    prices: NDArray[np.float64] | None = None
    history: History | None = None
    values: NDArray[np.float64] | None = None
    flows: NDArray[np.float64] | None = None
    sessions_since_trade: NDArray[np.float64] | None = None
    levels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    costs: CostModel | None = None

    @property
    def drift(self) -> NDArray[np.float64]:
        """Weight less target (B, N+1), fractions of base, cash last."""
        return self.weights - self.targets


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known beyond the portfolio itself.

    Attributes:
        history_sessions: Past closes of so many sessions.
        levels: Market indices, by name.
        values_sessions: The account's unitised value of so many sessions back.
        has_flows: Deposits and withdrawals.
        has_last_trade: When it last traded.
        has_costs: What trading costs.
    """

    history_sessions: int = 0
    levels: frozenset[str] = frozenset()
    values_sessions: int = 0
    has_flows: bool = False
    has_last_trade: bool = False
    has_costs: bool = False

    def __or__(self, other: Needs) -> Needs:
        """Return what both together need."""
        return Needs(
            history_sessions=max(self.history_sessions, other.history_sessions),
            levels=self.levels | other.levels,
            values_sessions=max(self.values_sessions, other.values_sessions),
            has_flows=self.has_flows or other.has_flows,
            has_last_trade=self.has_last_trade or other.has_last_trade,
            has_costs=self.has_costs or other.has_costs,
        )


def needed(value: T | None, what: str, rule: str) -> T:
    """Return `value`, which `rule` cannot decide without.

    Raises:
        ReadUnknown: If it is not known; names `what` and `rule`.
    """
    if value is None:
        message = f"{rule} needs {what}, which is unknown: nothing is decided without it"
        raise ReadUnknown(message)
    return value
