"""The list of safeguards, and how one is taken away in a copy of the sources."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).parent / "list.toml"


@dataclass(frozen=True)
class Edit:
    """One text that becomes another one; it is in its file exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Safeguard:
    """What protects, by which promise, invariant, control or fault, and the tests that fail without it."""

    name: str
    rule: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]

    def remove_from(self, folder: Path) -> None:
        """Take it away from the sources in a folder.

        Raises:
            LookupError: If the sources have changed: the text is not there, or more than once.
        """
        for edit in self.edits:
            path = folder / edit.file
            text = path.read_text(encoding="utf-8")
            count = text.count(edit.old)
            if count != 1:
                message = (
                    f"{self.name}: {edit.file} has this {count} times, expected once:\n{edit.old}"
                )
                raise LookupError(message)
            path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def safeguards() -> list[Safeguard]:
    """Read the list."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["safeguard"]
    return [
        Safeguard(
            row["name"],
            row["rule"],
            tuple(row["tests"]),
            tuple(Edit(**edit) for edit in row["edit"]),
        )
        for row in rows
    ]
