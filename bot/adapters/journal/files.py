"""The journal's SQLite file: made whole or not at all, opened only if it can be believed.

Rule: a journal file is complete from the moment it has its name, and a doubtful one is refused with
what to do.
Why: a journal that is empty by accident says "no order was ever sent", the most dangerous wrong
answer there is.
Enforced by: making under another name and linking into place; SQLite may open an existing file
only, never create one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.journal.checks import cause_of
from bot.adapters.journal.creating import create_tables
from bot.adapters.journal.sqlite_file import engine_for, link_into_place, sync, unfinished
from bot.adapters.journal.upgrade import upgrade_file
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A SQLite file. Implements `Place`."""

    path: Path

    @property
    def label(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def tip_path(self) -> Path:
        """The file's own name with another end."""
        return self.path.with_suffix(".tip")

    @property
    def is_remote(self) -> bool:
        """Never: a commit is one sync of the local disk."""
        return False

    def exists(self) -> bool:
        """Return whether there is something with this name."""
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def make(self, facts: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> bool:
        """Make a journal, durable with its folder entry; leaves a file that another process made first.

        Args:
            facts: Name and made_at.
            rows: Its events, fields as in `Stored`.

        Returns:
            Whether it was made here.

        Raises:
            ConfigError: If the folder or the file cannot be made.
            JournalWriteFailed: If a journal was there and is gone.
        """
        # SQLite would read the old log into the new file; and a log without its journal says that there
        # was one, which must be found, not begun anew.
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.exists():
            message = (
                f"the journal {self.path} is gone, but its log {log.name} is there; find the journal or"
                " restore a backup before anything trades"
            )
            raise JournalWriteFailed(message)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished(self.path) as fresh:
                _fill_new_file(fresh, facts, rows)
                return link_into_place(fresh, self.path)
        except (OSError, SQLAlchemyError) as error:
            message = (
                f"cannot make the journal {self.path}: {cause_of(error)}; check the folder's rights and free"
                " space"
            )
            raise ConfigError(message) from error

    def engine(self, *, read_only: bool) -> Engine:
        """Return an engine on the existing file."""
        return engine_for(self.path, read_only=read_only)

    def lock(self, connection: Connection) -> None:
        """Keep other writers out: every transaction of a writing engine did so when it began."""

    def upgrade(self) -> None:
        """Bring a file of schema 1 to this schema, with a backup beside it first."""
        upgrade_file(self.path)


def _fill_new_file(path: Path, facts: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    path.touch(mode=0o600, exist_ok=False)
    engine = engine_for(path, read_only=False)
    try:
        with engine.begin() as connection:
            create_tables(connection, facts, rows)
    finally:
        # The last connection to close folds the log into the file, so that the file alone is the
        # journal.
        engine.dispose()
    sync(path)
