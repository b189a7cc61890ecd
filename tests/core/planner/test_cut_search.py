"""A pass of the search says what it left out, and how much work it was: a row's work is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.planner.cut_problem import Problem, first_known
from bot.core.planner.cut_search import Pass, Search
from bot.core.planner.least_cut import PASSES

SMALL = Pass(breadth=512, reach=8, repricings=2, looks=2_000, rows=1)


def lots_and_shares(seed: int, count: int) -> Problem:
    """Return a row of which some legs are lots worth thousands of the others: many cuts are nearly as good."""
    generator = np.random.default_rng(seed)
    lot = float(generator.choice([1_000, 3_000, 10_000]))
    lots = np.ones(count)
    lots[generator.choice(count, int(generator.integers(1, count // 2 + 1)), replace=False)] = lot
    prices = np.round(generator.uniform(5, 60, count) * lots, 2)
    gaps = prices * generator.uniform(-0.5, 0.5, count)
    most = generator.integers(0, int(generator.choice([5, 50, 1_000, 9_999])) + 1, count)
    short = generator.uniform(0.01, 1) * lot * generator.choice([1, 10, 50, 200])
    dearest = np.argsort(-prices)[:, np.newaxis]
    legs = (each[dearest] for each in (gaps, prices, most.astype(np.float64)))
    return Problem.of(*legs, np.array([short]))


def searched(problem: Problem, how: Pass) -> tuple[Search, float]:
    """Return the search after its pass, and what the cut that it found loses."""
    known, lost = first_known(problem)
    search = Search(problem, lost, how)
    _, found = search.better(known)
    assert found[0] <= lost[0] + problem.noise[0]
    return search, float(found[0])


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), count=st.sampled_from([13, 20, 40]))
def test_the_work_of_a_row_is_bounded(seed: int, count: int) -> None:
    search, _ = searched(lots_and_shares(seed, count), SMALL)
    kept = max(512 * 12 // count, 256)
    # Each of those kept tries at most 17 numbers of shares.
    made = count * kept * 17
    # At each leg money is priced twice for each leg to come: for 256 of those made, or for so many that it is 2,000
    # times over all legs; and for those kept, where their likely numbers are asked for.
    left = range(1, count + 1)
    priced = sum(2 * each * (kept + max(2_000 // (count * each), 256)) for each in left)
    assert search.steps <= made + priced


def test_the_last_pass_takes_no_more_than_seconds_for_any_row() -> None:
    # A step takes some 30 ns. Twelve legs make up to 12 x 4096 x 129 = 6,340,608 partial cuts, more legs no more, and
    # money is priced four times, 4,194,304 times each, with so many again for those that are kept.
    last = PASSES[-1]
    assert (last.breadth, last.reach, last.repricings, last.looks) == (4096, 64, 4, 1 << 22)
    for count in (13, 20, 40):
        assert count * last.kept(count) * (2 * last.reach + 1) <= 6_340_608
        legs = range(1, count)
        assert sum(last.priced(count, left) * left for left in legs) <= last.looks
    # Without these limits this row took 5 seconds, and 160 million steps.
    search, _ = searched(lots_and_shares(71, 20), last)
    assert 10_000_000 < search.steps < 25_000_000


@pytest.mark.parametrize(
    ("legs", "kept"), [(1, 4096), (12, 4096), (13, 3780), (20, 2457), (192, 256), (500, 256)]
)
def test_more_legs_keep_fewer_partial_cuts(legs: int, kept: int) -> None:
    # 4096 x 12 / 13 = 3780.9, / 20 = 2457.6, / 192 = 256.
    assert PASSES[-1].kept(legs) == kept
    # A pass that keeps few anyway keeps them.
    assert PASSES[0].kept(legs) == 64
    assert PASSES[1].kept(legs) == 256


def test_up_to_twelve_legs_are_priced_in_full() -> None:
    assert SMALL.priced(12, 11) is None
    # 2,000 / (13 x 1) = 153 and 30,000 / (13 x 4) = 576.
    assert SMALL.priced(13, 1) == 256
    assert SMALL._replace(looks=30_000).priced(13, 4) == 576


def test_a_pass_says_whether_it_left_out_something() -> None:
    problem = lots_and_shares(22, 14)
    narrow, narrow_lost = searched(problem, Pass(2, 8, 1, 10_000, 1))
    wide, wide_lost = searched(problem, PASSES[-1])
    assert narrow.is_cut_short.tolist() == [True]
    assert wide_lost <= narrow_lost
    assert narrow.steps < wide.steps
    # Two legs of 10, and 15 missing: two shares are all that there is to find.
    ten = np.full((2, 1), 10.0)
    easy = Problem.of(ten * 0, ten, ten, np.array([15.0]))
    assert searched(easy, SMALL)[0].is_cut_short.tolist() == [False]


@pytest.mark.parametrize("repricings", [0, 2])
def test_a_pass_says_so_where_it_tries_too_few_numbers_of_shares(repricings: int) -> None:
    # One on either side of the likely one; all partial cuts are kept.
    said = [
        searched(lots_and_shares(seed, 6), Pass(10_000, 1, repricings, 10_000, 1))[0].is_cut_short
        for seed in range(6)
    ]
    assert [bool(each[0]) for each in said] == [True] * 6


def test_the_likely_number_of_shares_is_one_that_there_is() -> None:
    # 421 are missing, of 24 and of three of 20. Two of 20 and sixteen of 24 are 424: 478^2 + 384^2 = 375,940. One and
    # seventeen are 428: 458^2 + 408^2 = 376,228. All three of 20 leave 361, sixteen of 24 again: 498^2 + 384^2.
    prices, most = np.array([[24.0], [20.0]]), np.array([[29.0], [3.0]])
    problem = Problem.of(np.array([[0.0], [438.0]]), prices, most, np.array([421.0]))
    known, lost = first_known(problem)
    # One number on either side of the likely one is enough, if that is not beyond the last that may be better.
    search = Search(problem, lost, Pass(1_000, 1, 1, 10_000, 1))
    changes, _ = search.better(known)
    assert (problem.base + changes).ravel().tolist() == [16, 2]


@pytest.mark.parametrize("how", [Pass(2, 8, 0, 0, 9), Pass(2, 8, 1, 10_000, 9), PASSES[0]])
def test_a_row_among_others_says_what_it_says_alone(how: Pass) -> None:
    rows = [lots_and_shares(seed, 6) for seed in range(40)]
    legs = (np.hstack([getattr(row, name) for row in rows]) for name in ("gaps", "prices", "most"))
    gaps, prices, most = legs
    # What is short is what the base gives, less what it gives too much.
    short = (prices * np.hstack([row.base for row in rows])).sum(axis=0)
    short -= np.hstack([row.over for row in rows])
    together = Problem.of(gaps, prices, most, short)
    known, lost = first_known(together)
    search = Search(together, lost, how)
    search.better(known)
    alone = [bool(searched(row, how)[0].is_cut_short[0]) for row in rows]
    assert search.is_cut_short.tolist() == alone
    assert 0 < sum(alone) < len(alone)


@pytest.mark.parametrize(
    ("how", "best", "more"),
    [
        # Money priced once, for what is kept or for the likely numbers; and anew, which finds far more of the best.
        (Pass(2, 8, 0, 0, 1), 7, 0.155),
        (Pass(256, 1, 0, 0, 1), 10, 0.085),
        (Pass(2, 8, 1, 10_000, 1), 7, 0.155),
        (Pass(2, 8, 2, 10_000, 1), 33, 0.115),
        (Pass(256, 1, 3, 10_000, 1), 38, 0.045),
    ],
)
def test_what_a_narrow_pass_leaves_out_is_seldom_the_best(
    how: Pass, best: int, more: float
) -> None:
    # Fifty rows with lots among shares: how many end with the best, and how much more all lose in the mean.
    rows = [lots_and_shares(seed, count) for seed in range(25) for count in (6, 9)]
    broad = np.array([searched(row, Pass(1024, 32, 3, 1 << 20, 1))[1] for row in rows])
    narrow = np.array([searched(row, how)[1] for row in rows])
    assert (narrow <= broad + 1e-9 * np.abs(broad) + 1e-6).sum() >= best
    ratio = np.maximum(narrow, 1e-3) / np.maximum(broad, 1e-3)
    assert np.exp(np.log(ratio).mean()) <= 1 + more
