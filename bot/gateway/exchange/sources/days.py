"""Tables of days, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class Day(NamedTuple):
    """One row of a table."""

    open: float
    high: float
    low: float
    close: float
    volume: int


@dataclass(frozen=True, slots=True, eq=False)
class DayTable:
    """The days of one instrument.

    Attributes:
        ordinals: Dates as `date.toordinal()`, shape (T,), int64, strictly ascending, T > 0.
        opens: First prices, shape (T,), float64, > 0.
        highs: Highest prices, shape (T,).
        lows: Lowest prices, shape (T,).
        closes: Last prices, shape (T,).
        volumes: Shares traded, shape (T,), int64.
    """

    ordinals: npt.NDArray[np.int64]
    opens: npt.NDArray[np.float64]
    highs: npt.NDArray[np.float64]
    lows: npt.NDArray[np.float64]
    closes: npt.NDArray[np.float64]
    volumes: npt.NDArray[np.int64]

    def row(self, day: date) -> int:
        """Return the row of the last day on or before a date; -1 if there is none."""
        return int(self.ordinals.searchsorted(day.toordinal(), side="right")) - 1

    def day(self, row: int) -> Day:
        """Return one row."""
        return Day(
            float(self.opens[row]),
            float(self.highs[row]),
            float(self.lows[row]),
            float(self.closes[row]),
            int(self.volumes[row]),
        )

    def on(self, row: int) -> date:
        """Return the date of a row."""
        return date.fromordinal(int(self.ordinals[row]))


class Days(Protocol):
    """Gives the table of every instrument."""

    def table(self, key: str, until: date) -> DayTable:
        """Return the days of an instrument, at least those up to a date as far as there are any.

        Raises:
            LookupError: If there are no prices for it.
        """
        ...


def flat_table(
    ordinals: npt.NDArray[np.int64], closes: npt.NDArray[np.float64], volume: int
) -> DayTable:
    """Return a table of days on which the price does not move."""
    volumes = np.full(len(ordinals), volume, dtype=np.int64)
    return DayTable(ordinals, closes, closes, closes, closes, volumes)
