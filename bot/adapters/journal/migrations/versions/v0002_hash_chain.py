"""Schema 2: build, configuration and a hash chain in every event.

Schema 1 is from before alembic: a journal without alembic's own table is one. Its events get an empty build and
configuration, and the chain from the first to the last.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from bot.adapters.journal.chain import Stored, start_of
from bot.errors import JournalWriteFailed

revision = "0002"
down_revision = None

_TRIGGERS: Final = (
    """
    CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no update'); END
    """,
    """
    CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no delete'); END
    """,
    """
    CREATE TRIGGER events_refuse_break BEFORE INSERT ON events
    BEGIN SELECT CASE
        WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
        THEN RAISE(ABORT, 'events are numbered without gaps')
        WHEN NEW.previous_hash IS NOT
            coalesce((SELECT hash FROM events ORDER BY sequence DESC LIMIT 1), NEW.previous_hash)
        THEN RAISE(ABORT, 'events follow each other by hash')
    END; END
    """,
)

_OLD_COLUMNS: Final = "sequence, recorded_at, kind, look_id, plan_id, order_ref"


def upgrade() -> None:
    """Copy every event into a table with a chain, and put that in the place of the old one."""
    chained = op.create_table(
        "events_chained",
        sa.Column("sequence", sa.Integer, autoincrement=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("look_id", sa.Text),
        sa.Column("plan_id", sa.Text),
        sa.Column("order_ref", sa.Text),
        sa.Column("build", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_events"),
    )
    _copy(op.get_bind(), chained)
    # The triggers and indexes of the old table go with it.
    op.drop_table("events")
    op.rename_table("events_chained", "events")
    for column in ("kind", "look_id", "plan_id", "order_ref"):
        op.create_index(f"ix_events_{column}", "events", [column])
    op.create_index(
        "uq_events_intent_order_ref",
        "events",
        ["order_ref"],
        unique=True,
        sqlite_where=sa.text("kind = 'order_intent'"),
    )
    for trigger in _TRIGGERS:
        op.execute(trigger)
    op.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")


def _copy(connection: sa.Connection, chained: sa.Table) -> None:
    said = connection.exec_driver_sql("SELECT key, value FROM meta")
    facts = {row.key: row.value for row in said}
    previous = start_of(facts["name"], facts["made_at"])
    rows = connection.exec_driver_sql(f"SELECT {_OLD_COLUMNS}, body FROM events ORDER BY sequence")  # noqa: S608 - ours
    for number, row in enumerate(rows, start=1):
        if row.sequence != number:
            message = (
                f"the journal has a gap: event {number} is missing, {row.sequence} comes instead; it is not upgraded:"
                " keep it, restore the last backup, and compare it with the broker before anything trades"
            )
            raise JournalWriteFailed(message)
        old = Stored(row[0], row[1], row[2], row[3], row[4], row[5], "", "", row[6])
        stored = old.following(previous)
        connection.execute(chained.insert(), stored._asdict())
        previous = stored.hash
