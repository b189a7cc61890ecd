"""The accounts of a book that are not clear, compiled: rounding within cash, and buys cut to the budget.

Rule: each account gets what `plan_others` of the planner gives it, bit for bit, or is left to it. Why: a machine with
numba must not trade otherwise than one without. So every number is made by the same steps in the same order as in
`plan_shares` and `within_budget`, where they are explained. Enforced by: tests that compare both.

What is left to it: accounts that may be refused or want very many shares, cuts that take more than the first pass, and
buys of which the minimum would take one away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from bot.compiled.cut import CutRoom, least_cut
from bot.core.domain.sums import SUM_TOLERANCE
from bot.core.domain.units import SHARE_TOLERANCE
from bot.core.planner import book_plan
from bot.core.planner.book import LEVERAGE_MAX, Status
from bot.core.planner.book_block import CLEAR_SHARES_MAX, HELD_MAX
from bot.core.planner.book_plan import OTHERS
from bot.core.planner.purchases import MONEY_NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.compiled.cut import Records
    from bot.core.planner.book import Book, BookPlan
    from bot.core.planner.book_plan import BookRules
    from bot.core.planner.rules import PlannerRules

# As in `purchases`.
_OFFERS_MAX: Final = 64
_PLANNED: Final = np.int8(Status.PLANNED)
_NOTHING: Final = np.int8(Status.NOTHING)
# The status of an account that is left.
_LEFT: Final = np.int8(-1)

_LEG: Final = np.dtype(
    [
        # Where the instrument is in the book, and its rank by price, the dearest first; account currency per share.
        ("column", np.intp),
        ("rank", np.intp),
        ("price", np.float64),
        # Whole shares held; shares that the target stands for; whole shares to buy, if cash were no object.
        ("held", np.float64),
        ("exact", np.float64),
        ("wanted", np.float64),
        # Shares that are asked for and not bought yet, and the answer: signed whole shares.
        ("asked", np.float64),
        ("trade", np.float64),
    ]
)


class _Limits(NamedTuple):
    """As in `PlannerRules`."""

    minimum_trade: float
    minimum_drift: float
    cash_buffer: float


class _Account(NamedTuple):
    """Room for the numbers of one account; used again for the next one.

    Attributes:
        legs: The instruments by ascending con_id (N,).
        cut: For cuts.
        limits: What every account may do.
    """

    legs: Records
    cut: CutRoom
    limits: _Limits

    @classmethod
    def of(cls, book: Book, rules: PlannerRules) -> _Account:
        """Return room for the accounts of a `book`."""
        legs = np.zeros(len(book.prices), dtype=_LEG)
        legs["column"] = np.argsort(book.con_ids)
        legs["price"] = book.prices[legs["column"]]
        dearest = np.argsort(-legs["price"], kind="stable")
        legs["rank"][dearest] = np.arange(len(legs))
        limits = (rules.minimum_trade, rules.minimum_drift, rules.cash_buffer)
        return cls(legs, CutRoom.of(legs["price"][dearest]), _Limits(*map(float, limits)))


def plan_others(book: Book, rules: BookRules, plan: BookPlan, rows: NDArray[np.intp]) -> None:
    """Plan the accounts `rows` into `plan`, as `plan_others` of the planner does."""
    if rules.is_plain and book.shares.dtype == np.int64:
        # So many at once that their numbers take little memory.
        parts = [rows[start : start + OTHERS] for start in range(0, len(rows), OTHERS)]
        left = [plan_sure(book, rules.planner, plan, part) for part in parts]
        rows = np.concatenate([rows[:0], *left])
    book_plan.plan_others(book, rules, plan, rows)


def plan_sure(
    book: Book, rules: PlannerRules, plan: BookPlan, rows: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Plan those of the accounts `rows` whose plan is sure into `plan`, and return the others.

    Args:
        book: The accounts, whose shares are int64.
        rules: Minimum trade, minimum drift and cash buffer count; other limits must not be set.
        plan: Where to write the plans.
        rows: Which accounts (K,), each once.
    """
    # Of one type and one order of memory each, whatever the book's: each other one would be compiled for anew.
    shares = np.ascontiguousarray(book.shares[rows])
    cash = book.cash[rows].astype(np.float64)
    targets = np.ascontiguousarray(book.targets[rows if len(book.targets) > 1 else [0]], np.float64)
    trades, status = np.empty(shares.shape, np.int64), np.empty(len(rows), np.int8)
    _plan(_Account.of(book, rules), (shares, cash, targets), (trades, status))
    is_planned = status != _LEFT
    plan.trades[rows[is_planned]] = trades[is_planned]
    plan.status[rows[is_planned]] = status[is_planned]
    left: NDArray[np.intp] = rows[~is_planned]
    return left


