"""The configurations in the repository load, and the example explains every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from bot.settings.keys import all_models, allowed, key_of, models_in, tables
from bot.settings.template import example_config

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "config"
EXAMPLE = CONFIG / "example.toml"
# The paper gateway has settings of its own, which its own tests load.
FILES = sorted(file for file in CONFIG.rglob("*.toml") if not file.name.startswith("gateway"))


def prose(text: str) -> str:
    """Return all comments as one text, so that a line's end means nothing."""
    lines = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    return " ".join(" ".join(lines).split())


def test_there_are_an_example_and_one_that_runs() -> None:
    assert {EXAMPLE, CONFIG / "paper.toml"} <= set(FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_configuration_loads_and_names_its_schema(file: Path) -> None:
    assert load_settings(file, {})
    first = file.read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"#:schema (\S+)", first)
    assert found is not None
    assert (file.parent / found[1]).is_file()


def test_the_example_is_up_to_date() -> None:
    advice = "write it anew: python -m bot.settings.template > config/example.toml"
    assert EXAMPLE.read_text(encoding="utf-8") == example_config(), advice


def test_the_example_sends_nothing() -> None:
    assert load_settings(EXAMPLE, {}).mode == "observe"


@pytest.mark.parametrize("table", [name for name, _ in tables(Settings)])
def test_the_example_shows_every_key_of_a_table_below_its_comment(table: str) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"[{table}]")
    model = dict(tables(Settings))[table]
    for name in model.model_fields:
        starts = (f"{name} = ", f"[{table}.{name}]")
        place = next(
            number
            for number, line in enumerate(lines)
            if number > start and line.startswith(starts)
        )
        assert lines[place - 1].startswith("# "), name


def test_the_example_says_of_every_key_unit_range_and_what_goes_wrong() -> None:
    text = prose(EXAMPLE.read_text(encoding="utf-8"))
    for model in all_models(Settings):
        for name, field in model.model_fields.items():
            is_table_itself = model is Settings and models_in(field.annotation)
            if is_table_itself or (name == "kind" and model.__name__.endswith("Rule")):
                continue
            key = key_of(field)
            unit = f"Unit: {key.unit}. " if key.unit else ""
            assert key.meaning in text, name
            assert f"{unit}Allowed: {allowed(field)}." in text, name
            assert f"If it is wrong: {key.wrong}" in text, name


def test_the_example_names_every_kind_of_rule() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for kind in ("absolute_band", "calendar", "any_of", "all_of"):
        assert f'kind = "{kind}": ' in prose(text)


def test_the_paper_configuration_is_for_the_paper_gateway_as_it_starts() -> None:
    settings = load_settings(CONFIG / "paper.toml", {})
    assert settings.mode == "paper"
    assert (settings.account.id, settings.account.currency) == ("DU1234567", "USD")
    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 4002)
    assert settings.broker.follow_gateway_time
    assert settings.state.dir == ROOT / "state" / "paper"
