"""What the journal keeps of the settings is enough to have them back as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.adapters.journal import canonical_json
from bot.errors import ConfigError
from bot.settings import load_settings
from bot.settings.journaled import journaled, settings_from

CONFIG = Path(__file__).parent.parent.parent / "config"
FILES = [file for file in sorted(CONFIG.rglob("*.toml")) if not file.name.startswith("gateway")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_settings_come_back_from_the_journals_bytes_with_the_same_digest(file: Path) -> None:
    settings = load_settings(file, {})
    kept = json.loads(canonical_json(journaled(settings)))
    again = settings_from(kept)
    assert again == settings
    assert again.digest == settings.digest


def test_a_secret_is_not_kept() -> None:
    url = "postgresql+psycopg://bot:hush@db.example/journal"
    settings = load_settings(CONFIG / "paper.toml", {"BOT_STATE__JOURNAL": url})
    assert "hush" not in canonical_json(journaled(settings))
    assert "hush" not in json.dumps(settings.effective())
    assert settings_from(journaled(settings)).state.journal is None


def test_settings_that_this_version_does_not_know_are_refused_with_their_place() -> None:
    kept = journaled(load_settings(CONFIG / "paper.toml", {}))
    kept["limits"]["no_such_limit"] = 1
    with pytest.raises(ConfigError, match=r"not those of this version: limits\.no_such_limit"):
        settings_from(kept)
