"""The journal: append-only, chained events in a SQLite file or on a PostgreSQL server, by SQLAlchemy Core."""

from __future__ import annotations

from bot.adapters.journal.canonical import canonical_json
from bot.adapters.journal.files import FilePlace
from bot.adapters.journal.journal import SqlJournal
from bot.adapters.journal.place import Place
from bot.adapters.journal.server import ServerPlace

__all__ = ["FilePlace", "Place", "ServerPlace", "SqlJournal", "canonical_json"]
