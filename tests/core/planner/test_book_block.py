"""A block decides on the accounts where every step is clear, and leaves those near a limit to `rebalance`."""

from __future__ import annotations

import numpy as np
import pytest
from typing_extensions import override

from bot.core.planner.book import Book, Status
from bot.core.planner.book_block import HELD_MAX, Block, NumpyKernel
from bot.core.planner.book_plan import BookRules, plan_many
from bot.core.planner.rules import PlannerRules

FREELY = PlannerRules(minimum_trade=0.0, cash_buffer=0.0)
#: Base 1,000: A 400 = 20 shares of 20, B 300 = 10 shares of 30, cash 300.
TARGETS = [[0.4, 0.3, 0.3]]


class Watched(NumpyKernel):
    """Remembers which accounts the block was sure of."""

    def __init__(self) -> None:
        super().__init__()
        self.sure: list[bool] = []

    @override
    def __call__(self, block: Block) -> np.ndarray:
        sure = super().__call__(block)
        self.sure += sure.tolist()
        return sure


def planned(
    shares: list[list[int]],
    cash: list[float],
    rules: PlannerRules = FREELY,
    prices: tuple[float, ...] = (20.0, 30.0),
    targets: list[list[float]] | None = None,
) -> tuple[list[bool], list[list[int]]]:
    """Return of which accounts the block was sure, and the trades."""
    book = Book(
        shares=np.array(shares),
        cash=np.array(cash),
        prices=np.array(prices),
        targets=np.array(targets or TARGETS),
        symbols=("A", "B")[: len(prices)],
        con_ids=np.array([7, 3])[: len(prices)],
    )
    kernel = Watched()
    plan = plan_many(book, BookRules(rules), kernel)
    return kernel.sure, plan.trades.tolist()


def test_a_block_is_sure_of_what_is_far_from_every_limit() -> None:
    assert planned([[0, 0], [25, 10]], [1000.0, 200.0]) == ([True, True], [[20, 10], [-5, 0]])
    own = [[0.4, 0.3, 0.3], [0.2, 0.6, 0.2]]
    assert planned([[0, 0], [0, 0]], [1000.0, 1000.0], targets=own) == (
        [True, True],
        [[20, 10], [10, 20]],
    )


def test_a_base_below_one_is_a_base() -> None:
    # 0.9 x 40 % = 0.36 = 18 shares of 0.02; 0.9 x 30 % = 0.27 = 9 of 0.03.
    assert planned([[0, 0]], [0.9], prices=(0.02, 0.03)) == ([True], [[18, 9]])


@pytest.mark.parametrize("shares", [22.5, 23.5])
def test_a_leg_at_half_a_share_is_left_to_rebalance_which_goes_down(shares: float) -> None:
    # One instrument at 20 and 40 %: so many shares are half as many percent of this base.
    base = shares * 50
    targets = [[0.4, 0.6]]
    down = [int(shares)]
    alone = planned([[0]], [base], prices=(20.0,), targets=targets)
    assert alone == ([False], [down])
    # Beside an account that is clear, in its own targets or in shared ones.
    both = ([True, False], [[20], down])
    assert planned([[0], [0]], [1000.0, base], prices=(20.0,), targets=targets) == both
    assert planned([[0], [0]], [1000.0, base], prices=(20.0,), targets=targets * 2) == both


@pytest.mark.parametrize("side", [-1, 1])
def test_near_half_a_share_ends_at_a_ten_millionth_of_a_share(side: int) -> None:
    # One instrument at 20 and 40 %: a share more is 50 of base more.
    for off, is_sure in ((0.5e-7, False), (2e-7, True)):
        base = 22.5 * 50 + side * off * 50
        sure, _ = planned([[0]], [base], prices=(20.0,), targets=[[0.4, 0.6]])
        assert sure == [is_sure]
        sure, _ = planned([[0], [0]], [1125.0, base], prices=(20.0,), targets=[[0.4, 0.6]])
        assert sure == [False, is_sure]


