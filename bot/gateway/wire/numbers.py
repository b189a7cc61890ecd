"""Numbers as TWS prints and reads them.

Whole numbers are printed without a decimal point (the decoders of the clients read many of them
with `int()`), others in plain decimals without an exponent, booleans as 1 and 0, and nothing as an
empty field. Unset values have their own spellings: the largest double and the largest 32-bit
integer; the official clients send them, the Python libraries send an empty field instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

#: How TWS prints Java's largest double, which means "not set".
UNSET_DOUBLE: Final = "1.7976931348623157E308"
#: The largest 32-bit integer, which means "not set".
UNSET_INTEGER: Final = "2147483647"
#: The largest 64-bit integer, which means "not set" for a permanent order id.
UNSET_LONG: Final = "9223372036854775807"

#: Doubles from here on mean "not set": clients print the largest one with different digits.
_UNSET_FROM: Final = Decimal("1e300")

_INTEGER_MAX: Final = (1 << 31) - 1
_SMALL_INTEGER: Final = re.compile(r"-?\d{1,9}", re.ASCII)

#: What clients print. Python's own readers take more: other digits, underlines, blanks, NaN.
_NUMBER: Final = re.compile(
    r"[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,3})?", re.ASCII
)

_TRUE: Final = frozenset({"1", "true", "True"})
_FALSE: Final = frozenset({"", "0", "false", "False"})

Scalar: TypeAlias = str | int | float | Decimal | None
#: A repeated group: one row an entry. On the wire the number of rows stands before the first one.
Rows: TypeAlias = Sequence[Sequence[Scalar]]
WireValue: TypeAlias = Scalar | Rows


class NumberError(ValueError):
    """A field holds something other than the number that its layout asks for."""


def decimal_text(number: Decimal) -> str:
    """Return a number in plain decimals, without an exponent and without trailing zeros.

    Raises:
        NumberError: If the number is NaN or infinite: TWS has no spelling for them.
    """
    text = str(number)
    if not text[-1].isdecimal():
        message = f"{number} has no spelling on the wire"
        raise NumberError(message)
    if "E" in text:
        text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def scalar_text(value: Scalar) -> str:
    """Return one value as TWS prints it.

    Raises:
        NumberError: If the value is NaN or infinite.
    """
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else decimal_text(Decimal(repr(value)))


def wire_text(value: WireValue) -> str:
    """Return a value, or a repeated group with its count, as it stands in a message."""
    if value is None or isinstance(value, (Decimal, str, int, float)):
        return scalar_text(value)
    return "\0".join([str(len(value)), *(scalar_text(cell) for row in value for cell in row)])


#: What prints a value of a type; the others go through `wire_text`, which takes every value.
PRINTERS: Final[Mapping[type, Callable[[Any], str]]] = MappingProxyType(
    {
        Decimal: decimal_text,
        bool: lambda value: "1" if value else "0",
        type(None): lambda _: "",
    }
)


def read_integer(text: str) -> int | None:
    """Read a whole number; empty and the unset spelling are None. `1.0` counts as 1.

    Raises:
        NumberError: If it is no whole number of 32 bits, which is all that TWS knows.
    """
    if text in ("", UNSET_INTEGER):
        return None
    if _SMALL_INTEGER.fullmatch(text):
        return int(text)
    number = read_decimal(text)
    if number is None or abs(number) > _INTEGER_MAX or number % 1:
        message = f"{text[:40]!r} is no whole number of 32 bits"
        raise NumberError(message)
    return int(number)


def read_decimal(text: str) -> Decimal | None:
    """Read a number; empty and the unset spellings are None.

    Raises:
        NumberError: If it is no finite number as clients print them.
    """
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        message = f"{text[:40]!r} is no number"
        raise NumberError(message)
    number = Decimal(text)
    return None if number >= _UNSET_FROM else number


def read_flag(text: str) -> bool:
    """Read a boolean; empty is False.

    Raises:
        NumberError: If it is none of the spellings in use.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    message = f"{text[:40]!r} is neither true nor false"
    raise NumberError(message)
