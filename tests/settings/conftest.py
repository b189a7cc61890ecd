from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from bot.errors import ConfigError
from bot.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings import Settings

PAPER = Path(__file__).parent.parent.parent / "config" / "paper.toml"


class Load(Protocol):
    """Load config/paper.toml with changes: each a text in it and what stands there instead."""

    def __call__(
        self,
        changes: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        secrets_dir: Path | None = None,
    ) -> Settings: ...


class Refusal(Protocol):
    """Load as `Load` does, and return the line that it is refused with, without the file's name."""

    def __call__(
        self,
        changes: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        secrets_dir: Path | None = None,
    ) -> str: ...


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "my.toml"


@pytest.fixture
def load(file: Path) -> Load:
    def load_changed(
        changes: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        secrets_dir: Path | None = None,
    ) -> Settings:
        text = PAPER.read_text(encoding="utf-8")
        for old, new in (changes or {}).items():
            assert old in text, f"{old!r} is not in {PAPER.name}"
            text = text.replace(old, new)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return load_settings(file, environ or {}, secrets_dir)

    return load_changed


@pytest.fixture
def refusal(load: Load, file: Path) -> Refusal:
    def refused(
        changes: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        secrets_dir: Path | None = None,
    ) -> str:
        with pytest.raises(ConfigError) as caught:
            load(changes, environ, secrets_dir)
        line = str(caught.value)
        assert "\n" not in line
        assert line.startswith(f"{file}: ")
        assert caught.value.exit_code == 78
        return line.removeprefix(f"{file}: ")

    return refused
