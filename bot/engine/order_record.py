"""One attempt of a leg, and everything that the journal says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.machines import order as order_machine
from bot.core.machines.order import OrderState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.orders import Commission, Consequence, Execution, OrderIntent

ZERO = Decimal(0)


def fill_key(execution_id: str) -> tuple[str, int]:
    """Split IB's execution id into the fill it names and its revision: a correction counts up the last part."""
    fill, _, revision = execution_id.rpartition(".")
    if not fill or not revision.isdigit():
        return execution_id, 0
    return fill, int(revision)


@dataclass(slots=True)
class OrderRecord:
    """One attempt and everything known about it.

    Attributes:
        intent: What was meant.
        state: Where its life stands.
        recorded_at: When the intent became durable, aware UTC.
        fills: The newest revision of each fill, by the fill's name.
        commissions: What fills cost, by execution id.
        refusal: The broker's words when it refused the order, or None.
        consequence: What that refusal means for the orders after it, or None.
        altered: In what the broker's order differs from what was sent, or None.
        is_withheld: Whether it was not written to the broker after all.
    """

    intent: OrderIntent
    state: OrderState
    recorded_at: datetime
    fills: dict[str, Execution] = field(default_factory=dict)
    commissions: dict[str, Commission] = field(default_factory=dict)
    refusal: str | None = None
    consequence: Consequence | None = None
    altered: str | None = None
    is_withheld: bool = False

    @property
    def filled(self) -> Decimal:
        """Signed shares filled, from executions only."""
        return sum((fill.shares for fill in self.fills.values()), ZERO)

    @property
    def is_final(self) -> bool:
        """Whether the broker can do nothing more with it."""
        return self.state in order_machine.FINAL

    @property
    def has_lost_shares(self) -> bool:
        """Whether it was filled, and the broker took a part back by correcting a fill."""
        return self.state is OrderState.FILLED and self.filled != Decimal(self.intent.shares)

    @property
    def costs(self) -> Decimal:
        """What its fills cost in commissions, instrument currency."""
        return sum((cost.amount or ZERO for cost in self.commissions.values()), ZERO)

    @property
    def cash_flow(self) -> Decimal:
        """Cash that its fills brought (+) or took (-), less what they cost, instrument currency."""
        traded = sum((-fill.shares * fill.price for fill in self.fills.values()), ZERO)
        return traded - self.costs

    @property
    def average_price(self) -> float:
        """Mean price of its fills, instrument currency per share; only with shares filled."""
        traded = sum((fill.shares * fill.price for fill in self.fills.values()), ZERO)
        return float(traded / self.filled)

    @property
    def committed(self) -> Decimal:
        """Signed shares that are filled or may still be filled."""
        if self.is_final:
            return self.filled
        return Decimal(self.intent.shares)

    def has(self, execution_id: str) -> bool:
        """Return whether this fill, in this or a later revision, was counted already."""
        fill, revision = fill_key(execution_id)
        known = self.fills.get(fill)
        return known is not None and fill_key(known.execution_id)[1] >= revision
