"""Stop the process that holds a lock, frozen or not.

Rule: only the process that holds the lock is ever stopped. Why: a pid in a file may have become somebody else's.
Enforced by: a handle on the process is opened first, that it has the lock file open is looked at second, and the signal
goes to the handle, which never becomes another process's.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

#: How long a process may take to be gone after SIGKILL, milliseconds: one in a system call to a dead disk never is.
GONE_WITHIN_MS: Final = 5_000


class Fate(Enum):
    """What became of the process that held the lock."""

    #: Nobody held it.
    NONE = "none"
    #: It is dead.
    KILLED = "killed"
    #: It was sent SIGKILL and is still there.
    STILL_THERE = "still_there"
    #: Somebody holds the lock whom this process cannot see: in another container, or on another machine.
    OUT_OF_SIGHT = "out_of_sight"
    #: It is another user's.
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was done about the holder of a lock.

    Attributes:
        fate: What became of it.
        pid: Its process id, or None if it is not known.
    """

    fate: Fate
    pid: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether no process holds the lock any more."""
        return self.fate in {Fate.NONE, Fate.KILLED}


def kill_holder(lock: Path) -> Stopped:
    """Kill whoever holds the lock at `lock`, and wait until it is gone."""
    pid = _written_pid(lock)
    if pid is None:
        return _nobody_seen(lock)
    try:
        handle = os.pidfd_open(pid)
    except (ProcessLookupError, OverflowError):
        return _nobody_seen(lock)
    try:
        # From here on the number cannot become another process's. Whose files cannot be seen is not killed: the
        # number in the file may long be somebody else's.
        if not _has_open(pid, lock):
            return _nobody_seen(lock)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return Stopped(Fate.KILLED if _is_gone(handle) else Fate.STILL_THERE, pid)
    except PermissionError:
        return Stopped(Fate.FORBIDDEN, pid)
    except ProcessLookupError:
        return Stopped(Fate.KILLED, pid)
    finally:
        os.close(handle)


def _written_pid(lock: Path) -> int | None:
    try:
        pid = int(lock.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if pid > 1 else None


def _has_open(pid: int, lock: Path) -> bool:
    """Return whether a process has the lock file open.

    Raises:
        PermissionError: If that cannot be seen.
    """
    for link in _links(Path(f"/proc/{pid}/fd")):
        with suppress(FileNotFoundError):  # closed between the list and the look
            if link.readlink() == lock.resolve():
                return True
    return False


def _links(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:  # it is gone
        return []


def _nobody_seen(lock: Path) -> Stopped:
    return Stopped(Fate.OUT_OF_SIGHT if _is_locked(lock) else Fate.NONE)


def _is_gone(handle: int) -> bool:
    """Return whether the process behind a handle ends in time; the handle becomes readable then."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return bool(waiting.poll(GONE_WITHIN_MS))


def _is_locked(lock: Path) -> bool:
    """Return whether anybody holds the lock. It is taken for a moment: who begins in it is refused, which is wanted."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
