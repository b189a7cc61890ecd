"""Compiled plans of the accounts that are not clear are the plans of the planner, or are left to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.threads import plan_in_threads
from bot.compiled.others import plan_others, plan_sure
from bot.core.planner import book_plan
from bot.core.planner.book import Book, BookPlan
from bot.core.planner.book_plan import BookRules, plan_many
from bot.core.planner.rules import Marks, PlannerRules

PLAIN = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.01))


def random_book(seed, accounts, base, cash_part, *, is_own):
    """Return accounts of six instruments, some of them without holdings and some that are refused."""
    generator = np.random.default_rng(seed)
    prices = np.round(generator.lognormal(4, generator.choice([0.1, 0.8]), 6), 2) + 1
    worth = base * generator.uniform(0.5, 2.0, accounts)
    weights = generator.dirichlet(np.full(6, 20.0), accounts) * generator.choice([0, 1], (1, 6))
    shares = np.floor(worth[:, np.newaxis] * weights / prices).astype(np.int64)
    cash = np.round(worth - (shares * prices).sum(axis=1), 2)
    cash[generator.random(accounts) < 0.02] = np.nan
    cash[generator.random(accounts) < 0.02] = -2 * base
    shares[generator.random(accounts) < 0.02, 3] = -1
    targets = generator.dirichlet(np.full(6, 20.0), accounts if is_own else 1)
    targets = np.column_stack([targets * (1 - cash_part), np.full(len(targets), cash_part)])
    if is_own:
        targets[generator.random(accounts) < 0.02, 2] *= 1.5
    return Book(
        shares=np.asfortranarray(shares),
        cash=cash,
        prices=prices,
        targets=targets,
        symbols=("A", "B", "C", "D", "E", "F"),
        con_ids=generator.permutation(6) + 10,
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    base=st.sampled_from([2_000.0, 30_000.0, 1e6]),
    cash_part=st.sampled_from([0.0, 0.01, 0.02]),
    minimum_trade=st.sampled_from([0.0, 100.0, 500.0]),
    minimum_drift=st.sampled_from([0.0, 0.01]),
    is_own=st.booleans(),
)
def test_compiled_plans_are_the_planners(
    seed, base, cash_part, minimum_trade, minimum_drift, is_own
):
    book = random_book(seed, 60, base, cash_part, is_own=is_own)
    rules = BookRules(PlannerRules(minimum_trade, 0.01, minimum_drift))
    found, expected = BookPlan.empty(60, 6), BookPlan.empty(60, 6)
    plan_others(book, rules, found, np.arange(60))
    book_plan.plan_others(book, rules, expected, np.arange(60))
    assert found.trades.tolist() == expected.trades.tolist()
    assert found.status.tolist() == expected.status.tolist()


@pytest.mark.parametrize(("minimum_trade", "most_left"), [(0.0, 0), (100.0, 40)])
def test_few_accounts_are_left_to_the_planner(minimum_trade, most_left):
    generator = np.random.default_rng(3)
    book = replace(
        random_book(3, 1_000, 30_000.0, 0.01, is_own=False),
        shares=np.zeros((1_000, 6), dtype=np.int64),
        cash=generator.uniform(5e3, 5e4, 1_000),
    )
    room = BookPlan.empty(1_000, 6)
    left = plan_sure(book, PlannerRules(minimum_trade, 0.01), room, np.arange(1_000))
    assert len(left) <= most_left


def book_of(shares, cash, targets, prices=(20.0, 30.0)):
    count = len(prices)
    return Book(
        shares=np.array(shares, dtype=np.int64),
        cash=np.array(cash, dtype=np.float64),
        prices=np.array(prices),
        targets=np.array(targets),
        symbols=tuple("ABCDEF"[:count]),
        con_ids=np.arange(count),
    )


def test_buys_are_cut_to_the_budget_with_the_least_error():
    # 1,000: 500 / 30 = 16.67 and 500 / 20 = 25, so 17 x 30 + 25 x 20 = 1,010 is 10 too much. One of 30 less errs by
    # 20^2 = 400; one of 20 less errs by 10^2 + 20^2 = 500.
    book, room = book_of([[0, 0]], [1_000.0], [[0.5, 0.5, 0.0]]), BookPlan.empty(1, 2)
    assert plan_sure(book, PlannerRules(0.0, 0.0), room, np.arange(1)).tolist() == []
    assert room.trades.tolist() == [[25, 16]]
    assert room.status.tolist() == [0]


THREE = (20.0, 10.0, 30.0)


@pytest.mark.parametrize(
    ("cash", "minimum_trade", "is_sure", "trades"),
    [
        # Base 54 x 20 + 19 x 10 + 30 x 30 + 20 = 2,190. To A 985.50 / 20 = 49.28, B 0 and C 1,204.50 / 30 = 40.15. Five
        # A less are 100 and dropped; 19 B are sold for 190; ten C are 300, of which 190 + 20 pay for seven.
        (20.0, 190.0, True, [0, -19, 7]),
        # Nor are 190 enough: 20 pay for none of the ten.
        (20.0, 191.0, True, [0, 0, 0]),
        # Base 2,150: C 1,182.50 / 30 = 39.42. 190 - 20 pay for five of nine, 150, which is below the minimum.
        (-20.0, 190.0, False, [0, -19, 0]),
    ],
)
def test_buys_are_cut_to_what_sells_bring(cash, minimum_trade, is_sure, trades):
    book = book_of([[54, 19, 30]], [cash], [[0.45, 0.0, 0.55, 0.0]], THREE)
    rules, room = PlannerRules(minimum_trade, 0.0), BookPlan.empty(1, 3)
    assert plan_sure(book, rules, room, np.arange(1)).tolist() == ([] if is_sure else [0])
    plan_others(book, BookRules(rules), room, np.arange(1))
    assert room.trades.tolist() == [trades]
    assert room.status.tolist() == [0 if any(trades) else 1]


@pytest.mark.parametrize(
    ("shares", "cash", "targets", "is_sure"),
    [
        ([2**50 - 1, 0], 1.0, [0.0, 0.0, 1.0], True),
        ([2**50, 0], 1.0, [0.0, 0.0, 1.0], False),
        ([-1, 0], 1_000.0, [0.4, 0.3, 0.3], False),
        # 4e9 x 0.5 / 20 is 1e8, the most; with 40 more it is one more.
        ([0, 0], 4e9, [0.5, 0.1, 0.4], True),
        ([0, 0], 4e9 + 40, [0.5, 0.1, 0.4], False),
        ([0, 0], np.nan, [0.4, 0.3, 0.3], False),
        ([0, 0], np.inf, [0.0, 0.0, 1.0], False),
        ([0, 0], 0.0, [0.4, 0.3, 0.3], False),
        # A debt of 1e5 times the base, 20 x 100,001 - 2,000,000 = 20; and of 100,503 times 19.90.
        ([100_001, 0], -2e6, [0.4, 0.3, 0.3], True),
        ([100_002, 0], -2_000_020.1, [0.4, 0.3, 0.3], False),
        ([0, 0], 1_000.0, [0.4, 0.3, 0.3 + 2e-9], False),
        ([0, 0], 1_000.0, [1.0, -0.3, 0.3], False),
        ([0, 0], 1_000.0, [1.0, 0.0, 0.0], True),
        ([0, 0], 1_000.0, [1.0 + 1e-10, 0.0, 0.0], False),
        ([0, 0], 1_000.0, [0.4, 0.3, np.nan], False),
    ],
)
def test_who_may_be_refused_is_left_to_the_planner(shares, cash, targets, is_sure):
    # The first has other targets than the second: those of both are not looked at when the book is made.
    book = book_of([[0, 0], shares], [1_000.0, cash], [[0.4, 0.3, 0.3], targets])
    left = plan_sure(book, PlannerRules(0.0, 0.0), BookPlan.empty(2, 2), np.arange(2))
    assert left.tolist() == ([] if is_sure else [1])


def test_only_the_given_rows_are_planned():
    book = random_book(1, 40, 30_000.0, 0.01, is_own=True)
    room, rows = BookPlan.empty(40, 6), np.arange(1, 40, 3)
    room.trades[:], room.status[:] = 77, 77
    expected = plan_many(book, PLAIN)
    plan_others(book, PLAIN, room, rows)
    assert room.trades[rows].tolist() == expected.trades[rows].tolist()
    assert room.status[rows].tolist() == expected.status[rows].tolist()
    others = np.setdiff1d(np.arange(40), rows)
    assert (room.trades[others] == 77).all()
    assert (room.status[others] == 77).all()


@pytest.mark.parametrize(
    "rules",
    [
        BookRules(PlannerRules(0.0, 0.01, turnover_max=0.1)),
        BookRules(PlannerRules(0.0, 0.01), replace(Marks.free(6), may_sell=np.zeros(6, np.bool_))),
        BookRules(PlannerRules(0.0, 0.01), replace(Marks.free(6), lots=np.full(6, 10))),
    ],
)
def test_other_rules_are_for_the_planner(rules):
    book = random_book(2, 40, 30_000.0, 0.01, is_own=False)
    found = plan_in_threads(book, rules, others=plan_others)
    expected = plan_many(book, rules)
    assert found.trades.tolist() == expected.trades.tolist()
    assert found.status.tolist() == expected.status.tolist()


def test_shares_in_floats_are_for_the_planner():
    book = random_book(2, 40, 30_000.0, 0.01, is_own=False)
    floats = replace(book, shares=book.shares.astype(np.float64))
    floats.shares[0, 0] = np.nan
    found, expected = plan_in_threads(floats, PLAIN, others=plan_others), plan_many(floats, PLAIN)
    assert found.trades.tolist() == expected.trades.tolist()
    assert found.status.tolist() == expected.status.tolist()


def test_more_accounts_than_are_planned_at_once_are_all_planned():
    accounts = book_plan.OTHERS + 3
    book = book_of(np.zeros((accounts, 2)), np.arange(accounts) + 900.0, [[0.5, 0.5, 0.0]])
    room = BookPlan.empty(accounts, 2)
    room.status[:] = 77
    plan_others(book, BookRules(PlannerRules(0.0, 0.0)), room, np.arange(accounts))
    assert (room.status == 0).all()
    # 900 + 16,386: 8,643 / 20 = 432.15 and 8,643 / 30 = 288.1, which is 432 and 288.
    assert room.trades[-1].tolist() == [432, 288]
