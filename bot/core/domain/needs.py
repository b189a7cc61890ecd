"""What a rule or a source must know beyond the portfolio itself, and the refusal to decide without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from bot.errors import ReadUnknown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known beyond the portfolio itself.

    Attributes:
        history_sessions: Past closes of so many sessions.
        levels: Market indices, by name.
        values_sessions: The account's unitised value of the newest so many sessions, this one among them; fewer if
            its first look was later.
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
