"""Every account of a book gets what `rebalance` gives it alone; who cannot be planned is told why and skipped."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.sums import total
from bot.core.planner.book import Book, BookPlan, Status
from bot.core.planner.book_block import NumpyKernel
from bot.core.planner.book_plan import OTHERS, BookRules, plan_clear, plan_many
from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import Marks, PlannerRules
from bot.core.policy.destination import Course
from bot.errors import InvariantBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book_block import Block

FREELY = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0))
#: The same where nothing trades more than its base, but by the way of `rebalance`.
SLOWLY = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0, turnover_max=1.0))


def book_of(
    shares: list[list[float]],
    cash: list[float],
    prices: list[float],
    targets: list[list[float]],
) -> Book:
    return Book(
        shares=np.array(shares),
        cash=np.array(cash),
        prices=np.array(prices),
        targets=np.array(targets),
        symbols=tuple("ABCDEF"[: len(prices)]),
        con_ids=np.arange(len(prices)) + 100,
    )


def random_book(seed: int, accounts: int, base: float, instruments: int = 5) -> Book:
    """Return accounts worth about `base` each that have drifted off their common targets."""
    generator = np.random.default_rng(seed)
    prices = np.round(generator.uniform(5, 400, instruments), 2)
    weights = generator.dirichlet(np.full(instruments + 1, 8.0), accounts)
    worth = base * generator.uniform(0.5, 2.0, accounts)
    shares = np.floor(worth[:, np.newaxis] * weights[:, :-1] / prices).astype(np.int64)
    target = generator.dirichlet(np.full(instruments + 1, 20.0), 1)
    return Book(
        shares=np.asfortranarray(shares),
        cash=np.round(worth - (shares * prices).sum(axis=1), 2),
        prices=prices,
        targets=target / total(target),
        symbols=tuple(f"S{number}" for number in range(instruments)),
        con_ids=generator.permutation(instruments) + 10,
    )


def alone(book: Book, rules: BookRules) -> NDArray[np.int64]:
    """Return what `rebalance` says for each account by itself."""
    trades = np.empty(book.shares.shape, dtype=np.int64)
    order = np.argsort(book.con_ids)
    for row in range(len(book.cash)):
        shares = book.shares[row : row + 1].astype(np.int64)
        portfolio = Portfolios(
            shares=shares,
            prices=book.prices[np.newaxis],
            base=total((shares * book.prices)[:, order]) + book.cash[row],
            cash=book.cash[row : row + 1],
            con_ids=book.con_ids,
        )
        own = book.targets[row if len(book.targets) > 1 else 0]
        marks = () if rules.marks is None else (rules.marks,)
        planned = rebalance(portfolio, Course(own[np.newaxis]), rules.planner, *marks)
        trades[row] = planned.trades[0]
    return trades


# --- worked numbers


def test_accounts_are_planned_to_their_targets() -> None:
    # Prices 20 and 30, targets 45 %, 35 %, 20 % cash.
    # First: 25 x 20 + 10 x 30 + 200 = 1,000: A 450 / 20 = 22.5 -> 22 (half goes down), B 350 / 30 = 11.67 -> 12.
    # Second: 2,000 in cash: A 900 / 20 = 45, B 700 / 30 = 23.33 -> 23.
    # Third: holds exactly 45 and 23.
    book = book_of(
        [[25, 10], [0, 0], [45, 23]], [200.0, 2_000.0, 410.0], [20.0, 30.0], [[0.45, 0.35, 0.2]]
    )
    plan = plan_many(book, FREELY)
    assert plan.trades.tolist() == [[-3, 2], [45, 23], [0, 0]]
    assert plan.status.tolist() == [Status.PLANNED, Status.PLANNED, Status.NOTHING]


def test_each_account_may_have_targets_of_its_own() -> None:
    book = book_of(
        [[0, 0], [0, 0]], [1_000.0, 1_000.0], [20.0, 30.0], [[0.4, 0.3, 0.3], [0.0, 0.6, 0.4]]
    )
    # 400 / 20 = 20 and 300 / 30 = 10; 600 / 30 = 20.
    assert plan_many(book, FREELY).trades.tolist() == [[20, 10], [0, 20]]
    assert plan_many(book, SLOWLY).trades.tolist() == [[20, 10], [0, 20]]


def test_all_of_a_base_may_be_in_one_instrument() -> None:
    book = book_of(
        [[0, 0], [0, 0]], [1_000.0, 1_000.0], [20.0, 30.0], [[1.0, 0.0, 0.0], [0.0, 0.6, 0.4]]
    )
    for rules in (FREELY, SLOWLY):
        assert plan_many(book, rules).trades.tolist() == [[50, 0], [0, 20]]


def test_small_trades_are_dropped() -> None:
    # Base 1,000: A 22.5 -> 22 of 25 held: a sell of 60; B 11.67 -> 12 of 10 held: a buy of 60.
    book = book_of([[25, 10]], [200.0], [20.0, 30.0], [[0.45, 0.35, 0.2]])
    at = BookRules(PlannerRules(minimum_trade=60.0, cash_buffer=0.0))
    assert plan_many(book, at).trades.tolist() == [[-3, 2]]
    above = BookRules(PlannerRules(minimum_trade=60.01, cash_buffer=0.0))
    plan = plan_many(book, above)
    assert (plan.trades.tolist(), plan.status.tolist()) == ([[0, 0]], [Status.NOTHING])
    # 60 of 1,000 is 6 %.
    drift = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0, minimum_drift=0.061))
    assert plan_many(book, drift).trades.tolist() == [[0, 0]]
    drift = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0, minimum_drift=0.059))
    assert plan_many(book, drift).trades.tolist() == [[-3, 2]]


def test_rounding_never_spends_the_buffer() -> None:
    # Base 1,000 in cash, all of it wanted in A at 30 and B at 70: A 50 % = 16.67 -> 17 = 510, B 50 % = 7.14 -> 7 = 490.
    # That is 1,000: exactly what there is. At a target of 51 % in A: 17 = 510, B 49 % = 7 = 490, the same.
    book = book_of([[0, 0]], [1_000.0], [30.0, 70.0], [[0.5, 0.5, 0.0]])
    plan = plan_many(book, FREELY)
    assert float((plan.trades * book.prices).sum()) <= 1_000.0
    assert (plan.trades == alone(book, FREELY)).all()


@pytest.mark.parametrize(
    ("shares", "cash", "status"),
    [
        ([-1.0, 0.0], 100.0, Status.SHARES),
        ([0.5, 0.0], 100.0, Status.SHARES),
        ([0.0, np.nan], 100.0, Status.SHARES),
        ([0.0, np.inf], 100.0, Status.SHARES),
        ([2.0**52 + 1, 0.0], 100.0, Status.SHARES),
        ([0.0, 0.0], np.nan, Status.CASH),
        ([0.0, 0.0], -np.inf, Status.CASH),
        ([0.0, 0.0], np.inf, Status.CASH),
        ([0.0, 0.0], 0.0, Status.BASE),
        ([5.0, 0.0], -100.0, Status.BASE),
        ([5.0, 0.0], -100.01, Status.BASE),
        # Holdings 20,000,020, base 20: owes 1,000,000 times as much. With a base of 400 it is 50,000 times.
        ([1_000_001.0, 0.0], -20_000_000.0, Status.BASE),
        ([1_000_020.0, 0.0], -20_000_000.0, Status.PLANNED),
        # Holdings 2,000,020, base 20: exactly 100,000 times as much.
        ([100_001.0, 0.0], -2_000_000.0, Status.PLANNED),
        ([100_001.0, 0.0], -2_000_000.01, Status.BASE),
        # Half of 2^52 x 40 is 2^52 shares at 20; one more step of floats is more.
        ([0.0, 0.0], 2.0**52 * 40, Status.PLANNED),
        ([0.0, 0.0], np.nextafter(2.0**52 * 40, np.inf), Status.BASE),
        # What is wrong with the shares is told before what is wrong with cash.
        ([-1.0, 0.0], np.nan, Status.SHARES),
    ],
)
def test_who_cannot_be_planned_is_told_why_and_the_others_are_planned(
    shares: list[float], cash: float, status: Status
) -> None:
    # Base 1,000: A 25, B 10. Base 2,000: A 1,000 / 20 = 50 (held 45), B 600 / 30 = 20 (held 23).
    book = book_of(
        [[25.0, 10.0], shares, [45.0, 23.0]], [200.0, cash, 410.0], [20.0, 30.0], [[0.5, 0.3, 0.2]]
    )
    books = [book]
    if (np.floor(book.shares) == book.shares).all() and np.isfinite(book.shares).all():
        books.append(replace(book, shares=book.shares.astype(np.int64)))
    for each, rules in product(books, (FREELY, SLOWLY)):
        plan = plan_many(each, rules)
        assert plan.status.tolist() == [Status.NOTHING, status, Status.PLANNED]
        assert plan.trades[[0, 2]].tolist() == [[0, 0], [5, -3]]
        assert plan.trades[1].any() == (status is Status.PLANNED)


def test_what_a_base_would_buy_is_counted_in_every_instrument() -> None:
    # B is 60 % of 2^52 x 100 in shares of 30: 2^53. A is 10 % in shares of 20: 2^51.
    book = book_of([[0, 0]], [2.0**52 * 100], [20.0, 30.0], [[0.1, 0.6, 0.3]])
    for rules in (FREELY, SLOWLY):
        assert plan_many(book, rules).status.tolist() == [Status.BASE]


def test_a_base_that_is_no_number_is_refused_and_one_below_a_unit_of_money_is_not() -> None:
    # 2^52 shares of 1e300 are more than a float holds.
    endless = book_of([[2**52]], [0.0], [1e300], [[0.0, 1.0]])
    # 40 % of 0.9 are 0.36: 18 shares of 0.02.
    pennies = book_of([[0]], [0.9], [0.02], [[0.4, 0.6]])
    for rules in (FREELY, SLOWLY):
        assert plan_many(endless, rules).status.tolist() == [Status.BASE]
        assert plan_many(pennies, rules).trades.tolist() == [[18]]


@pytest.mark.parametrize(
    "own",
    [
        [0.5, 0.3, np.nan],
        [0.5, 0.3, 0.2 + 2e-9],
        [0.5, 0.3, 0.2 - 2e-9],
        [-0.1, 0.9, 0.2],
        [0.5, 0.7, -0.2],
        [0.0, np.inf, 0.0],
    ],
)
def test_targets_that_are_no_weights_refuse_their_account(own: list[float]) -> None:
    book = book_of([[0, 0], [0, 0]], [1_000.0, 1_000.0], [20.0, 30.0], [own, [0.5, 0.3, 0.2]])
    plan = plan_many(book, FREELY)
    assert plan.status.tolist() == [Status.TARGETS, Status.PLANNED]
    assert plan.trades.tolist() == [[0, 0], [25, 10]]


# --- the same as one by one


@given(
    seed=st.integers(0, 2**32 - 1),
    base=st.sampled_from([300.0, 5_000.0, 100_000.0, 1e7, 1e10]),
    minimum_trade=st.sampled_from([0.0, 100.0, 2_000.0]),
    cash_buffer=st.sampled_from([0.0, 0.02, 0.5]),
    minimum_drift=st.sampled_from([0.0, 0.01]),
)
def test_every_account_gets_what_it_gets_alone(
    seed: int, base: float, minimum_trade: float, cash_buffer: float, minimum_drift: float
) -> None:
    book = random_book(seed, accounts=12, base=base)
    rules = BookRules(PlannerRules(minimum_trade, cash_buffer, minimum_drift))
    plan = plan_many(book, rules)
    assert plan.trades.tolist() == alone(book, rules).tolist()
    assert (plan.status == np.where(plan.trades.any(axis=1), 0, 1)).all()
    # Nothing is sold that is not held; cash is not overdrawn by buying.
    assert (book.shares + plan.trades >= 0).all()
    spent = (plan.trades * book.prices).sum(axis=1)
    assert ((spent <= 0) | (book.cash - spent >= cash_buffer * base * 0.49)).all()


@given(seed=st.integers(0, 2**32 - 1), base=st.sampled_from([300.0, 100_000.0]))
def test_neither_the_order_of_accounts_nor_of_columns_nor_of_memory_matters(
    seed: int, base: float
) -> None:
    book = random_book(seed, accounts=9, base=base)
    plan = plan_many(book, FREELY)
    generator = np.random.default_rng(seed)
    rows, columns = generator.permutation(9), generator.permutation(5)
    turned = Book(
        shares=np.ascontiguousarray(book.shares[rows][:, columns]),
        cash=book.cash[rows],
        prices=book.prices[columns],
        targets=book.targets[:, np.append(columns, 5)],
        symbols=tuple(book.symbols[column] for column in columns),
        con_ids=book.con_ids[columns],
    )
    again = plan_many(turned, FREELY)
    assert again.trades.tolist() == plan.trades[rows][:, columns].tolist()
    assert again.status.tolist() == plan.status[rows].tolist()
    as_floats = replace(book, shares=book.shares.astype(np.float64))
    assert plan_many(as_floats, FREELY).trades.tolist() == plan.trades.tolist()
    own = replace(book, targets=np.repeat(book.targets, 9, axis=0))
    assert plan_many(own, FREELY).trades.tolist() == plan.trades.tolist()


@given(seed=st.integers(0, 2**32 - 1), base=st.sampled_from([300.0, 100_000.0]))
def test_a_second_plan_is_empty(seed: int, base: float) -> None:
    book = random_book(seed, accounts=9, base=base)
    plan = plan_many(book, FREELY)
    after = replace(
        book,
        shares=book.shares + plan.trades,
        cash=book.cash - total(plan.trades * book.prices),
    )
    again = plan_many(after, FREELY)
    assert not again.trades.any()
    assert (again.status == Status.NOTHING).all()


def test_blocks_meet_without_a_seam() -> None:
    assert 2 * NumpyKernel.accounts >= OTHERS
    small = random_book(3, accounts=7, base=20_000.0)
    copies = -(-(2 * NumpyKernel.accounts + 5) // 7)
    book = replace(
        small, shares=np.tile(small.shares, (copies, 1)), cash=np.tile(small.cash, copies)
    )
    plan, expected = plan_many(book, FREELY), plan_many(small, FREELY)
    assert (plan.trades == np.tile(expected.trades, (copies, 1))).all()
    assert (plan.status == np.tile(expected.status, copies)).all()


def test_others_are_planned_some_at_a_time() -> None:
    small = random_book(8, accounts=7, base=300.0)
    rules = BookRules(PlannerRules(0.0, 0.0, turnover_max=0.3))
    copies = OTHERS // 7 + 1
    book = replace(
        small, shares=np.tile(small.shares, (copies, 1)), cash=np.tile(small.cash, copies)
    )
    assert OTHERS < len(book.cash) < OTHERS + 7
    plan, expected = plan_many(book, rules), plan_many(small, rules)
    assert (plan.trades == np.tile(expected.trades, (copies, 1))).all()
    assert (plan.status == np.tile(expected.status, copies)).all()


def test_nobody_has_nothing_to_do() -> None:
    plan = plan_many(random_book(1, accounts=0, base=1.0), FREELY)
    assert (plan.trades.shape, plan.status.shape) == ((0, 5), (0,))


def test_plans_can_be_written_into_given_room() -> None:
    book = random_book(4, accounts=6, base=20_000.0)
    room = BookPlan.empty(6, 5)
    assert plan_many(book, FREELY, into=room) is room
    assert (room.trades == plan_many(book, FREELY).trades).all()
    with pytest.raises(InvariantBroken, match="the room must be as large as the book"):
        plan_many(book, FREELY, into=BookPlan.empty(5, 5))


def test_a_kernel_that_is_sure_of_nothing_leaves_all_to_rebalance() -> None:
    book, seen = random_book(5, accounts=6, base=20_000.0), []

    class Unsure:
        accounts = 4

        def __call__(self, block: Block) -> NDArray[np.bool_]:
            seen.append(block.shares.shape)
            block.trades[:] = 99
            return np.zeros(len(block.cash), dtype=np.bool_)

    assert (plan_many(book, FREELY, Unsure()).trades == plan_many(book, FREELY).trades).all()
    assert seen == [(5, 4), (5, 2)]


# --- other rules


def test_other_limits_are_for_rebalance() -> None:
    book = random_book(6, accounts=8, base=50_000.0)
    turnover = BookRules(PlannerRules(0.0, 0.0, turnover_max=0.05))
    may = np.array([True, True, False, True, True])
    marks = Marks(np.array([1, 1, 1, 10, 1]), may, may)
    for rules in (turnover, BookRules(FREELY.planner, marks)):
        assert not rules.is_plain
        plan = plan_many(book, rules)
        assert plan.trades.tolist() == alone(book, rules).tolist()
        assert plan.trades.tolist() != plan_many(book, FREELY).trades.tolist()
    assert not plan_many(book, BookRules(FREELY.planner, marks)).trades[:, 2].any()


def test_a_part_of_a_book_with_other_limits_is_for_rebalance_and_the_rest_is_not() -> None:
    book = random_book(5, 6, 1e5)
    plan = BookPlan.empty(6, 5)
    assert plan_clear(book, SLOWLY, NumpyKernel(), plan, range(2, 5)).tolist() == [2, 3, 4]


def test_plain_rules_are_plain() -> None:
    free = Marks.free(2)
    assert FREELY.is_plain
    assert BookRules(FREELY.planner, free).is_plain
    no = np.array([True, False])
    for marks in (
        replace(free, may_buy=no),
        replace(free, may_sell=no),
        replace(free, lots=np.array([1, 2])),
    ):
        assert not BookRules(FREELY.planner, marks).is_plain


def test_what_a_book_cannot_do_is_refused() -> None:
    lots = replace(Marks.free(2), lots=np.array([1.0, 0.5]))
    with pytest.raises(ValueError, match=r"traded in whole shares, found lots of \[1.0, 0.5\]"):
        BookRules(FREELY.planner, lots)
    with pytest.raises(ValueError, match=r"participation_max \(0.05\) needs daily volumes"):
        BookRules(PlannerRules(0.0, 0.0, participation_max=0.05))
