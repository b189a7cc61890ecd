"""A disk that is full, and a journal that cannot be written.

Where a small file system may be mounted (root, in most containers), the disk is really full: neither a byte nor a name
more. Elsewhere the process may write no byte into any file, which is what a full disk does to all but names.
"""

from __future__ import annotations

import resource
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.errors import JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = "size=8m,nr_inodes=64"
CHUNK = b"\0" * 4096


class Disk:
    """A folder whose disk can be filled; `kind` says how."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.kind = kind

    def fill(self) -> None:
        """Leave room for nothing."""
        if self.kind == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            while _fits(lambda: filler.write(CHUNK)):
                pass
        count = 0
        while _fits((self.folder / f"name-{count}").touch):
            count += 1


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Return a disk at `folder` that can be filled, as small as may be had."""
    words = ["mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", str(folder)]
    try:
        subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - ours
    except (OSError, subprocess.CalledProcessError):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            yield Disk(folder, "limit")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        return
    try:
        yield Disk(folder, "tmpfs")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - ours


def _fits(write: Any) -> bool:
    try:
        write()
    except OSError:
        return False
    return True


class ReadOnlyJournal:
    """A journal that can be read and no longer written."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def append(self, kind: str, *_: object, **__: object) -> Any:
        message = f"{kind}: attempt to write a readonly database"
        raise JournalWriteFailed(message)
