"""What a rule says about its own parameters: once, beside the field, and read by every face.

Rule: a policy or a target source declares meaning, unit, range and consequence of each parameter in its own file. The
constructor's check, the settings' table, the JSON schema, the commented example and the error lines are made from it.
Why: so that one more policy is one file and one registry line, and its bounds cannot drift from its check.

A parameter may be a float, int, bool, str (one of `choices`, if there are any) or date; a mapping of names to one of
these; a policy or a target source; a part, which is a plain frozen dataclass with parameters of its own; a tuple of any
of these, of a fixed length (``tuple[date, float]``) or of any (``tuple[Policy, ...]``); or one of all these or None.
The bounds and choices hold for every number and word inside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The key under which a dataclass field's metadata holds its `Parameter`.
PARAMETER: Final = "parameter"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a rule, for a person and for the check of its range.

    Attributes:
        meaning: What it is, one sentence.
        wrong: What goes wrong if it is wrong, one sentence.
        unit: What the number counts, e.g. ``fraction of base``; empty for what is no quantity.
        allowed: What may be written, in words; empty where type and bounds already say it.
        example: A value as TOML, for parameters without a default.
        above: Numbers must be above this.
        at_least: Numbers must be at least this.
        below: Numbers must be below this.
        at_most: Numbers must be at most this.
        choices: The words that are allowed; any if empty.
        count_max: The longest list or mapping, which then has at least one entry.
    """

    meaning: str
    wrong: str
    unit: str = ""
    allowed: str = ""
    example: str = ""
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()
    count_max: int | None = None

    def bounds(self) -> tuple[tuple[str, float], ...]:
        """Return the bounds that there are, each with its words: ``(("more than", 0.0), ("at most", 1.0))``."""
        every = (
            ("more than", self.above),
            ("at least", self.at_least),
            ("less than", self.below),
            ("at most", self.at_most),
        )
        return tuple((words, bound) for words, bound in every if bound is not None)

    def admits(self, number: float) -> bool:
        """Return whether `number` is finite and within the bounds."""
        return (
            math.isfinite(number)
            and (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
            and (self.at_most is None or number <= self.at_most)
        )


def parameter(meaning: str, *, wrong: str, **rest: Any) -> dict[str, Parameter]:  # noqa: ANN401 - see Parameter
    """Return the metadata of a dataclass field: ``field(metadata=parameter("...", wrong="...", above=0))``."""
    return {PARAMETER: Parameter(meaning=meaning, wrong=wrong, **rest)}


def parameters_of(rule: type) -> dict[str, Parameter]:
    """Return the parameters of the dataclass `rule` by name, in the order of their declaration."""
    return {
        each.name: each.metadata[PARAMETER] for each in fields(rule) if PARAMETER in each.metadata
    }


def check_parameters(rule: Any) -> None:  # noqa: ANN401 - any dataclass with parameters
    """Refuse a dataclass instance with a parameter outside its range.

    Raises:
        ValueError: With the parameter's name, its range and what was found.
    """
    for name, about in parameters_of(type(rule)).items():
        value = getattr(rule, name)
        # None is left out, which the field's type allows or not.
        count_max = None if value is None else about.count_max
        if count_max is not None and not 1 <= len(value) <= count_max:
            message = f"{name} must have 1 to {count_max} entries, found {len(value)}"
            raise ValueError(message)
        for place, each in _leaves(name, value):
            _check(place, about, each)


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(f"{name} of {key}", each)
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _leaves(f"{name} {index}", each)
    else:
        yield name, value


def _check(place: str, about: Parameter, value: object) -> None:
    if isinstance(value, str) and about.choices and value not in about.choices:
        message = f"{place} must be one of {', '.join(about.choices)}, found {value!r}"
        raise ValueError(message)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not about.admits(float(value)):  # type: ignore[arg-type] # a number, as the line above says
        words = " and ".join(f"{words} {bound:g}" for words, bound in about.bounds()) or "a number"
        unit = f" ({about.unit})" if about.unit else ""
        message = f"{place} must be {words}{unit}, found {value:g}"
        raise ValueError(message)
