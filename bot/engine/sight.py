"""What one look saw, and what it is worth: handed from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.domain.session import Session
    from bot.core.domain.snapshot import Snapshot
    from bot.core.guards.proposal import Market
    from bot.core.planner.base import Valuation


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look saw, and what it is worth.

    Attributes:
        look_id: Names the look in the journal.
        snapshot: The outside world.
        valuation: The mandate in numbers.
        session: The session that the look is in.
        market: The same for the guards.
    """

    look_id: str
    snapshot: Snapshot
    valuation: Valuation
    session: Session
    market: Market
