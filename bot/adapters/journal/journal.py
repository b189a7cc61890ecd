"""The journal port by SQLAlchemy Core: an append that returned is on the disk, and in the chain."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import structlog
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.adapters.build import build_hash
from bot.adapters.journal.canonical import canonical_json, utc_text
from bot.adapters.journal.chain import Stored
from bot.adapters.journal.checks import (
    BATCH,
    believed,
    cause_of,
    facts_of,
    stored_rows,
    walked,
)
from bot.adapters.journal.creating import new_facts
from bot.adapters.journal.files import FilePlace
from bot.adapters.journal.opening import check_writable, refuse_if_known, upgrade_if_older
from bot.adapters.journal.schema import INTENT_KIND, KEYS, events
from bot.adapters.journal.tip import Anchor, TipFile
from bot.core.domain.event import Event, Tip
from bot.errors import ConfigError, JournalWriteFailed, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from sqlalchemy import Engine, Row, Select

    from bot.adapters.journal.checks import Believed
    from bot.adapters.journal.place import Place
    from bot.ports import Clock

_log = structlog.get_logger()

_NEWEST: Final = (
    select(events.c.sequence, events.c.hash).order_by(events.c.sequence.desc()).limit(1)
)
_INSERT: Final = insert(events)


class SqlJournal:
    """Append-only events in one database. Implements `bot.ports.Journal`.

    One process writes at a time (the lease sees to it); `bot halt` may add a line beside it, and
    any number may read.

    Args:
        place: Where it is.
        engine: The database there, already checked.
        found: What the check found.
        clock: Stamps the events.
        config: Digest of the settings that this process runs under; part of every event it writes.
    """

    def __init__(
        self, place: Place, engine: Engine, found: Believed, clock: Clock, config: str
    ) -> None:
        self._place = place
        self._engine = engine
        self._found = found
        self._clock = clock
        self._config = config
        self._tip_file = TipFile(place.tip_path)
        self._is_tip_told = False
        self._executor: ThreadPoolExecutor | None = None

    @classmethod
    def open(
        cls,
        where: Path | Place,
        clock: Clock,
        *,
        config: str = "",
        read_only: bool = False,
        may_upgrade: bool = True,
        on_progress: Callable[[int], None] | None = None,
    ) -> Self:
        """Open a journal after checking all of it; make it if it is not there, unless `read_only`.

        The check walks the whole chain, so a start takes time in proportion to the journal: see `checks`.

        Args:
            where: The SQLite file, or another place; the file's folder is made if need be.
            clock: Stamps the events.
            config: Digest of the settings that this process runs under, if there are any.
            read_only: For `status` and `explain` beside a running daemon: nothing can be written
                then, and a missing journal is a ConfigError, since there is nothing to read.
            may_upgrade: Whether a journal of an older schema may be brought to this one: no process of the older
                program must have it open.
            on_progress: Told the number of events checked, now and then.

        Raises:
            ConfigError: If there is no such journal (`read_only`), or what is there is no journal, or of
                a newer version.
            JournalWriteFailed: If the journal is damaged, has a gap, a broken chain, or cannot be read.
            JournalBehind: If it ends before the tip file beside it.
        """
        place = FilePlace(where) if isinstance(where, Path) else where
        # Before the journal itself: a tip that is read later may be newer than what is compared with it.
        anchor = TipFile(place.tip_path).read()
        if not place.exists():
            if read_only:
                message = f"there is no journal at {place.label}; it is made by the first `bot look` or `bot run`"
                raise ConfigError(message)
            refuse_if_known(place, anchor)
            place.make(new_facts(clock.now()))
        # Looked at without the power to write: what is not ours stays as it is.
        reader = place.engine(read_only=True)
        try:
            facts = facts_of(reader, place.label)
            upgrade_if_older(place, facts, may_upgrade=may_upgrade and not read_only)
            found = believed(reader, place.label, anchor, on_progress)
        finally:
            reader.dispose()
        engine = place.engine(read_only=read_only)
        if not read_only:
            try:
                check_writable(engine, place.label)
            except JournalWriteFailed:
                engine.dispose()
                raise
        return cls(place, engine, found, clock, config)

    @property
    def name(self) -> str:
        """Six characters drawn when the journal was made: part of every order reference."""
        return self._found.name

    @property
    def found(self) -> Believed:
        """What the check at the opening found."""
        return self._found

    @property
    def is_remote(self) -> bool:
        """Whether an append waits for the network."""
        return self._place.is_remote

    @property
    def tip(self) -> Tip:
        """The newest event now, whoever wrote it.

        Raises:
            JournalWriteFailed: If the journal cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                newest = connection.execute(_NEWEST).one_or_none()
        except SQLAlchemyError as error:
            raise _unread(error) from error
        return Tip(newest.sequence, newest.hash) if newest is not None else self._found.start

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Make one event durable and return it as a later read would. Blocks for one disk sync, or the network.

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
            row = Stored(
                sequence=0,
                recorded_at=utc_text(recorded_at),
                kind=kind,
                look_id=keys.get("look_id"),
                plan_id=keys.get("plan_id"),
                order_ref=keys.get("order_ref"),
                build=build_hash(),
                config=self._config,
                body=text,
            )
        except (TypeError, ValueError) as error:
            message = f"a {kind} event cannot be journaled: {error}"
            raise JournalWriteFailed(message) from error
        try:
            stored = self._write(row)
        except SQLAlchemyError as error:
            raise JournalWriteFailed(self._why_not_written(kind, keys, error)) from error
        self._anchor(Tip(stored.sequence, stored.hash))
        return _event_of(stored)

    async def append_remotely(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Append without keeping the event loop from its work while the network answers.

        Where nothing waits for a network it is `append`. A task that is cancelled while it waits does not undo the
        append: `Recorder.record_remotely` sees it through.
        """
        if not self.is_remote:
            return self.append(kind, body, **keys)
        if self._executor is None:
            # One thread: the appends of one process keep their order.
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="journal")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(self.append, kind, body, **keys))

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
            raise _unread(error) from error
        ordered = rows if newest is None else reversed(rows)
        return tuple(_event_of(row) for row in ordered)

    def rows(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Sequence[Any]]:
        """Yield every event as it is stored, fields as in `Stored`, up to the newest one at the opening.

        Each is checked once more on the way, so that a copy holds what was believed.

        Args:
            on_progress: Told the number of events now and then.

        Raises:
            JournalWriteFailed: If the journal cannot be read, or changed under our hands.
        """
        try:
            with self._engine.connect() as connection, closing(stored_rows(connection)) as rows:
                believed_rows = walked(rows, self._found.start.hash, self._place.label)
                for row in islice(believed_rows, self._found.tip.sequence):
                    yield row
                    if on_progress is not None and row[0] % BATCH == 0:
                        on_progress(row[0])
        except SQLAlchemyError as error:
            raise _unread(error) from error

    def probe(self) -> None:
        """Write and take it back.

        Raises:
            JournalWriteFailed: If the journal cannot be written, or another process keeps the lock.
        """
        check_writable(self._engine, self._place.label)

    def close(self) -> None:
        """Release the database; the last one to close folds SQLite's log into the file."""
        if self._executor is not None:
            self._executor.shutdown()
        self._engine.dispose()
        self._tip_file.close()

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

    def _write(self, row: Stored) -> Stored:
        """Take number and hash, and write the row, with no other writer in between."""
        with (
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            self._place.lock(connection)
            newest = connection.execute(_NEWEST).one_or_none()
            sequence, previous = newest if newest is not None else (0, self._found.start.hash)
            stored = row._replace(sequence=sequence + 1).following(previous)
            connection.execute(_INSERT, stored._asdict())
        return stored

    def _anchor(self, tip: Tip) -> None:
        if not self._tip_file.write(Anchor(self.name, tip)) and not self._is_tip_told:
            self._is_tip_told = True
            _log.warning("journal_tip_not_written", path=str(self._tip_file.path))

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
        return (
            f"a {subject} event could not be made durable: {cause_of(error)}; check the"
            f" {'server' if self.is_remote else 'disk'}, then `bot resume`"
        )


def _unread(error: SQLAlchemyError) -> JournalWriteFailed:
    return JournalWriteFailed(
        f"the journal cannot be read ({cause_of(error)}); check the disk or the server before anything trades"
    )


def _event_of(row: Row[Any] | Stored) -> Event:
    return Event(
        sequence=row.sequence,
        recorded_at=datetime.fromisoformat(row.recorded_at),
        kind=row.kind,
        body=json.loads(row.body),
        look_id=row.look_id,
        plan_id=row.plan_id,
        order_ref=row.order_ref,
        build=row.build,
        config=row.config,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
