"""The cut in whole shares that sets enough money free and moves the portfolio least from where it wants to be.

The problem, for each row: leg i is planned to end `gap` (money) below its desired value, and each of its shares that is
left out is worth p. Find whole numbers r, from 0 to `most`, so that the money set free, sum(p r), is at least `short`
and the sum of squared errors, f = sum((gap + p r)^2), is least. This is a closest-point problem in a lattice.

How: for any level >= 0, f is at least its minimum over free amounts x = p r, plus what each leg loses by being off its
free amount, plus 2 x level for each unit of money over `short` (Lagrange). The level is taken where the free amounts
meet `short` (water-filling), so that little is left to lose, and a small ball around them holds every cut that is
better than a known one. Legs are gone through from the dearest to the cheapest, for all rows at once, keeping the
partial cuts that can still be better (branch and bound, breadth first); the cheapest leg takes what is missing. A first
pass keeps few partial cuts, to find a good one; each later one keeps more of those that may beat it, the last up to
4096 for each row.

So the answer is the best there is as long as that number is not reached, which a dozen legs traded by the share do not
reach in practice. With more legs, or with lots of which one is worth hundreds of another, it is a good one, and never
worse than what an earlier pass found. A row never depends on the others: each has its own limits and its own order.

Sources: closest points by enumeration, Fincke and Pohst, Mathematics of Computation 44 (1985) 463; the bound, Everett,
Operations Research 11 (1963) 399.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total
from bot.core.domain.units import SHARE_TOLERANCE, whole_shares_down, whole_shares_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Halvings of the interval in which the level lies. It needs no precision: every level gives a bound.
_HALVINGS: Final = 40
# For each pass: partial cuts that a row keeps, and whole numbers tried on either side of the likely two.
_PASSES: Final = ((8, 0), (64, 1), (256, 4), (512, 15), (4096, 63))
# From this reach on the likely numbers are found exactly; before, in a way that is faster and mostly as good.
_EXACT_FROM: Final = 4
# Rows that are searched at once: bounds the memory and nothing else.
_ROWS_AT_ONCE: Final = 1024


def least_cut(
    gaps: NDArray[np.float64],
    prices: NDArray[np.float64],
    most: NDArray[np.int64],
    short: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return how many shares of each leg to leave out (B, N), int64, from 0 to `most`.

    Args:
        gaps: Desired less planned value of each leg (B, N), account currency, of either sign.
        prices: What one share is worth (B, N), account currency, above 0.
        most: The most shares that may be left out (B, N), int64, at least 0.
        short: Money to set free (B,), above 0. All is cut where all of `most` is not enough.
    """
    cuts = np.empty_like(most)
    # The dearest first; of equal ones the first column.
    order = np.argsort(-prices, axis=1, kind="stable")
    for start in range(0, len(short), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        found = _cut(
            np.take_along_axis(gaps[part], order[part], 1),
            np.take_along_axis(prices[part], order[part], 1),
            np.take_along_axis(most[part], order[part], 1),
            short[part],
        )
        np.put_along_axis(cuts[part], order[part], found, 1)
    return cuts


@dataclass(frozen=True, slots=True)
class _Problem:
    """Rows of legs (R, N), the dearest first.

    Attributes:
        gaps: As above.
        prices: As above.
        most: As above.
        short: As above (R,).
        level: Error up to which every leg is cut at the free optimum (R,), money.
        free: What each leg gives there (R, N), money.
        slope: Half of what a leg loses there for each unit of money more; 0 unless it is at one of its limits.
    """

    gaps: NDArray[np.float64]
    prices: NDArray[np.float64]
    most: NDArray[np.int64]
    short: NDArray[np.float64]
    level: NDArray[np.float64]
    free: NDArray[np.float64]
    slope: NDArray[np.float64]

    def lost(
        self, leg: int, rows: NDArray[np.intp], cuts: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return what `cuts` shares of `leg` in `rows` (K,) lose against the free optimum, at least 0."""
        off = self.prices[rows, leg] * cuts - self.free[rows, leg]
        lost: NDArray[np.float64] = off * off + 2 * off * self.slope[rows, leg]
        return lost


@dataclass(frozen=True, slots=True)
class _Frontier:
    """Partial cuts, any number for a row; `rows` ascend.

    Attributes:
        rows: The row of each (K,).
        missing: Money that the legs to come must still set free (K,); below 0 if there is too much already.
        lost: What the legs so far lose (K,).
        parents: Which partial cut of the frontier before this one each goes on with (K,).
        cuts: Shares that it cuts from the newest leg (K,).
    """

    rows: NDArray[np.intp]
    missing: NDArray[np.float64]
    lost: NDArray[np.float64]
    parents: NDArray[np.intp]
    cuts: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> _Frontier:
        """Return the `chosen` ones (K,)."""
        return _Frontier(*(getattr(self, item.name)[chosen] for item in fields(self)))


def _cut(
    gaps: NDArray[np.float64],
    prices: NDArray[np.float64],
    most: NDArray[np.int64],
    short: NDArray[np.float64],
) -> NDArray[np.int64]:
    caps = prices * most
    level = _level(gaps, caps, short)
    free = np.clip(level[:, np.newaxis] - gaps, 0.0, caps)
    is_inside = (free > 0) & (free < caps)
    slope = np.where(is_inside, 0.0, gaps + free - level[:, np.newaxis])
    problem = _Problem(gaps, prices, most, short, level, free, slope)
    # Every leg rounded up is enough, if anything is.
    cuts = np.minimum(whole_shares_up(free / prices), most)
    rows = np.arange(len(short))
    lost = 2 * level * (total(prices * cuts) - short)
    for leg in range(prices.shape[1]):
        lost += problem.lost(leg, rows, cuts[:, leg])
    for breadth, reach in _PASSES:
        cuts, lost = _search(problem, cuts, lost, breadth, reach)
    return cuts


def _level(
    gaps: NDArray[np.float64], caps: NDArray[np.float64], short: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the error (B,), at least 0, up to which all legs are cut, so that together they give `short`."""
    low = np.zeros_like(short)
    high = np.maximum((gaps + caps).max(axis=1), 0.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_enough = total(np.clip(middle[:, np.newaxis] - gaps, 0.0, caps)) >= short
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    level: NDArray[np.float64] = high
    return level


def _search(
    problem: _Problem,
    known: NDArray[np.int64],
    known_lost: NDArray[np.float64],
    breadth: int,
    reach: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return better cuts than the `known` ones, if any are within `breadth` and `reach`, and what they lose."""
    rows, count = problem.prices.shape
    # What the legs from each one on can give, and what they give at the free optimum.
    caps, free = _from_each_on(problem.prices * problem.most), _from_each_on(problem.free)
    start = np.arange(rows)
    frontier = _Frontier(start, problem.short, np.zeros(rows), start, np.zeros_like(known[:, 0]))
    legs: list[_Frontier] = []
    bound = np.zeros(rows)
    for leg in range(count):
        first, tries = _tries(problem, leg, frontier, free[:, leg], (known_lost, reach))
        grown = _grown(problem, leg, frontier, first, tries)
        bound = _bound(problem, count - 1 - leg, grown, free[:, leg + 1])
        # Off by float noise is enough, as for whole shares.
        noise = SHARE_TOLERANCE * problem.prices[grown.rows, -1]
        may_do = grown.missing <= caps[grown.rows, leg + 1] + noise
        may_do &= bound < known_lost[grown.rows]
        grown, bound = grown.only(may_do), bound[may_do]
        is_kept = _is_least(grown.rows, bound, breadth if leg < count - 1 else 1)
        frontier, bound = grown.only(is_kept), bound[is_kept]
        legs.append(frontier)
    cuts, lost = known.copy(), known_lost.copy()
    cuts[frontier.rows] = _walk_back(legs)
    lost[frontier.rows] = bound
    return cuts, lost


def _from_each_on(money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums (R, N+1) of `money` (R, N) from each leg on; the last is 0."""
    sums = np.zeros((money.shape[0], money.shape[1] + 1))
    for leg in range(money.shape[1] - 1, -1, -1):
        sums[:, leg] = sums[:, leg + 1] + money[:, leg]
    return sums


def _tries(
    problem: _Problem,
    leg: int,
    frontier: _Frontier,
    free: NDArray[np.float64],
    limits: tuple[NDArray[np.float64], int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the fewest shares of `leg` to try for each partial cut (K,), and how many numbers from there on.

    Args:
        problem: All legs.
        leg: Which one.
        frontier: The partial cuts up to the leg before.
        free: What this leg and all after it give at the free optimum (R,).
        limits: What the known cuts lose (R,), and how many numbers to try on either side.
    """
    rows, (known_lost, reach) = frontier.rows, limits
    prices, most, own = problem.prices[rows, leg], problem.most[rows, leg], problem.free[rows, leg]
    left = problem.prices.shape[1] - leg
    if left == 1:
        # The last has no choice: what is missing, and more only if it errs less by it.
        wanted = np.maximum(frontier.missing, -problem.gaps[rows, leg] - prices / 2)
        first = np.minimum(whole_shares_up(np.maximum(wanted, 0.0) / prices), most)
        return first, np.ones_like(first)
    if reach < _EXACT_FROM:
        # What is missing beyond the free optimum is likely to be shared in equal parts by all that are left.
        share = np.maximum((frontier.missing - free[rows]) / left, -problem.level[rows])
        wanted = own + share
    else:
        # Equal parts would ask a leg for more than it has, and the true ones may be far from them.
        wanted = _level_from(problem, leg, frontier) - problem.gaps[rows, leg]
    likely = whole_shares_down(np.clip(wanted / prices, 0.0, most))
    radius = np.sqrt(np.maximum(known_lost[rows] - frontier.lost, 0.0))
    first = np.maximum(likely - reach, whole_shares_up(np.maximum(own - radius, 0.0) / prices))
    last = np.minimum(likely + 1 + reach, whole_shares_down((own + radius) / prices))
    return first, np.maximum(np.minimum(last, most) - first + 1, 0)


def _level_from(problem: _Problem, leg: int, frontier: _Frontier) -> NDArray[np.float64]:
    """Return the error (K,), at least 0, up to which `leg` and all after it are cut, to give what is missing.

    What they give together is made of straight lines, which bend where a leg begins to give and where it has no more.
    """
    gaps = problem.gaps[:, leg:]
    bends = np.concatenate([gaps, gaps + problem.prices[:, leg:] * problem.most[:, leg:]], axis=1)
    order = np.argsort(bends, axis=1, kind="stable")
    bends = np.take_along_axis(bends, order, 1)
    giving = np.cumsum(np.where(order < gaps.shape[1], 1.0, -1.0), axis=1)
    given = np.zeros_like(bends)
    given[:, 1:] = np.cumsum(giving[:, :-1] * np.diff(bends, axis=1), axis=1)
    rows, missing = frontier.rows, frontier.missing
    is_before = given[rows] < missing[:, np.newaxis]
    place = np.clip(np.count_nonzero(is_before, axis=1), 1, bends.shape[1] - 1)
    low, high = given[rows, place - 1], given[rows, place]
    part = np.divide(missing - low, high - low, out=np.ones_like(low), where=high > low)
    start, end = bends[rows, place - 1], bends[rows, place]
    level: NDArray[np.float64] = np.maximum(start + np.clip(part, 0.0, 1.0) * (end - start), 0.0)
    return level


def _grown(
    problem: _Problem,
    leg: int,
    frontier: _Frontier,
    first: NDArray[np.int64],
    tries: NDArray[np.int64],
) -> _Frontier:
    """Return the `frontier` with every number of shares of `leg` that is to be tried."""
    parents = np.repeat(np.arange(len(tries)), tries)
    rows = frontier.rows[parents]
    cuts = first[parents] + np.arange(len(parents)) - (np.cumsum(tries) - tries)[parents]
    return _Frontier(
        rows=rows,
        missing=frontier.missing[parents] - cuts * problem.prices[rows, leg],
        lost=frontier.lost[parents] + problem.lost(leg, rows, cuts),
        parents=parents,
        cuts=cuts,
    )


def _bound(
    problem: _Problem, left: int, frontier: _Frontier, free: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least (K,) that each partial cut can end up losing, with `left` legs to come.

    Being off their free optimum by D in all costs the legs to come D^2 / left at least; giving more than is
    missing costs 2 x level for each unit. With no leg left it is what the cut loses.
    """
    level = problem.level[frontier.rows]
    missing = frontier.missing - free[frontier.rows]
    off = np.maximum(missing, -level * left)
    return frontier.lost + off * off / max(left, 1) + 2 * level * (off - missing)


def _is_least(rows: NDArray[np.intp], values: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """Return which of `values` (K,) are among the least `count` of their row; of equal ones the first."""
    is_least = np.ones(len(rows), dtype=np.bool_)
    # `rows` ascend, so each one's begin is found by bisection, also after sorting by value within a row.
    order = np.lexsort((values, rows))
    is_least[order] = np.arange(len(rows)) - np.searchsorted(rows, rows) < count
    return is_least


def _walk_back(legs: list[_Frontier]) -> NDArray[np.int64]:
    """Return the cuts (K, N) that lead to the last frontier."""
    places = np.arange(len(legs[-1].rows))
    cuts = np.empty((len(places), len(legs)), dtype=np.int64)
    for leg in range(len(legs) - 1, -1, -1):
        cuts[:, leg] = legs[leg].cuts[places]
        places = legs[leg].parents[places]
    return cuts
