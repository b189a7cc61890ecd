from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.settings.keys import all_models, allowed, key_of, models_in
from bot.settings.model import Settings
from bot.settings.schema import json_schema, schema_text

SCHEMA = Path(__file__).parent.parent.parent / "config" / "bot.schema.json"


@pytest.fixture
def schema() -> dict[str, Any]:
    return json_schema()


def definition(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema if name == "Settings" else schema["$defs"][name]
    return found


def test_the_file_for_editors_is_up_to_date(schema: dict[str, Any]) -> None:
    advice = "write it anew: python -m bot.settings.schema > config/bot.schema.json"
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema, advice
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), advice


def test_every_table_refuses_unknown_keys(schema: dict[str, Any]) -> None:
    for model in all_models(Settings):
        assert definition(schema, model.__name__)["additionalProperties"] is False


def test_every_key_has_a_description_with_unit_and_range(schema: dict[str, Any]) -> None:
    for model in all_models(Settings):
        properties = definition(schema, model.__name__)["properties"]
        assert set(properties) == set(model.model_fields)
        for name, field in model.model_fields.items():
            description = properties[name]["description"]
            assert key_of(field).meaning in description
            assert key_of(field).wrong in description
            if not models_in(field.annotation):
                assert allowed(field) in description
            if key_of(field).unit:
                assert f"Unit: {key_of(field).unit}." in description


def test_required_keys_are_required(schema: dict[str, Any]) -> None:
    for model in all_models(Settings):
        required = [name for name, field in model.model_fields.items() if field.is_required()]
        assert definition(schema, model.__name__).get("required", []) == required


def test_ranges_are_the_models_own(schema: dict[str, Any]) -> None:
    collar = definition(schema, "Limits")["properties"]["collar_max_bps"]
    assert (collar["exclusiveMinimum"], collar["maximum"]) == (0, 1000)
    reserved = definition(schema, "Planner")["properties"]["reserved_cash"]
    assert (reserved["type"], reserved["minimum"], reserved["default"]) == ("number", 0, 0)


def test_every_number_has_a_lower_bound_and_every_quantity_an_upper_one(
    schema: dict[str, Any],
) -> None:
    for model in all_models(Settings):
        for name, entry in definition(schema, model.__name__)["properties"].items():
            if entry.get("type") in ("number", "integer"):
                assert {"minimum", "exclusiveMinimum"} & set(entry), name
            if entry.get("type") == "number":
                assert {"maximum", "exclusiveMaximum"} & set(entry), name


def test_editors_do_not_offer_what_is_refused(schema: dict[str, Any]) -> None:
    assert schema["properties"]["mode"]["enum"] == ["observe", "paper"]
    # TOML has no null: what is optional is left out.
    assert "null" not in schema_text()
