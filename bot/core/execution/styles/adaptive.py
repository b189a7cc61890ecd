"""IB's Adaptive algorithm on a limit order: the broker looks for a price inside the spread, our limit bounds it.

It has no `good till`: Adaptive takes DAY orders; the cancel when its time is over ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.execution.style import Terms

if TYPE_CHECKING:
    from bot.core.execution.style import Asked


def adaptive(asked: Asked) -> Terms:
    """Return a limit at the worst price, worked by the algorithm."""
    parameters = (("adaptivePriority", asked.priority),)
    return Terms("LMT", asked.worst, "Adaptive", parameters)
