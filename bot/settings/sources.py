"""What overrides the file: environment variables and secret files, and the refusal of names that mean nothing.

Rule: a name that looks like ours and matches no key stops the start. Why: the libraries pass over such a name in
silence, and a misspelt limit would be no limit. Values are written as in the file; text needs no quotes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_settings import NestedSecretsSettingsSource
from pydantic_settings.exceptions import SettingsError

from bot.errors import ConfigError
from bot.settings.keys import is_text, tables
from bot.settings.model import Settings
from bot.settings.problems import Origin, Problem, hint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "BOT_"
DELIMITER = "__"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What one source says.

    Attributes:
        values: Nested like the file.
        origins: By (table, key) or (key,), the name that a value was given under.
        problems: Names that match no key.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[tuple[str, ...], Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def environment_overrides(environ: Mapping[str, str]) -> Overrides:
    """Read every ``BOT_<TABLE>__<KEY>`` of `environ`."""
    ours = {name: text for name, text in sorted(environ.items()) if name.upper().startswith(PREFIX)}
    known = {PREFIX + name.upper(): path for name, path in _paths().items()}
    result = Overrides()
    for name, text in ours.items():
        _take(result, (name, text), known, Origin(f"environment variable {name}"))
    return result


def secret_overrides(directory: Path) -> Overrides:
    """Read every file of `directory`, named like ``account__id``; hidden files are not looked at.

    Raises:
        ConfigError: If the directory or a file in it cannot be read.
    """
    try:
        files = NestedSecretsSettingsSource(
            Settings,  # type: ignore[arg-type] # the class is accepted in place of a source
            secrets_dir=directory,
            secrets_dir_missing="error",
            secrets_prefix="",
            secrets_nested_delimiter=DELIMITER,
        ).env_vars
    except (OSError, SettingsError, UnicodeDecodeError) as error:
        message = f"secrets directory {directory}: expected a folder of readable text files, found: {error}"
        raise ConfigError(message) from error
    result = Overrides()
    for name, text in sorted(files.items()):
        origin = Origin(f"secret file {name}", is_secret=True)
        _take(result, (name, text or ""), _paths(), origin)
    return result


def _paths() -> dict[str, tuple[str, ...]]:
    """Return the path of every key that can be overridden, by its name in lower case."""
    inside = dict(tables(Settings))
    paths: dict[str, tuple[str, ...]] = {}
    for name in Settings.model_fields:
        if name not in inside:
            paths[name] = (name,)
            continue
        for key in inside[name].model_fields:
            paths[f"{name}{DELIMITER}{key}"] = (name, key)
    return paths


def _take(
    into: Overrides,
    given: tuple[str, str],
    known: Mapping[str, tuple[str, ...]],
    origin: Origin,
) -> None:
    name, text = given
    by_lower_name = {each.lower(): path for each, path in known.items()}
    path = by_lower_name.get(name.lower())
    if path is None:
        wanted = name.upper() if name.upper().startswith(PREFIX) else name
        into.problems.append(Problem(f"{origin.name} is not a known key: {hint(wanted, known)}"))
        return
    into.origins[path] = origin
    table = into.values
    for part in path[:-1]:
        table = table.setdefault(part, {})
    table[path[-1]] = text if is_text(Settings, path) else _value(text)


def _value(text: str) -> object:
    """Return `text` as the TOML value that it is, or as text, which the validator then refuses by key."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    # Whatever is more than one value (a line break and another key) is not a value.
    return parsed["value"] if len(parsed) == 1 else text
