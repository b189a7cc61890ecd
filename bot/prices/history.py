"""The price history as a value, and its loader.

The file holds integers only: prices in thousandths of a dollar, stored as differences from day to
day. The source prints three decimals, and `thousandths / 1000` is the float64 nearest to that
decimal, hence exactly the number that the source's own text reads back as. Nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

HISTORY_FILE: Final = Path(__file__).with_name("history.npz")

#: Stored price units a dollar.
THOUSANDTHS: Final = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class PriceHistory:
    """Adjusted daily closes of some symbols on the same sessions.

    Attributes:
        dates: Sessions, shape (T,), datetime64[D], strictly ascending, read-only.
        symbols: Names of the columns, length N.
        closes: Adjusted closes in USD a share, shape (T, N), float64, finite, > 0, read-only.
    """

    dates: npt.NDArray[np.datetime64]
    symbols: tuple[str, ...]
    closes: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, and freeze them."""
        expected = (len(self.dates), len(self.symbols))
        if self.closes.shape != expected:
            message = f"closes have shape {self.closes.shape}, expected {expected}"
            raise ValueError(message)
        if not len(self.dates) or not np.all(self.dates[1:] > self.dates[:-1]):
            message = "dates must be strictly ascending and at least one"
            raise ValueError(message)
        self.dates.setflags(write=False)
        self.closes.setflags(write=False)

    @property
    def first_on(self) -> date:
        """The first session."""
        return date.fromisoformat(str(self.dates[0]))

    @property
    def last_on(self) -> date:
        """The last session."""
        return date.fromisoformat(str(self.dates[-1]))

    def row_on_or_before(self, day: date | np.datetime64) -> int:
        """Return the row of the last session on or before a date.

        Args:
            day: A calendar date; a date after the last session gives the last row.

        Returns:
            Row index, 0 <= row < T.

        Raises:
            ValueError: If the date lies before the first session.
        """
        wanted = day if isinstance(day, np.datetime64) else np.datetime64(day)
        row = int(np.searchsorted(self.dates, wanted, side="right")) - 1
        if row < 0:
            message = f"no price on or before {day}: the history starts on {self.first_on}"
            raise ValueError(message)
        return row

    def is_session(self, day: date) -> bool:
        """Tell whether the history has a close of exactly this date."""
        return self.dates[0] <= np.datetime64(day) and bool(
            self.dates[self.row_on_or_before(day)] == np.datetime64(day)
        )

    def column(self, symbol: str) -> int:
        """Return the column of a symbol.

        Raises:
            KeyError: If the history has no such symbol; the message names those it has.
        """
        try:
            return self.symbols.index(symbol)
        except ValueError:
            message = f"no prices for {symbol!r}: the history has {', '.join(self.symbols)}"
            raise KeyError(message) from None


@lru_cache(maxsize=1)
def load_history() -> PriceHistory:
    """Read the shipped history; the same read-only object is returned every time."""
    with np.load(HISTORY_FILE, allow_pickle=False) as stored:
        thousandths = np.cumsum(stored["thousandths_steps"], axis=0, dtype=np.int64)
        return PriceHistory(
            dates=stored["dates"].astype("datetime64[D]"),
            symbols=tuple(str(symbol) for symbol in stored["symbols"]),
            closes=thousandths / THOUSANDTHS,
        )
