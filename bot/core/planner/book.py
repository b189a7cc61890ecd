"""A book of accounts: many portfolios of the same instruments at the same prices, and what became of each.

Rule: an account whose numbers cannot be planned on is refused with a reason, and the others are planned all the same.
Only what concerns all of them, such as a price, refuses the whole book.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.refuse import refuse
from bot.core.domain.sums import SUM_TOLERANCE, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The most shares that are counted, held or wanted: above, floats are no longer exact.
SHARES_MAX: Final = 2**52
#: The most that an account may owe (fraction of base): above, too few digits of the base are left.
LEVERAGE_MAX: Final = 1e5
#: Numbers in one line of the processor's cache, 64 bytes.
_LINE: Final = 8


class Status(IntEnum):
    """What became of an account; from `SHARES` on it was refused."""

    PLANNED = 0
    #: Nothing to trade.
    NOTHING = 1
    #: A number of shares is not a whole number from 0 to 2^52.
    SHARES = 2
    #: Cash is not a number.
    CASH = 3
    #: Its own targets are no weights.
    TARGETS = 4
    #: Holdings and cash do not add up to a base that can be planned on.
    BASE = 5


@dataclass(frozen=True, slots=True)
class Book:
    """B accounts that hold the same N instruments; R is B, or 1 where all share their targets.

    Arrays in memory order [N, B] (`order="F"`) are planned about twice as fast.

    Attributes:
        shares: Shares held (B, N), int64 or float64. Anything but whole numbers of at least 0 refuses the account.
        cash: Cash less reserved cash (B,), account currency; may be negative.
        prices: Mids (N,), account currency per share, above 0.
        targets: Target weights (R, N+1), fractions of base, cash last, rows summing to 1 within 1e-9.
        symbols: Display names (N,).
        con_ids: What the instruments are known by (N,), int64, each once; they decide ties.

    Raises:
        ValueError: If shapes differ, or a number that all accounts share is out of range; with place and number.
    """

    shares: NDArray[np.int64] | NDArray[np.float64]
    cash: NDArray[np.float64]
    prices: NDArray[np.float64]
    targets: NDArray[np.float64]
    symbols: tuple[str, ...]
    con_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse what concerns every account."""
        self._check_shapes()
        for symbol, price in zip(self.symbols, self.prices.tolist(), strict=True):
            if not 0 < price < np.inf:
                message = f"{symbol}: a price must be a number above 0, found {price:g}"
                raise ValueError(message)
        if len(self.targets) == 1:
            refuse(~np.isfinite(self.targets), self.targets, "a target must be a number")
            refuse(self.targets < 0, self.targets, "a target must be at least 0")
            sums = total(self.targets)
            refuse(np.abs(sums - 1) > SUM_TOLERANCE, sums, "targets must sum to 1 within 1e-9")

    def _check_shapes(self) -> None:
        rows, count = len(self.cash), len(self.symbols)
        found = (self.shares.shape, self.prices.shape, self.con_ids.shape)
        is_fitting = found == ((rows, count), (count,), (count,)) and count > 0
        if not is_fitting or self.targets.shape not in ((1, count + 1), (rows, count + 1)):
            message = (
                f"a book of {rows} accounts and {count} instruments needs shares {(rows, count)}, prices and con_ids"
                f" {(count,)} and targets {(1, count + 1)} or {(rows, count + 1)}, found {found[0]}, {found[1]},"
                f" {found[2]} and {self.targets.shape}"
            )
            raise ValueError(message)
        if self.shares.dtype not in (np.int64, np.float64):
            message = f"shares must be int64 or float64, found {self.shares.dtype}"
            raise ValueError(message)
        if len(np.unique(self.con_ids)) != count:
            message = f"every instrument must be there once, found con_ids {self.con_ids.tolist()}"
            raise ValueError(message)

    def part(self, start: int, stop: int) -> Book:
        """Return the accounts from `start` up to `stop`, as views."""
        targets = self.targets if len(self.targets) == 1 else self.targets[start:stop]
        return Book(
            shares=self.shares[start:stop],
            cash=self.cash[start:stop],
            prices=self.prices,
            targets=targets,
            symbols=self.symbols,
            con_ids=self.con_ids,
        )


@dataclass(frozen=True, slots=True)
class BookPlan:
    """What each account of a book does.

    Attributes:
        trades: Signed whole shares (B, N), int64, in memory order [N, B]; 0 where an account is refused.
        status: What became of it (B,), int8, as `Status`.
    """

    trades: NDArray[np.int64]
    status: NDArray[np.int8]

    @classmethod
    def empty(cls, accounts: int, instruments: int) -> BookPlan:
        """Return room for the plans of so many accounts; nothing in it is set. Every row begins a line of the cache."""
        width = -(-accounts // _LINE) * _LINE
        memory = np.empty(instruments * width + _LINE, dtype=np.int64)
        first = -memory.ctypes.data % (_LINE * memory.itemsize) // memory.itemsize
        rows = memory[first : first + instruments * width].reshape(instruments, width)
        trades = rows[:, :accounts].T
        return cls(trades, np.empty(accounts, dtype=np.int8))

    def part(self, start: int, stop: int) -> BookPlan:
        """Return the accounts from `start` up to `stop`, as views."""
        return BookPlan(self.trades[start:stop], self.status[start:stop])


def refusal(book: Book, row: int, status: Status) -> str:
    """Return why the account in `row` was refused, with names and numbers; empty if it was not."""
    held, cash = book.shares[row], float(book.cash[row])
    if status is Status.SHARES:
        place = int(np.argmax(~is_whole(book.shares[row : row + 1])))
        return (
            f"{book.symbols[place]}: shares must be a whole number from 0 to 2^52, found"
            f" {held[place].item()!r}"
        )
    if status is Status.CASH:
        return f"cash must be a number, found {cash!r}"
    if status is Status.TARGETS:
        targets = ", ".join(
            f"{name} {weight!r}"
            for name, weight in zip(
                (*book.symbols, "cash"), book.targets[row].tolist(), strict=True
            )
        )
        return f"targets must be numbers from 0 to 1 that sum to 1 within 1e-9, found {targets}"
    if status is Status.BASE:
        with np.errstate(over="ignore"):
            worth = float(total(held * book.prices))
        return (
            "holdings and cash must add up to a base above 0 that buys at most 2^52 shares, with debts of at most"
            f" {LEVERAGE_MAX:.0f} times as much, found holdings {worth!r} and cash {cash!r}"
        )
    return ""


def is_whole(shares: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where `shares` (any shape) are whole numbers from 0 to 2^52."""
    # Written so that NaN is not whole.
    is_it: NDArray[np.bool_] = (shares >= 0) & (shares <= SHARES_MAX) & (shares == np.floor(shares))
    return is_it
