"""Every key says what it is, in which unit, what may be written and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.costs.model import CostModel
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as SOURCES
from bot.settings.keys import all_models, allowed, expected, key_of, models_in
from bot.settings.limits import Limits
from bot.settings.made import Made
from bot.settings.model import Settings
from bot.settings.rules import Policy

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

# What the ending of a name promises about its unit.
UNITS = {"_s": "seconds", "_bps": "basis points", "_notional_max": "account currency"}

FIELDS = [
    pytest.param(model, name, field, id=f"{model.__name__}.{name}")
    for model in all_models(Settings)
    for name, field in model.model_fields.items()
]


@pytest.mark.parametrize(("model", "name", "field"), FIELDS)
def test_every_key_is_explained(model: type[BaseModel], name: str, field: FieldInfo) -> None:
    key = key_of(field)
    for sentence in (key.meaning, key.wrong):
        assert sentence.endswith("."), f"{model.__name__}.{name}: {sentence}"
    if models_in(field.annotation) and model is Settings:
        return
    assert allowed(field) != "a value"
    if field.is_required():
        assert key.example, "a key without a default needs an example to write"
    for ending, unit in UNITS.items():
        if name.endswith(ending):
            assert key.unit.startswith(unit)


def test_all_models_finds_rules_inside_rules_once() -> None:
    models = all_models(Settings)
    assert len(set(models)) == len(models)
    assert len({model.__name__ for model in models}) == len(models)
    assert {Policy, Limits} <= set(models)
    made_from = {model.made_from for model in models if issubclass(model, Made)}
    assert {*POLICIES.values(), *SOURCES.values(), CostModel} <= made_from


def test_every_model_is_frozen_and_refuses_unknown_keys() -> None:
    for model in all_models(Settings):
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"
        assert model.model_config["strict"]


def test_what_only_you_know_of_your_account_and_market_has_no_default() -> None:
    without = {name for name, field in Limits.model_fields.items() if field.is_required()}
    assert without == {
        "order_notional_max",
        "order_nav_max",
        "order_volume_max",
        "close_move_max",
        "plan_turnover_max",
        "quote_age_max_s",
        "spread_max_bps",
        "collar_max_bps",
        "nav_difference_max",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("collar_max_bps", "a number, more than 0, at most 1000 (basis points of the mid)"),
        ("spread_max_bps", "a number, more than 0, at most 500 (basis points of the mid)"),
        ("plan_turnover_max", "a number, more than 0, at most 2 (fraction of base)"),
        ("quote_age_max_s", "a number, more than 0, at most 300 (seconds)"),
        ("nav_difference_max", "a number, more than 0, at most 0.1 (fraction of base)"),
        (
            "order_notional_max",
            "a number, more than 0, at most 1_000_000_000_000 (account currency)",
        ),
    ],
)
def test_no_setting_lifts_the_compiled_maximum_of_a_limit(name: str, words: str) -> None:
    assert expected(Limits.model_fields[name]) == words
