"""A limit at the mid that goes towards the far side, order by order.

The first order waits at the mid; of n orders the k-th (from 0) goes k / (n - 1) of the way to the far side, so the
last one trades at once if the quote stays. With a single order it is the mid alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.execution.style import Terms

if TYPE_CHECKING:
    from bot.core.execution.style import Asked


def mid(asked: Asked) -> Terms:
    """Return a limit between mid and far side."""
    part = asked.number / (asked.numbers - 1) if asked.numbers > 1 else 0.0
    wanted = asked.mid + part * (asked.far_side - asked.mid)
    return Terms("LMT", asked.on_grid(wanted), may_expire=True)
