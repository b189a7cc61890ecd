"""A journal file of schema 1 becomes one of this schema: wholly or not at all.

Rule: first a backup beside the file, then one transaction that ends with the new schema's number. Whatever interrupts
it leaves the journal as it was (fault F70). Why: a journal that is half of each is believed by no version.
Enforced by: one transaction around all migrations, and a test that kills it at every step.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.journal.checks import cause_of, check_pages
from bot.adapters.journal.sqlite_file import back_up_file, engine_for
from bot.errors import JournalWriteFailed

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade_file(path: Path) -> None:
    """Bring the journal at `path` to the newest schema; its state before is kept as `<name>.schema-1`.

    Raises:
        JournalWriteFailed: If the file is damaged or cannot be written; it is as before then.
    """
    engine = engine_for(path, read_only=False)
    try:
        with engine.connect() as connection:
            check_pages(connection, str(path))
        back_up_file(path, path.with_name(f"{path.name}.schema-1"))
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            migrate(connection)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        message = (
            f"the journal {path} could not be upgraded ({cause_of(error)}); it is as it was: check the disk and its"
            " rights, and that no older version has it open"
        )
        raise JournalWriteFailed(message) from error
    finally:
        engine.dispose()


def migrate(connection: Connection) -> None:
    """Run all migrations that the journal does not have yet, inside the transaction of `connection`."""
    # Needed once in the life of a journal.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
