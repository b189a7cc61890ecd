"""One file for a state: it is replaced as a whole, so that no end of the program leaves half of one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from bot.gateway.store.state import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Put a state in the place of the one before; on the disk when this returns.

    Raises:
        OSError: If it cannot be written; the file is as it was then.
    """
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(state, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
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
    except ValueError:
        message = "it is no whole JSON: torn, or not ours"
        raise StateError(message) from None
    return found
