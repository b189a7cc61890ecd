"""The newest event's number and hash, kept outside the journal: an old or cut journal is known by it.

Rule: the tip file is written after a commit, in one write, never before it: it may lag behind the journal, it never
leads. So a journal that ends before its tip, or has another hash there, has lost events.
Why: a restored backup or a cut file has an unbroken chain. It says of the newest orders that they never were.
Enforced by: `SqlJournal`, which reads the tip before it reads the journal, and refuses one that is behind.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.domain.event import Tip

if TYPE_CHECKING:
    from pathlib import Path

#: A reader beside a writer may see half of a write; it looks again this often.
_READS_MAX: Final = 3
_BYTES_MAX: Final = 512


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a tip file says: the journal's name and its newest event then."""

    name: str
    tip: Tip


class TipFile:
    """One small file beside the journal. A file that is missing or garbled anchors nothing, and is written anew.

    Args:
        path: The file; its folder exists where something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def read(self) -> Anchor | None:
        """Return what the file says, or None where there is none that can be believed."""
        for _ in range(_READS_MAX):
            try:
                data = self.path.read_bytes()
            except OSError:
                return None
            found = _parsed(data)
            if found is not None:
                return found
        return None

    def write(self, anchor: Anchor) -> bool:
        """Write the newest event, after it is durable; return whether that worked.

        Not synced: after a power cut the file may lag. It failed if there is no room or right: the event itself is
        durable all the same.
        """
        line = _line(anchor)
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                if os.fstat(self._descriptor).st_size > len(line):  # something else was in it
                    os.ftruncate(self._descriptor, len(line))
            return os.pwrite(self._descriptor, line, 0) == len(line)
        except OSError:
            self.close()
            return False

    def close(self) -> None:
        """Release the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _line(anchor: Anchor) -> bytes:
    # All lines are of one length for one journal, so that a write covers the one before it wholly.
    text = f"{anchor.name} {anchor.tip.sequence:020d} {anchor.tip.hash}"
    return f"{text} {_check(text)}\n".encode()


def _parsed(data: bytes) -> Anchor | None:
    text, _, check = data[:_BYTES_MAX].decode("utf-8", "replace").rstrip("\n").rpartition(" ")
    parts = text.split(" ")
    if check != _check(text) or len(parts) != 3 or not parts[1].isdigit():  # noqa: PLR2004 - name, number, hash
        return None
    return Anchor(parts[0], Tip(int(parts[1]), parts[2]))


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
