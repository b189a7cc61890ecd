"""Settings as the journal keeps them, to be read back as they were: what a decision is made again with.

Rule: what is read back has the same digest. So texts of files that the settings name are kept as well, and what JSON
has no word for says its type. Secrets are left out: no decision hangs on them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, SecretStr, ValidationError

from bot.errors import ConfigError
from bot.settings.model import Settings
from bot.settings.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Callable

#: The key that marks a value which is no JSON; no key of the settings is called so.
_TYPE: Final = "$type"
_TEXTS: Final[dict[str, Callable[[str], object]]] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "path": Path,
}


def journaled(settings: Settings) -> dict[str, Any]:
    """Return `settings` as plain JSON-able values that `settings_from` takes back."""
    body: dict[str, Any] = _plain(settings)
    return body


def settings_from(body: dict[str, Any]) -> Settings:
    """Return the settings that `journaled` wrote.

    Raises:
        ConfigError: If this version of the program does not know such settings.
    """
    try:
        return Settings(**_typed(body))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"the settings of then are not those of this version: {place}: {first['msg']}"
        raise ConfigError(message) from error


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, TextFile):
        return {_TYPE: "file", "name": value.name, "text": value.text}
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, SecretStr):
        return None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return {_TYPE: "decimal", "text": str(value)}
    if isinstance(value, date):
        return {_TYPE: "date", "text": value.isoformat()}
    if isinstance(value, Path):
        return {_TYPE: "path", "text": str(value)}
    return value


def _typed(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(_TYPE)
    if kind == "file":
        return TextFile(value["name"], value["text"])
    if kind is not None:
        return _TEXTS[kind](value["text"])
    return {key: _typed(item) for key, item in value.items()}
