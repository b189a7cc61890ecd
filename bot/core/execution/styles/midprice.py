"""IB's MIDPRICE: the broker keeps the order at the mid, and our limit is its cap.

It has no `good till` here: IB documents MIDPRICE for DAY; the cancel when its time is over ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.execution.style import Terms

if TYPE_CHECKING:
    from bot.core.execution.style import Asked


def midprice(asked: Asked) -> Terms:
    """Return a mid-price order with the worst price as its cap."""
    return Terms("MIDPRICE", asked.worst)
