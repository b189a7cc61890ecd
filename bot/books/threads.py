"""A book of accounts on all cores: numpy leaves the interpreter to others while it works on a block."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import numpy as np

from bot.core.planner.book import BookPlan
from bot.core.planner.book_block import NumpyKernel
from bot.core.planner.book_plan import plan_clear, plan_others
from bot.errors import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.core.planner.book import Book
    from bot.core.planner.book_block import Kernel
    from bot.core.planner.book_plan import BookRules

    Others: TypeAlias = Callable[[Book, BookRules, BookPlan, NDArray[np.intp]], None]

#: Accounts that are not clear: so many are shared out among the threads. Fewer take one thread less time than several,
#: because most of it goes into Python itself, which one thread runs at a time.
_SHARED_OUT: Final = 2_000
#: Accounts whose trades fill a line of the processor's cache: no two threads write into the same one.
_LINE: Final = 8

_Answer = TypeVar("_Answer")


def plan_in_threads(
    book: Book,
    rules: BookRules,
    into: BookPlan | None = None,
    threads: int | None = None,
    kernel: type[Kernel] = NumpyKernel,
    others: Others = plan_others,
) -> BookPlan:
    """Return what `plan_many` returns, whatever the number of threads: no account depends on another.

    Args:
        book: The accounts.
        rules: What each of them may do.
        into: Where to write the plans; new room if left out.
        threads: How many; as many as there are cores if left out.
        kernel: What plans blocks; each thread makes its own.
        others: What plans the accounts that are not clear.
    """
    accounts, instruments = book.shares.shape
    plan = into or BookPlan.empty(accounts, instruments)
    require(plan.trades.shape == book.shares.shape, "the room must be as large as the book")
    count = threads or os.cpu_count() or 1

    def clear(part: range) -> NDArray[np.intp]:
        return plan_clear(book, rules, kernel(), plan, part)

    def rest(part: range) -> None:
        others(book, rules, plan, unclear[part.start : part.stop])

    with ThreadPoolExecutor(count) as pool:
        unclear = np.concatenate(_shared_out(pool, clear, accounts, count))
        _shared_out(pool, rest, len(unclear), count if len(unclear) >= _SHARED_OUT else 1)
    return plan


def _shared_out(
    pool: ThreadPoolExecutor, work: Callable[[range], _Answer], accounts: int, count: int
) -> list[_Answer]:
    """Return what `work` makes of `count` parts of so many `accounts`."""
    edges = [accounts * number // count // _LINE * _LINE for number in range(count)]
    parts = [range(*ends) for ends in pairwise([*edges, accounts])]
    # The last is done here, while the others are on their way.
    asked = [pool.submit(work, part) for part in parts[:-1]]
    last = work(parts[-1])
    return [*(each.result() for each in asked), last]
