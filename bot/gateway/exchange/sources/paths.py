"""Paths: how a price gets through a day.

A path is a staircase: from each of its moments on, one price holds until the next. Moments are
whole microseconds since 1970, since arithmetic on many datetimes would be slow.

A day's volume is spread over the session as it is on real exchanges, heavy at both ends: the
density is 1/2 in the middle of the day and 2 at the open and the close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from bot.gateway.exchange.prices import OpenHours
    from bot.gateway.exchange.sources.days import Day

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

MICROSECOND: Final = timedelta(microseconds=1)
SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Decimals of prices that are worked out and not given.
PRICE_DIGITS: Final = 6


def to_us(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970."""
    return (moment - _EPOCH) // MICROSECOND


def from_us(moment_us: int) -> datetime:
    """Return a moment in whole microseconds since 1970 as an aware one, in UTC."""
    return _EPOCH + MICROSECOND * int(moment_us)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One instrument on one day.

    Attributes:
        times: Moments at which the price changes, shape (n,), ascending; the first is the open,
            the last the close.
        prices: What holds from each of them on, shape (n,).
        volumes: Shares traded until each of them, shape (n,), ascending from 0.
    """

    times: Integers
    prices: Floats
    volumes: Integers

    def index(self, moment_us: int) -> int:
        """Return the step that a moment lies in; -1 before the open."""
        return int(self.times.searchsorted(moment_us, side="right")) - 1


class Within(Protocol):
    """Says how prices get through the days."""

    def path(self, key: str, on: date, day: Day, hours: OpenHours) -> Path | None:
        """Return the path of an instrument through a day, or None if its price stands still."""
        ...

    def next_time_after(self, on: date, hours: OpenHours, moment_us: int) -> int | None:
        """Return the first later moment of the day at which any price may change, or None."""
        ...


def grid(hours: OpenHours, step_us: int) -> Integers:
    """Return the open, every step after it, and the close."""
    opens_us, closes_us = to_us(hours.opens_at), to_us(hours.closes_at)
    steps = -((opens_us - closes_us) // step_us)
    times = opens_us + np.arange(steps + 1, dtype=np.int64) * step_us
    times[-1] = closes_us
    return times


def elapsed(times: Integers) -> Floats:
    """Return moments as fractions of the time from the first to the last of them."""
    fractions: Floats = (times - times[0]) / (times[-1] - times[0])
    return fractions


def traded(volume: int, fractions: Floats) -> Integers:
    """Return how many of a day's shares were traded after fractions of the session."""
    off_noon = fractions - 0.5
    shares = 0.5 * fractions + 2 * (off_noon * off_noon * off_noon + 0.125)
    return (volume * shares).astype(np.int64)


def still_path(day: Day, times: Integers) -> Path:
    """Return the path of a price that stands at the close; only its volume grows."""
    return Path(times, np.full(len(times), day.close), traded(day.volume, elapsed(times)))
