"""From a file, the environment and secret files to one `Settings`, or one clear line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError
from pydantic_settings import TomlConfigSettingsSource

from bot.core.targets.registry import REGISTRY as TARGETS
from bot.errors import ConfigError
from bot.settings.model import Settings
from bot.settings.problems import Problem, problems_of
from bot.settings.sources import Overrides, environment_overrides, secret_overrides
from bot.settings.text_file import with_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Set by systemd for units with LoadCredential=.
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"

# What some Windows editors write before a text in UTF-8; nobody sees it.
_BYTE_ORDER_MARK = "\ufeff"

# How many tables a rule or a source of targets may be, one inside the other; nobody can follow more.
DEPTH_MAX = 16


def load_settings(
    path: str | Path,
    environ: Mapping[str, str] | None = None,
    secrets_dir: str | Path | None = None,
) -> Settings:
    """Read the settings of `path`; a secret file goes before the file, an environment variable before both.

    Args:
        path: The TOML file. Paths in it are relative to its own folder.
        environ: Variables named ``BOT_<TABLE>__<KEY>``; the process's own if None.
        secrets_dir: Folder of files named ``<table>__<key>``; if None, systemd's credentials directory, if any.

    Raises:
        ConfigError: With one line about the first problem, and the count of further ones.
    """
    file = Path(path)
    variables = os.environ if environ is None else environ
    data = _read(file)
    _refuse_password(data, file)
    _refuse_secrets(data, file)
    folder = secrets_dir or variables.get(CREDENTIALS_VARIABLE)
    secrets = secret_overrides(Path(folder)) if folder else Overrides()
    environment = environment_overrides(variables)
    merged = _merge(_merge(data, secrets.values), environment.values)
    _refuse_depths(merged, file)
    _anchor(merged, file)
    _read_named_files(merged, file)
    problems = [*environment.problems, *secrets.problems, *_take_reserved(merged)]
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        origins = {**secrets.origins, **environment.origins}
        problems += problems_of(error, Settings, merged, origins)
        _refuse(file, problems, error)
    if problems:
        _refuse(file, problems)
    return settings


def _read(file: Path) -> dict[str, Any]:
    """Return the tables of `file`; whatever prevents that is one line."""
    advice = "write one with: bot init"
    try:
        if not file.exists():
            _fail(file, f"expected a configuration file, found none; {advice}")
        if not file.is_file():
            kind = "a folder" if file.is_dir() else "no regular file"
            _fail(file, f"expected a configuration file, found {kind}; {advice}")
        return TomlConfigSettingsSource(Settings, file)()
    except tomllib.TOMLDecodeError as error:
        _fail(file, f"expected TOML, found: {_with_place(error, file)}", error)
    except UnicodeDecodeError as error:
        _fail(file, f"expected text in UTF-8, found byte {error.start + 1} that is none", error)
    except RecursionError as error:
        _fail(file, "expected TOML, found tables nested too deeply to read", error)
    except (OSError, ValueError) as error:
        _fail(file, f"expected a readable configuration file, found: {error}", error)


def _with_place(error: tomllib.TOMLDecodeError, file: Path) -> str:
    """Return what `error` says with line and column, also where it only says that the file ended too early."""
    text = file.read_text(encoding="utf-8")
    if text.startswith(_BYTE_ORDER_MARK):
        return "a byte order mark before the first line; save it as UTF-8 without BOM"
    lines = text.rstrip().split("\n")
    end = f"at the end, line {len(lines)}, column {len(lines[-1]) + 1}"
    return str(error).replace("at end of document", end)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return `below` with the keys of `above` in front; tables are merged one level deep, as keys are named."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name, {})
        # A table that the file gives as something else is left to the validator to refuse.
        is_table = isinstance(value, dict)
        if not is_table:
            result[name] = value
        elif isinstance(old, dict):
            result[name] = {**old, **value}
    return result


def _anchor(merged: dict[str, Any], file: Path) -> None:
    """Make the state folder absolute, from the file's own folder.

    Links are followed first, so that two roads to one file lead to one memory; the working directory has no say, so
    that a halt from another shell reaches the running bot.
    """
    state = merged.get("state")
    if not isinstance(state, dict) or not isinstance(state.get("dir"), str):
        return
    folder = state["dir"]
    if not folder or folder.startswith("~"):
        advice = "write it in full, since the home folder differs from user to user"
        _fail(file, f'[state] dir: expected a path without ~, found "{folder}"; {advice}')
    merged["state"] = {**state, "dir": str((file.resolve().parent / folder).resolve())}


def _refuse_password(data: Mapping[str, Any], file: Path) -> None:
    """Refuse a password in a file that is copied, shown and backed up like any other."""
    state = data.get("state")
    url = state.get("journal") if isinstance(state, dict) else None
    if isinstance(url, str) and ":" in url.partition("://")[2].rpartition("@")[0]:
        _fail(
            file,
            "[state] journal: expected a URL without a password in this file, found one with; give the whole URL as"
            " BOT_STATE__JOURNAL or as the secret file state__journal",
        )


def _refuse_secrets(data: Mapping[str, Any], file: Path) -> None:
    """Refuse a URL of a channel with more than its host, and what is no text, before anything repeats it."""
    alerts = data.get("alerts")
    for key in ("urls", "heartbeat_url"):
        text = alerts.get(key) if isinstance(alerts, dict) else None
        if text is None or (isinstance(text, str) and not any(map(_may_hold_secret, text.split()))):
            continue
        _fail(
            file,
            f"[alerts] {key}: expected text with no more than KIND://HOST:PORT in this file, since the rest of such a"
            f" URL is its secret; give it whole as BOT_ALERTS__{key.upper()} or as the secret file alerts__{key}",
        )


def _may_hold_secret(url: str) -> bool:
    """Return whether a URL has more than its kind, a host with a dot or of this machine, and a port."""
    rest = url.partition("://")[2].removesuffix("/")
    host = rest.partition(":")[0]
    # Of many kinds the "host" is the token itself: ntfy://TOPIC, tgram://TOKEN.
    return any(sign in rest for sign in "@/?&#") or not ("." in host or host == "localhost")


def _refuse_depths(merged: Mapping[str, Any], file: Path) -> None:
    """Refuse a rule or a source inside so many others that neither a person nor the validator can follow."""
    for table, key in (("policy", "rule"), ("targets", "source")):
        inside = merged.get(table)
        if isinstance(inside, dict) and _is_deeper(inside.get(key), DEPTH_MAX):
            _fail(
                file,
                f"[{table}] {key}: expected at most {DEPTH_MAX} tables inside each other, found more; write it with "
                "fewer any_of, all_of, not and the like",
            )


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, list):
        return any(_is_deeper(each, levels) for each in value)
    if not isinstance(value, dict):
        return False
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in value.values())


def _read_named_files(merged: dict[str, Any], file: Path) -> None:
    """Read the files that a source of targets names, from the configuration's own folder."""
    targets = merged.get("targets")
    if not isinstance(targets, dict) or "source" not in targets:
        return
    kinds = frozenset(kind for kind, source in TARGETS.items() if source.reads_file)
    folder = file.resolve().parent
    try:
        source = with_texts(targets["source"], "[targets] source", folder, kinds)
    except ConfigError as error:
        _fail(file, str(error), error)
    merged["targets"] = {**targets, "source": source}


def _take_reserved(merged: dict[str, Any]) -> list[Problem]:
    """Take out names that begin with an underscore: the library would take them for its own options, in silence."""
    names = [name for name in merged if name.startswith("_")]
    for name in names:
        del merged[name]
    return [Problem(f"{name} is not a known key: leave it out") for name in names]


def _refuse(file: Path, problems: Sequence[Problem], cause: Exception | None = None) -> NoReturn:
    first, *others = problems
    further = first.further + len(others) + sum(problem.further for problem in others)
    counted = f" (and {further} more problem{'s' if further > 1 else ''})" if further else ""
    _fail(file, first.line + counted, cause)


def _fail(file: Path, line: str, cause: Exception | None = None) -> NoReturn:
    # One line, whatever a value or a file name contains.
    text = " ".join(f"{file}: {line}".split())
    raise ConfigError(text) from cause
