"""How tables of the configuration are read: a table is a dataclass, and every key has a reader."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

#: What is expected of a key, in words, and what reads it.
Reader = tuple[str, Callable[[object], object]]

#: No configuration is larger, and what never ends, such as a device, is.
_FILE_BYTES_MAX: Final = 4 << 20

#: Characters of a wrong value that are shown.
_SHOWN_MAX: Final = 80

#: What the id of an account, and the code of a currency, look like.
ACCOUNT: Final = re.compile(r"[A-Z]{1,3}[0-9]{4,10}")
CURRENCY: Final = re.compile(r"[A-Z]{3}")

_TableT = TypeVar("_TableT", bound="Table")


class GatewayConfigError(ValueError):
    """The configuration cannot be served; the message is one line that names the key."""


class Table:
    """A table of the configuration. Its keys are the fields of a frozen dataclass.

    Attributes:
        READERS: A reader for every field.
        NAME: What the table is called in the file; empty for the outermost one.
    """

    READERS: ClassVar[Mapping[str, Reader]]
    NAME: ClassVar[str] = ""

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> Self:
        """Build a table from plain values, as a TOML file has them.

        Raises:
            GatewayConfigError: If a key is unknown or its value is of the wrong kind.
        """
        values: dict[str, Any] = {}
        prefix = f"{cls.NAME}." if cls.NAME else ""
        for key, value in given.items():
            if key not in cls.READERS:
                message = f"unknown key {prefix + key!r}{_nearest(key, cls.READERS)}"
                raise GatewayConfigError(message)
            expected, reader = cls.READERS[key]
            try:
                values[key] = reader(value)
            except GatewayConfigError:
                raise
            except (TypeError, ValueError, InvalidOperation):
                message = f"{prefix}{key} = {_shown(value)}: expected {expected}"
                raise GatewayConfigError(message) from None
        missing = [key for key in _required(cls) if key not in values]
        if missing:
            message = f"{prefix}{missing[0]} is missing: expected {cls.READERS[missing[0]][0]}"
            raise GatewayConfigError(message)
        return cls(**values)

    def refuse(self, key: str, found: object, expected: str) -> GatewayConfigError:
        """Return the error about a key of this table."""
        prefix = f"{self.NAME}." if self.NAME else ""
        return GatewayConfigError(f"{prefix}{key} = {found}: expected {expected}")

    def require(self, is_right: bool, key: str, found: object, expected: str) -> None:  # noqa: FBT001  its only question
        """Refuse what a key has, unless it is right.

        Raises:
            GatewayConfigError: If it is not.
        """
        if not is_right:
            raise self.refuse(key, found, expected)

    def check_bounds(self, *bounds: tuple[str, Decimal, Decimal]) -> None:
        """Refuse numbers outside of their bounds, both included; each is a key, low and high."""
        for key, low, high in bounds:
            number = Decimal(getattr(self, key))
            if not (number.is_finite() and low <= number <= high):
                raise self.refuse(key, number, f"a number from {low} to {high:f}")


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        GatewayConfigError: If it is missing, too large or no TOML; names the file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise GatewayConfigError(message) from error
    if len(content) > _FILE_BYTES_MAX:
        message = f"{path}: more than {_FILE_BYTES_MAX >> 20} MiB"
        raise GatewayConfigError(message)
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # also of a number with thousands of digits
        message = f"{path}: no TOML: {error}"
        raise GatewayConfigError(message) from error


def _shown(value: object) -> str:
    """Return a wrong value so that the line about it can still be read."""
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]} ..."


def _nearest(key: str, keys: Iterable[str]) -> str:
    """Return the key that is likely meant, or all that there are."""
    known = list(keys)
    found = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else f"; the keys are {', '.join(known)}"


def _required(table: type[Any]) -> list[str]:
    """Return the keys without a default; a table is a dataclass."""
    unset = dataclasses.MISSING
    return [
        item.name
        for item in dataclasses.fields(table)
        if item.default is unset and item.default_factory is unset
    ]


def nested(table: type[_TableT]) -> Callable[[object], _TableT]:
    """Return the reader of a table within a table."""

    def read(value: object) -> _TableT:
        if not isinstance(value, Mapping):
            raise TypeError
        return table.from_mapping(value)

    return read


def nested_list(table: type[_TableT]) -> Callable[[object], tuple[_TableT, ...]]:
    """Return the reader of a list of tables, `[[name]]` in the file."""
    read_one = nested(table)

    def read(value: object) -> tuple[_TableT, ...]:
        if not isinstance(value, list):
            raise TypeError
        return tuple(read_one(item) for item in value)

    return read


def one_of(*choices: str) -> Reader:
    """Return what reads one of some words."""

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return (f"one of {', '.join(choices)}", read)


def read_flag(value: object) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def read_text(value: object) -> str:
    """Accept a text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def read_whole(value: object) -> int:
    """Accept a whole number; in Python a boolean would pass as one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def read_decimal(value: object) -> Decimal:
    """Accept a number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    return Decimal(str(value))


def read_symbols(value: object) -> tuple[str, ...]:
    """Accept a list of texts."""
    if not isinstance(value, list):
        raise TypeError
    return tuple(read_text(item) for item in value)


def read_date(value: object) -> date:
    """Accept a date without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError
    return value


def read_moment(value: object) -> datetime:
    """Accept a date with a time."""
    if not isinstance(value, datetime):
        raise TypeError
    return value


def read_positions(value: object) -> Mapping[str, int]:
    """Accept a table of whole shares by symbol."""
    if not isinstance(value, Mapping):
        raise TypeError
    shares = {read_text(key): read_whole(item) for key, item in value.items()}
    return MappingProxyType(shares)


def read_amounts(value: object) -> Mapping[str, Decimal]:
    """Accept a table of numbers by name."""
    if not isinstance(value, Mapping):
        raise TypeError
    return MappingProxyType({read_text(key): read_decimal(item) for key, item in value.items()})


AN_AMOUNT: Final[Reader] = ("an amount", read_decimal)
A_DATE: Final[Reader] = ("a date such as 2017-01-03", read_date)
A_MOMENT: Final[Reader] = ("a date and time such as 2020-06-01T10:30:00", read_moment)
A_NUMBER: Final[Reader] = ("a number", read_decimal)
A_TEXT: Final[Reader] = ("a text", read_text)
A_WHOLE_NUMBER: Final[Reader] = ("a whole number", read_whole)
BASIS_POINTS: Final[Reader] = ("a number of basis points", read_decimal)
SHARES: Final[Reader] = ("a table of whole shares by symbol", read_positions)
SYMBOLS: Final[Reader] = ("a list of symbols", read_symbols)
TRUE_OR_FALSE: Final[Reader] = ("true or false", read_flag)
