"""A journal's tables and what it says of itself, on any database."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from bot.adapters.journal.canonical import utc_text
from bot.adapters.journal.chain import Stored
from bot.adapters.journal.schema import (
    REVISION,
    SCHEMA_VERSION,
    events,
    meta,
    metadata,
    revisions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

#: Rows that are written at a time.
_BATCH: Final = 500


def new_facts(made_at: datetime) -> dict[str, str]:
    """Return what makes a journal that is made now (aware UTC) another one than all others."""
    return {"name": secrets.token_hex(3), "made_at": utc_text(made_at)}


def create_tables(
    connection: Connection, facts: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Make the tables of a journal with its events, inside the transaction of `connection`.

    Args:
        connection: To a database without any table.
        facts: Name and made_at.
        rows: Events, fields as in `Stored`; the triggers see to it that they follow each other.
    """
    metadata.create_all(connection)
    said = {**facts, "schema_version": str(SCHEMA_VERSION)}
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in said.items()])
    connection.execute(insert(revisions), {"version_num": REVISION})
    left = iter(rows)
    while batch := [dict(zip(Stored._fields, row, strict=True)) for row in islice(left, _BATCH)]:
        connection.execute(insert(events), batch)
