"""What a rule says about its parameters is what its constructor checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.parameter import Parameter, check_parameters, parameter, parameters_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def of(**about: Any) -> dict[str, Parameter]:
    return parameter("It is.", wrong="It is not.", **about)


@dataclass(frozen=True)
class Rule:
    """A rule with one parameter of each sort."""

    width: float = field(metadata=of(above=0, below=1, unit="fraction of base"))
    count: int = field(metadata=of(at_least=1, at_most=3))
    word: str = field(metadata=of(choices=("one", "two")))
    widths: Mapping[str, float] = field(metadata=of(above=0, at_most=1, count_max=2))
    levels: tuple[float, ...] | None = field(metadata=of(at_least=0, count_max=2))
    steps: tuple[tuple[str, float], ...] = field(metadata=of(choices=("up", "down"), at_least=0))
    is_on: bool = field(metadata=of(above=5))
    on: date | None = field(metadata=of())
    made: int = 0

    def __post_init__(self) -> None:
        check_parameters(self)


GOOD: dict[str, Any] = {
    "width": 0.05,
    "count": 2,
    "word": "one",
    "widths": {"A": 0.5},
    "levels": None,
    "steps": (("up", 1.0),),
    "is_on": True,
    "on": None,
}


def refused(**changes: object) -> str:
    with pytest.raises(ValueError, match=r".+") as caught:
        Rule(**{**GOOD, **changes})
    return str(caught.value)


def test_parameters_come_in_the_order_of_their_declaration_and_only_those() -> None:
    assert list(parameters_of(Rule)) == list(GOOD)
    assert parameters_of(Rule)["width"] == Parameter(
        "It is.", "It is not.", unit="fraction of base", above=0, below=1
    )


def test_what_is_within_its_range_is_taken() -> None:
    rule = Rule(**GOOD)
    assert rule.width == pytest.approx(0.05)
    assert Rule(**{**GOOD, "levels": (0.0, 5.0), "widths": {"A": 1.0, "B": 0.1}})


@pytest.mark.parametrize("width", [0.0, 1.0, -0.1, 1.5, nan, inf, -inf])
def test_a_number_out_of_its_range_is_refused_with_name_range_unit_and_number(width: float) -> None:
    assert refused(width=width) == (
        f"width must be more than 0 and less than 1 (fraction of base), found {width:g}"
    )


@pytest.mark.parametrize("count", [0, 4])
def test_a_range_may_include_its_limits(count: int) -> None:
    assert refused(count=count) == f"count must be at least 1 and at most 3, found {count}"
    assert Rule(**{**GOOD, "count": 1}).count == 1
    assert Rule(**{**GOOD, "count": 3}).count == 3


def test_a_number_without_a_range_is_a_number_all_the_same() -> None:
    @dataclass
    class Free:
        level: float = field(metadata=of())

    check_parameters(Free(-1e300))
    with pytest.raises(ValueError, match=r"^level must be a number, found nan$"):
        check_parameters(Free(nan))


def test_a_word_is_one_of_its_choices() -> None:
    assert refused(word="three") == "word must be one of one, two, found 'three'"


def test_what_is_inside_is_told_by_its_place() -> None:
    assert refused(widths={"A": 0.5, "B": 0.0}) == (
        "widths of B must be more than 0 and at most 1, found 0"
    )
    assert refused(levels=(0.0, -1.0)) == "levels 1 must be at least 0, found -1"
    assert refused(steps=(("up", 1.0), ("sideways", 1.0))) == (
        "steps 1 0 must be one of up, down, found 'sideways'"
    )
    assert refused(steps=(("up", -2.0),)) == "steps 0 1 must be at least 0, found -2"


@pytest.mark.parametrize("levels", [(), (1.0, 2.0, 3.0)])
def test_a_list_with_a_largest_length_is_neither_empty_nor_longer(
    levels: tuple[float, ...],
) -> None:
    assert refused(levels=levels) == f"levels must have 1 to 2 entries, found {len(levels)}"


def test_a_mapping_with_a_largest_length_is_neither_empty_nor_longer() -> None:
    assert refused(widths={}) == "widths must have 1 to 2 entries, found 0"
    assert refused(widths=dict.fromkeys("ABC", 0.1)) == "widths must have 1 to 2 entries, found 3"


def test_bounds_have_words_in_one_order() -> None:
    every = Parameter("It is.", "It is not.", above=1, at_least=2, below=3, at_most=4)
    assert every.bounds() == (
        ("more than", 1),
        ("at least", 2),
        ("less than", 3),
        ("at most", 4),
    )
    assert Parameter("It is.", "It is not.").bounds() == ()


@given(
    number=st.floats(),
    above=st.none() | st.floats(-10, 10),
    at_least=st.none() | st.floats(-10, 10),
    below=st.none() | st.floats(-10, 10),
    at_most=st.none() | st.floats(-10, 10),
)
def test_a_number_is_admitted_exactly_if_it_is_finite_and_within_every_bound(
    number: float,
    above: float | None,
    at_least: float | None,
    below: float | None,
    at_most: float | None,
) -> None:
    about = Parameter(
        "It is.", "It is not.", above=above, at_least=at_least, below=below, at_most=at_most
    )
    is_out = (
        (above is not None and number <= above)
        or (at_least is not None and number < at_least)
        or (below is not None and number >= below)
        or (at_most is not None and number > at_most)
    )
    is_finite = -inf < number < inf
    assert about.admits(number) == (is_finite and not is_out)
