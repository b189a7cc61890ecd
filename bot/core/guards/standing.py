"""Where the bot itself stands at the moment of judging: its orders of the session, and what it holds.

It is made from the ledger for every single judgement, so a guard counts the order that left a moment ago. The order
that is judged is never in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """One order of this bot, as far as guards care.

    Attributes:
        order_ref: Ours.
        con_id: The instrument.
        shares: Signed shares that were asked for, never 0.
        filled: Signed shares that executions confirm.
        filled_since: Those of them that were filled since the account was read, or may have been.
        price: Limit price per share.
        made_at: When its intent became durable, aware UTC.
        is_open: Whether it may still fill.
        was_refused: Whether the broker refused it.
        has_failed: Whether it was refused, or left no trace, or nobody knows what became of it.
    """

    order_ref: str
    con_id: int
    shares: int
    filled: float
    filled_since: float
    price: float
    made_at: datetime
    is_open: bool
    was_refused: bool
    has_failed: bool

    @property
    def committed(self) -> float:
        """Signed shares that are filled or may still be filled."""
        return self.shares if self.is_open else self.filled

    @property
    def working(self) -> float:
        """Signed shares that may still be filled."""
        return self.committed - self.filled

    @property
    def notional(self) -> float:
        """Absolute value of what is committed, at the limit price."""
        return abs(self.committed) * self.price


@dataclass(frozen=True, slots=True)
class Holding:
    """One instrument's shares under a plan.

    Attributes:
        shares: Held now: the start of the plan and our own fills.
        start: Held when the plan was fixed.
        approved: Signed shares that the plan may trade.
    """

    shares: float
    start: float
    approved: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The bot's own orders and holdings.

    Attributes:
        orders: Every order of this session that may have left, oldest first, and older ones that may still fill.
        holdings: By conId; what is not there is unknown.
    """

    orders: tuple[OwnOrder, ...] = ()
    holdings: Mapping[int, Holding] = field(default_factory=dict)

    def of(self, con_id: int) -> tuple[OwnOrder, ...]:
        """Return the orders of one instrument, oldest first."""
        return tuple(order for order in self.orders if order.con_id == con_id)
