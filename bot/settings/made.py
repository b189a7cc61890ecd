"""Settings tables made from what the core's rules say about their own parameters, and the way back.

Rule: a policy, a target source or a cost model says once, beside each field, what a parameter is, its unit, its range
and what goes wrong; the table here is made from that. Why: one more policy needs no line in the settings, and the
bounds in an editor cannot differ from those of the constructor. A table is accepted only if the core's own constructor
accepts it, so that contradictory parameters are refused while loading, with the key's place.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import reduce
from inspect import get_annotations
from operator import or_
from types import NoneType, SimpleNamespace, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Literal,
    Optional,
    Self,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import Field, Strict, create_model, model_validator
from pydantic_core import PydanticCustomError

from bot.core.costs.model import CostModel
from bot.core.domain.parameter import parameters_of
from bot.core.policy.policy import Policy
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as TARGETS
from bot.core.targets.source import TargetSource
from bot.core.targets.static import StaticWeights
from bot.settings.keys import Key, Table, words_of
from bot.settings.text_file import FILE, TextFile, TextFileKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.domain.parameter import Parameter

# Names that a rule's annotations may use although its module imports them for the type checker only.
_NAMES: Final[dict[str, Any]] = {
    "date": date,
    "Mapping": Mapping,
    "Policy": Policy,
    "TargetSource": TargetSource,
}

# A rule inside a rule: `Rule` and `Source` at the end of this module, which exist only once every table does.
_INSIDE: Final[dict[Any, Any]] = {Policy: ForwardRef("Rule"), TargetSource: ForwardRef("Source")}


class Made(Table):
    """A table that was made from the parameters of a class of the core."""

    made_from: ClassVar[type]

    @model_validator(mode="after")
    def _is_accepted(self) -> Self:
        try:
            core_of(self)
        except ValueError as error:
            kind, message = "inconsistent", "{message}"
            raise PydanticCustomError(kind, message, {"message": str(error)}) from error
        return self


#: The table of each class; a part that two rules share has one.
TablesMade: TypeAlias = dict[type, type[Made]]
TABLES: Final[TablesMade] = {}


def core_of(table: Made) -> Any:  # noqa: ANN401 - whatever the table was made from
    """Return the core's object that `table` describes.

    Raises:
        ValueError: If its parameters contradict each other, or the file that it names cannot be used.
    """
    names = (name for name in type(table).model_fields if name != "kind")
    values = {name: _core(getattr(table, name)) for name in names}
    make: Any = table.made_from
    file = values.get(FILE)
    if not isinstance(file, TextFile):
        return make(**values)
    try:
        return make.from_text(file.text, **{**values, FILE: file.name})
    except ValueError as error:
        message = str(error) if file.name in str(error) else f"{file.name}: {error}"
        raise ValueError(message) from error


def _core(value: object) -> object:
    if isinstance(value, Made):
        return core_of(value)
    if isinstance(value, tuple):
        return tuple(_core(each) for each in value)
    if isinstance(value, Mapping):
        return {name: _core(each) for name, each in value.items()}
    return value


def _written(value: object, tables: TablesMade) -> object:
    """Return the core's `value`, a default, as it stands in a table."""
    if isinstance(value, tuple):
        return tuple(_written(each, tables) for each in value)
    if type(value) not in tables:
        return value
    table = tables[type(value)]
    return table(**{name: _written(getattr(value, name), tables) for name in table.model_fields})


def table_of(rule: type, suffix: str, tables: TablesMade) -> type[Made]:
    """Return the table of the dataclass `rule`, with its kind, if it has one.

    Args:
        rule: A class of the core with parameters.
        suffix: What its name ends with beyond that of `rule`.
        tables: The tables made before; the new one, and those of parts inside it, are added.

    Raises:
        TypeError: If a parameter has a type that a table cannot show, or the table's name stands for another class.
    """
    if rule in tables:
        return tables[rule]
    keys: dict[str, Any] = {}
    summary = (rule.__doc__ or "").strip().split("\n\n")[0]
    kind = getattr(rule, "kind", None)
    if kind is not None:
        about = Key(meaning=summary, wrong="An unknown kind is refused.", example=f'"{kind}"')
        keys["kind"] = (Annotated[Literal[kind], about], ...)
    for key, parameter in parameters_of(rule).items():
        keys[key] = (_annotation(rule, key, parameter, tables), _default(rule, key, tables))
    name = f"{rule.__name__}{suffix}"
    # The schema knows tables by their names.
    if any(name == table.__name__ for table in tables.values()):
        message = f"two classes make a table named {name}: rename {rule.__module__}.{rule.__name__}"
        raise TypeError(message)
    model: type[Made] = create_model(
        name, __base__=Made, __doc__=summary, __module__=__name__, **keys
    )
    model.made_from = rule
    tables[rule] = model
    return model


def _annotation(rule: type, name: str, about: Parameter, tables: TablesMade) -> Any:  # noqa: ANN401 - as above
    """Return what the settings declare for a parameter: its type, its range, and what it says about itself."""
    inner, is_optional = _without_none(_hint(rule, name))
    shape: Any
    metadata: list[Any] = []
    if getattr(rule, "reads_file", False) and name == FILE:
        shape, words = TextFileKey, "a path, written in full or relative to this file, without ~"
    elif inner in (int, float):
        # The range stands at the key itself, where its words are made from it.
        shape, words, metadata = inner, "", [_bounds(about)]
    else:
        shape, words = _shape(inner, about, tables)
    if is_optional:
        shape = Optional[shape]  # noqa: UP045 - a forward reference has no |
    key = Key(about.meaning, about.wrong, about.unit, about.allowed or words, about.example)
    return Annotated[(shape, *metadata, key)]


