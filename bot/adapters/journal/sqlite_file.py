"""SQLite as the journal wants it: durable commits, transactions of our own, files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, create_engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

#: How long a statement waits for another process's write to end, milliseconds.
BUSY_TIMEOUT_MS: Final = 5_000

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys = ON",
)
_WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # FULL syncs the log at every commit; NORMAL may lose the last commits with the power.
    "PRAGMA synchronous = FULL",
)


def engine_for(path: Path, *, read_only: bool) -> Engine:
    """Return an engine on an existing file; it never creates one.

    Args:
        path: The journal's file.
        read_only: Whether every connection may only read.
    """
    mode = "ro" if read_only else "rw"
    url = URL.create(
        "sqlite",
        database=f"file:{quote(str(path.absolute()))}",
        query={"mode": mode, "uri": "true"},
    )
    engine = create_engine(url)
    pragmas = _PRAGMAS if read_only else (*_PRAGMAS, *_WRITER_PRAGMAS)

    # SQLAlchemy hands over the driver's own connection, which has no common type.
    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401
        # The driver begins transactions late and ends them before a change of the schema: we do it.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("writes", False)
        # IMMEDIATE: what a writer has read is still so when it writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Lend a new name beside `path` for a file that is not finished; nothing of it is left afterwards."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.making")
    try:
        yield fresh
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            fresh.with_name(f"{fresh.name}{end}").unlink(missing_ok=True)


def link_into_place(fresh: Path, path: Path) -> bool:
    """Give a finished file its name, durably; return False if another process took the name first."""
    try:
        # A link, not a rename: it fails where a rename would silently replace a journal with an
        # empty one.
        os.link(fresh, path)
    except FileExistsError:
        return False
    sync(path.parent)
    return True


def sync(path: Path) -> None:
    """Wait until a file or a folder's entries are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def back_up_file(path: Path, target: Path) -> None:
    """Copy a SQLite file as it is at one moment, its log included, durably and under its name only when whole."""
    with unfinished(target) as fresh:
        fresh.touch(mode=0o600, exist_ok=False)
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(fresh)) as copy:
            source.backup(copy)
            # One file, without a log beside it, also where it is only read later.
            copy.execute("PRAGMA journal_mode = DELETE")
        sync(fresh)
        fresh.replace(target)
    sync(target.parent)
