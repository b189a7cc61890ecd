"""Numbers as a person reads them, for statements."""

from __future__ import annotations


def counted(count: float, noun: str) -> str:
    """Return a whole number with its noun: ``1 session``, ``3 sessions``."""
    return f"{count:.0f} {noun}{'' if count == 1 else 's'}"
