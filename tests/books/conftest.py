"""Small files of a book of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file of the given name and lines; returns its path."""

    def write_lines(name: str, lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines.split()) + "\n", encoding="utf-8")
        return path

    return write_lines
