"""What the planner is given: B portfolios of the same N instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import total

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Portfolios:
    """B portfolios of the same N instruments.

    Attributes:
        shares: Whole shares held (B, N), int64, at least 0.
        prices: Mids (B, N), account currency per share, above 0.
        base: What weights are fractions of (B,), account currency, above 0.
        cash: Cash less reserved cash (B,), account currency; may be negative.
        con_ids: What the instruments are known by (N,), int64, each once. Ties are decided by it,
            so that the order of the columns decides nothing.
        tails: Fractional shares held beside the whole ones (B, N), from 0 to below 1; they count as
            weight and are never traded. None for none.

    Raises:
        ValueError: If shapes differ or a number is out of range; the message names row, column and number.
    """

    shares: NDArray[np.int64]
    prices: NDArray[np.float64]
    base: NDArray[np.float64]
    cash: NDArray[np.float64]
    con_ids: NDArray[np.int64]
    tails: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        self._check_shapes()
        refuse(self.shares < 0, self.shares, "shares held must be at least 0 (no short position)")
        refuse(
            ~(self.prices > 0) | np.isinf(self.prices),
            self.prices,
            "a price must be a number above 0",
        )
        refuse(
            ~(self.base > 0) | np.isinf(self.base), self.base, "the base must be a number above 0"
        )
        refuse(~np.isfinite(self.cash), self.cash, "cash must be a number")
        if self.tails is not None:
            refuse(
                ~((self.tails >= 0) & (self.tails < 1)),
                self.tails,
                "a tail must be from 0 to below 1",
            )

    def _check_shapes(self) -> None:
        count = len(self.con_ids)
        row = (self.base.shape[0], count)
        found = [self.shares.shape, self.prices.shape]
        if self.tails is not None:
            found.append(self.tails.shape)
        if any(shape != row for shape in found) or self.cash.shape != self.base.shape or count == 0:
            message = (
                f"portfolios must be (B, N) with base and cash (B,): expected {row}, found {found}, "
                f"base {self.base.shape}, cash {self.cash.shape}"
            )
            raise ValueError(message)
        if self.shares.dtype != np.int64:
            message = f"shares must be whole numbers (int64), found {self.shares.dtype}"
            raise ValueError(message)
        if len(np.unique(self.con_ids)) != count:
            message = f"every instrument must be there once, found con_ids {self.con_ids.tolist()}"
            raise ValueError(message)

    @property
    def tail_shares(self) -> NDArray[np.float64]:
        """Fractional shares (B, N), zero where none were given."""
        return np.zeros(self.prices.shape) if self.tails is None else self.tails

    def weights(self) -> NDArray[np.float64]:
        """Return the weights (B, N+1), fractions of base, cash last."""
        holdings = (self.shares + self.tail_shares) * self.prices
        money = np.concatenate([holdings, self.cash[:, np.newaxis]], axis=1)
        return money / self.base[:, np.newaxis]

    def after(self, trades: NDArray[np.int64]) -> Portfolios:
        """Return the portfolios after `trades` (B, N, signed whole shares) at the mids and without costs."""
        return Portfolios(
            shares=self.shares + trades,
            prices=self.prices,
            base=self.base,
            cash=self.cash - total(trades * self.prices),
            con_ids=self.con_ids,
            tails=self.tails,
        )

    def rows(self, chosen: NDArray[np.bool_]) -> Portfolios:
        """Return the portfolios of the `chosen` rows (B,)."""
        return Portfolios(
            shares=self.shares[chosen],
            prices=self.prices[chosen],
            base=self.base[chosen],
            cash=self.cash[chosen],
            con_ids=self.con_ids,
            tails=None if self.tails is None else self.tails[chosen],
        )

    def columns(self, order: NDArray[np.intp]) -> Portfolios:
        """Return the portfolios with the instruments in `order` (N,)."""
        return Portfolios(
            shares=self.shares[:, order],
            prices=self.prices[:, order],
            base=self.base,
            cash=self.cash,
            con_ids=self.con_ids[order],
            tails=None if self.tails is None else self.tails[:, order],
        )


def refuse(
    is_bad: NDArray[np.bool_], values: NDArray[np.float64] | NDArray[np.int64], rule: str
) -> None:
    """Raise ValueError with `rule`, the place and the number of the first bad value, if there is one."""
    if not is_bad.any():
        return
    place = tuple(int(index) for index in np.argwhere(is_bad)[0])
    names = ", ".join(
        f"{name} {index}" for name, index in zip(("row", "column"), place, strict=False)
    )
    message = f"{rule}, found {values[place]:g} at {names}"
    raise ValueError(message)
