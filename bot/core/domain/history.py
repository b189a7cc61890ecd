"""Past closes: what rules that look back are a function of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import total

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class History:
    """Daily closes of finished sessions, oldest first; the running session is never in it.

    Attributes:
        sessions: The T dates in the exchange's zone, strictly ascending.
        closes: (R, T, N) with R = 1 for all portfolios or one for each: price per share, above 0, adjusted
            for splits and dividends; instruments in array order.
        volumes: Shares traded (R, T, N), at least 0; None where nobody said.

    Raises:
        ValueError: If shapes differ, dates do not ascend or a number is out of range; with place and number.
    """

    sessions: tuple[date, ...]
    closes: NDArray[np.float64]
    volumes: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        shape = self.closes.shape
        if len(shape) != 3 or shape[1] != len(self.sessions):  # noqa: PLR2004 - (R, T, N)
            message = f"closes must be (R, {len(self.sessions)}, N), found {shape}"
            raise ValueError(message)
        if any(
            later <= earlier
            for earlier, later in zip(self.sessions, self.sessions[1:], strict=False)
        ):
            message = "the sessions of a history must ascend, each once"
            raise ValueError(message)
        is_price = np.isfinite(self.closes) & (self.closes > 0)
        if not is_price.all():
            row, session, column = (int(index) for index in np.argwhere(~is_price)[0])
            message = (
                f"a close must be a number above 0, found {self.closes[row, session, column]:g} on "
                f"{self.sessions[session]} in column {column}"
            )
            raise ValueError(message)
        if self.volumes is not None and (
            self.volumes.shape != shape
            or not np.isfinite(self.volumes).all()
            or (self.volumes < 0).any()
        ):
            message = f"volumes must be {shape} numbers of at least 0 (shares)"
            raise ValueError(message)

    def newest(self, count: int) -> NDArray[np.float64]:
        """Return the closes (R, count, N) of the newest `count` sessions.

        Raises:
            ValueError: If there are fewer.
        """
        if len(self.sessions) < count:
            message = f"{count} sessions of price history are needed, found {len(self.sessions)}"
            raise ValueError(message)
        return self.closes[:, len(self.sessions) - count :, :]

    def last(self, count: int) -> History:
        """Return the history of the newest `count` sessions alone, volumes with it.

        Raises:
            ValueError: If there are fewer.
        """
        first = len(self.sessions) - count
        return History(
            sessions=self.sessions[max(first, 0) :],
            closes=self.newest(count),
            volumes=None if self.volumes is None else self.volumes[:, max(first, 0) :, :],
        )

    def mean_volumes(self, count: int) -> NDArray[np.float64] | None:
        """Return the average daily volume (R, N) of the newest `count` sessions, shares; None where nobody said.

        Raises:
            ValueError: If there are fewer.
        """
        volumes = self.last(count).volumes
        return None if volumes is None else total(np.moveaxis(volumes, 1, -1)) / count
