"""What a style of execution is: a pure function from what is asked for to the terms of one order.

Rule: every order has a price, and no style goes beyond `Asked.worst`, the marketable limit. So a ladder only chooses
how patiently an order waits and how it is worked, never what may be paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.core.domain import units
from bot.errors import require

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.core.domain.instrument import PriceBand
    from bot.core.domain.quote import Quote


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order is made from.

    Attributes:
        shares: Signed whole shares, not 0.
        quote: With both sides, not crossed.
        bands: The contract's price grid.
        number: How many orders of this style and slice came before, from 0.
        numbers: How many there may be, at least 1.
        offset_bps: How far through the far side the worst limit goes, basis points of it, >= 0.
        priority: Of IB's Adaptive algorithm: ``Patient``, ``Normal`` or ``Urgent``.
        is_coarse: Whether the price is rounded to ten of its ticks.
    """

    shares: int
    quote: Quote
    bands: tuple[PriceBand, ...]
    number: int
    numbers: int
    offset_bps: float
    priority: str = "Normal"
    is_coarse: bool = False

    @property
    def mid(self) -> float:
        """Midpoint of the quote, price per share."""
        mid = self.quote.mid
        require(mid is not None, "a style needs a quote with both sides")
        return mid or 0.0

    @property
    def far_side(self) -> float:
        """The price that trades at once: the ask for a buy, the bid for a sell, per share."""
        return (self.quote.ask if self.shares > 0 else self.quote.bid) or 0.0

    @property
    def worst(self) -> Decimal:
        """The marketable limit, on the grid: no order of any style is more aggressive."""
        sign = 1 if self.shares > 0 else -1
        return self.on_grid(self.far_side * (1 + sign * self.offset_bps / 1e4))

    def on_grid(self, price: float) -> Decimal:
        """Return a price on the contract's grid, never more aggressive than given."""
        bands = units.coarser(self.bands) if self.is_coarse else self.bands
        return units.limit_price(price, self.shares, bands)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a style makes of it.

    Attributes:
        order_type: IB's word; one that has a limit.
        limit_price: On the grid, instrument currency per share.
        algorithm: IB's algorithm that works the order, or empty.
        algorithm_parameters: Its parameters, tag and value.
        may_expire: Whether IB takes a moment with it at which it dies by itself.
    """

    order_type: str
    limit_price: Decimal
    algorithm: str = ""
    algorithm_parameters: tuple[tuple[str, str], ...] = ()
    may_expire: bool = False


class Style(Protocol):
    """The shape of every style."""

    def __call__(self, asked: Asked) -> Terms:
        """Return the terms of one order."""
