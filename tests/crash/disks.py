"""Disks that fail in the k-th write of the journal: full, one that cannot sync, and one that tears the last record.

`full` is the system's own refusal: no file may grow any more. Of `unsynced` nobody knows whether the line is on the
disk; here it is, while the bot is told that it is not. `torn` is a crash in the middle of the write.
"""

from __future__ import annotations

import resource
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.core.domain.event import Event
    from tests.crash.mortal import Life

KINDS = ("full", "unsynced", "torn")
LOG = "journal.sqlite-wal"


@dataclass(eq=False)
class Disk:
    """A disk that fails once, and stays so until the process is over.

    Attributes:
        kind: How it fails; empty for a sound one.
        fails_at: In which write, from 1.
        folder: The state folder.
        life: Of the process.
        writes: How many there were.
        has_failed: Whether it has.
        written_before: Orders and cancels that had been written when it failed.
    """

    kind: str
    fails_at: int
    folder: Path
    life: Life
    writes: int = 0
    has_failed: bool = False
    written_before: list[str] = field(default_factory=list)

    def write(self, append: Callable[[], Event]) -> Event:
        """Write a line, or fail to."""
        self.writes += 1
        if self.has_failed and self.kind == "unsynced":
            message = "the disk has failed before"
            raise JournalWriteFailed(message)
        if self.kind and self.writes == self.fails_at:
            self.has_failed = True
            self.written_before = list(self.life.orders)
            return self._fail(append)
        return append()

    def _fail(self, append: Callable[[], Event]) -> Event:
        if self.kind == "torn":
            self._tear(append)
        if self.kind == "full":
            largest = max(path.stat().st_size for path in self.folder.iterdir())
            _allow(largest)
            return append()
        append()
        self.life.committed += 1
        message = "the line was written, and the system reports EIO when it is synced"
        raise JournalWriteFailed(message)

    def _tear(self, append: Callable[[], Event]) -> None:
        """Keep what a crash in the middle of the write leaves: all that was, and half of what is new in the log."""
        before = self.folder.with_name("torn")
        shutil.copytree(self.folder, before, ignore=shutil.ignore_patterns("*-shm"))
        append()
        self.life.committed += 1
        log = before / LOG
        kept = log.stat().st_size if log.exists() else 0
        whole = (self.folder / LOG).read_bytes()
        log.write_bytes(whole[: (kept + len(whole)) // 2])
        self.life.come_to_its_end("in the middle of a commit")

    def mend(self) -> None:
        """Make it sound again, with what is on it; the process that used it is over."""
        if self.kind == "full":
            _allow(resource.RLIM_INFINITY)
        if self.kind == "torn" and self.has_failed:
            shutil.rmtree(self.folder)
            self.folder.with_name("torn").rename(self.folder)


def _allow(size: int) -> None:
    """Let no file of this process grow beyond a size, in bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
