"""The journal port by SQLAlchemy Core: an append that returned is on the disk."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.adapters.journal.canonical import canonical_json, utc_text
from bot.adapters.journal.files import (
    believed_name,
    cause_of,
    check_writable,
    engine_for,
    make_file,
)
from bot.adapters.journal.schema import INTENT_KIND, KEYS, events
from bot.core.domain.event import Event
from bot.errors import ConfigError, JournalWriteFailed, require

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Engine, Row, Select

    from bot.ports import Clock


class SqlJournal:
    """Append-only events in one database. Implements `bot.ports.Journal`.

    One process writes at a time (the lease sees to it); `bot halt` may add a line beside it, and
    any number may read.

    Args:
        engine: The database, already checked.
        name: Six characters drawn when the journal was made.
        clock: Stamps the events.
    """

    def __init__(self, engine: Engine, name: str, clock: Clock) -> None:
        self._engine = engine
        self._name = name
        self._clock = clock
        # The number is taken inside the statement that writes it: no other writer can come between.
        following = select(func.coalesce(func.max(events.c.sequence), 0) + 1)
        self._insert = (
            insert(events).values(sequence=following.scalar_subquery()).returning(events.c.sequence)
        )

    @classmethod
    def open(cls, path: Path, clock: Clock, *, read_only: bool = False) -> Self:
        """Open the journal at `path` after checking it; make it if it is not there, unless `read_only`.

        Args:
            path: The SQLite file; its folder is made if need be.
            clock: Stamps the events.
            read_only: For `status` and `explain` beside a running daemon: nothing can be written
                then, and a missing file is a ConfigError, since there is nothing to read.

        Raises:
            ConfigError: If there is no such journal (`read_only`), or the file is no journal, or of
                a newer version.
            JournalWriteFailed: If the journal is damaged, has a gap or cannot be read.
        """
        if not path.exists():
            if read_only:
                message = f"there is no journal at {path}; it is made by the first `bot look` or `bot run`"
                raise ConfigError(message)
            make_file(path, clock.now())
        # Looked at without the power to write: a file that is not ours stays as it is.
        reader = engine_for(path, read_only=True)
        try:
            name = believed_name(reader, path)
        finally:
            reader.dispose()
        engine = engine_for(path, read_only=read_only)
        if not read_only:
            try:
                check_writable(engine, path)
            except JournalWriteFailed:
                engine.dispose()
                raise
        return cls(engine, name, clock)

    @property
    def name(self) -> str:
        """Six characters drawn when the journal was made: part of every order reference."""
        return self._name

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Make one event durable and return it as a later read would. Blocks for one disk sync.

        Args:
            kind: What happened, a name of `bot.engine.events`.
            body: The facts; what `canonical_json` takes.
            keys: Any of look_id, plan_id, order_ref.

        Raises:
            JournalWriteFailed: If the event is not durable, its body has no canonical form, or an
                intent's order_ref was used before.
            InvariantBroken: If a key is none of the three.
        """
        require(
            set(keys) <= set(KEYS), f"events are found by {', '.join(KEYS)}, found {sorted(keys)}"
        )
        recorded_at = self._clock.now()
        try:
            text = canonical_json(body)
            row = {"recorded_at": utc_text(recorded_at), "kind": kind, "body": text, **keys}
        except (TypeError, ValueError) as error:
            message = f"a {kind} event cannot be journaled: {error}"
            raise JournalWriteFailed(message) from error
        try:
            with self._engine.begin() as connection:
                sequence = connection.execute(self._insert, row).scalar_one()
        except SQLAlchemyError as error:
            raise JournalWriteFailed(self._why_not_written(kind, keys, error)) from error
        return Event(sequence, recorded_at, kind, json.loads(text), **keys)

    def events(
        self, *, kinds: Iterable[str] = (), newest: int | None = None, **keys: str
    ) -> tuple[Event, ...]:
        """Return events in ascending sequence.

        Args:
            kinds: Only these kinds; all if empty.
            newest: Only the last n that match; all if None.
            keys: Only events with these values of look_id, plan_id, order_ref.

        Raises:
            JournalWriteFailed: If the journal cannot be read: what it knows is then unknown, not
                nothing.
            InvariantBroken: If a key is none of the three or `newest` is negative.
        """
        statement = self._select(tuple(kinds), newest, keys)
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(statement).all()
        except SQLAlchemyError as error:
            message = f"the journal cannot be read ({cause_of(error)}); check the disk before anything trades"
            raise JournalWriteFailed(message) from error
        ordered = rows if newest is None else reversed(rows)
        return tuple(_event_of(row) for row in ordered)

    def close(self) -> None:
        """Release the file; the last one to close folds SQLite's log into it."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the journal, which is open already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _select(
        self, kinds: tuple[str, ...], newest: int | None, keys: dict[str, str]
    ) -> Select[Any]:
        require(
            set(keys) <= set(KEYS), f"events are found by {', '.join(KEYS)}, found {sorted(keys)}"
        )
        statement = select(events)
        if kinds:
            statement = statement.where(events.c.kind.in_(kinds))
        for key, value in keys.items():
            statement = statement.where(events.c[key] == value)
        if newest is None:
            return statement.order_by(events.c.sequence)
        require(newest >= 0, f"newest counts events, found {newest}")
        return statement.order_by(events.c.sequence.desc()).limit(newest)

    def _why_not_written(self, kind: str, keys: dict[str, str], error: SQLAlchemyError) -> str:
        order_ref = keys.get("order_ref")
        is_repeatable = isinstance(error, IntegrityError) and kind == INTENT_KIND
        if is_repeatable and order_ref and self.events(kinds=(INTENT_KIND,), order_ref=order_ref):
            return f"the order_ref {order_ref} was intended before; no order is sent twice under one reference"
        where = ", ".join(f"{key} {value}" for key, value in sorted(keys.items()))
        subject = f"{kind} ({where})" if where else kind
        return f"a {subject} event could not be made durable: {cause_of(error)}; check the disk, then `bot resume`"


def _event_of(row: Row[Any]) -> Event:
    return Event(
        sequence=row.sequence,
        recorded_at=datetime.fromisoformat(row.recorded_at),
        kind=row.kind,
        body=json.loads(row.body),
        look_id=row.look_id,
        plan_id=row.plan_id,
        order_ref=row.order_ref,
    )
