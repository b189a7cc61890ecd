"""Every policy says its parameters once, and refuses what is out of their range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.domain.parameter import Parameter, parameters_of
from bot.core.policy.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.policy.policy import Policy

EXAMPLES = Path(__file__).parents[3] / "config/examples/policies"


def test_every_policy_has_an_example_of_its_name() -> None:
    assert sorted(set(REGISTRY) - {path.stem for path in EXAMPLES.glob("*.toml")}) == []


def test_every_policy_is_registered_by_its_name() -> None:
    assert [name for name, policy in REGISTRY.items() if policy.kind != name] == []


def filled(value: Any, number: Any) -> Any:
    """Return `number` in the shape of `value`: a mapping or a list of numbers, or one number."""
    if isinstance(value, Mapping):
        return dict.fromkeys(value or {"AAPL": 0}, number)
    return (number,) if isinstance(value, tuple) else number


def outside(about: Parameter) -> Iterator[float]:
    """Yield numbers that are just out of the bounds, and what is no number at all."""
    yield from (math.nan, math.inf, -math.inf)
    for bound, direction in (
        (about.above, 0),
        (about.at_least, -1),
        (about.below, 0),
        (about.at_most, 1),
    ):
        if bound is not None:
            yield math.nextafter(bound, direction * math.inf) if direction else bound


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_a_number_out_of_its_bounds_is_refused_with_its_name(rule: Policy) -> None:
    for name, about in parameters_of(type(rule)).items():
        value = getattr(rule, name)
        leaves = value.values() if isinstance(value, Mapping) else (value,)
        # A number without bounds would let an infinite one in, or a number of any size.
        assert about.bounds() or not any(is_number(leaf) for leaf in leaves), name
        for number in outside(about) if about.bounds() else ():
            with pytest.raises(ValueError, match=rf"^{name}\b.* must be .*, found {number:g}$"):
                replace(rule, **{name: filled(value, number)})


def test_a_word_that_is_not_among_the_choices_is_refused_with_them(rule: Policy) -> None:
    for name, about in parameters_of(type(rule)).items():
        if about.choices:
            words = ", ".join(about.choices)
            with pytest.raises(
                ValueError, match=f"^{name} must be one of {words}, found 'nothing'$"
            ):
                replace(rule, **{name: "nothing"})


def test_a_list_that_is_too_long_or_empty_is_refused(rule: Policy) -> None:
    for name, about in parameters_of(type(rule)).items():
        if about.count_max is not None:
            for count in (0, about.count_max + 1):
                entries = getattr(rule, name)[:1] * count
                with pytest.raises(ValueError, match=f"^{name} must have 1 to .* found {count}$"):
                    replace(rule, **{name: entries})


def test_its_first_line_is_a_sentence_and_every_parameter_says_what_it_does(rule: Policy) -> None:
    assert (type(rule).__doc__ or "").split("\n")[0].endswith(".")
    abouts = parameters_of(type(rule))
    assert set(abouts) == {each.name for each in fields(rule)}
    for about in abouts.values():
        assert about.meaning.endswith(".")
        assert about.wrong.endswith(".")


def test_a_policy_does_not_change_once_it_is_made(rule: Policy) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(rule, fields(rule)[0].name, None)
    # No room for what is no parameter.
    assert not hasattr(rule, "__dict__")
