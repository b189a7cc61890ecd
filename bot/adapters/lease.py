"""The first kind of lease: a lock on a file beside the journal, held by one process on one machine.

Rule: who trades holds the lock, and the lock that counts is the one on the file that is on the disk
now.
Why: two bots on one account send every order twice. The kernel gives the lock back when its holder
dies, however it dies; but a lock on a file that someone has removed or replaced stops nobody, so
holding is checked by the file's number.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from bot.errors import ConfigError, LeaseHeld, require

if TYPE_CHECKING:
    from types import TracebackType

#: How often the file may be replaced under our hands while we take it, before we give up.
_ATTEMPTS_MAX: Final = 10

_PID_BYTES_MAX: Final = 32


class FileLease:
    """An exclusive lock on one file. Implements `bot.ports.Lease`.

    Args:
        path: The lock file, on a local disk; made if need be, with its folder, and left there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._owner_pid = 0

    def is_held(self) -> bool:
        """Return whether this process holds the lock on the file that is at the path now."""
        # A forked child shares the lock but is not who took it.
        if self._descriptor is None or self._owner_pid != os.getpid():
            return False
        return _is_file_at(self._descriptor, self._path)

    def __enter__(self) -> Self:
        """Take the lock without waiting.

        Raises:
            LeaseHeld: If another process holds it; the message names its process id.
            ConfigError: If the file cannot be opened, locked or written.
        """
        require(self._descriptor is None, f"the lease on {self._path} is taken once at a time")
        for _ in range(_ATTEMPTS_MAX):
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = _read_pid(descriptor)
                os.close(descriptor)
                message = f"another instance ({holder}) holds {self._path}; one bot trades one account at a time"
                raise LeaseHeld(message) from error
            except OSError as error:
                os.close(descriptor)
                message = f"cannot lock {self._path} ({error.strerror}); the state folder must be on a local disk"
                raise ConfigError(message) from error
            if _is_file_at(descriptor, self._path):
                self._write_pid(descriptor)
                self._descriptor, self._owner_pid = descriptor, os.getpid()
                return self
            os.close(descriptor)
        message = f"the lock file {self._path} is replaced all the time; find out what removes it"
        raise LeaseHeld(message)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write_pid(self, descriptor: int) -> None:
        """Write who holds the lock, or give it back: nobody could tell a person which process to end."""
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            message = f"cannot write the lock file {self._path} ({error.strerror}); check the disk's free space"
            raise ConfigError(message) from error

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            message = f"cannot open the lock file {self._path} ({error.strerror}); check the folder's rights"
            raise ConfigError(message) from error


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock at `path`, or None; asking disturbs nobody.

    Trying the lock would tell more simply, but it takes a free one for a moment, and a bot that starts in that moment
    would refuse to. So the pid in the file is taken if that process lives and has the file open.
    """
    try:
        pid = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    try:
        opened = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()]
    except PermissionError:
        return pid  # somebody else's process: alive, and more cannot be said
    except OSError:
        return None
    return pid if path.resolve() in opened else None


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _read_pid(descriptor: int) -> str:
    """Return ``pid 123``, or what can be said if the holder has not written it yet."""
    text = os.pread(descriptor, _PID_BYTES_MAX, 0).decode(errors="replace").strip()
    return f"pid {text}" if text else "pid not written yet"
