"""Files of bars: CSV or Parquet, and one line for every mistake in them.

A file has a column `date` with the dates of daily bars, or a column `time` with the beginnings of
intraday bars; then `open`, `high`, `low`, `close`, and `volume` if it is known. Names may be in
capitals; other columns are left alone. A path is a folder with a file for each symbol, named after
it, or one file with a column `symbol`.

A time with an offset is that moment; one without is local time of the exchange.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.gateway.exchange.sources.paths import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.sources.paths import Floats, Integers

    #: A file, with what tells whether it is still the same: its time in nanoseconds and its size.
    _Stamped = tuple[Path, tuple[int, int]]

_PRICES: Final = ("open", "high", "low", "close")
_SUFFIXES: Final = (".csv", ".parquet")

#: What rows are called in messages, and the first one's number: a CSV file has a header above it.
_LINES: Final = ("line", 2)
_ROWS: Final = ("row", 1)

_NO_ENGINE: Final = "Parquet needs a package that is not installed: pip install pyarrow"


class PriceFileError(ValueError):
    """A file of bars cannot be used; the message is one line that names file, row and column."""


@dataclass(frozen=True, slots=True, eq=False)
class FileBars:
    """The bars of one symbol.

    Attributes:
        is_daily: Whether they are days.
        begins: Ordinals of dates, or moments in microseconds since 1970; ascending, shape (n,).
        opens: First prices, shape (n,), float64, finite, > 0.
        highs: Highest prices, shape (n,).
        lows: Lowest prices, shape (n,).
        closes: Last prices, shape (n,).
        volumes: Shares, shape (n,), int64; None if the file has none.
    """

    is_daily: bool
    begins: Integers
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    volumes: Integers | None


@dataclass(frozen=True, slots=True)
class _Frame:
    """A table as it was read, and where from.

    Attributes:
        file: The file.
        columns: Values by the name of their column, in small letters.
        word: What its rows are called in messages.
        lines: The number of each row in messages.
    """

    file: Path
    columns: dict[str, np.ndarray[Any, Any]]
    word: str
    lines: Sequence[int]

    def refuse(self, row: int, column: str, what: str) -> PriceFileError:
        """Return the error about one value."""
        return PriceFileError(
            f"{self.file}: {self.word} {self.lines[row]}, column {column}: {what}"
        )

    def pick(self, rows: Integers) -> _Frame:
        """Return some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return _Frame(self.file, columns, self.word, [self.lines[row] for row in rows.tolist()])


def read_bars(path: Path, keys: Sequence[str], zone: ZoneInfo) -> dict[str, FileBars]:
    """Return the bars of some symbols.

    A file that was read before is not read again as long as it is the same.

    Args:
        path: A folder or a file.
        keys: The symbols that must be there; others are not looked at.
        zone: Of the exchange.

    Raises:
        PriceFileError: If a file is missing or is wrong in any way.
    """
    try:
        is_folder = path.is_dir()
        files = (
            {key: _file_of(path, key) for key in keys} if is_folder else dict.fromkeys(keys, path)
        )
        stamps = {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in files.values()}
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
        raise PriceFileError(message) from error
    found = {
        key: _bars_of((file, stamps[file]), None if is_folder else key, zone)
        for key, file in files.items()
    }
    if len({bars.is_daily for bars in found.values()}) > 1:
        message = f"{path}: some files have a column date and others a column time; expected one"
        raise PriceFileError(message)
    return found


def _file_of(folder: Path, key: str) -> Path:
    """Return the file of a symbol in a folder.

    Raises:
        PriceFileError: If there is none.
    """
    for suffix in _SUFFIXES:
        file = folder / f"{key}{suffix}"
        if file.exists():
            return file
    message = f"{folder}: no prices for {key!r}: expected {key}.csv or {key}.parquet"
    raise PriceFileError(message)


@lru_cache(maxsize=1024)
def _bars_of(stamped: _Stamped, key: str | None, zone: ZoneInfo) -> FileBars:
    """Return the bars of a symbol in a file, or all of them if the key is None.

    Raises:
        PriceFileError: If they are wrong.
    """
    frame = _read(*stamped)
    return _bars(frame if key is None else _rows_of(frame, key), zone)


