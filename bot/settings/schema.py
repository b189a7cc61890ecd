"""The JSON schema of the settings, for editors: completion, ranges, and what each key means.

`config/bot.schema.json` is this, written out; a test compares the two. To write it anew:
``python -m bot.settings.schema > config/bot.schema.json``.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from bot.settings.keys import all_models, allowed, key_of
from bot.settings.model import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


def json_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12); every key has a description with unit, range and consequence."""
    schema = Settings.model_json_schema()
    definitions = schema["$defs"]
    for model in all_models(Settings):
        _describe(schema if model is Settings else definitions[model.__name__], model)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Settings of the rebalancer",
    }


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    schema.pop("title", None)
    for name, field in model.model_fields.items():
        entry = _without_null(schema["properties"][name])
        schema["properties"][name] = entry
        # The library's titles repeat the name, its formats and decimal defaults are not TOML's.
        entry.pop("title", None)
        if isinstance(entry.get("default"), dict):
            given = entry["default"].items()
            entry["default"] = {key: value for key, value in given if value is not None}
        if entry.get("format") != "date":
            entry.pop("format", None)
        if entry.get("type") == "number" and isinstance(entry.get("default"), str):
            entry["default"] = float(entry["default"])
        entry["description"] = _description(field)


def _without_null(entry: dict[str, Any]) -> dict[str, Any]:
    """Return `entry` without the null that TOML does not have; who means it leaves the key out."""
    if "anyOf" not in entry:
        return entry
    kept: dict[str, Any] = next(choice for choice in entry["anyOf"] if choice.get("type") != "null")
    return kept


def _description(field: FieldInfo) -> str:
    key = key_of(field)
    unit = f" Unit: {key.unit}." if key.unit else ""
    return f"{key.meaning}{unit} Allowed: {allowed(field)}. If it is wrong: {key.wrong}"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
