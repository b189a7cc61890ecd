"""The configurations in the repository load, and the example explains every key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.costs.model import CostModel
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as SOURCES
from bot.settings import Settings, convert, load_settings
from bot.settings.keys import all_models, allowed, key_of, models_in, tables
from bot.settings.made import Made
from bot.settings.template import example_config
from bot.settings.trial import rules_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "config"
EXAMPLE = CONFIG / "example.toml"
# The paper gateway has settings of its own, which its own tests load.
EXAMPLES = sorted((CONFIG / "examples").rglob("*.toml"))
FILES = sorted(file for file in CONFIG.rglob("*.toml") if not file.name.startswith("gateway"))


def prose(text: str) -> str:
    """Return all comments as one text, so that a line's end means nothing."""
    lines = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    return " ".join(" ".join(lines).split())


def is_kind(model: type[BaseModel]) -> bool:
    """Return whether `model` is the table of one kind of rule or source, or a part of one."""
    return issubclass(model, Made) and model.made_from is not CostModel


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
        # What may be left out and has no default stands there as a comment.
        starts = (f"{name} = ", f"[{table}.{name}]", f"# {name} = ")
        place = next(
            number
            for number, line in enumerate(lines)
            if number > start and line.startswith(starts)
        )
        assert lines[place - 1].startswith("# "), name


def test_the_example_says_of_every_key_unit_range_and_what_goes_wrong() -> None:
    text = prose(EXAMPLE.read_text(encoding="utf-8"))
    for model in (each for each in all_models(Settings) if not is_kind(each)):
        for name, field in model.model_fields.items():
            if model is Settings and models_in(field.annotation):
                continue
            key = key_of(field)
            unit = f"Unit: {key.unit}. " if key.unit else ""
            assert key.meaning in text, name
            assert f"{unit}Allowed: {allowed(field)}." in text, name
            assert f"If it is wrong: {key.wrong}" in text, name


def test_the_example_says_of_every_kind_what_it_is_and_is_short_enough_to_read() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for kind in (*POLICIES.values(), *SOURCES.values()):
        summary = (kind.__doc__ or "").splitlines()[0]
        assert f'"{kind.kind}": {summary}' in prose(text)
    assert "config/examples/policies/<kind>.toml" in prose(text)
    assert "config/examples/targets/<kind>.toml" in prose(text)
    # A value, its meaning, unit, range and consequence, a blank line: with the lists of kinds about seven lines a key.
    keys = re.findall(r"^(?:# )?[a-z_]+ = ", text, re.MULTILINE)
    assert len(text.splitlines()) <= 7 * len(keys)


@pytest.mark.parametrize("kind", POLICIES)
def test_every_policy_has_an_example_named_like_it(kind: str) -> None:
    settings = load_settings(CONFIG / "examples" / "policies" / f"{kind}.toml", {})
    kinds = [rule.kind for rule in rules_in(convert.policy(settings))]
    assert kind in kinds


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_of_targets_has_an_example_named_like_it(kind: str) -> None:
    settings = load_settings(CONFIG / "examples" / "targets" / f"{kind}.toml", {})
    assert convert.target_source(settings).kind == kind


@pytest.mark.parametrize(
    ("folder", "kinds"), [("policies", POLICIES), ("targets", SOURCES)], ids=["policies", "targets"]
)
def test_every_example_is_named_like_what_it_shows(folder: str, kinds: dict[str, Any]) -> None:
    assert {file.stem for file in (CONFIG / "examples" / folder).glob("*.toml")} == set(kinds)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_says_what_it_is_for_and_sends_nothing(file: Path) -> None:
    head, _, _ = file.read_text(encoding="utf-8").partition("\nmode = ")
    # The schema, a sentence, a paragraph on who wants it, and how to try it.
    assert len(head.splitlines()) >= 6
    assert all(line.startswith("#") for line in head.splitlines() if line)
    path = file.relative_to(ROOT).as_posix()
    assert f"bot look --config {path}" in head
    settings = load_settings(file, {})
    assert settings.mode == "observe"
    assert settings.broker.follow_gateway_time
    assert settings.state.dir.parent == ROOT / "state" / "examples"


def test_every_example_has_a_memory_of_its_own() -> None:
    folders = {load_settings(file, {}).state.dir for file in EXAMPLES}
    assert len(folders) == len(EXAMPLES)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_has_a_comment_beside_each_value_of_what_it_shows(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    parsed = tomllib.loads(text)
    # What is named after a kind shows this kind; what is named after who published it shows the whole rule.
    shown = next(tables_of_kind(parsed, file.stem), parsed["policy"]["rule"])
    for key in (key for key, value in shown.items() if not isinstance(value, list | dict)):
        places = [at for at, line in enumerate(lines) if re.search(rf"^[^#]*\b{key} = ", line)]
        comments = [at for at in places if "#" in lines[at] or lines[at - 1].startswith("#")]
        assert key == "kind" or comments, key


def tables_of_kind(value: object, kind: str) -> Iterator[dict[str, Any]]:
    """Yield every table of `kind` inside `value`, the outer ones first."""
    if isinstance(value, dict):
        if value.get("kind") == kind:
            yield value
        for inner in value.values():
            yield from tables_of_kind(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from tables_of_kind(inner, kind)


def test_the_paper_configuration_is_for_the_paper_gateway_as_it_starts() -> None:
    settings = load_settings(CONFIG / "paper.toml", {})
    assert settings.mode == "paper"
    assert (settings.account.id, settings.account.currency) == ("DU1234567", "USD")
    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 4002)
    assert settings.broker.follow_gateway_time
    assert settings.state.dir == ROOT / "state" / "paper"
