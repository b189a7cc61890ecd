"""One clear line for each thing that is wrong with the settings.

Rule: a line says which key, what was expected, what was found, the unit, and what to do. The validator knows places
only as paths through its own schema; here they become what a person wrote, and its terse reasons become sentences.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from bot.settings.keys import (
    allowed,
    entry_expected,
    expected,
    is_list,
    is_mapping,
    key_of,
    kinds_in,
    model_of,
    tables,
)
from bot.settings.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

# A value is quoted in a line up to this many characters; what is longer says nothing more.
SHOWN_CHARACTERS = 60

UNKNOWN = "extra_forbidden"
MISSING = "missing"
# What the library says of a list whose entries are wrong: besides, too few are left over.
TOO_SHORT = "too_short"
# How the library ends the place of a name that is itself wrong, in a table of a person's own names.
NAME_ITSELF = "[key]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from that is not in the file. `is_secret`: its text is never repeated."""

    name: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, as a line; `further` counts what the same check found besides."""

    line: str
    further: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is, in a person's words.

    Attributes:
        name: As it stands in the file: ``[limits] order_notional_max``; empty for the settings as a whole.
        owner: The table that the key is, or should be, in.
        key: The key's own name.
        field: The key's declaration, None if there is no such key.
        table: The table that the place itself is, None for a plain value.
        wanted: What is expected there, where it is not what the key as a whole expects.
    """

    name: str
    owner: type[BaseModel]
    key: str = ""
    field: FieldInfo | None = None
    table: type[BaseModel] | None = None
    wanted: str = ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `name` was probably meant to be, or None."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def hint(name: str, known: Iterable[str]) -> str:
    """Return the ending of a line about an unknown `name`: the nearest of `known`, or all of them."""
    names = list(known)
    close = nearest(name, names)
    return f"the nearest is {close}" if close else f"known are {', '.join(names)}"


def problems_of(
    error: ValidationError,
    settings: type[BaseModel],
    data: Mapping[str, Any],
    origins: Mapping[tuple[str, ...], Origin],
) -> list[Problem]:
    """Return what `error` says as lines, unknown keys first, since one often explains a missing one.

    Args:
        error: What the validator raised.
        settings: The model of all settings.
        data: The merged values that it looked at.
        origins: By (table, key) or (key,), where a value came from if not from the file.
    """
    details = sorted(_told(error), key=lambda detail: detail["type"] != UNKNOWN)
    misspelt = set()
    found = []
    for detail in details:
        place = _place_of(detail["loc"], settings, data)
        if detail["type"] == UNKNOWN:
            misspelt.add((*detail["loc"][:-1], nearest(place.key, place.owner.model_fields)))
        elif detail["type"] == MISSING and detail["loc"] in misspelt:
            continue
        origin = origins.get(tuple(str(part) for part in detail["loc"][:2]))
        line = _line(detail, place, settings, origin)
        found.append(Problem(line, int(detail.get("ctx", {}).get("further", 0))))
    return found


def _told(error: ValidationError) -> list[ErrorDetails]:
    """Return what `error` says, without what only follows from the rest."""
    return [
        detail
        for detail in error.errors()
        if not (detail["type"] == TOO_SHORT and len(detail["input"]) >= detail["ctx"]["min_length"])
    ]


def _place_of(
    loc: tuple[int | str, ...], settings: type[BaseModel], data: Mapping[str, Any]
) -> Place:
    """Walk `loc` through the data and the models at once; a union's tag in it is no step of the data."""
    place = Place("", settings, table=settings)
    value: Any = data
    is_tag_passed = False
    for step in loc:
        if isinstance(step, int):
            value = value[step]
            place = _item(place, step, value)
        elif step == NAME_ITSELF:
            place = replace(place, wanted="a name")
        elif _has_kinds(place) and not is_tag_passed:
            is_tag_passed = True
            continue
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
            place = _member(place, step, value)
        is_tag_passed = False
    return place


def _has_kinds(place: Place) -> bool:
    return place.field is not None and len(kinds_in(place.field.annotation)) > 1


