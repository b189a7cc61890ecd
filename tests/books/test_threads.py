"""The number of threads changes nothing, and what one of them meets is not lost."""

from __future__ import annotations

import numpy as np
import pytest

from bot.books.threads import plan_in_threads
from bot.core.planner.book import Book, BookPlan
from bot.core.planner.book_plan import BookRules, plan_many, plan_others
from bot.core.planner.rules import PlannerRules
from bot.errors import InvariantBroken

RULES = BookRules(PlannerRules(minimum_trade=50.0, cash_buffer=0.01))


def book(accounts):
    generator = np.random.default_rng(1)
    return Book(
        shares=np.asfortranarray(generator.integers(-1, 100, (accounts, 3))),
        cash=generator.uniform(-100, 1_000, accounts),
        prices=np.array([10.0, 20.0, 30.0]),
        targets=np.array([[0.3, 0.3, 0.3, 0.1]]),
        symbols=("A", "B", "C"),
        con_ids=np.array([1, 2, 3]),
    )


@pytest.mark.parametrize("threads", [1, 2, 3, None])
@pytest.mark.parametrize("accounts", [0, 1, 2, 1_001])
def test_any_number_of_threads_plans_the_same(threads, accounts):
    given = book(accounts)
    room = BookPlan.empty(accounts, 3)
    assert plan_in_threads(given, RULES, room, threads) is room
    expected = plan_many(given, RULES)
    assert (room.trades == expected.trades).all()
    assert (room.status == expected.status).all()
    assert (plan_in_threads(given, RULES).trades == expected.trades).all()


@pytest.mark.parametrize("accounts", [1_999, 2_000, 2_001])
def test_accounts_that_are_not_clear_are_planned_by_all_threads(accounts):
    # A turnover limit: no account is clear.
    rules = BookRules(PlannerRules(50.0, 0.01, turnover_max=0.1))
    given = book(accounts)
    found, expected = plan_in_threads(given, rules, threads=3), plan_many(given, rules)
    assert (found.trades == expected.trades).all()
    assert (found.status == expected.status).all()


def test_who_is_not_clear_is_planned_by_what_the_caller_names():
    planned = []

    def named(some, rules, room, rows):
        planned.extend(rows.tolist())
        plan_others(some, rules, room, rows)

    given = book(50)
    found, expected = plan_in_threads(given, RULES, others=named), plan_many(given, RULES)
    assert (found.trades == expected.trades).all()
    # Whoever is refused is not clear.
    assert set(np.flatnonzero(expected.status > 1)) <= set(planned) < set(range(50))


def test_an_error_in_a_thread_is_raised():
    with pytest.raises(InvariantBroken, match="the room must be as large as the book"):
        plan_in_threads(book(10), RULES, BookPlan.empty(9, 3), 2)