@njit(nogil=True, error_model="numpy")
def _plan(
    account: _Account, book: tuple[NDArray[Any], ...], answer: tuple[NDArray[Any], ...]
) -> None:
    """Write the trades (K, N) and the status (K,) of K accounts: shares (K, N), cash (K,) and targets (R, N+1)."""
    (shares, cash, targets), (trades, status) = book, answer
    for row in range(len(cash)):
        base = _base(account.legs, shares[row], cash[row], targets[row % len(targets)])
        status[row] = _LEFT
        if base > 0 and _is_planned(account, base, cash[row]):
            status[row] = _NOTHING
            for leg in account.legs:
                trades[row, leg.column] = np.int64(leg.trade)
                if leg.trade != 0:
                    status[row] = _PLANNED


@njit(nogil=True, error_model="numpy")
def _base(
    legs: Records, shares: NDArray[np.int64], cash: float, targets: NDArray[np.float64]
) -> float:
    """Write what is held and wanted, and return the base; 0 for an account that may be refused."""
    worth, bits, sums = 0.0, 0, 0.0
    for leg in legs:
        held = shares[leg.column]
        bits |= held
        leg.held = held
        worth += leg.held * leg.price
    base = worth + cash
    # Written so that NaN is not planned; a number that is negative or too large leaves its high bits.
    is_sound = 0 <= bits < HELD_MAX and 0 < base < np.inf and cash >= -LEVERAGE_MAX * base
    for leg in legs:
        leg.exact = targets[leg.column] * base / leg.price
        is_sound &= leg.exact <= CLEAR_SHARES_MAX
    for target in targets:
        is_sound &= 0 <= target <= 1
        sums += target
    return base if is_sound and abs(sums - 1) <= SUM_TOLERANCE else 0.0


@njit(nogil=True, error_model="numpy")
def _is_planned(account: _Account, base: float, cash: float) -> bool:
    """Write the trades of an account, and return whether they are surely the planner's; see `plan_shares`."""
    legs, limits = account.legs, account.limits
    exact_money, goal_money = 0.0, 0.0
    for leg in legs:
        leg.wanted = np.ceil(max(leg.exact - 0.5, 0.0) - SHARE_TOLERANCE)
        exact_money += leg.exact * leg.price
        goal_money += leg.wanted * leg.price
    buffer = limits.cash_buffer * base
    short = min(base - exact_money, buffer) - base + goal_money
    if short > MONEY_NOISE * base:
        for leg in legs:
            cut = account.cut.legs[leg.rank]
            cut.gap, cut.most = (leg.exact - leg.wanted) * leg.price, leg.wanted
        if not least_cut(account.cut, short):
            return False
        for leg in legs:
            leg.wanted -= account.cut.legs[leg.rank].cut
    minimum = max(limits.minimum_trade, limits.minimum_drift * base) * (1 - 1e-12)
    bought, sold = 0.0, 0.0
    for leg in legs:
        trade = leg.wanted - leg.held
        leg.trade = trade if abs(trade) * leg.price >= minimum else 0.0
        leg.wanted = max(leg.trade, 0.0)
        bought += leg.wanted * leg.price
        sold += min(leg.trade, 0.0) * leg.price
    if bought > max(cash - sold - buffer, 0.0) + MONEY_NOISE * base:
        return _is_granted(account, base, cash, minimum)
    return True


@njit(nogil=True, error_model="numpy")
def _is_granted(account: _Account, base: float, cash: float, minimum: float) -> bool:
    """Cut the buys to the budget, and return whether they are surely the planner's; see `purchases`."""
    legs, buffer = account.legs, account.limits.cash_buffer * base
    for leg in legs:
        leg.trade = min(leg.trade, 0.0)
    for _ in range(_OFFERS_MAX):
        spent, asked = 0.0, 0.0
        for leg in legs:
            more = leg.wanted - max(leg.trade, 0.0)
            leg.asked = more if more * leg.price >= minimum else 0.0
            spent += leg.trade * leg.price
            asked += leg.asked * leg.price
        budget = max(cash - spent - buffer, 0.0) + MONEY_NOISE * base
        if asked > budget and not _is_cut(account, asked - budget, minimum):
            return False
        is_more = False
        for leg in legs:
            leg.trade += leg.asked
            is_more |= leg.asked > 0
        if not is_more:
            break
    return True


@njit(nogil=True, error_model="numpy")
def _is_cut(account: _Account, short: float, minimum: float) -> bool:
    """Cut what is asked for by what is short, and return whether that is surely what `shared_out` does."""
    legs = account.legs
    for leg in legs:
        cut = account.cut.legs[leg.rank]
        cut.gap, cut.most = (leg.exact - leg.held - leg.wanted) * leg.price, leg.asked
    if not least_cut(account.cut, short):
        return False
    for leg in legs:
        leg.asked -= account.cut.legs[leg.rank].cut
        if leg.asked > 0 and leg.asked * leg.price < minimum:
            return False
    return True