def _shape(hint: Any, about: Parameter, tables: TablesMade) -> tuple[Any, str]:  # noqa: ANN401 - as above
    """Return the settings' type for the core's `hint`, with the range at each number, and its words."""
    if hint in _INSIDE:
        return _INSIDE[hint], "a table with its kind"
    if get_origin(hint) is tuple:
        return _list(get_args(hint), about, tables)
    if get_origin(hint) is Mapping:
        # Choices are those of the values; names are a person's own.
        inner, words = _shape(get_args(hint)[1], about, tables)
        shape: Any = dict.__class_getitem__((Annotated[str, Field(min_length=1)], inner))
        return Annotated[shape, _counts(about)], f"a table of names, each with {words}"
    if isinstance(hint, type) and is_dataclass(hint):
        return table_of(hint, "Part", tables), f"a table with {', '.join(parameters_of(hint))}"
    return _plain(hint, about)


def _plain(hint: Any, about: Parameter) -> tuple[Any, str]:  # noqa: ANN401 - as above
    if hint is str and about.choices:
        shape: Any = Literal[about.choices]
        return shape, words_of(shape)
    if hint in (int, float):
        return Annotated[hint, _bounds(about)], words_of(hint, _bounds(about).metadata)
    if hint is str:
        return Annotated[str, Field(min_length=1)], words_of(str)
    if hint in (bool, date):
        return hint, words_of(hint)
    message = f"a parameter cannot be {hint}: see bot.core.domain.parameter for what it may be"
    raise TypeError(message)


def _list(parts: tuple[Any, ...], about: Parameter, tables: TablesMade) -> tuple[Any, str]:
    is_any_length = parts[-1] is Ellipsis
    shapes = [_shape(each, about, tables) for each in parts if each is not Ellipsis]
    inner: Any = (shapes[0][0], ...) if is_any_length else tuple(shape for shape, _ in shapes)
    words = " and ".join(words for _, words in shapes)
    # A TOML array is a list; inside it everything is as strict as elsewhere.
    loose = Strict(strict=False)
    shape: Any = tuple.__class_getitem__(inner)
    if not is_any_length:
        return Annotated[shape, loose], f"a list of {words}"
    count = f" of 1 to {about.count_max} entries" if about.count_max else ""
    return Annotated[shape, loose, _counts(about)], f"a list{count}, each {words}"


def _bounds(about: Parameter) -> Any:  # noqa: ANN401 - as the library has it
    return Field(gt=about.above, ge=about.at_least, lt=about.below, le=about.at_most)


def _counts(about: Parameter) -> Any:  # noqa: ANN401 - as the library has it
    if about.count_max is None:
        return Field()
    return Field(min_length=1, max_length=about.count_max)


def _hint(rule: type, name: str) -> Any:  # noqa: ANN401 - as above
    """Return the type of the field `name`, from the module of the class that declares it."""
    owner = next(each for each in rule.__mro__ if name in get_annotations(each))
    # Only this one: another field may need names that nobody imports while it runs.
    one = SimpleNamespace(__annotations__={name: get_annotations(owner)[name]})
    return get_type_hints(one, vars(sys.modules[owner.__module__]), _NAMES)[name]


def _without_none(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - as above
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    inner = [each for each in get_args(hint) if each is not NoneType]
    if len(inner) != 1:
        message = f"a parameter cannot be {hint}: one type, or that or None"
        raise TypeError(message)
    return inner[0], True


def _default(rule: type, name: str, tables: TablesMade) -> Any:  # noqa: ANN401 - as the library has it
    found = next(each for each in fields(rule) if each.name == name)
    if found.default_factory is not MISSING:
        make = found.default_factory
        return Field(default_factory=lambda: _written(make(), tables))
    if found.default is MISSING:
        return ...
    if isinstance(found.default, tuple) or is_dataclass(found.default):
        return Field(default_factory=lambda: _written(found.default, tables))
    return found.default


def told_apart(models: Iterable[type[Made]]) -> Any:  # noqa: ANN401 - as above
    """Return the type of a table that is one of `models`, by its kind."""
    every = tuple(models)
    if len(every) == 1:
        return every[0]
    return Annotated[reduce(or_, every), Field(discriminator="kind")]


if TYPE_CHECKING:
    # To the type checker each is a table with a core object; which keys it has is known while it runs.
    Rule = Made
    Source = Made
    Costs = Made
else:
    Costs = table_of(CostModel, "Table", TABLES)
    Rule = told_apart(table_of(policy, "Rule", TABLES) for policy in POLICIES.values())
    Source = told_apart(table_of(source, "Source", TABLES) for source in TARGETS.values())


def default_source() -> Source:
    """Return where targets come from if nothing is said: from the weights beside the holdings."""
    return TABLES[StaticWeights].model_validate({"kind": StaticWeights.kind})


for _table in TABLES.values():
    _table.model_rebuild()
