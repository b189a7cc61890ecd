"""A marketable limit order: it trades at once, up to the worst price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.execution.style import Terms

if TYPE_CHECKING:
    from bot.core.execution.style import Asked


def limit(asked: Asked) -> Terms:
    """Return a limit through the far side of the quote."""
    return Terms("LMT", asked.worst, may_expire=True)
