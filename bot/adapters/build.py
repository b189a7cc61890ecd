"""Which program this is: one hash over its version and its source files."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

#: The folder of the package `bot`.
_ROOT: Final = Path(__file__).parent.parent


@cache
def build_hash() -> str:
    """Return the sha256 of the installed program, hexadecimal: its version, and path and text of each source file.

    Read once a process: what runs is what was there when it started, not what an upgrade puts there later.
    """
    return hash_of_sources(_ROOT, _version())


def hash_of_sources(root: Path, program_version: str) -> str:
    """Return the hash of the Python files below `root`, in the order of their paths, with a version before them."""
    found = hashlib.sha256(f"{program_version}\n".encode())
    for file in sorted(root.rglob("*.py"), key=lambda each: each.relative_to(root).as_posix()):
        data = file.read_bytes()
        # The lengths keep two files apart that would read the same one after the other.
        found.update(f"{file.relative_to(root).as_posix()} {len(data)}\n".encode())
        found.update(data)
    return found.hexdigest()


def _version() -> str:
    try:
        return version("ibkr-rebalancer")
    except PackageNotFoundError:  # run from its folder, not installed
        return ""
