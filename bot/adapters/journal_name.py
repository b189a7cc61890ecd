"""The name of a journal, read without its libraries and whatever state it is in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path


def journal_name(path: Path) -> str | None:
    """Return the journal's name, which own order references begin with; None where it cannot be read.

    Plain SQLite, read-only; on a full or protected disk without its shared memory, which cannot be made there.
    """
    for way in ("mode=ro", "mode=ro&immutable=1"):
        address = f"file:{quote(str(path.absolute()))}?{way}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=1.0)) as connection:
                row = connection.execute("SELECT value FROM meta WHERE key = 'name'").fetchone()
        except sqlite3.Error:
            continue
        return str(row[0]) if row is not None else None
    return None
