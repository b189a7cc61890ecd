"""Compiled plans are the plans of numpy, whatever the book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.compiled.book import CompiledKernel
from bot.core.planner.book import Book, BookPlan
from bot.core.planner.book_block import NumpyKernel
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
    accounts=st.sampled_from([0, 1, 7, 255, 256, 257, 520]),
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


def test_what_is_not_clear_is_left_to_the_planner():
    shares = np.zeros((8, 2), dtype=np.int64, order="F")
    shares[1, 0] = -1
    shares[2, 1] = 2**52 + 1
    shares[6] = [25, 10]
    cash = np.array([1_000.0, 1e3, 1e3, np.nan, 0.0, -5.0, 200.0, 1e13])
    book = Book(
        shares=shares,
        cash=cash,
        prices=np.array([20.0, 30.0]),
        targets=np.array([[0.45, 0.35, 0.2]]),
        symbols=("A", "B"),
        con_ids=np.array([1, 2]),
    )
    rules = BookRules(PlannerRules(0.0, 0.0))
    kernel = Watched()
    plan, expected = plan_many(book, rules, kernel), plan_many(book, rules)
    # 450 / 20 is 22.5, exactly half a share: the first and the seventh are not clear either.
    assert kernel.clear == 0
    assert plan.trades.tolist() == expected.trades.tolist()
    assert plan.status.tolist() == expected.status.tolist() == [0, 2, 2, 3, 5, 5, 0, 0]
    other = replace(book, targets=np.array([[0.46, 0.34, 0.2]]))
    plan_many(other, rules, kernel)
    # 460 / 20 = 23, 340 / 30 = 11.33. The last has more than 1e8 shares.
    assert kernel.clear == 2


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
