"""The SQLite file: what it refuses, what it survives, who may read it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.adapters.journal import SqlJournal
from bot.adapters.journal.files import check_writable, engine_for
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]

# Appends for ever and says the number of each event after it is durable.
WRITER = """
import sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
from bot.adapters.journal.files import check_writable, engine_for
journal = SqlJournal.open(Path(sys.argv[1]), WallClock())
while True:
    event = journal.append("look_started", {"text": "x" * 3000}, look_id="1")
    sys.stdout.write(f"{event.sequence}\\n")
    sys.stdout.flush()
"""

# Says how many events it sees, once for each line that it is sent.
READER = """
import sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
from bot.adapters.journal.files import check_writable, engine_for
journal = SqlJournal.open(Path(sys.argv[1]), WallClock(), read_only=True)
for _ in sys.stdin:
    sys.stdout.write(f"{len(journal.events())}\\n")
    sys.stdout.flush()
journal.close()
"""


def started(program: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


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
            "INSERT OR REPLACE INTO events VALUES (1, 't', 'k', NULL, NULL, NULL, '{}')",
            "without gaps",
        ),
        ("INSERT INTO events VALUES (3, 't', 'k', NULL, NULL, NULL, '{}')", "without gaps"),
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


def test_a_database_of_another_program_is_refused(path: Path, clock: HandClock) -> None:
    path.parent.mkdir()
    tampered(path, "CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(ConfigError, match="no journal of this program"):
        SqlJournal.open(path, clock)


def test_a_newer_schema_is_refused(opened: Opened, path: Path) -> None:
    opened().close()
    tampered(path, "UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    with pytest.raises(ConfigError, match="schema 2, this one knows 1"):
        opened()


@pytest.mark.parametrize("key", ["schema_version", "name"])
def test_a_journal_without_its_facts_is_refused(opened: Opened, path: Path, key: str) -> None:
    opened().close()
    tampered(path, f"DELETE FROM meta WHERE key = '{key}'")  # noqa: S608
    with pytest.raises(ConfigError, match="does not say which journal it is"):
        opened()


@pytest.mark.parametrize("lost", [1, 2])
def test_a_gap_is_refused(opened: Opened, path: Path, lost: int) -> None:
    journal = opened()
    for _ in range(3):
        journal.append("a", {})
    journal.close()
    loss = f"DELETE FROM events WHERE sequence = {lost}"  # noqa: S608
    tampered(path, "DROP TRIGGER events_refuse_delete", loss)
    with pytest.raises(JournalWriteFailed, match="has a gap: 2 events"):
        opened()


def test_damaged_pages_are_refused(opened: Opened, path: Path) -> None:
    journal = opened()
    for _ in range(50):
        journal.append("a", {"text": "x" * 1000})
    journal.close()
    content = bytearray(path.read_bytes())
    # Every page after the first, which holds the schema, turned to noise.
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
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


def test_reading_only_a_journal_that_is_not_there_says_so_and_makes_nothing(
    path: Path, clock: HandClock
) -> None:
    with pytest.raises(ConfigError, match="there is no journal"):
        SqlJournal.open(path, clock, read_only=True)
    assert not path.parent.exists()


def test_a_journal_opened_to_read_cannot_write(opened: Opened) -> None:
    event = opened().append("a", {})
    reader = opened(read_only=True)
    assert reader.events() == (event,)
    with pytest.raises(JournalWriteFailed, match="readonly"):
        reader.append("a", {})


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
        check_writable(engine, path)
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


def test_another_process_reads_while_this_one_writes(opened: Opened, path: Path) -> None:
    journal = opened()
    with started(READER, path) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for count in range(1, 30):
            journal.append("a", {})
            reader.stdin.write("\n")
            reader.stdin.flush()
            assert int(reader.stdout.readline()) == count
        reader.stdin.close()
    assert reader.returncode == 0


def test_two_processes_that_write_at_once_leave_no_gap_and_lose_nothing(
    opened: Opened, path: Path
) -> None:
    opened().close()
    acknowledged: list[int] = []
    with started(WRITER, path) as first, started(WRITER, path) as second:
        for _ in range(150):
            for writer in (first, second):
                assert writer.stdout is not None
                acknowledged.append(int(writer.stdout.readline()))
        first.kill()
        second.kill()
    numbers = [event.sequence for event in opened().events()]
    assert numbers == list(range(1, len(numbers) + 1))
    # Each number was given once.
    assert len(set(acknowledged)) == 300
    assert set(acknowledged) <= set(numbers)


def test_a_full_disk_fails_the_append_and_leaves_a_journal_that_goes_on(
    opened: Opened, path: Path
) -> None:
    opened().append("a", {})
    # No file of that process may grow past a limit: its writes fail, as they do on a full disk.
    program = """
import resource, signal, sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
from bot.errors import JournalWriteFailed
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = SqlJournal.open(Path(sys.argv[1]), WallClock())
journal.append("a", {})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    while True:
        journal.append("a", {"text": "x" * 5000})
except JournalWriteFailed as error:
    sys.stdout.write(f"{error}")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append("after", {})
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
    )
    assert "a event could not be made durable" in done.stdout
    events = opened().events()
    assert events[-1].kind == "after"
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


def test_every_acknowledged_event_survives_a_killed_writer(opened: Opened, path: Path) -> None:
    acknowledged = 0
    # Killed after a few events and after some hundred, when SQLite has folded its log into the file.
    for wanted in (1, 2, 5, 40, 400, 401, 3):
        with started(WRITER, path) as writer:
            assert writer.stdout is not None
            for _ in range(wanted):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            # What it had said before the signal came was acknowledged, too.
            acknowledged = int(([str(acknowledged), *writer.stdout.read().split("\n")[:-1]])[-1])
        assert writer.returncode == -signal.SIGKILL
        # Opened to read first: a reader must not need the log to be folded in by a writer.
        for read_only in (True, False):
            journal = opened(read_only=read_only)
            numbers = [event.sequence for event in journal.events()]
            journal.close()
            assert numbers == list(range(1, len(numbers) + 1))
            # One more may have been durable without anybody having heard of it.
            assert acknowledged <= len(numbers) <= acknowledged + 1


def test_a_maker_killed_at_any_moment_leaves_a_whole_journal_or_none(
    path: Path, clock: HandClock
) -> None:
    # The maker stops before each of its steps in turn: what is there then is what a kill would leave.
    program = """
import os, sys
from pathlib import Path
steps = int(sys.argv[2])
def tracing(frame, event, argument):
    global steps
    if event == "line" and frame.f_code.co_filename.endswith("journal/files.py"):
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), 9)
    return tracing
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
from bot.adapters.journal.files import check_writable, engine_for
sys.settrace(tracing)
SqlJournal.open(Path(sys.argv[1]), WallClock())
"""
    outcomes = set()
    for steps in range(0, 130, 13):
        target = path.with_name(f"{steps}.db")
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", program, str(target), str(steps)], check=False
        )
        outcomes.add(target.exists())
        journal = SqlJournal.open(target, clock)
        assert journal.append("a", {}).sequence == 1
        journal.close()
    assert outcomes == {True, False}
