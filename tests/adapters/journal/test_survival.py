"""What the journal survives: other processes, a full disk, and being killed at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from bot.adapters.journal import SqlJournal

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


# Makes journals, each killed some lines later than the one before, until one is not.
MAKER = """
import os, sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.journal import SqlJournal
folder, every = Path(sys.argv[1]), int(sys.argv[2])
def child(target, steps):
    def tracing(frame, event, argument):
        nonlocal steps
        if not frame.f_code.co_filename.endswith(("/files.py", "/creating.py", "/sqlite_file.py")):
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
    pid = os.fork()
    if pid == 0:
        child(folder / f"{steps}.db", steps)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != -9:
        sys.exit(code)
    steps += every
"""


def test_a_maker_killed_at_any_moment_leaves_a_whole_journal_or_none(
    path: Path, clock: HandClock
) -> None:
    # A child stops before each of its steps in turn: what is there then is what a kill would leave.
    path.parent.mkdir()
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MAKER, str(path.parent), "7"], check=True
    )
    # The last one was not killed; those before it were, each a few steps earlier.
    targets = [path.with_name(f"{steps}.db") for steps in range(0, 301, 7)]
    made = [target.exists() for target in targets]
    assert set(made) == {False, True}
    for target in targets[: len(made) - made[::-1].index(True)]:
        with SqlJournal.open(target, clock) as journal:
            assert journal.append("a", {}).sequence == 1
