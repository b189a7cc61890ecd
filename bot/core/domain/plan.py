"""A plan: a durable trade list with an end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.instrument import Instrument


class PlanEnd(Enum):
    """How a plan can end; an open plan has none of these yet."""

    DONE = "done"
    EXPIRED = "expired"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Leg:
    """One trade of a plan.

    Attributes:
        index: Position in the plan, from 0; sells come first.
        instrument: What to trade.
        shares: Signed whole shares approved, never 0; no attempt and no later look may exceed it.
        arrival_price: Mid when the plan was fixed, instrument currency per share.
        reason: One line for a person, with the numbers.
    """

    index: int
    instrument: Instrument
    shares: int
    arrival_price: float
    reason: str

    @property
    def notional(self) -> float:
        """Absolute value at the arrival price, instrument currency."""
        return abs(self.shares) * self.arrival_price


@dataclass(frozen=True, slots=True)
class Plan:
    """A trade list that outlives the look that made it.

    Attributes:
        plan_id: Unique in the journal, part of every order reference.
        look_id: The look that made it.
        account: The account it is for.
        currency: The account's base currency; every leg's too.
        base: What weights were fractions of, in `currency`.
        legs: Sells first, then buys.
        occurrences: Calendar occurrences that are done when this plan is done.
        created_at: Aware UTC.
        expires_at: The session's close, aware UTC; nothing is sent from then on.
    """

    plan_id: str
    look_id: str
    account: str
    currency: str
    base: float
    legs: tuple[Leg, ...]
    occurrences: tuple[str, ...]
    created_at: datetime
    expires_at: datetime

    @property
    def turnover(self) -> float:
        """Traded notional of all legs over the base, a fraction."""
        return sum(leg.notional for leg in self.legs) / self.base
