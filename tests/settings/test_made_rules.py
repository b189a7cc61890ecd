"""Every rule of the core has a table that takes exactly what its constructor takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from bot.core.costs.model import CostModel
from bot.core.domain.parameter import parameters_of
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as SOURCES
from bot.settings.keys import allowed, key_of
from bot.settings.made import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("rule", [*POLICIES.values(), *SOURCES.values(), CostModel])
def test_every_rule_of_the_core_has_a_table_with_its_parameters(rule: type) -> None:
    table = TABLES[rule]
    names = list(parameters_of(rule))
    assert [name for name in table.model_fields if name != "kind"] == names
    assert table.made_from is rule
    for name, about in parameters_of(rule).items():
        key = key_of(table.model_fields[name])
        assert (key.meaning, key.wrong, key.unit) == (about.meaning, about.wrong, about.unit)
        assert allowed(table.model_fields[name]) != "a value"


def numbers() -> Iterator[tuple[type, str]]:
    """Yield every parameter of a rule of the core that is a plain number."""
    for rule in (*POLICIES.values(), *SOURCES.values(), CostModel):
        for name, key in TABLES[rule].model_fields.items():
            if key.annotation in (float, int):
                yield rule, name


@pytest.mark.parametrize(
    ("rule", "name"),
    [pytest.param(*each, id=f"{each[0].__name__}.{each[1]}") for each in numbers()],
)
def test_the_table_takes_exactly_the_numbers_that_the_constructor_takes(
    rule: type, name: str
) -> None:
    table, about = TABLES[rule], parameters_of(rule)[name]
    is_whole = table.model_fields[name].annotation is int
    # Each limit and its neighbours on both sides; and what is no number.
    step = (lambda at, to: at + (1 if to > 0 else -1)) if is_whole else math.nextafter
    limits = [int(bound) if is_whole else bound for _, bound in about.bounds()]
    tried = [number for at in limits for number in (at, step(at, math.inf), step(at, -math.inf))]
    assert tried
    for number in tried if is_whole else (*tried, math.nan, math.inf, -math.inf):
        with pytest.raises(ValidationError) as caught:
            table(**{name: number, "no such key": 1})
        is_refused = (name,) in [detail["loc"] for detail in caught.value.errors()]
        assert is_refused != about.admits(number), number
