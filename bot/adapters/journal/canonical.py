"""Canonical JSON: the same facts are the same bytes, on every machine and in every run.

Rule: keys sorted by code point, no blanks, ASCII only (the rest escaped), floats by their shortest
form that reads back the same, Decimals as strings with their exponent kept, times as UTC with
microseconds, dates as ISO, enums by value.
Why: a replay is compared byte for byte, and a later hash chain is taken over these bytes.
What has no single true form is refused, never guessed: NaN, infinities, naive times, sets, keys
that are not text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

import numpy as np


def canonical_json(body: Mapping[str, object]) -> str:
    """Return `body` as canonical JSON text, ASCII.

    Args:
        body: Facts: dicts with text keys, lists, tuples, text, numbers (numpy scalars too),
            Decimals, aware datetimes, dates, enums, None.

    Raises:
        TypeError: If something in it has no canonical form; the message says where it stands.
        ValueError: If a number is not finite or a time has no zone; the message says where it
            stands.
    """
    return json.dumps(
        _plain(body, "body"),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    )


def utc_text(moment: datetime) -> str:
    """Return an aware datetime as UTC text with microseconds: equal instants, equal text.

    Raises:
        ValueError: If `moment` has no zone.
    """
    if moment.utcoffset() is None:
        message = f"a time needs its zone, found {moment.isoformat()} without one"
        raise ValueError(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: object, place: str) -> object:
    """Return `value` in JSON's own types; `place` names it in messages, e.g. ``body.legs[2].price``."""
    # An enum may also be a str or an int, and a bool is an int: the narrower kind is asked for
    # first.
    if isinstance(value, Enum):
        return _plain(value.value, place)
    if isinstance(value, Mapping):
        return {_key(key, place): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    return _plain_scalar(value, place)


def _plain_scalar(value: object, place: str) -> object:
    if value is None or isinstance(value, (bool, str)):
        # A subclass of str (numpy's, say) becomes plain text.
        return str(value) if isinstance(value, str) else value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return _finite(float(value), place)
    return _text(value, place)


def _text(value: object, place: str) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            message = f"{place}: only a finite Decimal can be journaled, found {value}"
            raise ValueError(message)
        return str(value)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            message = f"{place}: a time needs its zone, found {value.isoformat()} without one"
            raise ValueError(message)
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    message = f"{place}: {type(value).__name__} has no canonical JSON form"
    raise TypeError(message)


def _finite(value: float, place: str) -> float:
    if not math.isfinite(value):
        message = f"{place}: only a finite number can be journaled, found {value}"
        raise ValueError(message)
    return value


def _key(key: object, place: str) -> str:
    if isinstance(key, Enum) or not isinstance(key, str):
        message = f"{place}: a key must be text, found {key!r} ({type(key).__name__})"
        raise TypeError(message)
    return str(key)
