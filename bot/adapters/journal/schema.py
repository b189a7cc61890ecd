"""The journal's tables, and what the database itself guarantees of them.

Rule: an event, once written, is never changed, removed, overwritten or skipped, and follows the newest one by its
hash; an order_ref is intended once, for ever.
Why: recovery believes the journal. A row that could be edited, or a second intent under one
order_ref, is an order twice.
Enforced by: triggers (also against other programs that open the journal) and a unique partial index;
not by care.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
)

#: Raised by one with every change of the tables; a journal with a higher one is refused. Schema 1 had no chain.
SCHEMA_VERSION: Final = 2

#: The newest of `migrations/versions`.
REVISION: Final = "0002"

#: The kind whose order_ref is unique: `bot.engine.events.ORDER_INTENT`, which this layer may not
#: import.
INTENT_KIND: Final = "order_intent"

#: The columns that events are found by.
KEYS: Final = ("look_id", "plan_id", "order_ref")

#: Names from day one, so that a later migration can name what it changes on every database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

events = Table(
    "events",
    metadata,
    # SQLite wants exactly INTEGER for its row number to be this very column.
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("recorded_at", Text, nullable=False),
    Column("kind", Text, nullable=False, index=True),
    Column("look_id", Text, index=True),
    Column("plan_id", Text, index=True),
    Column("order_ref", Text, index=True),
    Column("build", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

Index(
    "uq_events_intent_order_ref",
    events.c.order_ref,
    unique=True,
    sqlite_where=events.c.kind == INTENT_KIND,
    postgresql_where=events.c.kind == INTENT_KIND,
)

#: What the journal says of itself: schema_version, name, made_at.
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Alembic's own note of the schema; a journal of schema 1 has none.
revisions = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), primary_key=True),
)

_SQLITE_TRIGGERS: Final = (
    """
    CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no update'); END
    """,
    """
    CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only: no delete'); END
    """,
    # This one also stops INSERT OR REPLACE, which removes a row without asking the one above.
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

# Two percent signs are one: SQLAlchemy formats a DDL.
_POSTGRESQL_TRIGGERS: Final = (
    """
    CREATE FUNCTION events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'events are append-only: no %%', lower(TG_OP)
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE FUNCTION events_refuse_break() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE newest RECORD;
    BEGIN
        SELECT sequence, hash INTO newest FROM events ORDER BY sequence DESC LIMIT 1;
        IF NEW.sequence IS DISTINCT FROM coalesce(newest.sequence, 0) + 1 THEN
            RAISE EXCEPTION 'events are numbered without gaps'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF newest.hash IS NOT NULL AND NEW.previous_hash IS DISTINCT FROM newest.hash THEN
            RAISE EXCEPTION 'events follow each other by hash'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_refuse_change()
    """,
    """
    CREATE TRIGGER events_refuse_break BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION events_refuse_break()
    """,
)


def _ddl(statement: str, dialect: str) -> DDL:
    # The one class of SQLAlchemy's here whose constructor has no return type.
    return DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


for _statement in _SQLITE_TRIGGERS:
    event.listen(events, "after_create", _ddl(_statement, "sqlite"))
for _statement in _POSTGRESQL_TRIGGERS:
    event.listen(events, "after_create", _ddl(_statement, "postgresql"))