def test_more_shares_than_a_hundred_million_are_left_to_rebalance() -> None:
    # Half of the base in shares of 1.
    for base, is_sure in ((2e8, True), (2e8 + 2, False)):
        alone, trades = planned([[0]], [base], prices=(1.0,), targets=[[0.5, 0.5]])
        assert (alone, trades) == ([is_sure], [[int(base) // 2]])
        # 11 are 5.5 shares.
        beside, _ = planned([[0], [0]], [base, 11.0], prices=(1.0,), targets=[[0.5, 0.5]])
        assert beside == [is_sure, False]


def test_cash_at_the_buffer_is_left_to_rebalance() -> None:
    # 300 of 1,000 are left. The margin is 1e-8 of the base.
    for buffer, is_sure in ((0.3, False), (0.3 - 0.5e-8, False), (0.3 - 2e-8, True), (0.31, False)):
        sure, _ = planned([[0, 0]], [1000.0], PlannerRules(0.0, buffer))
        assert sure == [is_sure]


def test_small_sells_that_are_dropped_bring_no_money() -> None:
    # Base 12 x 30 + 640 = 1,000. A buys 20 x 20 = 400, B would sell 2 x 30 = 60, less than 100.
    # Buffer 25 %: 390 to spend, 10 short: A buys 19.
    least = PlannerRules(100.0, 0.25)
    assert planned([[0, 12]], [640.0], least) == ([False], [[19, 0]])
    # Buffer 23.95 %: 400.50 to spend.
    assert planned([[0, 12]], [640.0], PlannerRules(100.0, 0.2395)) == ([True], [[20, 0]])


def test_small_buys_that_are_dropped_pay_for_nothing() -> None:
    # Base 1,000: A 39.4 % = 19.7 -> 20 shares of 20 = 400, B 4.6 % = 0.92 -> one share of 50, less than 100. Buffer
    # 55.5 %: 445 to spend, which rounding passes by 5 before B is dropped. A with 19 errs 14, B with none 46.
    least, targets = PlannerRules(100.0, 0.555), [[0.394, 0.046, 0.56]]
    small = planned([[0, 0]], [1000.0], least, prices=(20.0, 50.0), targets=targets)
    assert small == ([False], [[19, 0]])


def test_an_account_with_little_more_than_the_buffer_is_added_up_exactly() -> None:
    # Base 10 x 30 + 700 = 1,000. A buys 400: 300 are left, 0.50 above the buffer, less than two minimum trades.
    assert planned([[0, 10]], [700.0], PlannerRules(100.0, 0.2995)) == ([True], [[20, 0]])


def test_accounts_with_targets_of_their_own_meet_without_a_seam() -> None:
    kernel = NumpyKernel()
    kernel.accounts = 2
    book = Book(
        shares=np.zeros((3, 2), dtype=np.int64),
        cash=np.full(3, 1000.0),
        prices=np.array([20.0, 30.0]),
        targets=np.array([[0.4, 0.3, 0.3], [0.2, 0.6, 0.2], [0.0, 0.9, 0.1]]),
        symbols=("A", "B"),
        con_ids=np.array([7, 3]),
    )
    plan = plan_many(book, BookRules(FREELY), kernel)
    assert plan.trades.tolist() == [[20, 10], [10, 20], [0, 30]]
    assert plan.status.tolist() == [Status.PLANNED] * 3


@pytest.mark.parametrize(
    ("held", "is_sure"), [(2**50 - 1, True), (2**50, True), (2**50 + 1, False)]
)
def test_who_holds_very_many_shares_is_left_to_rebalance(held: int, *, is_sure: bool) -> None:
    assert HELD_MAX == 2**50
    # 1e-8 of 2^50, in shares of 1, is 11,258,999.07.
    for others in ([], [[0]]):
        sure, trades = planned(
            [[held], *others],
            [0.0, 100.0][: 1 + len(others)],
            prices=(1.0,),
            targets=[[1e-8, 1 - 1e-8]],
        )
        assert sure[0] == is_sure
        assert trades[0] == [11_258_999 - held]


@pytest.mark.parametrize("con_ids", [(7, 3), (3, 7)])
def test_large_sells_are_written_to_the_instrument_that_they_are_of(
    con_ids: tuple[int, int],
) -> None:
    # 3.5e8 x 20 + 2.1e9 x 30 = 7e10, of which 1e-8 is 700: 700 / 20 = 35 and 700 / 30 = 23.33 -> 23.
    book = Book(
        shares=np.array([[350_000_000, 2_100_000_000]]),
        cash=np.zeros(1),
        prices=np.array([20.0, 30.0]),
        targets=np.array([[1e-8, 1e-8, 1 - 2e-8]]),
        symbols=("A", "B"),
        con_ids=np.array(con_ids),
    )
    kernel = Watched()
    assert plan_many(book, BookRules(FREELY), kernel).trades.tolist() == [
        [35 - 350_000_000, 23 - 2_100_000_000]
    ]
    assert kernel.sure == [True]
