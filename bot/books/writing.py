"""Plans of a book of accounts into files: CSV, or Parquet (needs the extra `parquet`).

Rule: a file takes its name only once all of it is written. Why: half a list of trades looks like a whole one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from bot.books.reading import check_kind
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The kinds of files that can be written.
WRITTEN: Final = (".csv", ".parquet")


class Sink(Protocol):
    """An open file that takes tables, one after the other."""

    def write(self, table: pd.DataFrame) -> None:
        """Append rows; every table has the same columns."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


@contextmanager
def writing(path: Path) -> Iterator[Sink]:
    """Yield a sink for `path`.

    Raises:
        ConfigError: If it cannot be written.
    """
    check_kind(path, WRITTEN)
    unfinished = path.with_name(f"{path.name}.unfinished")
    if not path.parent.is_dir():
        message = f"{path}: cannot be written: there is no folder {path.parent}"
        raise ConfigError(message)
    sink: Sink = (_ParquetSink if path.suffix == ".parquet" else _CsvSink)(unfinished)
    try:
        yield sink
        sink.close()
        unfinished.replace(path)
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror or error}"
        raise ConfigError(message) from error
    finally:
        unfinished.unlink(missing_ok=True)


class _CsvSink:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_begun = False

    def write(self, table: pd.DataFrame) -> None:
        mode: Any = "a" if self._is_begun else "w"
        table.to_csv(self._path, mode=mode, header=not self._is_begun, index=False)
        self._is_begun = True

    def close(self) -> None:
        pass


class _ParquetSink:
    """One row group for each table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, table: pd.DataFrame) -> None:
        # An optional extra: only who writes Parquet needs it.
        import pyarrow as pa  # type: ignore[import-untyped] # noqa: PLC0415
        from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped] # noqa: PLC0415

        rows = pa.table({name: _column(table[name]) for name in table.columns})
        if self._writer is None:
            self._writer = ParquetWriter(self._path, rows.schema)
        self._writer.write_table(rows)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _column(values: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return one column; text that comes again and again as a dictionary, of one type whatever its size."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    if not isinstance(values.dtype, pd.CategoricalDtype):
        return pa.array(values)
    numbers = pa.array(values.cat.codes.to_numpy(), type=pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(values.cat.categories, pa.string()))
