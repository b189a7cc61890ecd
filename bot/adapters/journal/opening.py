"""What is asked before a journal is written: that none is lost, that its schema is ours, that it can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.journal.checks import cause_of
from bot.adapters.journal.schema import SCHEMA_VERSION, meta
from bot.errors import ConfigError, JournalBehind, JournalWriteFailed

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.adapters.journal.place import Place
    from bot.adapters.journal.tip import Anchor


def refuse_if_known(place: Place, anchor: Anchor | None) -> None:
    """Refuse to begin a journal anew where the tip file knows of one.

    Raises:
        JournalBehind: If it does.
    """
    if anchor is not None:
        message = (
            f"there is no journal at {place.label}, but the tip file {place.tip_path} knows journal {anchor.name} with"
            f" {anchor.tip.sequence} events; find it or restore a backup before anything trades"
        )
        raise JournalBehind(message)


def upgrade_if_older(place: Place, facts: dict[str, str], *, may_upgrade: bool) -> None:
    """Bring a journal of an older schema to this one.

    Raises:
        ConfigError: If it would have to be written for that, and must not be.
    """
    version = int(facts["schema_version"])
    if version == SCHEMA_VERSION:
        return
    if not may_upgrade:
        message = (
            f"the journal {place.label} was written by an older version (schema {version}, this one reads"
            f" {SCHEMA_VERSION}); stop the bot that runs, then the next `bot look` or `bot run` upgrades it"
        )
        raise ConfigError(message)
    place.upgrade()


def check_writable(engine: Engine, label: str) -> None:
    """Write and take it back, so that a journal that cannot be written is found at the start.

    Raises:
        JournalWriteFailed: If it cannot be written, or another process keeps the lock.
    """
    try:
        with engine.connect() as connection:
            # A true write: SQLite opens a protected file for reading without a word.
            connection.execute(update(meta).values(value=meta.c.value))
            connection.rollback()
    except SQLAlchemyError as error:
        message = (
            f"the journal {label} cannot be written ({cause_of(error)}); check its rights, the disk"
            " and who else has it open"
        )
        raise JournalWriteFailed(message) from error