def _member(place: Place, key: str, value: object) -> Place:
    if place.field is not None and is_mapping(place.field.annotation):
        wanted = entry_expected(place.field)
        name = f"{place.name} {_shown(key)}"
        return Place(name, place.owner, place.key, place.field, wanted=wanted)
    owner = place.table or place.owner
    field = owner.model_fields.get(key)
    table = None if field is None else model_of(field.annotation, _kind_of(value))
    if place.name == "":
        is_table = table is not None or isinstance(value, Mapping)
        name = f"[{key}]" if is_table else key
    else:
        # A key follows its table or a list's item after a blank, and a key that is a table after a dot.
        separator = " " if place.name[-1] in "])0123456789" else "."
        name = f"{place.name}{separator}{key}"
    return Place(name, owner, key, field, table)


def _item(place: Place, index: int, value: object) -> Place:
    symbol = value.get("symbol") if isinstance(value, Mapping) else None
    name = f"{place.name} number {index + 1}"
    if isinstance(symbol, str):
        name += f" ({_shown(symbol)})"
    table = None if place.field is None else model_of(place.field.annotation, _kind_of(value))
    wanted = "" if table is None else "a table"
    return Place(name, place.owner, place.key, place.field, table, wanted)


def _kind_of(value: object) -> object:
    return value.get("kind") if isinstance(value, Mapping) else None


def _line(
    detail: ErrorDetails, place: Place, settings: type[BaseModel], origin: Origin | None
) -> str:
    kind = detail["type"]
    if kind == MISSING:
        return f"{place.name} is missing: {_what_to_write(place)}"
    name = f"{place.name} ({origin.name})" if origin else place.name
    if kind == UNKNOWN:
        return f"{name} is not a known key: {_home_of(place, settings)}"
    if kind.startswith("union_tag"):
        return f"{name}: {_unknown_kind(detail, place)}"
    if kind == "inconsistent":
        return f"{name}: {detail['msg']}" if name else detail["msg"]
    shown = (
        "a value that is kept secret" if origin and origin.is_secret else _shown(detail["input"])
    )
    ending = _as_in_the_file(detail["input"], place) if origin else ""
    return f"{name}: expected {_wanted(place)}, found {shown}{ending}"


def _as_in_the_file(value: object, place: Place) -> str:
    """Return the advice for a value that came from outside the file and is no TOML, or nothing."""
    if not isinstance(value, str) or place.field is None or not key_of(place.field).example:
        return ""
    return f"; write it as in the file, for example {key_of(place.field).example}"


def _wanted(place: Place) -> str:
    if place.wanted:
        return place.wanted
    if place.field is None or (place.table and not is_list(place.field.annotation)):
        return "a table"
    return expected(place.field)


def _what_to_write(place: Place) -> str:
    if place.field is None:
        return "write it"
    if place.table is not None and not key_of(place.field).example:
        required = [
            f"{name} ({key_of(field).unit or allowed(field)})"
            for name, field in place.table.model_fields.items()
            if field.is_required()
        ]
        return f"write the table, with {', '.join(required)}"
    example = key_of(place.field).example
    words = f"expected {expected(place.field)}; it has no default, so write it, for example {place.key} = {example}"
    is_limit = place.owner is Limits
    return (
        f"{words}, or take the one that bot init proposes for your account" if is_limit else words
    )


def _home_of(place: Place, settings: type[BaseModel]) -> str:
    homes = [name for name, model in tables(settings) if place.key in model.model_fields]
    if homes and place.owner is not settings:
        return f"it belongs in [{homes[0]}]"
    if place.owner is settings and homes:
        return f"it belongs in [{homes[0]}], below that line"
    return hint(place.key, place.owner.model_fields)


def _unknown_kind(detail: ErrorDetails, place: Place) -> str:
    kinds = () if place.field is None else kinds_in(place.field.annotation)
    known = ", ".join(kinds)
    if detail["type"] == "union_tag_not_found":
        return f"expected a table with a kind, one of {known}; found {_shown(detail['input'])}"
    tag = str(detail["ctx"]["tag"])
    close = nearest(tag, kinds)
    ending = f"; the nearest is {close}" if close else ""
    return f'kind "{tag}" is not known, expected one of {known}{ending}'


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
