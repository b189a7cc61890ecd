"""The file of an index: who is in it from which date on, and how large each is.

A line has one constituent from one date on, the first line names the columns, and every cell has a value::

    effective_on,symbol,shares,market_cap,float_factor
    2022-09-19,AAPL,16070752000,2482000000000,1

All lines of one date together are the whole index from that session on; who does not stand there any more is deleted.
``shares`` (shares outstanding) makes weights that follow prices by themselves, and so need hardly any trades; after a
split a new date with the new count must be written. ``market_cap`` is the size at the date, in any one currency.
Lines that start with # are remarks. What is not understood is refused with its line, never skipped.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.core.domain.instrument import SYMBOL_PATTERN

_NUMBERS: Final = ("shares", "market_cap", "float_factor")
_COLUMNS: Final = ("effective_on", "symbol", *_NUMBERS)
#: What no number of shares and no market value reaches, whatever the currency; more overflow when multiplied.
_SIZE_MAX: Final = 1e18
#: What spreadsheets write between cells where a comma is the decimal sign.
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Constituent:
    """One member of an index from one date on.

    Attributes:
        effective_on: The first session that it holds for, in the exchange's zone.
        symbol: The instrument.
        shares: Shares outstanding, above 0; None where the file has no such column.
        market_cap: Market value at that date, above 0, in the one currency of the file; None as above.
        float_factor: The part of the shares that is traded freely, above 0, at most 1; None as above.
    """

    effective_on: date
    symbol: str
    shares: float | None = None
    market_cap: float | None = None
    float_factor: float | None = None


def constituents_from(text: str) -> tuple[Constituent, ...]:
    """Return the constituents that the text of a file has, in its order.

    Raises:
        ValueError: If a column is unknown or missing, a cell empty or no such value, a constituent there twice for
            one date, or there is none at all; with the line.
    """
    # Programs for tables put a mark before the first line.
    every = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    lines = [(number, line) for number, line in every if not line.startswith("#")]
    while lines and not lines[-1][1].strip():
        lines.pop()
    if not lines:
        message = f"the file is empty, expected a line of columns: {', '.join(_COLUMNS)}"
        raise ValueError(message)
    columns = _columns(*lines[0])
    found = tuple(_constituent(number, columns, line) for number, line in lines[1:])
    if not found:
        message = "the file has columns and no constituents"
        raise ValueError(message)
    for (on, symbol), count in Counter((each.effective_on, each.symbol) for each in found).items():
        if count > 1:
            message = f"{symbol} stands {count} times at {on}, expected once"
            raise ValueError(message)
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line]), [])]


def _columns(number: int, line: str) -> list[str]:
    columns = _cells(line)
    for separator, words in _OTHER_SEPARATORS.items():
        if separator in line and len(columns) == 1:
            message = f"line {number}: expected cells separated by commas, found {words}: save it as CSV with commas"
            raise ValueError(message)
    for name, count in Counter(columns).items():
        if name not in _COLUMNS or count > 1:
            what = "unknown" if name not in _COLUMNS else f"there {count} times"
            message = f"line {number}: column {name!r} is {what}; known are {', '.join(_COLUMNS)}"
            raise ValueError(message)
    for name in ("effective_on", "symbol"):
        if name not in columns:
            message = f"line {number}: column {name} is missing"
            raise ValueError(message)
    if not {"shares", "market_cap"} & set(columns):
        message = f"line {number}: column shares or market_cap is missing, one of them is needed"
        raise ValueError(message)
    return columns


def _constituent(number: int, columns: list[str], line: str) -> Constituent:
    cells = _cells(line)
    if len(cells) != len(columns) or not all(cells):
        message = (
            f"line {number}: expected {len(columns)} cells with a value each ({', '.join(columns)}), "
            f"found {len([cell for cell in cells if cell])}"
        )
        raise ValueError(message)
    named = dict(zip(columns, cells, strict=True))
    symbol = named["symbol"]
    if not re.fullmatch(SYMBOL_PATTERN, symbol):
        message = f"line {number}: {symbol!r} is no symbol (capitals, digits, and between them blanks, dots, hyphens)"
        raise ValueError(message)
    numbers = {
        name: _number(number, name, text) for name, text in named.items() if name in _NUMBERS
    }
    return Constituent(_date(number, named["effective_on"]), symbol, **numbers)


def _date(number: int, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Other forms of ISO 8601 mean a date too, but nobody who looks at them sees which.
    if found is None or found.isoformat() != text:
        message = f"line {number}: {text!r} is no date like 2022-09-19"
        raise ValueError(message)
    return found


def _number(number: int, name: str, text: str) -> float:
    most = 1.0 if name == "float_factor" else _SIZE_MAX
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    # Written so that a NaN is refused too.
    if not 0 < found <= most:
        message = (
            f"line {number}: {name} must be a number above 0 and at most {most:g}, found {text!r}"
        )
        raise ValueError(message)
    return found
