"""What the planner is given: B portfolios of the same N instruments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.core.domain.refuse import refuse
from bot.core.domain.sums import total
from bot.core.domain.units import whole_shares_down

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Portfolios:
    """B portfolios of the same N instruments.

    What is counted as a share may be a lot of them (`in_lots`); a price is what one of it costs.

    Attributes:
        shares: Whole shares held (B, N), int64, at least 0.
        prices: Mids (B, N), account currency per share, above 0.
        base: What weights are fractions of (B,), account currency, above 0.
        cash: Cash less reserved cash (B,), account currency; may be negative.
        con_ids: What the instruments are known by (N,), int64, each once. Ties are decided by it,
            so that the order of the columns decides nothing.
        tails: Fractional shares held beside the whole ones (B, N), from 0 to below 1; they count as
            weight and are never traded. None for none.
        settled: Settled cash less reserved cash (B,), account currency, which is all that a cash account may
            buy with; may be negative. None for a margin account.
        daily_volumes: Shares of each that are traded on an average day (R, N), at least 0, R 1 or B. None is not known.
        shares_traded: Shares of each that earlier plans of this session traded, bought and sold together (R, N), at
            least 0, R 1 or B. None for none.

    Raises:
        ValueError: If shapes differ or a number is out of range; the message names row, column and number.
    """

    shares: NDArray[np.int64]
    prices: NDArray[np.float64]
    base: NDArray[np.float64]
    cash: NDArray[np.float64]
    con_ids: NDArray[np.int64]
    tails: NDArray[np.float64] | None = None
    settled: NDArray[np.float64] | None = None
    daily_volumes: NDArray[np.float64] | None = None
    shares_traded: NDArray[np.float64] | None = None

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
        if self.settled is not None:
            refuse(~np.isfinite(self.settled), self.settled, "settled cash must be a number")
        for each, noun in (
            (self.daily_volumes, "a daily volume"),
            (self.shares_traded, "a number of shares traded"),
        ):
            if each is not None:
                is_bad = ~(each >= 0) | np.isinf(each)
                refuse(is_bad, each, f"{noun} must be a number of at least 0")

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
        self._check_further_shapes(row)
        if self.shares.dtype != np.int64:
            message = f"shares must be whole numbers (int64), found {self.shares.dtype}"
            raise ValueError(message)
        if len(np.unique(self.con_ids)) != count:
            message = f"every instrument must be there once, found con_ids {self.con_ids.tolist()}"
            raise ValueError(message)

    def _check_further_shapes(self, row: tuple[int, int]) -> None:
        if self.settled is not None and self.settled.shape != row[:1]:
            message = f"settled cash must be {row[:1]}, found {self.settled.shape}"
            raise ValueError(message)
        for each, noun in (
            (self.daily_volumes, "daily volumes"),
            (self.shares_traded, "shares traded"),
        ):
            if each is not None and each.shape not in ((1, row[1]), row):
                message = f"{noun} must be {(1, row[1])} or {row}, found {each.shape}"
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

    def after(self, trades: NDArray[np.int64] | NDArray[np.float64]) -> Portfolios:
        """Return the portfolios after `trades` (B, N, signed shares) at the mids and without costs.

        Sells bring cash, and no settled cash. Trades may be parts of shares (float64). They count as traded in this
        session where that is counted.
        """
        change: dict[str, Any] = {"cash": self.cash - total(trades * self.prices)}
        if self.settled is not None:
            change["settled"] = self.settled - total(np.maximum(trades, 0) * self.prices)
        if self.shares_traded is not None:
            change["shares_traded"] = self.shares_traded + np.abs(trades)
        if trades.dtype == np.int64:
            change["shares"] = self.shares + trades
        else:
            held = self.shares + self.tail_shares + trades
            change["shares"] = whole_shares_down(held)
            change["tails"] = np.maximum(held - change["shares"], 0.0)
        return replace(self, **change)

    def in_lots(self, lots: NDArray[np.int64] | NDArray[np.float64]) -> Portfolios:
        """Return the same with `lots` (N,) counted as shares: what is held beyond whole lots is a tail."""
        held = (self.shares + self.tail_shares) / lots
        whole = whole_shares_down(held)
        return replace(
            self,
            shares=whole,
            prices=self.prices * lots,
            tails=np.maximum(held - whole, 0.0),
            daily_volumes=None if self.daily_volumes is None else self.daily_volumes / lots,
            shares_traded=None if self.shares_traded is None else self.shares_traded / lots,
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
            settled=None if self.settled is None else self.settled[chosen],
            daily_volumes=_rows(self.daily_volumes, chosen),
            shares_traded=_rows(self.shares_traded, chosen),
        )

    def columns(self, order: NDArray[np.intp]) -> Portfolios:
        """Return the portfolios with the instruments in `order` (N,)."""
        return replace(
            self,
            shares=self.shares[:, order],
            prices=self.prices[:, order],
            con_ids=self.con_ids[order],
            tails=None if self.tails is None else self.tails[:, order],
            daily_volumes=None if self.daily_volumes is None else self.daily_volumes[:, order],
            shares_traded=None if self.shares_traded is None else self.shares_traded[:, order],
        )


def _rows(
    values: NDArray[np.float64] | None, chosen: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Return the `chosen` rows (B,) of `values` (R, N), R 1 or B."""
    return values if values is None or len(values) == 1 else values[chosen]