# The last one only: a file of many symbols is read once for all of them.
@lru_cache(maxsize=1)
def _read(file: Path, _stamp: tuple[int, int]) -> _Frame:
    """Return a file as it is; the stamp tells whether it is still the same.

    Raises:
        PriceFileError: If it cannot be read.
    """
    # It takes a third of a second to import, and few gateways need it.
    pandas = importlib.import_module("pandas")
    is_csv = file.suffix == ".csv"
    try:
        if is_csv:
            frame = pandas.read_csv(file, dtype=str, keep_default_na=False, skip_blank_lines=False)
        else:
            frame = pandas.read_parquet(file)
    except ImportError as error:
        message = f"{file}: {_NO_ENGINE}"
        raise PriceFileError(message) from error
    except (ValueError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        message = f"{file}: it cannot be read: {reason}"
        raise PriceFileError(message) from error
    if not is_csv and frame.index.name:
        frame = frame.reset_index()
    names = [str(name).strip().lower() for name in frame.columns]
    columns = {name: _objects(frame.iloc[:, place]) for place, name in enumerate(names)}
    word, first = _LINES if is_csv else _ROWS
    return _Frame(file, columns, word, range(first, first + len(frame)))


def _objects(column: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401  pandas is imported when needed
    """Return a column as Python objects."""
    values: np.ndarray[Any, Any] = column.astype(object).to_numpy()
    return values


def _rows_of(frame: _Frame, key: str) -> _Frame:
    """Return the rows of a symbol in a file of many.

    Raises:
        PriceFileError: If there are none.
    """
    if "symbol" not in frame.columns:
        raise _missing(frame, "symbol")
    rows = np.flatnonzero(frame.columns["symbol"] == key)
    if not len(rows):
        message = f"{frame.file}: no prices for {key!r}: no row has this symbol"
        raise PriceFileError(message)
    return frame.pick(rows)


def _missing(frame: _Frame, name: str) -> PriceFileError:
    """Return the error about a column that is not there."""
    there = ", ".join(frame.columns)
    return PriceFileError(f"{frame.file}: column {name} is missing; there are {there}")


def _bars(frame: _Frame, zone: ZoneInfo) -> FileBars:
    """Return the bars of a table.

    Raises:
        PriceFileError: If a value is wrong, naming its line and column.
    """
    if not frame.lines:
        message = f"{frame.file}: there are no rows"
        raise PriceFileError(message)
    is_daily = "time" not in frame.columns
    column = "date" if is_daily else "time"
    for name in (column, *_PRICES):
        if name not in frame.columns:
            raise _missing(frame, "date or time" if name == "date" else name)
    begins = np.array([_begin(frame, row, column, zone) for row in range(len(frame.lines))])
    _check_ascending(frame, column, begins)
    opens, highs, lows, closes = (_numbers(frame, name) for name in _PRICES)
    _check_enclosed(frame, opens, highs, lows, closes)
    volumes = None
    if "volume" in frame.columns:
        volumes = _numbers(frame, "volume", may_be_zero=True).astype(np.int64)
    return FileBars(is_daily, begins, opens, highs, lows, closes, volumes)


def _begin(frame: _Frame, row: int, column: str, zone: ZoneInfo) -> int:
    """Return the ordinal of a date, or a moment in microseconds since 1970.

    Raises:
        PriceFileError: If the value is neither.
    """
    value = frame.columns[column][row]
    try:
        moment = _moment(value)
    except ValueError:
        expected = "a date such as 2020-06-01" if column == "date" else "2020-06-01 10:30:00"
        raise frame.refuse(row, column, f"{str(value)!r}, expected {expected}") from None
    if column == "date":
        if moment.time() != time():
            what = f"{str(value)!r} has a time of day; call the column time"
            raise frame.refuse(row, column, what)
        return moment.toordinal()
    return to_us(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(UTC))


def _moment(value: object) -> datetime:
    """Return a date or a time, however the file has it.

    Raises:
        ValueError: If it is none.
    """
    if isinstance(value, str):
        return datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):  # a time stamp of pandas is one, and its NaT is none at all
        if value != value:  # noqa: PLR0124
            message = "not a time"
            raise ValueError(message)
        plain = getattr(value, "to_pydatetime", None)
        return value if plain is None else plain()
    if isinstance(value, date):
        return datetime.combine(value, time())
    message = "not a time"
    raise ValueError(message)


def _numbers(frame: _Frame, column: str, *, may_be_zero: bool = False) -> Floats:
    """Return a column as numbers above zero.

    Raises:
        PriceFileError: If one of them is none, is not finite or is too low.
    """
    values = frame.columns[column]
    try:
        numbers: Floats = values.astype(np.float64)
    except (ValueError, TypeError):
        row = next(row for row, value in enumerate(values) if not _is_number(value))
        raise frame.refuse(row, column, f"{str(values[row])!r} is no number") from None
    is_high = numbers >= 0 if may_be_zero else numbers > 0
    wrong = np.flatnonzero(~(np.isfinite(numbers) & is_high))
    if len(wrong):
        row = int(wrong[0])
        if not math.isfinite(numbers[row]):
            raise frame.refuse(row, column, f"{str(values[row])!r} is no number")
        bound = "of 0 or more" if may_be_zero else "above 0"
        raise frame.refuse(row, column, f"{values[row]}, expected a number {bound}")
    return numbers


def _is_number(value: object) -> bool:
    """Tell whether a value reads as a number."""
    try:
        float(value)  # type: ignore[arg-type]  # that is the question
    except (ValueError, TypeError):
        return False
    return True


def _check_ascending(frame: _Frame, column: str, begins: Integers) -> None:
    """Refuse rows that are out of order, or there twice."""
    wrong = np.flatnonzero(np.diff(begins) <= 0)
    if not len(wrong):
        return
    row = int(wrong[0]) + 1
    value = str(frame.columns[column][row])
    if begins[row] == begins[row - 1]:
        raise frame.refuse(row, column, f"{value!r} is there twice")
    what = f"{value!r} is earlier than the row before; expected ascending order"
    raise frame.refuse(row, column, what)


def _check_enclosed(
    frame: _Frame, opens: Floats, highs: Floats, lows: Floats, closes: Floats
) -> None:
    """Refuse highs and lows that do not enclose the other prices."""
    for column, wrong in (
        ("high", highs < np.maximum(np.maximum(opens, closes), lows)),
        ("low", lows > np.minimum(opens, closes)),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            row = int(rows[0])
            what = f"{frame.columns[column][row]} does not enclose the other prices of the row"
            raise frame.refuse(row, column, what)
