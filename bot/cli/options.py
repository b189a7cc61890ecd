"""Options that commands share, and how a configuration is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from bot.settings import Settings

#: Where a configuration is looked for when none is named, the first that exists.
DEFAULTS = (Path("bot.toml"), Path("config/paper.toml"))

Config: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name=["--config", "-c"],
        help="Configuration (TOML); without it bot.toml, else config/paper.toml, of this folder.",
    ),
]
AsJson: TypeAlias = Annotated[
    bool,
    Parameter(name="--json", negative="", help="Answer with one JSON object on the last line."),
]
Port: TypeAlias = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
Reason: TypeAlias = Annotated[str, Parameter(help="Why, in words for the journal.")]


def config_path(named: Path | None) -> Path:
    """Return the named configuration, or the default one of this folder; it need not exist."""
    if named is not None:
        return named
    return next((path for path in DEFAULTS if path.exists()), DEFAULTS[0])


def settings_of(named: Path | None) -> Settings:
    """Load a configuration with this process's environment and secret files over it.

    Raises:
        ConfigError: One clear line: the key, what was expected and what was found.
    """
    # Half a second, which what stops a bot must not wait for.
    from bot.settings import load_settings  # noqa: PLC0415

    return load_settings(config_path(named))


def arm_command(named: Path | None) -> str:
    """Return the command that arms a configuration for the first time, as it was named."""
    which = "" if named is None else f" --config {named}"
    return f'bot resume{which} --reason "first start"'
