"""The journal's SQLite file: made whole or not at all, opened only if it can be believed.

Rule: a journal file is complete from the moment it has its name, and a doubtful one is refused with
what to do.
Why: a journal that is empty by accident says "no order was ever sent", the most dangerous wrong
answer there is.
Enforced by: making under another name and linking into place; SQLite may open an existing file
only, never create one.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, create_engine, event, func, insert, select, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from bot.adapters.journal.canonical import utc_text
from bot.adapters.journal.schema import SCHEMA_VERSION, events, meta, metadata
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from datetime import datetime
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
    def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    return engine


def make_file(path: Path, made_at: datetime) -> None:
    """Make an empty journal at `path`, durable with its folder entry; leaves a file that another process made first.

    Args:
        path: Where; its folder is made too.
        made_at: Aware UTC.

    Raises:
        ConfigError: If the folder or the file cannot be made.
        JournalWriteFailed: If a journal was there and is gone.
    """
    # SQLite would read the old log into the new file; and a log without its journal says that there
    # was one, which must be found, not begun anew.
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        message = (
            f"the journal {path} is gone, but its log {log.name} is there; find the journal or"
            " restore a backup before anything trades"
        )
        raise JournalWriteFailed(message)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.making")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _fill_new_file(unfinished, made_at)
            _link_into_place(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, SQLAlchemyError) as error:
        message = (
            f"cannot make the journal {path}: {cause_of(error)}; check the folder's rights and free"
            " space"
        )
        raise ConfigError(message) from error


def _fill_new_file(path: Path, made_at: datetime) -> None:
    path.touch(mode=0o600, exist_ok=False)
    engine = engine_for(path, read_only=False)
    facts = {
        "schema_version": str(SCHEMA_VERSION),
        "name": secrets.token_hex(3),
        "made_at": utc_text(made_at),
    }
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            rows = [{"key": key, "value": value} for key, value in facts.items()]
            connection.execute(insert(meta), rows)
    finally:
        # The last connection to close folds the log into the file, so that the file alone is the
        # journal.
        engine.dispose()
    _sync(path)


def _link_into_place(unfinished: Path, path: Path) -> None:
    try:
        # A link, not a rename: it fails where a rename would silently replace a journal with an
        # empty one.
        os.link(unfinished, path)
    except FileExistsError:
        return
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def believed_name(engine: Engine, path: Path) -> str:
    """Check the file and return the journal's name.

    Args:
        engine: An engine on it.
        path: Its place, for messages.

    Raises:
        ConfigError: If it is no journal, or one of a newer version of this program.
        JournalWriteFailed: If it is damaged or has a gap: nothing may be written behind a hole.
    """
    try:
        with engine.connect() as connection:
            _check_pages(connection, path)
            facts = _read_meta(connection, path)
            _check_sequence(connection, path)
    except DatabaseError as error:
        raise _unreadable(path, error) from error
    return facts["name"]


def check_writable(engine: Engine, path: Path) -> None:
    """Write and take it back, so that a journal that cannot be written is found at the start.

    Raises:
        JournalWriteFailed: If it cannot be written, or another process keeps the lock.
    """
    try:
        with engine.connect() as connection:
            # A true write: SQLite opens a protected file for reading without a word.
            connection.execute(update(meta).values(value=meta.c.value))
            connection.rollback()
    except DatabaseError as error:
        message = (
            f"the journal {path} cannot be written ({cause_of(error)}); check its rights, the disk"
            " and who else has it open"
        )
        raise JournalWriteFailed(message) from error


def _check_pages(connection: Connection, path: Path) -> None:
    findings = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
    if findings != ["ok"]:
        message = (
            f"the journal {path} is damaged ({'; '.join(map(str, findings))}); keep the file, restore the last"
            " backup, and compare it with the broker before anything trades"
        )
        raise JournalWriteFailed(message)


def _read_meta(connection: Connection, path: Path) -> dict[str, str]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    if not {"meta", "events"} <= set(names):
        message = (
            f"{path} is a database, but no journal of this program; give the journal another path"
        )
        raise ConfigError(message)
    facts = {row.key: row.value for row in connection.execute(select(meta))}
    version = facts.get("schema_version", "")
    if not version.isdigit() or "name" not in facts:
        message = f"{path} does not say which journal it is; give the journal another path, or restore a backup"
        raise ConfigError(message)
    if int(version) > SCHEMA_VERSION:
        message = (
            f"the journal {path} was written by a newer version (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); install that version again"
        )
        raise ConfigError(message)
    return facts


def _check_sequence(connection: Connection, path: Path) -> None:
    count, first, last = connection.execute(
        select(func.count(), func.min(events.c.sequence), func.max(events.c.sequence))
    ).one()
    if count and (first != 1 or last != count):
        message = (
            f"the journal {path} has a gap: {count} events numbered {first} to {last}; keep the file, restore the"
            " last backup, and compare it with the broker before anything trades"
        )
        raise JournalWriteFailed(message)


def _unreadable(path: Path, error: DatabaseError) -> ConfigError | JournalWriteFailed:
    cause = cause_of(error)
    if "not a database" in cause:
        return ConfigError(f"{path} is no journal ({cause}); give the journal another path")
    return JournalWriteFailed(
        f"the journal {path} cannot be read ({cause}); keep the file, check the disk, restore the last backup"
    )


def cause_of(error: Exception) -> str:
    """Return the driver's own words: SQLAlchemy's text repeats the statement over several lines."""
    original = getattr(error, "orig", None)
    return str(original if original is not None else error)
