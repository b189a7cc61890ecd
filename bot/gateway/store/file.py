"""One file for a state: a line with all of it, and behind that a line for each change since then.

The first line is replaced as a whole, so that no end of the program leaves half of one; the others
are added. Half a line at the end of the file is a change that nobody was told of.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.gateway.store.changes import fold
from bot.gateway.store.state import FORMAT, KIND, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedWriter
    from pathlib import Path


def claim(path: Path) -> BufferedWriter:
    """Keep all other gateways away from a state until what is returned is closed.

    The lock is a file of its own beside it, since that of the state is replaced. It stays there.

    Raises:
        OSError: If there can be no such file.
        StateError: If another gateway keeps its state there, or it is a device or a pipe, which
            cannot be replaced and may have no end.
    """
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():
        message = "it is no file"
        raise StateError(message)
    lock = path.with_name(f"{path.name}.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        message = "another gateway keeps its state there"
        raise StateError(message) from None
    return lock


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Put a state in the place of the one before, and of its changes; on the disk when this returns.

    Raises:
        OSError: If it cannot be written; the file is as it was then.
    """
    path = path.resolve()  # what a link points to is replaced, not the link
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(state) + "\n")  # json.dump would take several times as long
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()  # a full disk needs the room
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class StateFile:
    """A file to which changes are added.

    Attributes:
        changes_bytes: How long those are that are in it.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; the file is left as it is before `write`."""
        self.changes_bytes = 0
        self._path = path.resolve()
        self._descriptor: int | None = None
        self._is_synced = True

    def write(self, state: Mapping[str, Any]) -> None:
        """Put a state in the place of the one before, and of its changes.

        Raises:
            OSError: If it cannot be written; the file is as it was then.
        """
        write_state(self._path, state)
        self.close()
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self.changes_bytes = 0

    def add(self, change: Mapping[str, Any]) -> None:
        """Add a change: from now on no end of the program undoes it, but one of the machine can.

        Raises:
            OSError: If it cannot be written.
        """
        if self._descriptor is None:
            return
        line = json.dumps(change, separators=(",", ":")).encode() + b"\n"
        self.changes_bytes += len(line)
        self._is_synced = False
        while line:
            line = line[os.write(self._descriptor, line) :]

    def sync(self) -> None:
        """Have the disk take what was added, and see whether the file is still there.

        Raises:
            OSError: If it is not, or the disk does not take it.
        """
        if self._descriptor is None:
            return
        if not os.path.samestat(self._path.stat(), os.fstat(self._descriptor)):
            raise FileNotFoundError(errno.ENOENT, "another file is in its place")
        if not self._is_synced:
            os.fsync(self._descriptor)
            self._is_synced = True

    def close(self) -> None:
        """Add nothing more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_state(path: Path) -> object:
    """Return what a file holds, its changes put into the state, or None if there is no file.

    Raises:
        OSError: If it cannot be read.
        StateError: If it is no whole JSON, or a change in it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        message = "it is no text"
        raise StateError(message) from None
    try:
        found, changes = _parse(text)
    except (ValueError, RecursionError):
        message = "it is no whole JSON: torn, or not ours"
        raise StateError(message) from None
    if isinstance(found, dict) and (found.get("kind"), found.get("format")) == (KIND, FORMAT):
        fold(found, changes)
    return found


def _parse(text: str) -> tuple[object, list[Any]]:
    """Return the state in a text, and the changes behind it.

    Raises:
        ValueError: If something is not whole.
        RecursionError: If something is too deep.
    """
    found, end = json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
    rest, *lines = text[end:].split("\n")
    if rest.strip():
        message = "more than one state in a line"
        raise ValueError(message)
    # The last line is empty, or half a change that nobody was told of.
    return found, [json.loads(line) for line in lines[:-1] if line.strip()]
