"""Whether a journal can be believed: what it is, its pages, its chain from the first event to the last.

Rule: an event is believed only if every event before it is. A doubtful journal is refused, with the first event that is
wrong and what to do. Why: recovery asks the journal what was sent; a wrong answer is an order twice.
Cost: linear in the journal. Measured with 100,000 events of 0.5 kB each: the figures are in `docs/decisions/0013`.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect, select
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from bot.adapters.journal.chain import Stored, hash_of, start_of
from bot.adapters.journal.schema import SCHEMA_VERSION, events, meta
from bot.core.domain.event import Tip
from bot.errors import ConfigError, JournalBehind, JournalBroken, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, CursorResult, Engine

    from bot.adapters.journal.tip import Anchor

#: Rows that are fetched at a time, and how often progress is told.
BATCH: Final = 1000

#: What reading a damaged journal raises; a name in it that is no text any more is a ValueError.
_UNREAD: Final = (SQLAlchemyError, ValueError)

_RESTORE: Final = (
    "keep it, restore the last backup (`bot journal restore`), and compare it with the broker before"
    " anything trades"
)


@dataclass(frozen=True, slots=True)
class Believed:
    """A journal whose every event was checked.

    Attributes:
        name: Six characters drawn when it was made.
        made_at: When that was, UTC, as text.
        tip: Its newest event; the number is also how many there are.
    """

    name: str
    made_at: str
    tip: Tip

    @property
    def start(self) -> Tip:
        """What stands for the journal before its first event."""
        return Tip(0, start_of(self.name, self.made_at))


def facts_of(engine: Engine, label: str) -> dict[str, str]:
    """Return what a journal says of itself: schema_version, name, made_at.

    Args:
        engine: An engine on it.
        label: Its place, for messages.

    Raises:
        ConfigError: If it is no journal, or one of a newer version of this program.
        JournalWriteFailed: If it cannot be read.
    """
    try:
        with engine.connect() as connection:
            return _read_facts(connection, label)
    except _UNREAD as error:
        raise unreadable(label, error) from error


def believed(
    engine: Engine,
    label: str,
    anchor: Anchor | None,
    on_progress: Callable[[int], None] | None = None,
) -> Believed:
    """Check everything and return what the journal is.

    Args:
        engine: An engine on it.
        label: Its place, for messages.
        anchor: What the tip file said before this was called, or None without one.
        on_progress: Told the number of events checked, once for each `BATCH` of them.

    Raises:
        ConfigError: If it is no journal, or one of another schema.
        JournalWriteFailed: If it is damaged: nothing may be written behind a broken event.
        JournalBehind: If it ends before the tip file, or is another journal.
    """
    try:
        with engine.connect() as connection:
            check_pages(connection, label)
            facts = _read_facts(connection, label)
            tip = _walk(connection, label, facts, anchor, on_progress)
    except _UNREAD as error:
        raise unreadable(label, error) from error
    return Believed(facts["name"], facts["made_at"], tip)


def check_pages(connection: Connection, label: str) -> None:
    """Have SQLite check the file's structure and indexes; other databases do that by themselves.

    Raises:
        JournalWriteFailed: If it found something.
    """
    if connection.dialect.name != "sqlite":
        return
    findings = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
    if findings != ["ok"]:
        message = f"the journal {label} is damaged ({'; '.join(map(str, findings))}); {_RESTORE}"
        raise JournalWriteFailed(message)


def walked(rows: Iterable[Sequence[Any]], start: str, label: str) -> Iterable[Sequence[Any]]:
    """Pass on rows (fields as in `Stored`) that follow each other without a gap from `start` on.

    Raises:
        JournalBroken: At the first one that does not; with its number and what is wrong.
    """
    previous = start
    for number, row in enumerate(rows, start=1):
        if row[0] != number:
            found = f"has a gap: event {number} is missing, {row[0]} comes instead"
            raise _broken(label, found, number)
        if row[9] != previous:
            found = f"is broken at event {number} ({row[2]}): it does not follow the one before"
            raise _broken(label, found, number)
        previous = hash_of(previous, row)
        if row[10] != previous:
            found = f"is broken at event {number} ({row[2]}): it is not what was written"
            raise _broken(label, found, number)
        yield row


def _broken(label: str, found: str, sequence: int) -> JournalBroken:
    return JournalBroken(f"the journal {label} {found}; {_RESTORE}", sequence)


def stored_rows(connection: Connection) -> CursorResult[Any]:
    """Return every row in sequence, fetched a batch at a time and to be closed; each has the fields of `Stored`."""
    statement = select(*(events.c[name] for name in Stored._fields)).order_by(events.c.sequence)
    return connection.execution_options(yield_per=BATCH).execute(statement)


def _walk(
    connection: Connection,
    label: str,
    facts: dict[str, str],
    anchor: Anchor | None,
    on_progress: Callable[[int], None] | None,
) -> Tip:
    start = start_of(facts["name"], facts["made_at"])
    tip = Tip(0, start)
    if anchor is not None and anchor.name != facts["name"]:
        message = (
            f"the journal {label} is {facts['name']}, but the tip file beside it belongs to {anchor.name}: one of the"
            " two is not from here; find the right journal before anything trades"
        )
        raise JournalBehind(message)
    sequence, newest, anchored = 0, start, anchor.tip if anchor is not None else tip
    with closing(stored_rows(connection)) as rows:
        for row in walked(rows, start, label):
            sequence, newest = row[0], row[10]
            if sequence == anchored.sequence and newest != anchored.hash:
                break
            if on_progress is not None and sequence % BATCH == 0:
                on_progress(sequence)
    if sequence < anchored.sequence or (sequence == anchored.sequence and newest != anchored.hash):
        message = (
            f"the journal {label} ends with event {sequence} ({newest[:12]}), but the tip file beside it knows event"
            f" {anchored.sequence} ({anchored.hash[:12]}): this is an old copy, or was cut; find the newer one before"
            " anything trades"
        )
        raise JournalBehind(message)
    return Tip(sequence, newest)


def _read_facts(connection: Connection, label: str) -> dict[str, str]:
    if not {"meta", "events"} <= set(inspect(connection).get_table_names()):
        message = (
            f"{label} is a database, but no journal of this program; give the journal another path"
        )
        raise ConfigError(message)
    # A damaged file may hold numbers or bytes.
    facts = {str(row.key): str(row.value) for row in connection.execute(select(meta))}
    version = facts.get("schema_version", "")
    if not version.isdigit() or not {"name", "made_at"} <= set(facts):
        message = f"{label} does not say which journal it is; give the journal another path, or restore a backup"
        raise ConfigError(message)
    if int(version) > SCHEMA_VERSION:
        message = (
            f"the journal {label} was written by a newer version (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); install that version again"
        )
        raise ConfigError(message)
    return facts


def unreadable(label: str, error: Exception) -> ConfigError | JournalWriteFailed:
    """Return what a database's failure to read means here."""
    cause = cause_of(error)
    if "not a database" in cause:
        return ConfigError(f"{label} is no journal ({cause}); give the journal another path")
    return JournalWriteFailed(
        f"the journal {label} cannot be read ({cause}); keep it, check the disk or the server, restore the last backup"
    )


def cause_of(error: Exception) -> str:
    """Return the driver's own words on one line: SQLAlchemy's text repeats the statement over several."""
    original = getattr(error, "orig", None) if isinstance(error, DatabaseError) else None
    return " ".join(str(original if original is not None else error).split())
