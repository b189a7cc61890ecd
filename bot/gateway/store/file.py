"""One file for a state: it is replaced as a whole, so that no end of the program leaves half of one."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.gateway.store.state import StateError

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
    """Put a state in the place of the one before; on the disk when this returns.

    Raises:
        OSError: If it cannot be written; the file is as it was then.
    """
    path = path.resolve()  # what a link points to is replaced, not the link
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.write("\n")
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


def read_state(path: Path) -> object:
    """Return what a file holds, or None if there is no file.

    Raises:
        OSError: If it cannot be read.
        StateError: If it is no whole JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        message = "it is no text"
        raise StateError(message) from None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        message = "it is no whole JSON: torn, or not ours"
        raise StateError(message) from None
    return found
