"""Configurations and switches as plain values, for JSON, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final

from bot.gateway.config import GatewayConfig

#: TOML has moments, dates and times of its own; in JSON they stand under one of these keys.
_MOMENT: Final = "$moment"
_DATE: Final = "$date"
_TIME: Final = "$time"
_READERS: Final = {
    _MOMENT: datetime.fromisoformat,
    _DATE: date.fromisoformat,
    _TIME: time.fromisoformat,
}


def plain(value: object) -> Any:  # noqa: ANN401 JSON is of any kind
    """Return a value of a configuration as JSON has it; keys without a value are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        return {name: plain(found) for name, found in named.items() if found is not None}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    """Return a single value as JSON has it."""
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    if isinstance(value, time):
        return {_TIME: value.isoformat()}
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def toml_value(value: object) -> Any:  # noqa: ANN401 TOML is of any kind
    """Return what a TOML file would have in place of a plain value."""
    if isinstance(value, list):
        return [toml_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, text),) = value.items()
        if key in _READERS:
            return _READERS[key](text)
    return {key: toml_value(item) for key, item in value.items()}


def config_of(value: object) -> GatewayConfig:
    """Return the configuration that plain values came from.

    Raises:
        GatewayConfigError: If they are none.
        TypeError: If they are no mapping.
        ValueError: If a date in them is none.
    """
    found = toml_value(value)
    if not isinstance(found, dict):
        raise TypeError
    return GatewayConfig.from_mapping(found)
