"""An empty journal's tables and what it says of itself, on any database."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import insert

from bot.adapters.journal.canonical import utc_text
from bot.adapters.journal.schema import REVISION, SCHEMA_VERSION, meta, metadata, revisions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def new_facts(made_at: datetime) -> dict[str, str]:
    """Return what a journal that is made now says of itself."""
    return {
        "schema_version": str(SCHEMA_VERSION),
        "name": secrets.token_hex(3),
        "made_at": utc_text(made_at),
    }


def create_tables(connection: Connection, facts: dict[str, str]) -> None:
    """Make the tables of an empty journal, inside the transaction of `connection`."""
    metadata.create_all(connection)
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in facts.items()])
    connection.execute(insert(revisions), {"version_num": REVISION})
