"""Books of accounts from files: CSV, Parquet (needs the extra `parquet`) and npz.

An accounts file has one row for each account: `account` (its name, each once), `cash`, and one column of shares for
each symbol. What is no number in it becomes NaN, which refuses that account and no other. Prices and targets are CSV:
`symbol,price` and `symbol,weight`, the latter with a row `cash`.
"""

from __future__ import annotations

import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

ACCOUNT: Final = "account"
CASH: Final = "cash"

#: What spreadsheets write between cells where a comma is the decimal sign.
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Accounts:
    """What an accounts file says.

    Attributes:
        names: What each account is called (B,), text.
        cash: Account currency (B,); NaN where the file has no number.
        shares: Shares held (B, N), int64 or float64, in memory order [N, B]; NaN where the file has no number.
        symbols: The instruments (N,), in the order of the columns.
    """

    names: NDArray[np.object_]
    cash: NDArray[np.float64]
    shares: NDArray[np.int64] | NDArray[np.float64]
    symbols: tuple[str, ...]


def check_kind(path: Path, kinds: tuple[str, ...]) -> None:
    """Refuse a file whose name does not end as one of `kinds`, or that needs what is not installed.

    Raises:
        ConfigError: With the name and what is expected.
    """
    if path.suffix not in kinds:
        message = f"{path}: expected a file that ends with {', '.join(kinds)}"
        raise ConfigError(message)
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        message = f"{path}: Parquet files need pyarrow: install the extra parquet, or use CSV"
        raise ConfigError(message)


def read_accounts(path: Path) -> Accounts:
    """Return the accounts in `path`.

    Raises:
        ConfigError: If it cannot be read, a column or all accounts are missing, or an account's name is missing or
            there twice.
    """
    check_kind(path, tuple(_READERS))
    with _trouble_with(path):
        columns = _READERS[path.suffix](path)
    for name in (ACCOUNT, CASH):
        if name not in columns:
            there = ", ".join(columns) or "none"
            message = f"{path}: the column {name} is missing; there are: {there}{_advice(columns)}"
            raise ConfigError(message)
    for name, column in columns.items():
        if len(column) != len(columns[ACCOUNT]):
            message = (
                f"{path}: {name} has {len(column)} rows and {ACCOUNT} has {len(columns[ACCOUNT])}"
            )
            raise ConfigError(message)
    if len(columns[ACCOUNT]) == 0:
        message = f"{path}: expected a row for each account, found none"
        raise ConfigError(message)
    symbols = tuple(name for name in columns if name not in (ACCOUNT, CASH))
    if not symbols:
        message = f"{path}: there is no column of shares beside {ACCOUNT} and {CASH}"
        raise ConfigError(message)
    return Accounts(
        names=_names(path, columns[ACCOUNT]),
        cash=_numbers(columns[CASH]).astype(np.float64),
        # One row of memory for each instrument: int64 if all of them are.
        shares=np.array([_numbers(columns[symbol]) for symbol in symbols]).T,
        symbols=symbols,
    )


def read_numbers(path: Path, column: str) -> dict[str, float]:
    """Return the numbers of a CSV file with the columns ``symbol`` and `column`, by symbol.

    Raises:
        ConfigError: If it cannot be read, a column is missing, a symbol is there twice or a number is none.
    """
    check_kind(path, (".csv",))
    with _trouble_with(path):
        table = _csv(path, str)
    if list(table.columns) != ["symbol", column]:
        found_there = ",".join(table.columns)
        message = f"{path}: expected the columns symbol,{column}, found {found_there}{_advice(table.columns)}"
        raise ConfigError(message)
    found: dict[str, float] = {}
    for symbol, text in zip(table["symbol"].tolist(), table[column].tolist(), strict=True):
        if symbol in found:
            message = f"{path}: {symbol} is there twice"
            raise ConfigError(message)
        try:
            found[symbol] = float(text)
        except ValueError:
            message = f"{path}: the {column} of {symbol} must be a number, found {text!r}"
            raise ConfigError(message) from None
    return found


