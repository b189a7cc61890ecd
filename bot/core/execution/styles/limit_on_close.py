"""A limit order for the closing auction: it works until the close, and cannot be taken back near to it.

IB wants it as DAY (code 113 else). It is worth having as the last rung of a ladder only, since nothing follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.execution.style import Terms

if TYPE_CHECKING:
    from bot.core.execution.style import Asked


def limit_on_close(asked: Asked) -> Terms:
    """Return a limit-on-close order at the worst price."""
    return Terms("LOC", asked.worst)
