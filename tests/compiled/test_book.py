"""Compiled plans are the plans of numpy, whatever the book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compiled.book import CompiledKernel
from bot.core.planner.book import Book, BookPlan
from bot.core.planner.book_block import Block, NumpyKernel
from bot.core.planner.book_plan import BookRules, plan_many
from bot.core.planner.rules import PlannerRules
from bot.errors import InvariantBroken


class Watched(CompiledKernel):
    """Counts the accounts that it was sure of."""

    clear = 0

    def __call__(self, block):
        found = super().__call__(block)
        self.clear += int(found.sum())
        return found


def random_book(seed, accounts, base):
    generator = np.random.default_rng(seed)
    prices = np.round(generator.uniform(5, 400, 5), 2)
    worth = base * generator.uniform(0.5, 2.0, accounts)
    weights = generator.dirichlet(np.full(6, 8.0), accounts)[:, :-1]
    shares = np.floor(worth[:, np.newaxis] * weights / prices).astype(np.int64)
    return Book(
        shares=np.asfortranarray(shares),
        cash=np.round(worth - (shares * prices).sum(axis=1), 2),
        prices=prices,
        targets=np.array([[0.2, 0.1, 0.3, 0.15, 0.15, 0.1]]),
        symbols=("A", "B", "C", "D", "E"),
        con_ids=generator.permutation(5) + 10,
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    accounts=st.sampled_from([0, 1, 15, 16, 17, 32, 255, 520]),
    base=st.sampled_from([3_000.0, 100_000.0, 1e9]),
    minimum_trade=st.sampled_from([0.0, 100.0]),
    minimum_drift=st.sampled_from([0.0, 0.01]),
)
def test_compiled_plans_are_the_plans_of_numpy(seed, accounts, base, minimum_trade, minimum_drift):
    book = random_book(seed, accounts, base)
    rules = BookRules(PlannerRules(minimum_trade, 0.01, minimum_drift))
    kernel, expected = Watched(), plan_many(book, rules)
    for room in (None, BookPlan(np.empty((5, accounts), np.int64).T, np.empty(accounts, np.int8))):
        plan = plan_many(book, rules, kernel, room)
        assert (plan.trades == expected.trades).all()
        assert (plan.status == expected.status).all()
    # Most are planned by the kernel itself: else nothing was compared.
    assert kernel.clear >= accounts or base < 1e5


def book_of(shares, cash, targets):
    """Return accounts of two instruments at 20 and 30, each of them twice: sixteen are planned at a time."""
    return Book(
        shares=np.asfortranarray(np.tile(np.array(shares, dtype=np.int64), (2, 1))),
        cash=np.tile(np.array(cash), 2),
        prices=np.array([20.0, 30.0]),
        targets=np.array([targets]),
        symbols=("A", "B"),
        con_ids=np.array([1, 2]),
    )


def test_what_is_not_clear_is_left_to_the_planner():
    shares = [[0, 0], [-1, 0], [0, 2**52 + 1], [0, 0], [0, 0], [0, 0], [25, 10], [0, 0]]
    cash = [1_000.0, 1e3, 1e3, np.nan, 0.0, -5.0, 200.0, 1e13]
    book = book_of(shares, cash, [0.45, 0.35, 0.2])
    rules = BookRules(PlannerRules(0.0, 0.0))
    kernel = Watched()
    plan, expected = plan_many(book, rules, kernel), plan_many(book, rules)
    # 450 / 20 is 22.5, exactly half a share: the first and the seventh are not clear either.
    assert kernel.clear == 0
    assert plan.trades.tolist() == expected.trades.tolist()
    assert plan.status.tolist() == expected.status.tolist() == [0, 2, 2, 3, 5, 5, 0, 0] * 2
    other = replace(book, targets=np.array([[0.46, 0.34, 0.2]]))
    plan_many(other, rules, kernel)
    # 460 / 20 = 23, 340 / 30 = 11.33. The last has more than 1e8 shares.
    assert kernel.clear == 4


def verdicts(book, rules):
    """Return of which accounts the compiled kernel and that of numpy are sure."""
    order, found = np.arange(2), []
    for kernel in (CompiledKernel(), NumpyKernel()):
        room = BookPlan.empty(*book.shares.shape)
        rates = book.targets.T[:2] / book.prices[:, np.newaxis]
        block = Block(
            book.shares.T, book.cash, order, book.prices, rates, rules, room.trades.T, room.status
        )
        found.append(kernel(block).tolist())
    return found


@pytest.mark.parametrize(
    ("shares", "cash", "targets", "is_clear"),
    [
        # 4e9 x 0.5 / 20 is 1e8, the most; with 40 more it is one more.
        ([0, 0], 4e9, [0.5, 0.1, 0.4], True),
        ([0, 0], 4e9 + 40, [0.5, 0.1, 0.4], False),
        # All targets in cash, and so much cash that holdings are float noise beside it.
        ([0, 0], np.inf, [0.0, 0.0, 1.0], False),
        ([2**50 - 1, 0], 1e30, [0.0, 0.0, 1.0], True),
        ([2**51, 0], 1e30, [0.0, 0.0, 1.0], False),
        # 1,000.0000002 / 50 is 4e-9 beyond a whole number; 1,024.9999 / 50 = 20.499998 is 2e-6 below half a share.
        ([0, 0], 1_000.0000002, [0.4, 0.3, 0.3], True),
        ([0, 0], 1_024.9999, [0.4, 0.0, 0.6], True),
        # 1,024.999996 / 50 = 20.49999992 is nearer to half a share than 1e-7, and so is as much more.
        ([0, 0], 1_024.999996, [0.4, 0.0, 0.6], False),
        ([0, 0], 1_025.000004, [0.4, 0.0, 0.6], False),
        ([0, 0], 1_025.0001, [0.4, 0.0, 0.6], True),
        # A debt of 1e5 times the base, 20 x 100,001 - 2,000,000 = 20; and of 100,503 times 19.90.
        ([100_001, 0], -2e6, [0.4, 0.0, 0.6], True),
        ([100_002, 0], -2_000_020.1, [0.4, 0.0, 0.6], False),
        ([0, 0], 0.0, [0.4, 0.0, 0.6], False),
    ],
)
def test_both_kernels_are_sure_of_the_same_accounts(shares, cash, targets, is_clear):
    book = book_of([shares] * 8, [cash] * 8, targets)
    assert verdicts(book, PlannerRules(0.0, 0.0)) == [[is_clear] * 16] * 2


def test_cash_is_enough_with_small_trades_and_without():
    # Base 1,000 in 23 A = 460, 17 B = 510 and cash 30. To 46 % and 52.5 %: 17.5 is not clear; to 52 %, 17.33, nothing.
    rules = PlannerRules(100.0, 0.0)
    kept = book_of([[23, 17]] * 8, [30.0] * 8, [0.46, 0.52, 0.02])
    assert verdicts(kept, rules) == [[True] * 16] * 2
    # 53 % is 17.67, one B more: it costs all of the cash, which is too near to nothing; it is small, and it counts.
    bought = book_of([[23, 17]] * 8, [30.0] * 8, [0.46, 0.53, 0.01])
    assert verdicts(bought, rules) == [[False] * 16] * 2
    # One A less, 22 for 44 %, pays for it; but it is small, too: without both there are 30 left.
    both = book_of([[23, 17]] * 8, [30.0] * 8, [0.44, 0.53, 0.03])
    assert verdicts(both, rules) == [[True] * 16] * 2
    # Four B more, 21 for 63 %, cost 120; four A less would pay 80, and are dropped: 30 - 120 is below nothing.
    dropped = book_of([[23, 17]] * 8, [30.0] * 8, [0.38, 0.62, 0.0])
    assert verdicts(dropped, rules) == [[False] * 16] * 2


def test_own_targets_and_floats_are_for_numpy():
    book = random_book(1, 20, 1e5)
    rules = BookRules(PlannerRules(0.0, 0.0))
    expected = plan_many(book, rules).trades
    own = replace(book, targets=np.repeat(book.targets, 20, axis=0))
    floats = replace(book, shares=book.shares.astype(np.float64))
    for each in (own, floats):
        assert (plan_many(each, rules, CompiledKernel()).trades == expected).all()


def test_another_order_of_memory_is_refused():
    book = random_book(1, 20, 1e5)
    turned = replace(book, shares=np.ascontiguousarray(book.shares))
    with pytest.raises(InvariantBroken, match="need a book in memory order"):
        plan_many(turned, BookRules(PlannerRules(0.0, 0.0)), CompiledKernel())
    # A single account lies side by side with nobody.
    assert plan_many(turned.part(3, 4), BookRules(PlannerRules(0.0, 0.0)), CompiledKernel())
    assert NumpyKernel.accounts < CompiledKernel.accounts


@pytest.mark.parametrize(
    "room",
    [
        BookPlan(np.zeros((5, 20), np.int64).T, np.zeros(40, np.int8)[::2]),
        BookPlan(np.zeros((5, 20), np.int64).T, np.zeros(20, np.int64)),
        BookPlan(np.zeros((5, 20), np.float64).T, np.zeros(20, np.int8)),
    ],
)
def test_room_of_another_kind_is_refused(room):
    with pytest.raises(InvariantBroken, match=r"need room as BookPlan\.empty makes it"):
        plan_many(
            random_book(1, 20, 1e5), BookRules(PlannerRules(0.0, 0.0)), CompiledKernel(), room
        )
