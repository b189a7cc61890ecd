"""A book of accounts on all cores: numpy leaves the interpreter to others while it works on a block."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.planner.book import BookPlan
from bot.core.planner.book_block import NumpyKernel
from bot.core.planner.book_plan import plan_many

if TYPE_CHECKING:
    from bot.core.planner.book import Book
    from bot.core.planner.book_block import Kernel
    from bot.core.planner.book_plan import BookRules


def plan_in_threads(
    book: Book,
    rules: BookRules,
    into: BookPlan | None = None,
    threads: int | None = None,
    kernel: type[Kernel] = NumpyKernel,
) -> BookPlan:
    """Return what `plan_many` returns, whatever the number of threads: no account depends on another.

    Args:
        book: The accounts.
        rules: What each of them may do.
        into: Where to write the plans; new room if left out.
        threads: How many; as many as there are cores if left out.
        kernel: What plans blocks; each thread makes its own.
    """
    accounts, instruments = book.shares.shape
    plan = into or BookPlan.empty(accounts, instruments)
    count = max(1, min(threads or os.cpu_count() or 1, accounts))
    edges = [accounts * number // count for number in range(count + 1)]
    with ThreadPoolExecutor(count) as pool:
        parts = [
            pool.submit(plan_many, book.part(start, stop), rules, kernel(), plan.part(start, stop))
            for start, stop in pairwise(edges)
        ]
        for part in parts:
            part.result()
    return plan
