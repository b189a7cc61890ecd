"""[alerts]: secrets come from outside the file, and are nowhere repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.journal import canonical_json
from bot.errors import ConfigError
from bot.settings import load_settings
from bot.settings.journaled import journaled

PAPER = Path(__file__).parent.parent.parent / "config" / "paper.toml"
LETTERBOX = "json://user:hush@alerts.example/token"


def written(folder: Path, line: str) -> Path:
    text = PAPER.read_text(encoding="utf-8")
    file = folder / "bot.toml"
    file.write_text(f"{text}\n[alerts]\n{line}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "url", [LETTERBOX, "ntfy://topic-of-mine", "tgram://123/456", "https://h.example/uuid"]
)
@pytest.mark.parametrize("key", ["urls", "heartbeat_url"])
def test_a_url_with_more_than_its_host_is_refused_in_the_file(tmp_path, key, url):
    with pytest.raises(
        ConfigError, match=rf"\[alerts\] {key}: .*BOT_ALERTS__{key.upper()}"
    ) as refused:
        load_settings(written(tmp_path, f'{key} = "{url}"'), {})
    assert url not in str(refused.value)


def test_a_list_in_the_file_is_refused_without_its_words(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load_settings(written(tmp_path, f'urls = ["{LETTERBOX}"]'), {})
    assert "hush" not in str(refused.value)


def test_a_host_alone_may_stand_in_the_file(tmp_path):
    settings = load_settings(written(tmp_path, 'urls = "json://127.0.0.1:8080"'), {})
    assert settings.alerts.urls.get_secret_value() == "json://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("name", "text"), [("URLS", "not-a-url hush"), ("URLS", " "), ("HEARTBEAT_URL", "ftp://hush")]
)
def test_what_is_no_url_is_refused_without_being_repeated(name, text):
    with pytest.raises(ConfigError) as refused:
        load_settings(PAPER, {f"BOT_ALERTS__{name}": text})
    assert "hush" not in str(refused.value)


def test_neither_the_journal_nor_the_digest_has_the_urls():
    settings = load_settings(PAPER, {"BOT_ALERTS__URLS": LETTERBOX})
    assert "hush" not in canonical_json(journaled(settings))
    assert "hush" not in str(settings.effective())
