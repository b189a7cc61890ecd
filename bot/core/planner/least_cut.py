"""The cut in whole shares that sets enough money free and moves the portfolio least from where it wants to be.

The problem, for each row: leg i is planned to end `gap` (money) below its desired value, and each of its shares that is
left out is worth p. Find whole numbers r, from 0 to `most`, so that the money set free, sum(p r), is at least `short`
and the sum of squared errors, f = sum((gap + p r)^2), is least. This is a closest-point problem in a lattice.

How: `Problem` prices money so that the legs' own best numbers give just enough, and counts what every other cut loses
against a bound. Legs are gone through from the dearest to the cheapest, for all rows at once, keeping the partial cuts
that can still be better than a known one (branch and bound, breadth first); the cheapest leg takes what is missing. In
most rows one or two partial cuts are left at each leg. A first pass keeps few of them; rows where it had to leave out
any are gone through again with more, and with a bound that prices money anew for each of them.

So the answer is the best there is, unless the last pass had to leave out something, too: where more than 4096 partial
cuts of a row, or numbers of shares more than 64 from the likely one, may still be better. Dozens of legs, or legs of
which one is worth hundreds of another, do not need that in practice; where one is worth thousands of another, a few
rows in a hundred do. What they get is no worse than what any earlier pass found. A row never depends on the others:
each has its own limits and its own order.

Sources: closest points by enumeration, Fincke and Pohst, Mathematics of Computation 44 (1985) 463; the bound, Everett,
Operations Research 11 (1963) 399.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bot.core.domain.units import SHARE_TOLERANCE
from bot.core.planner.cut_problem import Problem, first_known

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Pass(NamedTuple):
    """How thoroughly to search.

    Attributes:
        breadth: Partial cuts that a row keeps.
        reach: Whole numbers that are tried on either side of the likely one.
        repricings: How often money is priced anew for a partial cut.
        rows: Rows that are searched at once: bounds the memory and nothing else.
    """

    breadth: int
    reach: int
    repricings: int
    rows: int


_PASSES: Final = (_Pass(64, 8, 0, 2048), _Pass(256, 32, 3, 256), _Pass(4096, 64, 4, 8))

# So few legs are none, where it is divided by their number.
_TINY: Final = 1e-100


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
    for start in range(0, len(short), _PASSES[0].rows):
        part = slice(start, start + _PASSES[0].rows)
        dearest, costs, limits = (
            np.ascontiguousarray(np.take_along_axis(each[part], order[part], 1).T, dtype=np.float64)
            for each in (gaps, prices, most)
        )
        found = _cut(Problem.of(dearest, costs, limits, short[part]))
        np.put_along_axis(cuts[part], order[part], found.T.astype(np.int64), 1)
    return cuts


def _cut(problem: Problem) -> NDArray[np.float64]:
    """Return the shares to cut (N, R)."""
    changes, lost = first_known(problem)
    # Where all together is not enough, all goes, and nothing is to be found.
    is_open = problem.over >= 0
    for each in _PASSES:
        rows = np.flatnonzero(is_open)
        for start in range(0, len(rows), each.rows):
            chosen = rows[start : start + each.rows]
            search = _Search(problem.rows(chosen), lost[chosen], each)
            changes[:, chosen], lost[chosen] = search.better(changes[:, chosen])
            is_open[chosen] = search.is_cut_short
    return problem.base + changes


@dataclass(frozen=True, slots=True)
class _Frontier:
    """Partial cuts, any number for a row; `rows` ascend.

    Attributes:
        rows: The row of each (K,).
        over: Money beyond what is short, if the legs to come cut as in the base (K,); below 0 if it is missing.
        lost: What the legs so far lose (K,).
        parents: Which partial cut of the frontier before this one each goes on with (K,).
        changes: Shares of the newest leg by which it differs from the base (K,).
    """

    rows: NDArray[np.intp]
    over: NDArray[np.float64]
    lost: NDArray[np.float64]
    parents: NDArray[np.intp]
    changes: NDArray[np.float64]

    def only(self, chosen: NDArray[np.intp]) -> _Frontier:
        """Return the `chosen` ones (K,)."""
        return _Frontier(
            self.rows.take(chosen),
            self.over.take(chosen),
            self.lost.take(chosen),
            self.parents.take(chosen),
            self.changes.take(chosen),
        )


class _Search:
    """One pass over rows whose best cut is not known for sure.

    Attributes:
        is_cut_short: Rows (R,) where something that may be better was left out.
    """

    def __init__(self, problem: Problem, known: NDArray[np.float64], how: _Pass) -> None:
        self._problem, self._known, self._how = problem, known, how
        # What loses as much as the known one is looked at, too: of equal cuts the order decides, not noise.
        self._limit = known + problem.noise
        self.is_cut_short = np.zeros(len(known), dtype=np.bool_)

    def better(self, known: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the best of the cuts that were looked at and the `known` ones (N, R), and what it loses (R,)."""
        problem = self._problem
        count, rows = problem.prices.shape
        each = np.arange(rows)
        frontier = _Frontier(each, problem.over, np.zeros(rows), each, np.zeros(rows))
        legs = []
        for leg in range(count - 1):
            frontier = self._kept(leg + 1, self._grown(leg, frontier))
            legs.append(frontier)
        legs.append(self._last(frontier))
        return self._walk_back(legs, known)

    def _grown(self, leg: int, frontier: _Frontier) -> _Frontier:
        """Return the `frontier` with every number of shares of `leg` that may lead to something better."""
        problem, rows, reach = self._problem, frontier.rows, self._how.reach
        price, off = problem.prices[leg].take(rows), problem.off[leg].take(rows)
        fewest = -problem.base[leg].take(rows)
        most = problem.most[leg].take(rows) + fewest
        low, high = self._between(leg, frontier, off)
        first = np.maximum(np.ceil(low / price), fewest)
        last = np.minimum(np.floor(high / price), most)
        if bool((last - first > reach).any()):
            level, _ = self._repriced(leg, frontier)
            likely = np.clip(np.rint((level - off) / price), first, last)
            is_wide = (first < likely - reach) | (last > likely + reach)
            self.is_cut_short[rows[is_wide]] = True
            first, last = np.maximum(first, likely - reach), np.minimum(last, likely + reach)
        tries = np.maximum(last - first + 1, 0).astype(np.intp)
        parents = np.repeat(np.arange(len(rows)), tries)
        begins = first - (np.cumsum(tries) - tries)
        changes = begins.take(parents) + np.arange(len(parents))
        more = changes * price.take(parents)
        return _Frontier(
            rows=rows.take(parents),
            over=frontier.over.take(parents) + more,
            lost=frontier.lost.take(parents) + more * (more + 2 * off.take(parents)),
            parents=parents,
            changes=changes,
        )

    def _between(
        self, leg: int, frontier: _Frontier, off: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return between which sums of money (K,) `leg` may differ from the base, if it is to lead to something better.

        By y more it loses y (y + 2 off) itself. The legs to come lose, whole shares left aside, at least

            (W - y)^2 / n - S    (W the sum of the n free ones' errors less what is over, S that of their squares)

        while W - y, shared by them, changes the price of money no more than to `cheapest` or `dearest`. Beyond it is

            d (2 (W - y) - d n) - S    with the price changed by d, which is a bound for every y and each such d

        and they lose nothing at least. The limits are where these parabolas reach what may be lost.
        """
        problem, rows = self._problem, frontier.rows
        left, cheapest, dearest = (
            each[leg + 1].take(rows) for each in (problem.left, problem.cheapest, problem.dearest)
        )
        wanted = problem.offs[leg + 1].take(rows) - frontier.over - problem.nothing.take(rows)
        spare = np.maximum(self._limit.take(rows) - frontier.lost, 0.0)
        radius = np.sqrt(off * off + spare)
        spare += problem.squares[leg + 1].take(rows)
        middle = off - cheapest
        inside = middle * middle - cheapest * (2 * wanted - cheapest * left) + spare
        root = np.sqrt(np.maximum(inside, 0.0))
        low, high = (
            -np.minimum(radius + off, root + middle),
            np.minimum(radius - off, root - middle),
        )
        begin, end = wanted - dearest * left, wanted - cheapest * left
        # Where no leg is free nothing is between the two.
        left = np.maximum(left, 1.0)
        share = wanted / left
        middle, width = off - share, 1 + 1 / left
        inside = middle * middle + width * (spare - wanted * share)
        root = np.sqrt(np.maximum(inside, 0.0))
        free_low, free_high = (-middle - root) / width, (root - middle) / width
        is_low = (inside >= 0) & (begin <= free_low) & (free_low <= end)
        is_high = (inside >= 0) & (begin <= free_high) & (free_high <= end)
        return (
            np.where(is_low, np.maximum(low, free_low), low),
            np.where(is_high, np.minimum(high, free_high), high),
        )

    def _kept(self, leg: int, frontier: _Frontier) -> _Frontier:
        """Return what of the `frontier`, with the legs from `leg` on to come, may be better than what is known."""
        problem, rows, over = self._problem, frontier.rows, frontier.over
        missing = np.maximum(-over - problem.nothing.take(rows), 0.0)
        bound = missing * problem.rise[leg].take(rows)
        bound += np.maximum(over, 0.0) * problem.fall[leg].take(rows)
        frontier = frontier.only(np.flatnonzero(bound + frontier.lost <= self._limit.take(rows)))
        if self._how.repricings:
            _, bound = self._repriced(leg, frontier)
            spare = self._limit.take(frontier.rows) - frontier.lost
            frontier = frontier.only(np.flatnonzero(bound <= spare))
        return self._fewest(leg, frontier)

    def _fewest(self, leg: int, frontier: _Frontier) -> _Frontier:
        """Return the `frontier` with no more than a row may keep: those that are bound to lose least."""
        breadth, rows = self._how.breadth, frontier.rows
        counts = np.bincount(rows, minlength=len(self._known))
        is_crowded = counts > breadth
        if not is_crowded.any():
            return frontier
        self.is_cut_short |= is_crowded
        _, bound = self._repriced(leg, frontier)
        order = np.lexsort((frontier.lost + bound, rows))
        begins = np.cumsum(counts) - counts
        is_kept = np.empty(len(rows), dtype=np.bool_)
        is_kept[order] = np.arange(len(rows)) - begins[rows] < breadth
        return frontier.only(np.flatnonzero(is_kept))

    def _repriced(
        self, leg: int, frontier: _Frontier
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how much dearer money is for the legs from `leg` on (K,), and the least that they must lose (K,).

        First whole shares are left aside: then all that are at no limit err the same. After that the legs' own best
        numbers are looked at, and the price moves by what these give too little, shared by those that may still move.
        """
        problem, rows = self._problem, frontier.rows
        left, cheapest, dearest, squares = (
            each[leg].take(rows)
            for each in (problem.left, problem.cheapest, problem.dearest, problem.squares)
        )
        over = frontier.over + problem.nothing.take(rows)
        wanted = problem.offs[leg].take(rows) - over
        best = dearer = np.clip(wanted / np.maximum(left, _TINY), cheapest, dearest)
        # The sum over the legs of (e + y)^2 - e^2, with all e + y the same, and 2 x level for what is over.
        least = dearer * (2 * wanted - dearer * left) - squares
        for _ in range(self._how.repricings):
            bound, missing, moving = self._legs(leg, rows, dearer)
            bound -= 2 * dearer * over
            best = np.where(bound > least, dearer, best)
            least = np.maximum(bound, least)
            dearer = np.maximum(dearer + (missing - over) / moving, -problem.level.take(rows))
        return best, least

    def _legs(
        self, leg: int, rows: NDArray[np.intp], dearer: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return of the legs from `leg` on, at a level that is `dearer` (K,), what `_repriced` asks.

        That is what they lose less what their money is worth, the money that they give less than in the base, and how
        many of them are at no limit (at least 1).
        """
        problem = self._problem
        worth, missing, moving = (np.zeros(len(rows)) for _ in range(3))
        for each in range(leg, len(problem.prices)):
            price, off = problem.prices[each].take(rows), problem.off[each].take(rows)
            down = -problem.base[each].take(rows)
            up = problem.most[each].take(rows) + down
            best = np.rint((dearer - off) / price)
            changes = np.minimum(np.maximum(best, down), up)
            given = changes * price
            worth += given * (given + 2 * (off - dearer))
            missing -= given
            moving += best == changes
        return worth, missing, np.maximum(moving, 1.0)

    def _last(self, frontier: _Frontier) -> _Frontier:
        """Return the `frontier` with the cheapest leg: it takes what is missing, and more only if it errs less."""
        problem, rows = self._problem, frontier.rows
        price, off, base = problem.prices[-1][rows], problem.off[-1][rows], problem.base[-1][rows]
        twice = 2 * problem.level[rows]
        wanted = np.maximum(-frontier.over, -off - twice / 2 - price / 2)
        changes = np.ceil(wanted / price - SHARE_TOLERANCE)
        changes = np.clip(changes, -base, problem.most[-1][rows] - base)
        more = changes * price
        over = frontier.over + more
        lost = frontier.lost + more * (more + 2 * off) + twice * over
        grown = _Frontier(rows, over, lost, np.arange(len(rows)), changes)
        return grown.only(np.flatnonzero(over >= -problem.nothing[rows]))

    def _walk_back(
        self, legs: list[_Frontier], known: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the best cuts (N, R) of the last frontier, or the `known` ones, and what they lose (R,)."""
        last, changes, lost = legs[-1], known.copy(), self._known.copy()
        # Of equal ones the first: `lexsort` is stable.
        order = np.lexsort((last.lost, last.rows))
        found, begins = np.unique(last.rows[order], return_index=True)
        places = order[begins]
        is_better = last.lost[places] <= self._limit[found]
        found, places = found[is_better], places[is_better]
        lost[found] = last.lost[places]
        for leg in range(len(legs) - 1, -1, -1):
            changes[leg, found] = legs[leg].changes[places]
            places = legs[leg].parents[places]
        return changes, lost