def _advice(names: Iterable[str]) -> str:
    """Return what may have happened to the head of a CSV file, after a semicolon, or nothing."""
    found = "".join(names)
    separator = next((words for sign, words in _OTHER_SEPARATORS.items() if sign in found), None)
    if separator is not None:
        return (
            f"; expected cells separated by commas, found {separator}: save it as CSV with commas"
        )
    return ""


def _check_head(path: Path) -> None:
    """Refuse a column that is there twice or has no name: pandas would give it a name of its own."""
    head = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    names = head.iloc[0].tolist()
    for place, name in enumerate(names, start=1):
        if not name:
            message = f"{path}: column {place} of the first line has no name"
            raise ConfigError(message)
        if names.index(name) != place - 1:
            message = f"{path}: the column {name} is there twice"
            raise ConfigError(message)


@contextmanager
def _trouble_with(path: Path) -> Iterator[None]:
    """Turn what a library says about a file that it cannot read into one line."""
    try:
        if not path.is_file():
            message = f"{path}: there is no such file"
            raise ConfigError(message)
        yield
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise ConfigError(message) from error
    except (
        ValueError,
        EOFError,
        KeyError,
        BadZipFile,
        zlib.error,
        pd.errors.ParserWarning,
    ) as error:
        # What is no CSV, Parquet or npz inside; the libraries' own errors are ValueErrors too, numpy lets others out.
        message = f"{path}: cannot be read: {' '.join(str(error).split())}"
        raise ConfigError(message) from error


def _read_csv(path: Path) -> dict[str, pd.Series[Any]]:
    table = _csv(path, {ACCOUNT: str})
    return {name: table[name] for name in table.columns}


def _csv(path: Path, kinds: Any) -> pd.DataFrame:  # noqa: ANN401 - as pandas has it
    _check_head(path)
    with warnings.catch_warnings():
        # A line that is longer than the head would lose its last numbers, or shift all of them.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        # Names stay as they are written: an account may be called NA, or 007.
        return pd.read_csv(
            path, dtype=kinds, keep_default_na=False, index_col=False, low_memory=False
        )


def _read_parquet(path: Path) -> dict[str, pd.Series[Any]]:
    table = pd.read_parquet(path)
    return {str(name): table[name] for name in table.columns}


def _read_npz(path: Path) -> dict[str, pd.Series[Any]]:
    # Opened here: numpy leaves a file open that is no archive.
    with path.open("rb") as opened:
        arrays = np.load(opened, allow_pickle=False)
        if isinstance(arrays, np.ndarray):
            message = "expected named arrays, found one without a name"
            raise ValueError(message)  # noqa: TRY004 - as the libraries say what is no such file
        return {name: pd.Series(arrays[name]) for name in arrays.files}


_READERS: Final[Mapping[str, Callable[[Path], dict[str, pd.Series[Any]]]]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
}


def _names(path: Path, column: pd.Series[Any]) -> NDArray[np.object_]:
    is_missing = column.isna() | (column.astype(str) == "")
    if is_missing.any():
        message = f"{path}: row {int(np.argmax(is_missing)) + 1} has no account name"
        raise ConfigError(message)
    names = column.astype(str)
    again = names.duplicated()
    if again.any():
        place = int(np.argmax(again))
        first = int(np.argmax(names == names.iloc[place]))
        message = f"{path}: account {names.iloc[place]} is there twice, in rows {first + 1} and {place + 1}"
        raise ConfigError(message)
    return names.to_numpy(dtype=object)


def _numbers(column: pd.Series[Any]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return whole numbers as int64, all else as float64 with NaN for what is no number."""
    if pd.api.types.is_bool_dtype(column):
        return np.full(len(column), np.nan)
    numbers = pd.to_numeric(column, errors="coerce")
    if pd.api.types.is_signed_integer_dtype(numbers) and not numbers.isna().any():
        return numbers.to_numpy(dtype=np.int64)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)
