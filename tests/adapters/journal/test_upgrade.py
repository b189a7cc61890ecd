"""A journal of schema 1: what becomes of it, and what is left when that is broken off."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.adapters.journal import SqlJournal, upgrade
from bot.adapters.journal.schema import REVISION, SCHEMA_VERSION, metadata
from bot.adapters.journal.sqlite_file import engine_for
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]

#: What schema 1 wrote: six events, as `sqlite3 .dump` shows them.
SCHEMA_1 = Path(__file__).with_name("schema-1.sql")


def rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(
            "SELECT sequence, recorded_at, kind, look_id, plan_id, order_ref, body FROM events"
            " ORDER BY sequence"
        ).fetchall()


def version(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found: str = connection.execute(
            "SELECT value FROM meta WHERE key = 'schema_version'"
        ).fetchone()[0]
    return found


@pytest.fixture
def old(path: Path) -> Path:
    """A journal as schema 1 left it, in the write-ahead mode."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA_1.read_text(encoding="utf-8"))
    return path


def test_every_event_is_there_and_in_the_chain(opened: Opened, old: Path) -> None:
    before = rows(old)
    with opened() as journal:
        events = journal.events()
        assert journal.name == "954725"
        assert journal.append("a", {}).sequence == 7
    assert rows(old)[:6] == before
    assert version(old) == str(SCHEMA_VERSION)
    assert events[0].previous_hash == journal.found.start.hash
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert {(event.build, event.config) for event in events} == {("", "")}
    with opened(read_only=True) as journal:
        assert journal.found.tip.sequence == 7


def test_its_state_before_is_kept_beside_it(opened: Opened, old: Path) -> None:
    before = rows(old)
    opened().close()
    kept = old.with_name("journal.db.schema-1")
    assert (rows(kept), version(kept)) == (before, "1")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert {entry.name for entry in old.parent.iterdir()} == {"journal.db", "journal.db.schema-1"}


def test_an_upgraded_journal_is_made_like_a_new_one(
    opened: Opened, old: Path, clock: HandClock
) -> None:
    opened().close()
    new = old.with_name("new.db")
    SqlJournal.open(new, clock).close()

    def shape(path: Path) -> dict[str, object]:
        with closing(sqlite3.connect(path)) as connection:
            made = connection.execute(
                "SELECT type, name, sql FROM sqlite_master ORDER BY name"
            ).fetchall()
            columns = connection.execute("PRAGMA table_info(events)").fetchall()
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        objects = {
            (kind, name, " ".join(sql.split()) if kind == "trigger" else "")
            for kind, name, sql in made
        }
        return {"objects": objects, "columns": columns, "revision": revision}

    assert shape(old) == shape(new)


def test_the_tables_are_those_that_the_code_names(opened: Opened, old: Path) -> None:
    opened().close()
    engine = engine_for(old, read_only=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_new_journals_are_marked_with() -> None:
    scripts = ScriptDirectory(str(Path(upgrade.__file__).parent / "migrations"))
    assert scripts.get_heads() == [REVISION]
    assert int(REVISION) == SCHEMA_VERSION


def test_the_database_refuses_changes_after_an_upgrade_as_before(opened: Opened, old: Path) -> None:
    opened().close()
    insert = "INSERT INTO events SELECT {}, recorded_at, kind, NULL, NULL, NULL, '', '', body, hash, hash FROM events"
    for statement in (
        "UPDATE events SET body = '{}'",
        "DELETE FROM events",
        f"{insert.format(9)} LIMIT 1",
        f"{insert.format(7)} LIMIT 1",
    ):
        with closing(sqlite3.connect(old)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)


def test_an_order_ref_of_before_is_not_intended_again(opened: Opened, old: Path) -> None:
    with pytest.raises(JournalWriteFailed, match="order_ref abc-1-0-1 was intended before"):
        opened().append("order_intent", {}, order_ref="abc-1-0-1")


def test_who_only_reads_leaves_it_as_it_is(opened: Opened, old: Path) -> None:
    with pytest.raises(ConfigError, match=r"older version \(schema 1, this one reads 2\)"):
        opened(read_only=True)
    assert version(old) == "1"


def test_it_is_left_as_it_is_while_another_process_trades(old: Path, clock: HandClock) -> None:
    with pytest.raises(ConfigError, match="stop the bot that runs"):
        SqlJournal.open(old, clock, may_upgrade=False)
    assert version(old) == "1"


def test_one_with_a_gap_is_refused_and_left_as_it_is(opened: Opened, old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TRIGGER events_refuse_delete")
        connection.execute("DELETE FROM events WHERE sequence = 4")
        connection.commit()
    with pytest.raises(JournalWriteFailed, match="event 4 is missing"):
        opened()
    assert (version(old), len(rows(old))) == ("1", 5)


# Upgrades copies of a journal, each killed some lines later than the one before, until one is not.
INTERRUPTER = """
import os, shutil, sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
import alembic.command, alembic.config  # imported once, not in every child
source, folder, every = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
def child(target, steps):
    def tracing(frame, event, argument):
        nonlocal steps
        if not frame.f_code.co_filename.endswith(("upgrade.py", "hash_chain.py", "sqlite_file.py")):
            return None
        if event == "line":
            steps -= 1
            if steps < 0:
                os.kill(os.getpid(), 9)
        return tracing
    sys.settrace(tracing)
    SqlJournal.open(target, WallClock())
    os._exit(0)
steps = 0
while True:
    target = folder / str(steps) / "journal.db"
    target.parent.mkdir()
    for end in ("", "-wal", "-shm"):
        if source.with_name(source.name + end).exists():
            shutil.copy(source.with_name(source.name + end), target.with_name(target.name + end))
    pid = os.fork()
    if pid == 0:
        child(target, steps)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != -9:
        sys.exit(code)
    steps += every
"""


def test_interrupted_at_any_step_it_is_the_old_journal_or_the_new_one(
    old: Path, clock: HandClock
) -> None:
    """F70: a child process is killed at one line of the upgrade after the other."""
    before = rows(old)
    folder = old.parent / "interrupted"
    folder.mkdir()
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", INTERRUPTER, str(old), str(folder), "8"], check=True
    )
    found = set()
    for target in sorted(folder.iterdir(), key=lambda each: int(each.name)):
        path = target / "journal.db"
        found.add(version(path))
        assert rows(path) == before
        journal = SqlJournal.open(path, clock)
        assert [event.sequence for event in journal.events()] == [1, 2, 3, 4, 5, 6]
        assert journal.append("a", {}).sequence == 7
        journal.close()
    assert found == {"1", "2"}
