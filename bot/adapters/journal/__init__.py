"""The journal: append-only events in one SQLite file, by SQLAlchemy Core."""

from __future__ import annotations

from bot.adapters.journal.canonical import canonical_json
from bot.adapters.journal.journal import SqlJournal

__all__ = ["SqlJournal", "canonical_json"]
