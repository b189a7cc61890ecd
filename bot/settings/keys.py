"""What a key says about itself: once, beside its type, and read by every face.

Rule: unit, range and consequence of a key stand in one place, its `Key`. Error lines, the JSON schema, the commented
example and what `bot init` writes are all made from it. Why: a comment that is kept by hand beside the bounds drifts
from them. Enforced by: tests that walk the models and refuse a field without a `Key`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo

_KINDS: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    bool: "true or false",
    str: "text",
    SecretStr: "text",
    Path: "a path",
    date: "a date such as 2030-12-31",
}

_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


@dataclass(frozen=True, slots=True)
class Key:
    """What a person needs to know to write one key.

    Attributes:
        meaning: What it is, one sentence.
        wrong: What goes wrong if it is wrong, one sentence.
        unit: What the number counts, e.g. ``seconds``; empty for what is no quantity.
        allowed: What may be written, in words; empty where type and bounds already say it.
        example: A value as TOML, for keys without a default.
    """

    meaning: str
    wrong: str
    unit: str = ""
    allowed: str = ""
    example: str = ""


class Table(BaseModel):
    """Base of every settings table: frozen, no unknown key, no silent conversion, no NaN."""

    # Strict, because `port = "4002"` or `minimum_trade = true` is a slip that deserves a line, not a guess.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def key_of(field: FieldInfo) -> Key:
    """Return the `Key` of a model's field; a field without one is a bug that a test finds."""
    return next(item for item in field.metadata if isinstance(item, Key))


def allowed(field: FieldInfo) -> str:
    """Return what may be written for `field`, in words, with its bounds but without its unit."""
    key = key_of(field)
    if key.allowed:
        return key.allowed
    return words_of(field.annotation, field.metadata)


def expected(field: FieldInfo) -> str:
    """Return what may be written for `field`, in words, with bounds and unit."""
    unit = key_of(field).unit
    return f"{allowed(field)} ({unit})" if unit else allowed(field)


def words_of(annotation: Any, metadata: Iterable[Any] = ()) -> str:  # noqa: ANN401 - typing forms have no common type
    """Return what may be written for `annotation` with the bounds in `metadata`, in words."""
    annotation = without_none(annotation)
    if get_origin(annotation) is Literal:
        choices = ", ".join(f'"{choice}"' for choice in get_args(annotation))
        return f"one of {choices}" if "," in choices else choices
    bounds = ", ".join(_bounds(metadata))
    kind = _KINDS.get(annotation, "a value")
    return f"{kind}, {bounds}" if bounds else kind


def is_mapping(annotation: object) -> bool:
    """Return whether `annotation` (a field's) is a table whose keys are a person's own names."""
    return get_origin(without_none(annotation)) is dict


def is_list(annotation: object) -> bool:
    """Return whether `annotation` (a field's) is a list."""
    annotation = without_none(annotation)
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) is tuple


def entry_expected(field: FieldInfo) -> str:
    """Return what may be written for one entry of `field`, a table of a person's own names, with bounds and unit."""
    entry = get_args(without_none(field.annotation))[1]
    is_annotated = get_origin(entry) is Annotated
    inner, *metadata = get_args(entry) if is_annotated else (entry,)
    words = words_of(inner, (each for info in metadata for each in getattr(info, "metadata", ())))
    unit = key_of(field).unit
    return f"{words} ({unit})" if unit else words


def models_in(annotation: object) -> tuple[type[BaseModel], ...]:
    """Return the table models behind `annotation` (a field's, a list's, a union's); none for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (tuple, Annotated, dict, Union, UnionType):
        return tuple(model for member in inner for model in models_in(member))
    return ()


def model_of(annotation: object, kind: object = None) -> type[BaseModel] | None:
    """Return the one table model behind `annotation`, among several the one of that `kind`, or None."""
    models = models_in(annotation)
    if len(models) == 1:
        return models[0]
    return next((model for model in models if _kind(model) == kind), None)


def all_models(root: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    """Return `root` and every table model below it, each once, in the order of their first mention."""
    found = [root]
    for model in found:  # grows while it is walked: a rule can contain rules
        for field in model.model_fields.values():
            found += [inner for inner in models_in(field.annotation) if inner not in found]
    return tuple(found)


def tables(settings: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the name and model of every top-level table of `settings`, in order."""
    for name, field in settings.model_fields.items():
        model = model_of(field.annotation)
        if model is not None:
            yield name, model


def is_text(settings: type[BaseModel], path: tuple[str, ...]) -> bool:
    """Return whether the key at `path` of `settings` holds text, so that its value needs no quotes."""
    model: type[BaseModel] | None = settings
    annotation: object = None
    for name in path:
        if model is None:
            return False
        annotation = without_none(model.model_fields[name].annotation)
        model = model_of(annotation)
    return annotation in (str, Path, SecretStr) or get_origin(annotation) is Literal


def kinds_in(annotation: object) -> tuple[str, ...]:
    """Return the kinds of the tables behind `annotation`, in the order of their declaration."""
    return tuple(str(kind) for model in models_in(annotation) if (kind := _kind(model)) is not None)


def _kind(model: type[BaseModel]) -> object:
    field = model.model_fields.get("kind")
    return None if field is None else get_args(field.annotation)[0]


def without_none(annotation: Any) -> Any:  # noqa: ANN401 - as above
    """Return `annotation` (a field's) without the None that stands for a key that is left out."""
    if get_origin(annotation) in (Union, UnionType):
        return next(member for member in get_args(annotation) if member is not NoneType)
    return annotation


def _bounds(metadata: Iterable[Any]) -> Iterator[str]:
    for item in metadata:
        for name, words in _BOUNDS.items():
            bound = getattr(item, name, None)
            if isinstance(bound, int | float):
                yield f"{words} {_plain(bound)}"


def _plain(number: float) -> str:
    # With underscores from a billion on, as TOML may be written too.
    if number != int(number):
        return f"{number:g}"
    return f"{int(number):_}" if number >= 10**9 else f"{int(number)}"
