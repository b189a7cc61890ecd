"""A file that the settings name, with the text that it had when they were loaded.

Rule: such a file is read once, with the settings; its sha256 is among them and so in their digest. Why: an index whose
constituents changed under the same name would otherwise be another mandate with the same digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

#: The parameter that names the file, of every kind that reads one.
FILE: Final = "file"

# More is no list of instruments, characters.
CHARACTERS_MAX: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that was read.

    Attributes:
        name: As it was written, relative to the configuration's folder or in full.
        text: What stood in it.
    """

    name: str
    text: str = field(repr=False)

    @property
    def sha256(self) -> str:
        """The sha256 of its text in UTF-8, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def _taken(value: object) -> TextFile:
    # The loader has read it; whatever it left is no path.
    if isinstance(value, TextFile):
        return value
    kind, message = "no_text_file", "expected a path"
    raise PydanticCustomError(kind, message)


def _written(file: TextFile) -> dict[str, str]:
    return {FILE: file.name, "sha256": file.sha256}


#: A key whose value is the name of a file.
TextFileKey = Annotated[
    TextFile,
    PlainValidator(_taken),
    PlainSerializer(_written),
    WithJsonSchema({"type": "string", "minLength": 1}),
]


def with_texts(value: Any, place: str, folder: Path, kinds: frozenset[str]) -> Any:  # noqa: ANN401 - as TOML
    """Return `value` with the file of each table of one of `kinds` read, whatever depth it is at.

    Args:
        value: Whatever TOML can say.
        place: Where it stands, in a person's words.
        folder: What paths are relative to.
        kinds: The kinds of tables whose ``file`` is one.

    Raises:
        ConfigError: If a file cannot be read; with its place.
    """
    if isinstance(value, list):
        return [
            with_texts(each, f"{place} number {at}", folder, kinds)
            for at, each in enumerate(value, start=1)
        ]
    if not isinstance(value, Mapping):
        return value
    result = {
        name: with_texts(each, f"{place}.{name}", folder, kinds) for name, each in value.items()
    }
    name, kind = result.get(FILE), result.get("kind")
    if isinstance(name, str) and isinstance(kind, str) and kind in kinds:
        result[FILE] = TextFile(name, _text(name, f"{place}.{FILE}", folder))
    return result


def _text(name: str, place: str, folder: Path) -> str:
    if not name or name.startswith("~"):
        message = f'{place}: expected a path without ~, found "{name}"; write it in full, or relative to this file'
        raise ConfigError(message)
    path = folder / name
    try:
        with path.open(encoding="utf-8") as opened:
            text = opened.read(CHARACTERS_MAX + 1)
    except UnicodeDecodeError as error:
        message = (
            f"{place}: expected text in UTF-8 in {path}, found byte {error.start + 1} that is none"
        )
        raise ConfigError(message) from error
    except (OSError, ValueError) as error:
        message = f"{place}: expected a readable file, found: {error}; a path is relative to the configuration's folder"
        raise ConfigError(message) from error
    if len(text) > CHARACTERS_MAX:
        message = f"{place}: expected at most {CHARACTERS_MAX} characters in {path}, found more"
        raise ConfigError(message)
    return text
