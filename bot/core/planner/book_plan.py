"""Planning a book of accounts: the clear ones block by block, all others through `rebalance`.

Rule: each account gets what `rebalance` would give it alone with the destination target, share for share. Why: a second
planner would be a second opinion on the same money. Enforced by: tests that compare both, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.core.planner.book import LEVERAGE_MAX, SHARES_MAX, BookPlan, Status, is_whole
from bot.core.planner.book_block import Block, NumpyKernel
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import rebalance
from bot.core.policy.destination import Course
from bot.errors import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book import Book
    from bot.core.planner.book_block import Kernel
    from bot.core.planner.rules import Marks, PlannerRules

#: Accounts that go through `rebalance` at once.
OTHERS: Final = 16_384


@dataclass(frozen=True, slots=True)
class BookRules:
    """What every account of a book may do.

    Attributes:
        planner: Minimum trade, cash buffer and so on.
        marks: Lots, and what may be bought and sold, in the order of the book's columns; None for everything by the
            share.

    Raises:
        ValueError: If trades could be parts of a share, or a limit needs volumes, which a book does not have.
    """

    planner: PlannerRules
    marks: Marks | None = None

    def __post_init__(self) -> None:
        if self.marks is not None and not self.marks.is_whole:
            message = f"a book is traded in whole shares, found lots of {self.marks.lots.tolist()}"
            raise ValueError(message)
        if self.planner.participation_max is not None:
            message = (
                f"participation_max ({self.planner.participation_max:g}) needs daily volumes, which a book of"
                " accounts does not have"
            )
            raise ValueError(message)

    @property
    def is_plain(self) -> bool:
        """Whether only minimum trade and cash buffer count, so that accounts can be clear."""
        return self.planner.turnover_max is None and (
            self.marks is None
            or bool(
                self.marks.is_by_the_share
                and self.marks.may_buy.all()
                and self.marks.may_sell.all()
            )
        )


def plan_many(
    book: Book,
    rules: BookRules,
    kernel: Kernel | None = None,
    into: BookPlan | None = None,
) -> BookPlan:
    """Return the trades that bring every account of `book` to its targets, and what became of each.

    Args:
        book: The accounts.
        rules: What each of them may do.
        kernel: What plans a block; numpy if left out.
        into: Where to write the plans; new room if left out.

    Returns:
        `into`, or the new room.
    """
    accounts, instruments = book.shares.shape
    plan = into or BookPlan.empty(accounts, instruments)
    require(plan.trades.shape == book.shares.shape, "the room must be as large as the book")
    others = plan_clear(book, rules, kernel or NumpyKernel(), plan, range(accounts))
    plan_others(book, rules, plan, others)
    return plan


def plan_clear(
    book: Book, rules: BookRules, kernel: Kernel, plan: BookPlan, accounts: range
) -> NDArray[np.intp]:
    """Plan those of the `accounts` that are clear, into `plan`, and return the rows of the others."""
    if not rules.is_plain:
        return np.arange(accounts.start, accounts.stop)
    order = np.argsort(book.con_ids)
    prices = book.prices[order]
    shared = book.targets.T[order] / prices[:, np.newaxis] if len(book.targets) == 1 else None
    others = []
    for start in range(accounts.start, accounts.stop, kernel.accounts):
        rows = slice(start, min(start + kernel.accounts, accounts.stop))
        own = book.targets if shared is not None else book.targets[rows]
        is_clear = kernel(
            Block(
                shares=book.shares[rows].T,
                cash=book.cash[rows],
                order=order,
                prices=prices,
                rates=own.T[order] / prices[:, np.newaxis] if shared is None else shared,
                rules=rules.planner,
                trades=plan.trades[rows].T,
                status=plan.status[rows],
            )
        )
        if shared is None:
            is_clear &= _are_weights(own)
        others.append(np.flatnonzero(np.logical_not(is_clear, out=is_clear)) + start)
    return np.concatenate(others) if others else np.empty(0, dtype=np.intp)


def plan_others(book: Book, rules: BookRules, plan: BookPlan, rows: NDArray[np.intp]) -> None:
    """Plan the accounts `rows` as `rebalance` does, into `plan`, or say why not."""
    for start in range(0, len(rows), OTHERS):
        _plan_rows(book, rules, plan, rows[start : start + OTHERS])


def _plan_rows(book: Book, rules: BookRules, plan: BookPlan, rows: NDArray[np.intp]) -> None:
    """Plan so many accounts that their numbers take little memory."""
    shares, cash = book.shares[rows], book.cash[rows]
    targets = book.targets[rows if len(book.targets) > 1 else np.zeros_like(rows)]
    # Added by ascending con_id, so that the order of the columns does not matter.
    order = np.argsort(book.con_ids)
    with np.errstate(invalid="ignore", over="ignore"):
        base = total((shares * book.prices)[:, order]) + cash
        status = _refusals(book, shares, cash, targets, base)
    trades = np.zeros(shares.shape, dtype=np.int64)
    good = status == Status.NOTHING
    if good.any():
        portfolios = Portfolios(
            shares=shares[good].astype(np.int64),
            prices=np.tile(book.prices, (len(base[good]), 1)),
            base=base[good],
            cash=cash[good],
            con_ids=book.con_ids,
        )
        planned = rebalance(
            portfolios,
            Course(targets[good]),
            rules.planner,
            rules.marks,
        )
        trades[good] = planned.trades
    plan.trades[rows] = trades
    plan.status[rows] = np.where(trades.any(axis=1), Status.PLANNED, status)


def _refusals(
    book: Book,
    shares: NDArray[np.int64] | NDArray[np.float64],
    cash: NDArray[np.float64],
    targets: NDArray[np.float64],
    base: NDArray[np.float64],
) -> NDArray[np.int8]:
    """Return why each account is refused (B,), or NOTHING; the last reason below that holds is told."""
    status = np.full(len(cash), Status.NOTHING, dtype=np.int8)
    wanted = base[:, np.newaxis] * targets[:, :-1] / book.prices
    status[(wanted > SHARES_MAX).any(axis=1)] = Status.BASE
    status[~_are_weights(targets)] = Status.TARGETS
    is_base = (base > 0) & (base < np.inf) & (cash >= -LEVERAGE_MAX * base)
    status[~is_base] = Status.BASE
    status[~np.isfinite(cash)] = Status.CASH
    status[~is_whole(shares).all(axis=1)] = Status.SHARES
    return status


def _are_weights(targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows (B,) of `targets` (B, N+1) are weights that sum to 1."""
    # Written so that NaN is refused.
    are_parts = ((targets >= 0) & (targets <= 1)).all(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(are_parts & (np.abs(total(targets) - 1) <= SUM_TOLERANCE))
