"""A budget is shared out so that buys err least together and none is below the minimum; nothing simple is better."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.planner.least_cut import least_cut
from bot.core.planner.sharing import Offer, shared_out

if TYPE_CHECKING:
    from types import FrameType

    from numpy.typing import NDArray


def offer(wanted: list[int], budget: float, minimum: float, price: float = 10.0) -> Offer:
    """Return one row whose legs want whole shares exactly."""
    count = len(wanted)
    return Offer(
        np.array([wanted]),
        np.zeros((1, count)),
        np.full((1, count), price),
        np.array([budget]),
        np.array([minimum]),
    )


# --- worked numbers, at prices of 10


def test_what_the_budget_pays_for_is_bought() -> None:
    assert shared_out(offer([3, 4], 70.0, 30.0)).tolist() == [[3, 4]]
    assert shared_out(offer([3, 4], 1000.0, 30.0)).tolist() == [[3, 4]]


def test_without_a_minimum_each_goes_short_of_the_same() -> None:
    # 140 for 120 and 80: 30 less each.
    assert shared_out(offer([12, 8], 140.0, 0.0)).tolist() == [[9, 5]]


def test_a_wish_below_the_minimum_gets_nothing_and_one_of_it_does() -> None:
    assert shared_out(offer([2, 3], 50.0, 30.0)).tolist() == [[0, 3]]
    assert shared_out(offer([3, 3], 60.0, 30.0)).tolist() == [[3, 3]]


def test_a_leg_is_kept_at_the_minimum_where_that_is_better_than_to_drop_it() -> None:
    # 130 for 100 and 70: 20 less each would be 80 and 50, and 60 is the minimum. Kept at 60, the other gets 70: an
    # error of 30^2 + 10^2 = 1,000. Dropped, the other gets its 100: 70^2 = 4,900.
    assert shared_out(offer([10, 7], 130.0, 60.0)).tolist() == [[7, 6]]


def test_a_leg_is_dropped_where_what_it_leaves_is_worth_more() -> None:
    # 110 for 100 and 70, the minimum again 60: 60 and 60 are 120. 100 and nothing err by 70^2, 70 and nothing by 100^2.
    assert shared_out(offer([10, 7], 110.0, 60.0)).tolist() == [[10, 0]]


def test_not_the_smallest_is_dropped_but_what_errs_least() -> None:
    # 150 for 140, 110 and 100, the minimum 70. 80 and 70 err by 60^2 + 40^2 + 100^2 = 15,200 (the third gets nothing);
    # 140 alone errs by 110^2 + 100^2 = 22,100.
    assert shared_out(offer([14, 11, 10], 150.0, 70.0)).tolist() == [[8, 7, 0]]


@pytest.mark.parametrize("breadth", [0, 8])
def test_nothing_is_bought_where_no_minimum_can_be_paid_for(breadth: int) -> None:
    assert shared_out(offer([10, 7], 59.0, 60.0), breadth).tolist() == [[0, 0]]
    assert shared_out(offer([10, 7], 60.0, 60.0), breadth).tolist() == [[6, 0]]
    assert shared_out(offer([10, 7], 0.0, 0.0), breadth).tolist() == [[0, 0]]


@pytest.mark.parametrize("budget", [80.0, 81.0])
def test_what_can_be_paid_for_is_bought_though_less_would_err_less(budget: float) -> None:
    # The first leg wants four shares, 6 too much; three would be 4 too little. 40 + 40 = 80.
    some = replace(offer([4, 4], budget, 30.0), gaps=np.array([[-6.0, 0.0]]))
    # Alone, and beside a row that is cut.
    assert shared_out(some).tolist() == [[4, 4]]
    assert shared_out(_stacked([some, offer([12, 8], 140.0, 0.0)])).tolist() == [[4, 4], [9, 5]]


def test_the_fewest_shares_are_worth_the_minimum_to_the_last_bit() -> None:
    # In floats 0.3 / 0.1 is a bit below 3, and 3 x 0.1 a bit above 0.3; of 0.25 it takes 3.
    some = offer([9, 9, 0], 1.0, 0.3, 0.1)
    assert some.fewest()[0, :2].tolist() == [3, 3]
    assert replace(some, minimum=np.array([3 * 0.1])).fewest()[0, 0] == 3
    assert replace(some, minimum=np.array([0.25])).fewest()[0, 0] == 3
    # Within float noise of 3 shares, and above their value all the same: 4.
    assert replace(some, minimum=np.array([0.3 + 1e-12])).fewest()[0, 0] == 4


@pytest.mark.parametrize("breadth", [0, 8])
def test_of_many_that_are_alike_as_many_are_kept_as_the_minimum_allows(breadth: int) -> None:
    # 1,000 for twenty of 100 each, the minimum 60: sixteen, twelve with 60 and four with 70, for 12 x 40^2 + 4 x 30^2
    # + 4 x 100^2 = 62,800; fifteen would err by 50,000 + 5 x 40^2 + 10 x 30^2 = 67,000.
    twenty = offer([10] * 20, 1000.0, 60.0)
    bought = shared_out(twenty, breadth)
    assert sorted(bought[0].tolist()) == [0] * 4 + [6] * 12 + [7] * 4
    assert twenty.errors(bought)[0] == pytest.approx(62_800.0)


def test_beside_large_legs_as_many_that_are_alike_are_kept_as_the_budget_pays_for() -> None:
    # 1,200 for two of 500 and twenty-four of 100, the minimum 60. Six with 60, and the two with 80 less: 420.
    prices = np.array([[1.0, 1, *[1, 2, 4, 5, 10, 20] * 4]])
    wanted = (np.array([[500, 500, *[100] * 24]]) / prices).astype(np.int64)
    some = Offer(wanted, np.zeros((1, 26)), prices, np.array([1200.0]), np.array([60.0]))
    bought = shared_out(some, breadth=0)
    assert sorted((bought * prices)[0].tolist()) == [0] * 18 + [60] * 6 + [420] * 2


def test_a_row_is_searched_to_the_end_with_as_many_half_decided_answers_as_may_go_on() -> None:
    # Two of them at most. The best drops all but the third and fourth leg: 63^2 + 114^2 + 36^2 + 227^2 + 18^2 + 85^2
    # + 9^2 + 66^2 = 82,505. By worth it would be 82,991.
    some = Offer(
        np.array([[7, 6, 2, 3, 2, 4, 1, 1]]),
        np.array([[0.0, 6, -36, -227, -4, -11, -8, -4]]),
        np.array([[9.0, 18, 81, 739, 11, 24, 17, 70]]),
        np.array([2335.0]),
        np.array([50.0]),
    )
    for breadth in (2, 8):
        assert some.errors(shared_out(some, breadth))[0] == 82_505


def test_each_row_is_its_own() -> None:
    rows = [([10, 7], 130.0, 60.0), ([10, 7], 110.0, 60.0), ([2, 3], 50.0, 30.0)]
    many = _stacked([offer(*row) for row in rows])
    assert shared_out(many).tolist() == [[7, 6], [10, 0], [0, 3]]
    assert many.wanted.tolist() == [[10, 7], [10, 7], [2, 3]]


# --- against what is simple, and against all there is


def _stacked(offers: list[Offer]) -> Offer:
    return Offer(
        *(np.concatenate([getattr(each, name) for each in offers]) for name in Offer.__slots__)
    )


def _drawn(seed: int, count: int, *, is_even: bool = False) -> Offer:
    """Return one row of a small account, whose budget pays for a tenth to nearly all."""
    generator = np.random.default_rng(seed)
    prices = np.round(generator.lognormal(4, 1, count), 2) + 0.01
    size = 10 ** generator.uniform(2.5, 4.5)
    parts = np.ones(count) / count if is_even else generator.dirichlet(np.ones(count) * 3)
    exact = parts * size / prices
    wanted = np.rint(exact).astype(np.int64)
    cost = float((wanted * prices).sum())
    return Offer(
        wanted[np.newaxis],
        ((exact - wanted) * prices)[np.newaxis],
        prices[np.newaxis],
        np.array([cost * generator.uniform(0.1, 0.98)]),
        np.array([size * generator.choice([0.0, 0.05, 0.1, 0.2])]),
    )


def _greedy(row: Offer) -> NDArray[np.int64]:
    """Take a share, or all where that would be below the minimum, where it raises the error least for its money."""
    prices, minimum = row.prices[0], float(row.minimum[0])
    wanted = row.gaps[0] + row.wanted[0] * prices
    bought = np.where(row.wanted[0] * prices < minimum, 0, row.wanted[0])
    while (bought * prices).sum() > row.budget[0]:
        best = (np.inf, 0, 0)
        for leg in np.flatnonzero(bought).tolist():
            fewer = bought[leg] - 1 if (bought[leg] - 1) * prices[leg] >= minimum else 0
            before, after = (wanted[leg] - each * prices[leg] for each in (bought[leg], fewer))
            rise = (after**2 - before**2) / ((bought[leg] - fewer) * prices[leg])
            best = min(best, (rise, leg, int(fewer)))
        bought[best[1]] = best[2]
    return bought[np.newaxis]


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 8), is_even=st.booleans())
def test_it_is_never_worse_than_taking_share_after_share(
    *, seed: int, count: int, is_even: bool
) -> None:
    row = _drawn(seed, count, is_even=is_even)
    bought = shared_out(row)
    assert row.errors(bought)[0] <= row.errors(_greedy(row))[0] * (1 + 1e-9)
    value = bought * row.prices
    assert value.sum() <= row.budget[0] * (1 + 1e-12)
    assert ((bought == 0) | (value >= row.minimum)).all()
    assert ((bought >= 0) & (bought <= row.wanted)).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_it_is_the_best_of_all_there_are(seed: int) -> None:
    row = _drawn(seed, 4)
    # At most three shares of each: 4^4 ways.
    row = replace(row, wanted=np.minimum(row.wanted, 3))
    ways = np.array(list(product(range(4), repeat=4)))
    many = row.rows(np.zeros(len(ways), dtype=np.intp))
    value = ways * many.prices
    is_allowed = (ways <= row.wanted).all(axis=1) & ~many.is_small(ways).any(axis=1)
    # The budget is drawn, so that no way costs just that: float noise decides nothing.
    is_allowed &= value.sum(axis=1) <= row.budget[0]
    least = many.errors(ways)[is_allowed].min()
    assert row.errors(shared_out(row))[0] == pytest.approx(least, rel=1e-9)


def test_where_too_much_is_open_it_shares_out_by_worth_and_is_no_worse_than_greedy() -> None:
    rows = [_drawn(seed, 3 + seed % 6, is_even=bool(seed % 2)) for seed in range(150)]
    best = [float(row.errors(shared_out(row))[0]) for row in rows]
    # With a breadth of none every row that is half decided goes by worth.
    by_worth = [float(row.errors(shared_out(row, breadth=0))[0]) for row in rows]
    greedy = [float(row.errors(_greedy(row))[0]) for row in rows]
    is_worse = [found > least * (1 + 1e-9) for found, least in zip(by_worth, best, strict=True)]
    assert not any(a < b * (1 - 1e-9) for a, b in zip(by_worth, best, strict=True))
    assert sum(is_worse) <= 2
    assert not any(a > b * (1 + 1e-9) for a, b in zip(by_worth, greedy, strict=True))
    assert any(a < b * (1 - 1e-3) for a, b in zip(by_worth, greedy, strict=True))


def test_many_rows_by_worth_are_no_other_than_few() -> None:
    rows = [_drawn(seed, 5) for seed in range(60)]
    few = shared_out(_stacked(rows), breadth=0)
    assert shared_out(_stacked(rows * 12), breadth=0).tolist() == few.tolist() * 12


@pytest.mark.parametrize("count", [5, 12])
def test_rows_stand_alone_bit_for_bit(count: int) -> None:
    rows = [_drawn(seed, count, is_even=bool(seed % 2)) for seed in range(40)]
    together = shared_out(_stacked(rows))
    assert together.tolist() == [shared_out(row)[0].tolist() for row in rows]
    assert shared_out(_stacked(rows[::-1])).tolist() == together[::-1].tolist()


def _whole(seed: int, count: int) -> Offer:
    """Return one row at whole prices; some legs want nothing, and some are far below what they should be."""
    generator = np.random.default_rng(seed)
    prices = np.rint(generator.lognormal(3, 0.8, count)) + 1
    exact = generator.gamma(3, 100, count) * (generator.random(count) < 0.8) / prices
    wanted = np.rint(exact).astype(np.int64)
    gaps = (exact - wanted) * prices
    gaps[generator.random(count) < 0.2] += 200
    budget = np.floor((wanted * prices).sum() * generator.uniform(0.1, 0.9))
    minimum = float(generator.choice([100, 200, 300]))
    return Offer(wanted[None], gaps[None], prices[None], np.array([budget]), np.array([minimum]))


def _alike(seed: int, count: int) -> Offer:
    """Return one row at whole prices whose legs want 300 each, and three of them 900 more than they may have."""
    generator = np.random.default_rng(seed)
    prices = generator.choice(np.arange(7, 60), count, replace=False).astype(np.float64)
    wanted = np.rint(300 / prices).astype(np.int64)
    gaps = 300 - wanted * prices
    gaps[:3] += 900
    budget = np.floor((wanted * prices).sum() * generator.uniform(0.3, 0.9))
    minimum = float(generator.choice([200, 250]))
    return Offer(wanted[None], gaps[None], prices[None], np.array([budget]), np.array([minimum]))


def _best_by_table(row: Offer) -> float:
    """Return the least error by dynamic programming over whole money: the table of an independent method."""
    table = np.full(int(row.budget[0]) + 1, np.inf)
    table[0] = 0.0
    legs = zip(row.wanted[0].tolist(), row.gaps[0], row.prices[0].astype(int), strict=True)
    for wanted, gap, price in legs:
        grown = table + (gap + wanted * price) ** 2
        for number in range(1, wanted + 1):
            money = number * price
            if row.minimum[0] <= money < len(table):
                moved = table[: len(table) - money] + (gap + (wanted - number) * price) ** 2
                np.minimum(grown[money:], moved, out=grown[money:])
        table = grown
    return float(table.min())


@pytest.mark.parametrize(
    "row",
    [
        *(_whole(seed, 30) for seed in (1, 4, 9, 15)),
        *(_whole(seed, 60) for seed in (2, 3, 6)),
        *(_alike(seed, 30) for seed in (5, 6)),
    ],
)
def test_dozens_of_legs_are_shared_out_by_worth_as_well_as_can_be(row: Offer) -> None:
    found = row.errors(shared_out(row, breadth=0))[0]
    assert found == pytest.approx(_best_by_table(row), rel=1e-9)


# --- legs that are alike


def _ways(row: Offer) -> tuple[Offer, NDArray[np.int8]]:
    """Return a row as often as its first six legs can be dropped and kept, and these ways; the others are kept."""
    fates = np.ones((64, row.wanted.shape[1]), dtype=np.int8)
    fates[:, :6] = np.array(list(product([-1, 1], repeat=6)))
    return row.rows(np.zeros(64, dtype=np.intp)), fates


def test_ways_that_differ_in_the_order_of_legs_that_are_alike_are_one() -> None:
    # Of six that are alike none to six are kept: seven kinds. The first of each is the first in which so many are.
    some, fates = _ways(offer([10] * 20, 1000.0, 60.0))
    owners = np.zeros(64, dtype=np.intp)
    order, once, same = some.alike(fates, owners)
    assert sorted(once.tolist()) == [0, 1, 3, 7, 15, 31, 63]
    sorted_fates = np.take_along_axis(fates, order, 1)
    assert (sorted_fates == sorted_fates[once][same]).all()
    # The rows of two owners are never one.
    assert len(some.alike(fates, np.arange(64) // 32)[1]) == 6 + 6


@pytest.mark.parametrize("name", ["wanted", "gaps", "prices"])
def test_legs_that_differ_in_anything_are_not_alike(name: str) -> None:
    some, fates = _ways(offer([10] * 6, 300.0, 60.0))
    values = getattr(some, name).copy()
    values[:, 3:] += 1
    # None to three of the first three, and of the other three: 4 x 4 kinds.
    differs = replace(some, **{name: values})
    assert len(differs.alike(fates, np.zeros(64, dtype=np.intp))[1]) == 16


def _cut_and_shared_out(row: Offer, breadth: int) -> tuple[int, NDArray[np.int64]]:
    """Return how many rows were cut for `row`, as a profiler counts them, and what is bought."""
    cut = []

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is least_cut.__code__:
            cut.append(len(frame.f_locals["short"]))

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        bought = shared_out(row, breadth)
    finally:
        sys.setprofile(before)
    return sum(cut), bought


def test_a_hundred_legs_that_are_alike_are_shared_out_by_a_few_cuts() -> None:
    # 5,500 for a hundred of 100 each, the minimum 60: 87 with 60 and four with 70, for 87 x 40^2 + 4 x 30^2 + 9 x 100^2
    # = 232,800; ninety would err by 80 x 40^2 + 10 x 30^2 + 10 x 100^2 = 237,000.
    hundred = offer([10] * 100, 5500.0, 60.0)
    cuts, bought = _cut_and_shared_out(hundred, breadth=2)
    assert sorted(bought[0].tolist()) == [0] * 9 + [6] * 87 + [7] * 4
    assert hundred.errors(bought)[0] == 232_800
    assert hundred.errors(bought)[0] <= hundred.errors(_greedy(hundred))[0]
    # Half-decided are 1, 2 and 4, too many to go on, but of 1, 2 and 3 kinds; and 64 ways are of seven kinds.
    assert cuts <= 1 + 2 + 3 + 7


@pytest.mark.parametrize("breadth", [0, 8])
def test_the_unit_of_money_does_not_matter(breadth: int) -> None:
    # Divided by a power of 2 all floats keep their digits: 100 become 0.006.
    for seed in (1, 4, 6):
        row = _whole(seed, 20)
        small = Offer(
            row.wanted, *(each / 2**14 for each in (row.gaps, row.prices, row.budget, row.minimum))
        )
        assert shared_out(small, breadth).tolist() == shared_out(row, breadth).tolist()
