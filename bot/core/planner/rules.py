"""What a person allows a plan to do: limits for the whole plan, and marks beside single instruments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlannerRules:
    """How weights become shares.

    Attributes:
        minimum_trade: A trade worth less than this is dropped, account currency, at least 0.
        cash_buffer: Cash that buys never touch, fraction of base, from 0 to below 1.
        minimum_drift: A trade that moves its weight by less than this is dropped, fraction of base, from 0 to below 1.
        turnover_max: What one plan may trade, buys and sells together, fraction of base, above 0; None for no limit.
        participation_max: Largest part of an instrument's average daily volume that the plans of one session may
            trade of it, buys and sells together, a fraction above 0 and at most 1; None for no limit.

    Raises:
        ValueError: If a number is out of range; with its name.
    """

    minimum_trade: float
    cash_buffer: float
    minimum_drift: float = 0.0
    turnover_max: float | None = None
    participation_max: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum_trade) and self.minimum_trade >= 0):
            message = f"minimum_trade must be at least 0, found {self.minimum_trade:g}"
            raise ValueError(message)
        for name, part in (
            ("cash_buffer", self.cash_buffer),
            ("minimum_drift", self.minimum_drift),
        ):
            if not 0 <= part < 1:
                message = f"{name} must be a fraction from 0 to below 1, found {part:g}"
                raise ValueError(message)
        if self.turnover_max is not None and not (
            math.isfinite(self.turnover_max) and self.turnover_max > 0
        ):
            message = f"turnover_max must be a fraction above 0, found {self.turnover_max:g}"
            raise ValueError(message)
        if self.participation_max is not None and not 0 < self.participation_max <= 1:
            message = f"participation_max must be a fraction above 0 and at most 1, found {self.participation_max:g}"
            raise ValueError(message)

    def minimum(self, base: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least money (B,) that a trade must be worth, for each `base` (B,), account currency."""
        # A little less, so that a trade worth the minimum to the last bit but one is not lost to noise.
        least: NDArray[np.float64] = np.maximum(self.minimum_trade, self.minimum_drift * base)
        return least * (1 - 1e-12)


@dataclass(frozen=True, slots=True)
class Marks:
    """What may be done with each of N instruments, in array order.

    Attributes:
        lots: Shares are traded in multiples of this (N,), above 0: int64 for whole shares, float64 (such as 0.0001)
            where parts of a share may be traded.
        may_buy: Whether it may be bought (N,).
        may_sell: Whether it may be sold (N,).

    Raises:
        ValueError: If shapes differ or a lot is no number above 0; with place and number.
    """

    lots: NDArray[np.int64] | NDArray[np.float64]
    may_buy: NDArray[np.bool_]
    may_sell: NDArray[np.bool_]

    def __post_init__(self) -> None:
        shapes = (self.lots.shape, self.may_buy.shape, self.may_sell.shape)
        if self.lots.ndim != 1 or len(set(shapes)) != 1:
            message = f"lots, may_buy and may_sell must be (N,) each, found {shapes}"
            raise ValueError(message)
        for index, lot in enumerate(self.lots.tolist()):
            if not (math.isfinite(lot) and lot > 0):
                message = (
                    f"a lot must be a number of shares above 0, found {lot:g} in column {index}"
                )
                raise ValueError(message)

    @classmethod
    def free(cls, count: int) -> Marks:
        """Return the marks of `count` instruments that may be traded freely, by the share."""
        may = np.ones(count, dtype=np.bool_)
        return cls(np.ones(count, dtype=np.int64), may, may)

    @property
    def is_by_the_share(self) -> bool:
        """Whether every instrument is traded by the single share."""
        return bool((self.lots == 1).all())

    @property
    def is_whole(self) -> bool:
        """Whether every lot is a whole number of shares, so that every trade is."""
        return bool((self.lots == np.floor(self.lots)).all())

    def columns(self, order: NDArray[np.intp]) -> Marks:
        """Return the marks with the instruments in `order` (N,)."""
        return Marks(self.lots[order], self.may_buy[order], self.may_sell[order])
