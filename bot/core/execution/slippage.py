"""What fills cost against the mid at which their trade was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Slippage:
    """One order's fills against its leg's arrival mid.

    Attributes:
        order_ref: The order.
        symbol: For display.
        shares: Signed shares filled, not 0.
        average_price: Of its fills, instrument currency per share, above 0.
        arrival_price: Mid when the plan was fixed, per share, above 0.
    """

    order_ref: str
    symbol: str
    shares: Decimal
    average_price: float
    arrival_price: float

    @property
    def bps(self) -> float:
        """Signed basis points of the arrival mid; + is a cost: bought above it, or sold below it."""
        side = 1 if self.shares > 0 else -1
        return side * (self.average_price - self.arrival_price) / self.arrival_price * 1e4

    @property
    def weight(self) -> float:
        """Value of its shares at the arrival mid, instrument currency."""
        return float(abs(self.shares)) * self.arrival_price


def total_bps(slippages: Iterable[Slippage]) -> float | None:
    """Return the slippage of all together in basis points, by their value at arrival; None without a fill."""
    every = list(slippages)
    value = sum(each.weight for each in every)
    return sum(each.bps * each.weight for each in every) / value if value else None
