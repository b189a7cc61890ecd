"""A table made from a rule takes what the rule's own constructor takes, and says the same about it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest
from pydantic import ValidationError

from bot.core.domain.parameter import check_parameters, parameter, parameters_of
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.targets.exclusions import Exclusions
from bot.core.targets.static import StaticWeights
from bot.settings.keys import Key, allowed, expected, key_of
from bot.settings.made import (
    TABLES,
    Made,
    TablesMade,
    core_of,
    default_source,
    table_of,
    told_apart,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.domain.parameter import Parameter
    from bot.core.policy.policy import Policy

BAND = {"kind": "absolute_band", "width": 0.05}


def of(**about: Any) -> dict[str, Parameter]:
    return parameter("It is.", wrong="It is not.", **about)


@dataclass(frozen=True)
class Step:
    """A part of a rule."""

    on: date = field(metadata=of(example="2030-01-01"))
    share: float = field(metadata=of(at_least=0, at_most=1))


@dataclass(frozen=True)
class Rich:
    """A rule with every sort of parameter.

    The table takes the first paragraph only.
    """

    kind: ClassVar[str] = "rich"

    width: float = field(metadata=of(above=0, below=1, unit="fraction of base", example="0.05"))
    widths: Mapping[str, float] = field(metadata=of(above=0, at_most=1, count_max=2))
    classes: Mapping[str, str] = field(metadata=of(choices=("low", "high")))
    rule: Policy = field(metadata=of())
    rules: tuple[Policy, ...] = field(metadata=of(count_max=2))
    steps: tuple[Step, ...] = field(metadata=of())
    pair: tuple[date, float] = field(metadata=of(above=0))
    other: Policy | None = field(default=None, metadata=of())
    first: Step | None = field(default=None, metadata=of())
    names: tuple[str, ...] | None = field(default=None, metadata=of(count_max=3))
    levels: tuple[float, ...] = field(default=(1.0, 2.0), metadata=of(above=0))
    until: date | None = field(default=None, metadata=of())
    count: int | None = field(default=None, metadata=of(at_least=1, at_most=9))
    way: str = field(default="up", metadata=of(choices=("up", "down")))
    is_on: bool = field(default=True, metadata=of())
    step: Step = field(default=Step(date(2030, 1, 1), 0.5), metadata=of())
    band: Policy = field(default=AbsoluteBand(0.1), metadata=of())
    made: tuple[Step, ...] = field(
        default_factory=lambda: (Step(date(2030, 1, 1), 0.5),), metadata=of()
    )
    hidden: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        check_parameters(self)
        if self.width > self.levels[0]:
            message = f"width {self.width:g} is above the first level {self.levels[0]:g}"
            raise ValueError(message)


GOOD: dict[str, Any] = {
    "kind": "rich",
    "width": 0.05,
    "widths": {"A": 1.0},
    "classes": {"A": "low"},
    "rule": BAND,
    "rules": [BAND],
    "steps": [{"on": date(2030, 1, 1), "share": 1}],
    "pair": [date(2030, 1, 1), 2.5],
}


@pytest.fixture
def tables() -> TablesMade:
    """Return the tables of the settings, and room for more."""
    return dict(TABLES)


@pytest.fixture
def rich(tables: TablesMade) -> type[Made]:
    table = table_of(Rich, "Rule", tables)
    table.model_rebuild()
    return table


def places(table: type[Made], **changes: object) -> list[tuple[int | str, ...]]:
    with pytest.raises(ValidationError) as caught:
        table(**{**GOOD, **changes})
    return [detail["loc"] for detail in caught.value.errors()]


def test_every_parameter_becomes_a_key_and_nothing_else(rich: type[Made]) -> None:
    assert list(rich.model_fields) == ["kind", *parameters_of(Rich)]
    assert rich.__name__ == "RichRule"
    assert rich.__doc__ == "A rule with every sort of parameter."
    kind = rich.model_fields["kind"]
    assert kind.annotation == Literal["rich"]
    assert key_of(kind) == Key(
        "A rule with every sort of parameter.", "An unknown kind is refused.", example='"rich"'
    )
    assert kind.is_required()


def test_a_key_says_what_the_parameter_says(rich: type[Made]) -> None:
    assert key_of(rich.model_fields["width"]) == Key(
        "It is.", "It is not.", unit="fraction of base", example="0.05"
    )
    assert expected(rich.model_fields["width"]) == (
        "a number, more than 0, less than 1 (fraction of base)"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("widths", "a table of names, each with a number, more than 0, at most 1"),
        ("classes", 'a table of names, each with one of "low", "high"'),
        ("rule", "a table with its kind"),
        ("rules", "a list of 1 to 2 entries, each a table with its kind"),
        ("steps", "a list, each a table with on, share"),
        ("pair", "a list of a date such as 2030-12-31 and a number, more than 0"),
        ("other", "a table with its kind"),
        ("first", "a table with on, share"),
        ("names", "a list of 1 to 3 entries, each text"),
        ("levels", "a list, each a number, more than 0"),
        ("until", "a date such as 2030-12-31"),
        ("count", "a whole number, at least 1, at most 9"),
        ("way", 'one of "up", "down"'),
        ("is_on", "true or false"),
    ],
)
def test_what_may_be_written_is_said_in_words(rich: type[Made], name: str, words: str) -> None:
    assert allowed(rich.model_fields[name]) == words


def test_a_table_becomes_the_rule_with_everything_inside(rich: type[Made]) -> None:
    assert core_of(rich(**GOOD)) == Rich(
        width=0.05,
        widths={"A": 1.0},
        classes={"A": "low"},
        rule=AbsoluteBand(0.05),
        rules=(AbsoluteBand(0.05),),
        steps=(Step(date(2030, 1, 1), 1.0),),
        pair=(date(2030, 1, 1), 2.5),
    )


def test_defaults_are_the_rules_own(rich: type[Made]) -> None:
    table = rich(**GOOD)
    values = table.model_dump()
    assert values["step"] == {"on": date(2030, 1, 1), "share": 0.5}
    assert values["made"] == ({"on": date(2030, 1, 1), "share": 0.5},)
    assert values["band"] == {"kind": "absolute_band", "width": 0.1, "cash_width": None}
    assert values["levels"] == (1.0, 2.0)
    # Those that a table is made for are tables too, so that they are written and compared alike.
    assert rich(**{**GOOD, "step": values["step"], "band": values["band"]}) == table


def test_what_may_be_left_out_can_be_written(rich: type[Made]) -> None:
    optional = {
        "other": {"kind": "any_of", "rules": [BAND]},
        "first": {"on": date(2031, 1, 1), "share": 0},
        "names": ["A"],
        "levels": [0.5],
        "until": date(2032, 1, 1),
        "count": 9,
        "way": "down",
        "is_on": False,
        "step": {"on": date(2033, 1, 1), "share": 0.25},
        "band": {"kind": "calendar", "every": "month"},
    }
    found = core_of(rich(**GOOD, **optional))
    assert found.other == AnyOf((AbsoluteBand(0.05),))
    assert found.first == Step(date(2031, 1, 1), 0)
    assert (found.names, found.levels, found.until) == (("A",), (0.5,), date(2032, 1, 1))
    assert (found.count, found.way, found.is_on) == (9, "down", False)
    assert found.step == Step(date(2033, 1, 1), 0.25)
    assert found.band == Calendar("month")


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("width", 0, ()),
        ("width", 1, ()),
        ("width", "0.05", ()),
        ("widths", {"A": 1.1}, ("A",)),
        ("widths", {"": 0.5}, ("", "[key]")),
        ("widths", {}, ()),
        ("widths", {"A": 0.1, "B": 0.1, "C": 0.1}, ()),
        ("classes", {"A": "middle"}, ("A",)),
        ("rule", {"kind": "moon"}, ()),
        ("rule", {**BAND, "width": 2}, ("absolute_band", "width")),
        ("rules", [BAND] * 3, ()),
        ("rules", [], ()),
        ("steps", [{"on": date(2030, 1, 1), "share": 1.5}], (0, "share")),
        ("steps", [{"on": "2030-01-01", "share": 1}], (0, "on")),
        ("pair", [date(2030, 1, 1), 0], (1,)),
        ("pair", [date(2030, 1, 1)], (1,)),
        ("names", ["A", ""], (1,)),
        ("names", ["A", 1], (1,)),
        ("levels", [0], (0,)),
        ("until", datetime(2030, 1, 1), ()),  # noqa: DTZ001 - as TOML's own
        ("until", "2030-01-01", ()),
        ("count", 0, ()),
        ("count", 1.0, ()),
        ("way", "sideways", ()),
        ("is_on", 1, ()),
        ("hidden", [1], ()),
        ("widht", 0.05, ()),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(
    rich: type[Made], name: str, value: object, place: tuple[int | str, ...]
) -> None:
    assert places(rich, **{name: value}) == [(name, *place)]


def test_what_contradicts_itself_is_refused_in_the_rules_own_words(rich: type[Made]) -> None:
    with pytest.raises(ValidationError) as caught:
        rich(**{**GOOD, "levels": [0.01]})
    (detail,) = caught.value.errors()
    assert (detail["type"], detail["loc"]) == ("inconsistent", ())
    assert detail["msg"] == "width 0.05 is above the first level 0.01"


def test_a_table_is_made_once_for_a_class(rich: type[Made], tables: TablesMade) -> None:
    assert table_of(Rich, "Rule", tables) is rich
    assert table_of(Step, "Part", tables).__name__ == "StepPart"


def test_a_class_without_a_kind_makes_a_table_without_one(
    rich: type[Made], tables: TablesMade
) -> None:
    assert rich
    assert list(table_of(Step, "Part", tables).model_fields) == ["on", "share"]


def test_two_classes_do_not_make_tables_of_one_name(rich: type[Made], tables: TablesMade) -> None:
    assert rich
    other = dataclass(frozen=True)(type("Rich", (), {"__doc__": "Another.", "__annotations__": {}}))
    with pytest.raises(
        TypeError, match=r"two classes make a table named RichRule: rename .+\.Rich"
    ):
        table_of(other, "Rule", tables)


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ("list[float]", r"a parameter cannot be list\[float\]"),
        ("bytes", "a parameter cannot be <class 'bytes'>"),
        ("float | str", r"a parameter cannot be float \| str: one type"),
        ("float | str | None", r"a parameter cannot be float \| str \| None: one type"),
    ],
)
def test_a_type_that_no_table_can_show_is_refused(
    annotation: str, words: str, tables: TablesMade
) -> None:
    names = {
        "__doc__": "Odd.",
        "__annotations__": {"value": annotation},
        "value": field(metadata=of()),
    }
    odd = dataclass(frozen=True)(type("Odd", (), {**names, "__module__": __name__}))
    with pytest.raises(TypeError, match=words):
        table_of(odd, "Rule", tables)


def test_names_that_a_module_imports_for_the_type_checker_only_are_known(
    tables: TablesMade,
) -> None:
    module = sys.modules[Exclusions.__module__]
    assert not hasattr(module, "date")
    names = {"__doc__": "Odd.", "__annotations__": {"on": "date"}, "on": field(metadata=of())}
    odd = dataclass(frozen=True)(type("OddDate", (), {**names, "__module__": module.__name__}))
    assert table_of(odd, "Rule", tables).model_fields["on"].annotation is date


def test_a_parameter_of_a_base_class_is_resolved_where_it_is_declared(tables: TablesMade) -> None:
    @dataclass(frozen=True)
    class Narrow(AbsoluteBand):
        """A band with nothing of its own."""

    assert table_of(Narrow, "Rule", tables).model_fields["width"].annotation is float


def test_one_kind_alone_needs_nothing_to_tell_it_apart(rich: type[Made]) -> None:
    assert told_apart([rich]) is rich


def test_targets_are_static_by_default() -> None:
    assert core_of(default_source()) == StaticWeights()
