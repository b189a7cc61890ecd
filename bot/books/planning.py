"""A book of accounts from end to end: numbers by symbol become a book, plans become tables, piece by piece."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bot.books.reading import CASH
from bot.books.threads import plan_in_threads
from bot.core.domain.sums import SUM_TOLERANCE
from bot.core.planner.book import Book, BookPlan, Status, refusal
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from bot.books.reading import Accounts
    from bot.books.writing import Sink
    from bot.core.planner.book_plan import BookRules

#: Accounts whose plans are in memory at once, and after which progress is told.
PIECE: Final = 65_536


@dataclass(slots=True)
class Tally:
    """What became of a book.

    Attributes:
        accounts: How many accounts, by status.
        refusals: Why the first refused ones were, by account.
        trades: Lines of the trade list.
        bought: Account currency.
        sold: Account currency, at least 0.
    """

    accounts: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, str] = field(default_factory=dict)
    trades: int = 0
    bought: float = 0.0
    sold: float = 0.0

    @property
    def refused(self) -> int:
        """How many accounts were refused."""
        return sum(self.accounts.values()) - self.accounts["planned"] - self.accounts["nothing"]


def by_symbol(
    accounts: Accounts, numbers: Mapping[str, float], what: str, *, has_cash: bool
) -> NDArray[np.float64]:
    """Return `numbers` in the order of the accounts' symbols, cash last where it has one.

    Raises:
        ConfigError: If one is missing, or there is one that no account has a column for; names it.
    """
    wanted = (*accounts.symbols, CASH) if has_cash else accounts.symbols
    for symbol in wanted:
        if symbol not in numbers:
            advice = f"; a {what} of 0 must be said" if has_cash else ""
            message = f"there is no {what} for {symbol}{advice}"
            raise ConfigError(message)
    for symbol in numbers:
        if symbol not in wanted:
            message = f"there is a {what} for {symbol}, which the accounts have no column for"
            raise ConfigError(message)
    return np.array([numbers[symbol] for symbol in wanted])


def shared_targets(accounts: Accounts, weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return `weights`, fractions of base by symbol, cash among them, as the targets (1, N+1) of all accounts.

    Raises:
        ConfigError: If one is missing, too many, negative or no number, or they do not sum to 1 within 1e-9.
    """
    targets = by_symbol(accounts, weights, "weight", has_cash=True)
    for symbol, weight in weights.items():
        if not 0 <= weight <= 1:
            message = (
                f"the weight of {symbol} must be a fraction of base from 0 to 1, found {weight:g}"
            )
            raise ConfigError(message)
    found = fsum(weights.values())
    if abs(found - 1) > SUM_TOLERANCE:
        message = f"targets must sum to 1 within 1e-9, found {found:.12g} (fractions of base, cash among them)"
        raise ConfigError(message)
    return targets[np.newaxis]


def book_of(accounts: Accounts, prices: NDArray[np.float64], targets: NDArray[np.float64]) -> Book:
    """Return the accounts as a book, with `prices` (N,) and `targets` (R, N+1) in the order of their symbols.

    Raises:
        ConfigError: If a price or a shared target cannot be used; with its name and number.
    """
    # By name, so that another order of the columns gives the same plans.
    ranks = np.argsort(np.argsort(np.array(accounts.symbols)))
    try:
        return Book(
            shares=accounts.shares,
            cash=accounts.cash,
            prices=prices,
            targets=targets,
            symbols=accounts.symbols,
            con_ids=ranks.astype(np.int64),
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def plan_into(
    accounts: Accounts,
    book: Book,
    rules: BookRules,
    sinks: tuple[Sink, Sink],
    on_piece: Callable[[int], None],
    piece: int = PIECE,
) -> Tally:
    """Plan `book` and write trades into the first of `sinks`, refused accounts into the second.

    Args:
        accounts: Their names.
        book: The same accounts.
        rules: What each of them may do.
        sinks: For trades, and for refused accounts with the reason.
        on_piece: Is told how many more accounts are done.
        piece: How many are planned before they are written, above 0.

    Returns:
        What became of them.
    """
    tally = Tally()
    room = BookPlan.empty(min(piece, len(book.cash)), len(book.symbols))
    # One piece at least, so that an empty book has files with heads.
    for start in range(0, max(len(book.cash), 1), piece):
        part, names = book.part(start, start + piece), accounts.names[start : start + piece]
        plan = plan_in_threads(part, rules, room.part(0, len(part.cash)))
        sinks[0].write(_trades(part, plan, names, tally))
        sinks[1].write(_refused(part, plan, names, tally))
        on_piece(len(part.cash))
    return tally


def _trades(book: Book, plan: BookPlan, names: NDArray[np.object_], tally: Tally) -> pd.DataFrame:
    rows, columns = np.nonzero(plan.trades)
    shares = plan.trades[rows, columns]
    notional = shares * book.prices[columns]
    tally.trades += len(rows)
    tally.bought += float(notional[notional > 0].sum())
    tally.sold -= float(notional[notional < 0].sum())
    return pd.DataFrame(
        {
            "account": pd.Categorical.from_codes(rows, categories=pd.Index(names)),
            "symbol": pd.Categorical.from_codes(columns, categories=pd.Index(book.symbols)),
            "shares": shares,
            "notional": np.round(notional, 2),
        }
    )


#: So many refused accounts are told on the screen and in the answer; the file has all of them.
_TOLD_MAX: Final = 10


def _refused(book: Book, plan: BookPlan, names: NDArray[np.object_], tally: Tally) -> pd.DataFrame:
    for status, count in enumerate(np.bincount(plan.status, minlength=len(Status)).tolist()):
        tally.accounts[Status(status).name.lower()] += count
    rows = np.flatnonzero(plan.status > Status.NOTHING)
    kinds = [Status(int(plan.status[row])) for row in rows]
    reasons = [refusal(book, int(row), kind) for row, kind in zip(rows, kinds, strict=True)]
    for row, reason in zip(rows, reasons, strict=True):
        if len(tally.refusals) < _TOLD_MAX:
            tally.refusals[str(names[row])] = reason
    return pd.DataFrame(
        {
            "account": pd.Series(names[rows], dtype=str),
            "refused_for": pd.Series([kind.name.lower() for kind in kinds], dtype=str),
            "reason": pd.Series(reasons, dtype=str),
        }
    )
