"""The SQLite file: how it is made, what it refuses, who may write it."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.adapters.journal import SqlJournal
from bot.adapters.journal.opening import check_writable
from bot.adapters.journal.sqlite_file import engine_for
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]


def tampered(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_every_commit_is_synced_to_the_disk(opened: Opened) -> None:
    journal = opened()
    with journal._engine.connect() as connection:
        # 2 is FULL.
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() > 0


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE events SET body = '{}'", "no update"),
        ("DELETE FROM events", "no delete"),
        (
            "INSERT OR REPLACE INTO events VALUES (1, 't', 'k', NULL, NULL, NULL, '', '', '{}', '', '')",
            "without gaps",
        ),
        (
            "INSERT INTO events VALUES (3, 't', 'k', NULL, NULL, NULL, '', '', '{}', '', '')",
            "without gaps",
        ),
        (
            "INSERT INTO events VALUES (2, 't', 'k', NULL, NULL, NULL, '', '', '{}', '', '')",
            "follow each other by hash",
        ),
        ("UPDATE OR IGNORE events SET sequence = 5", "no update"),
    ],
)
def test_another_program_cannot_change_what_was_written(
    opened: Opened, path: Path, statement: str, message: str
) -> None:
    event = opened().append("a", {})
    with pytest.raises(sqlite3.IntegrityError, match=message):
        tampered(path, statement)
    assert opened().events() == (event,)


def test_a_failed_making_leaves_neither_a_journal_nor_anything_else(
    tmp_path: Path, clock: HandClock
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot make the journal"):
        SqlJournal.open(tmp_path / "state" / "journal.db", clock)
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_two_makers_at_once_make_one_journal(path: Path, clock: HandClock) -> None:
    made: list[str] = []

    def make_another(_frame: object, event: str, function: object) -> None:
        # Called by the interpreter before every call of a C function: this one gives the name.
        if event == "c_call" and function is os.link and not made:
            other = SqlJournal.open(path, clock)
            made.append(other.name)
            other.append("a", {})
            other.close()

    sys.setprofile(make_another)
    try:
        journal = SqlJournal.open(path, clock)
    finally:
        sys.setprofile(None)
    assert [journal.name] == made
    assert len(journal.events()) == 1
    journal.close()


def test_making_syncs_the_file_and_the_folder(path: Path, clock: HandClock) -> None:
    synced: list[str] = []

    def note(_frame: object, event: str, function: object) -> None:
        if event == "c_call" and function is os.fsync:
            synced.append("fsync")

    sys.setprofile(note)
    try:
        SqlJournal.open(path, clock).close()
    finally:
        sys.setprofile(None)
    assert len(synced) == 2


def test_making_leaves_one_file_and_only_its_owner_may_read_it(opened: Opened, path: Path) -> None:
    opened().close()
    assert [entry.name for entry in path.parent.iterdir()] == ["journal.db"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_path_with_letters_that_mean_something_in_a_url_is_a_plain_path(
    tmp_path: Path, clock: HandClock
) -> None:
    path = tmp_path / "a b?c#d%20e&f" / "journal.db"
    journal = SqlJournal.open(path, clock)
    journal.append("a", {})
    journal.close()
    assert path.stat().st_size > 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a b?c#d%20e&f"]


def test_an_empty_file_is_refused_not_filled(path: Path, clock: HandClock) -> None:
    # Zero bytes may be a journal that was cut: to begin it anew would say that nothing was ever sent.
    path.parent.mkdir()
    path.touch()
    with pytest.raises(ConfigError, match="no journal of this program"):
        SqlJournal.open(path, clock)
    assert path.stat().st_size == 0


def test_a_file_that_is_no_database_is_refused(path: Path, clock: HandClock) -> None:
    path.parent.mkdir()
    path.write_text("[account]\n" * 200)
    with pytest.raises(ConfigError, match="is no journal"):
        SqlJournal.open(path, clock)


@pytest.mark.parametrize("key", ["schema_version", "name", "made_at"])
def test_a_journal_without_its_facts_is_refused(opened: Opened, path: Path, key: str) -> None:
    opened().close()
    tampered(path, f"DELETE FROM meta WHERE key = '{key}'")  # noqa: S608
    with pytest.raises(ConfigError, match="does not say which journal it is"):
        opened()


def test_a_log_without_its_journal_is_refused_not_begun_anew(opened: Opened, path: Path) -> None:
    opened().append("a", {})
    # Still open, so its log is beside it; now somebody removes the file alone.
    path.unlink()
    path.with_suffix(".tip").unlink()
    with pytest.raises(JournalWriteFailed, match="is gone, but its log"):
        opened()
    assert not path.exists()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_gap_is_refused(opened: Opened, path: Path, lost: int) -> None:
    journal = opened()
    for _ in range(3):
        journal.append("a", {})
    journal.close()
    loss = f"DELETE FROM events WHERE sequence = {lost}"  # noqa: S608
    tampered(path, "DROP TRIGGER events_refuse_delete", loss)
    with pytest.raises(
        JournalWriteFailed, match=rf"has a gap: event {lost} is missing, {lost + 1} comes"
    ):
        opened()


def test_every_damaged_page_is_found(opened: Opened, path: Path) -> None:
    journal = opened()
    for number in range(12):
        journal.append("a", {"text": "x" * 5000}, look_id=str(number), order_ref=str(number))
    journal.close()
    whole, size = path.read_bytes(), 4096
    # The first page says what the file is; a file without it is no journal.
    for start in range(size, len(whole), size):
        path.write_bytes(whole[:start] + b"\xa5" * size + whole[start + size :])
        with pytest.raises(JournalWriteFailed, match=r"damaged|cannot be read"):
            opened()


def test_a_cut_file_is_refused(opened: Opened, path: Path) -> None:
    journal = opened()
    for _ in range(50):
        journal.append("a", {"text": "x" * 1000})
    journal.close()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(JournalWriteFailed, match=r"damaged|cannot be read"):
        opened()


def test_a_journal_that_was_closed_cleanly_can_be_read_only(opened: Opened) -> None:
    journal = opened()
    event = journal.append("a", {})
    journal.close()
    assert opened(read_only=True).events() == (event,)


def test_a_journal_that_cannot_be_written_is_refused_at_the_start(
    opened: Opened, path: Path
) -> None:
    opened().close()
    engine = engine_for(path, read_only=True)
    with pytest.raises(JournalWriteFailed, match=r"cannot be written .*readonly"):
        check_writable(engine, str(path))
    engine.dispose()


def test_a_second_writer_waits_and_takes_the_next_number(opened: Opened) -> None:
    # `bot halt` writes one line beside a running daemon.
    daemon, command = opened(), opened()
    assert [journal.append("a", {}).sequence for journal in (daemon, command, daemon)] == [1, 2, 3]


def test_a_write_that_another_process_blocks_fails_and_says_so(opened: Opened, path: Path) -> None:
    journal = opened()
    with journal._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        JournalWriteFailed, match=r"a halted \(plan_id p\) event .* database is locked"
    ):
        journal.append("halted", {}, plan_id="p")
    blocker.execute("ROLLBACK")
    blocker.close()
    assert journal.append("halted", {}).sequence == 1
