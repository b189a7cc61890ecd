"""The accounts of a book that need no cleverness, in blocks: nearest whole shares, where cash is clearly enough.

Rule: a block only decides on accounts where every step is clear by a margin far above float noise: no leg near half a
share, cash above the buffer before and after small trades are dropped. Why: its arithmetic takes short cuts that may
differ from `rebalance` in the last bits, and the shares must not.

It runs in the memory order [N, b] with reused buffers, so that each step is one pass over numbers in the processor's
cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from bot.core.domain.sums import total
from bot.core.planner.book import LEVERAGE_MAX, is_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.rules import PlannerRules

#: A leg this near to half a share is not left to the block (shares).
HALF_MARGIN: Final = 1e-7
#: A leg of more shares is not left to the block: float noise would reach the margin.
CLEAR_SHARES_MAX: Final = 1e8
#: Who holds more shares of a leg is not left to the block.
HELD_MAX: Final = 2**50
#: Cash this near to the buffer is not left to the block (fraction of base).
CASH_MARGIN: Final = 1e-8
# A whole number below 2^51, either sign, added to this float is told by its last bits: where numpy converts one number
# after the other, an addition and a subtraction convert eight at a time.
_SHIFT: Final = 1.5 * 2**52
_SHIFT_BITS: Final = int(np.float64(_SHIFT).view(np.int64))


@dataclass(frozen=True, slots=True)
class Block:
    """Accounts of one block, in memory order [N, b], and the room for the answer.

    Attributes:
        shares: Shares held (N, b), int64 or float64.
        cash: Account currency (b,).
        order: The rows of `shares` and `trades` by ascending con_id (N,): the order of every sum.
        prices: Account currency per share (N,), in `order`.
        rates: Shares wanted for each unit of base (N, r), in `order`, with r 1 or b.
        rules: Minimum trade, minimum drift and cash buffer count; other limits must not be set.
        trades: Signed shares (N, b), int64: the answer.
        status: PLANNED or NOTHING (b,), int8: the answer.
    """

    shares: NDArray[np.int64] | NDArray[np.float64]
    cash: NDArray[np.float64]
    order: NDArray[np.intp]
    prices: NDArray[np.float64]
    rates: NDArray[np.float64]
    rules: PlannerRules
    trades: NDArray[np.int64]
    status: NDArray[np.int8]


class Kernel(Protocol):
    """Plans a block and returns which accounts (b,) it is sure of; the others' answers mean nothing."""

    #: How many accounts it likes to get at once.
    accounts: int

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        """Write trades and status of `block`."""
        ...


class NumpyKernel:
    """Plans blocks with numpy, in buffers of its own: not for two threads at once."""

    #: Large enough that the calls do not count, small enough for the processor's caches.
    accounts = 16_384

    def __init__(self) -> None:
        self._floats = np.empty((0, 0, 0))
        self._small = np.empty((0, 0), dtype=np.bool_)

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        """Write trades and status of `block`; see `Kernel`."""
        held, wanted, trades, money = self._buffers(block.shares.shape)
        places = _places(block.order)
        for rows, columns in places:
            np.copyto(held[rows], block.shares[columns])
        prices = block.prices[:, np.newaxis]
        # NaN and what overflows is not clear, and every comparison below says so.
        with np.errstate(invalid="ignore", over="ignore"):
            np.multiply(held, prices, out=money)
            base = total(money.T) + block.cash
            np.multiply(base, block.rates, out=wanted)
            np.rint(wanted, out=trades)
            is_clear = (base > 0) & (block.cash >= -LEVERAGE_MAX * base)
            is_clear &= _are_clear(block, held, wanted, trades)
            np.subtract(trades, held, out=trades)
            np.multiply(trades, prices, out=money)
            self._drop_small(block, base, wanted, trades, money)
            is_clear &= self._is_paid(block, base, money)
            np.add(trades, _SHIFT, out=trades)
        bits = trades.view(np.int64)
        for rows, columns in places:
            np.subtract(bits[rows], _SHIFT_BITS, out=block.trades[columns])
        np.copyto(block.status, self._small.all(axis=0))
        return is_clear

    def _buffers(self, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], ...]:
        if self._small.shape != shape:
            self._floats = np.empty((4, *shape))
            self._small = np.empty(shape, dtype=np.bool_)
        held, wanted, trades, money = self._floats
        return held, wanted, trades, money

    def _drop_small(
        self,
        block: Block,
        base: NDArray[np.float64],
        room: NDArray[np.float64],
        trades: NDArray[np.float64],
        money: NDArray[np.float64],
    ) -> None:
        """Mark what is below the minimum, or nothing at all, and take it out of `trades` (N, b)."""
        least = np.maximum(block.rules.minimum(base), np.finfo(np.float64).tiny)
        np.abs(money, out=room)
        np.less(room, least, out=self._small)
        np.copyto(trades, 0.0, where=self._small)

    def _is_paid(
        self, block: Block, base: NDArray[np.float64], money: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return where cash clearly stays above the buffer (b,), with all of `money` (N, b) spent or without the small.

        Small sells that are dropped bring in less than the minimum each. Where cash is enough even so, their exact sum
        does not matter; only the few other accounts are added up.
        """
        spendable = block.cash - (block.rules.cash_buffer + CASH_MARGIN) * base
        left = spendable - total(money.T)
        is_paid: NDArray[np.bool_] = left >= len(money) * block.rules.minimum(base)
        rows = np.flatnonzero(~is_paid & (left >= 0))
        kept = np.where(self._small[:, rows], 0.0, money[:, rows])
        is_paid[rows] = spendable[rows] - total(kept.T) >= 0
        return is_paid


def _places(order: NDArray[np.intp]) -> list[tuple[slice, slice]]:
    """Return which rows in `order` (N,) are which rows as they came; all at once where it changes nothing."""
    if (order == np.arange(len(order))).all():
        return [(slice(None), slice(None))]
    return [
        (slice(row, row + 1), slice(place, place + 1)) for row, place in enumerate(order.tolist())
    ]


def _are_clear(
    block: Block,
    held: NDArray[np.float64],
    wanted: NDArray[np.float64],
    rounded: NDArray[np.float64],
) -> NDArray[np.bool_] | np.bool_:
    """Return where all shares can be counted and no leg is near half a share (b,); True where all are.

    Args:
        block: The accounts.
        held: Its shares in floats, by ascending con_id.
        wanted: Shares wanted (N, b); becomes the difference to `rounded`.
        rounded: The nearest whole shares (N, b).
    """
    np.subtract(wanted, rounded, out=wanted)
    # One look at all numbers of a block is cheaper than one at each account; most blocks need no other.
    is_far = bool(max(wanted.max(), -wanted.min()) < 0.5 - HALF_MARGIN)
    is_countable = bool(rounded.max() <= CLEAR_SHARES_MAX)
    if is_far and is_countable and _are_whole(block.shares):
        return np.bool_(True)  # noqa: FBT003 - numpy's own
    is_near = ~(np.abs(wanted) < 0.5 - HALF_MARGIN) | ~(rounded <= CLEAR_SHARES_MAX)
    return ~(is_near | ~is_whole(held) | (held > HELD_MAX)).any(axis=0)


def _are_whole(shares: NDArray[np.int64] | NDArray[np.float64]) -> bool:
    """Return whether all of `shares` (N, b) are surely whole and not too many; True is right, False need not be."""
    if shares.dtype != np.int64:
        return False
    # A number that is negative or too large leaves its high bits.
    bits = int(np.bitwise_or.reduce(shares, axis=None))
    return 0 <= bits < HELD_MAX
