"""One pass of the search for the least cut: branch and bound, breadth first, any number of rows at once.

Legs are gone through from the dearest to the cheapest. Each pass keeps the partial cuts that can still be better than a
known one, up to a number; where it had to leave out any, or numbers of shares too far from the likely one, it says so.

The work that a row takes is bounded, whatever its numbers: see `Pass`. What counts is `steps`: how many partial cuts
were made, and how often money was priced for one leg of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bot.core.domain.units import SHARE_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.cut_problem import Problem

# So few legs are none, where it is divided by their number.
_TINY: Final = 1e-100
#: Up to so many legs a row is searched as broadly as its pass says; the more there are beyond, the less.
LEGS_IN_FULL: Final = 12
#: So many partial cuts are kept and priced even in a row of hundreds of legs.
LEAST_KEPT: Final = 256


class Pass(NamedTuple):
    """How thoroughly to search.

    A row of more than twelve legs keeps the fewer partial cuts the more legs it has, so that all its legs together make
    no more of them than twelve would; and money is priced anew only for the likeliest of them at each leg, so that no
    more than `repricings` x `looks` steps go into it.

    Attributes:
        breadth: Partial cuts that a row keeps at a leg.
        reach: Whole numbers that are tried on either side of the likely one.
        repricings: How often money is priced anew for a partial cut.
        looks: Legs of partial cuts that money is priced anew for, in a row of more than twelve legs.
        rows: Rows that are searched at once: bounds the memory and nothing else.
    """

    breadth: int
    reach: int
    repricings: int
    looks: int
    rows: int

    def kept(self, legs: int) -> int:
        """Return how many partial cuts a row of so many `legs` keeps at each."""
        return min(self.breadth, max(self.breadth * LEGS_IN_FULL // legs, LEAST_KEPT))

    def priced(self, legs: int, left: int) -> int | None:
        """Return for how many partial cuts money is priced anew, with `left` of the `legs` to come; None for all."""
        return None if legs <= LEGS_IN_FULL else max(self.looks // (legs * left), LEAST_KEPT)


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


class Search:
    """One pass over rows whose best cut is not known for sure.

    Attributes:
        is_cut_short: Rows (R,) where something that may be better was left out.
        steps: How many partial cuts were made, and how often money was priced for one leg of one of them; all rows.
    """

    def __init__(self, problem: Problem, known: NDArray[np.float64], how: Pass) -> None:
        self._problem, self._known, self._how = problem, known, how
        # What loses as much as the known one is looked at, too: of equal cuts the order decides, not noise.
        self._limit = known + problem.noise
        self._breadth = how.kept(len(problem.prices))
        self.is_cut_short = np.zeros(len(known), dtype=np.bool_)
        self.steps = 0

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
            level = self._level(leg, frontier)
            likely = np.clip(np.rint((level - off) / price), first, last)
            is_wide = (first < likely - reach) | (last > likely + reach)
            self.is_cut_short[rows[is_wide]] = True
            first, last = np.maximum(first, likely - reach), np.minimum(last, likely + reach)
        tries = np.maximum(last - first + 1, 0).astype(np.intp)
        parents = np.repeat(np.arange(len(rows)), tries)
        self.steps += len(parents)
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
            return self._repriced(leg, frontier)
        if not self._is_crowded(frontier, self._breadth).any():
            return frontier
        _, bound = self._priced(leg, frontier)
        return frontier.only(self._least(frontier, bound, self._breadth))

    def _repriced(self, leg: int, frontier: _Frontier) -> _Frontier:
        """Return what may be better, and no more than a row may keep, with money priced anew for each."""
        legs = len(self._problem.prices)
        dearer, bound = self._priced(leg, frontier)
        most = self._how.priced(legs, legs - leg)
        for number in range(self._how.repricings + 1):
            if number:
                dearer, bound = self._priced_again(leg, frontier, dearer, bound)
            spare = self._limit.take(frontier.rows) - frontier.lost
            chosen = np.flatnonzero(bound <= spare)
            frontier, dearer, bound = frontier.only(chosen), dearer.take(chosen), bound.take(chosen)
            if not number and most is not None:
                chosen = self._least(frontier, bound, most)
                frontier, dearer, bound = (
                    frontier.only(chosen),
                    dearer.take(chosen),
                    bound.take(chosen),
                )
        return frontier.only(self._least(frontier, bound, self._breadth))

    def _is_crowded(self, frontier: _Frontier, most: int) -> NDArray[np.bool_]:
        """Return which rows (R,) have more than `most` partial cuts."""
        return np.bincount(frontier.rows, minlength=len(self._known)) > most

    def _least(
        self, frontier: _Frontier, bound: NDArray[np.float64], most: int
    ) -> NDArray[np.intp]:
        """Return the places of no more than `most` for each row: those that are bound to lose least."""
        rows = frontier.rows
        is_crowded = self._is_crowded(frontier, most)
        if not is_crowded.any():
            return np.arange(len(rows))
        self.is_cut_short |= is_crowded
        order = np.lexsort((frontier.lost + bound, rows))
        counts = np.bincount(rows, minlength=len(self._known))
        begins = np.cumsum(counts) - counts
        is_kept = np.empty(len(rows), dtype=np.bool_)
        is_kept[order] = np.arange(len(rows)) - begins[rows] < most
        return np.flatnonzero(is_kept)

    def _priced(
        self, leg: int, frontier: _Frontier
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how much dearer money is for the legs from `leg` on (K,), and the least that they must lose (K,).

        Whole shares are left aside: then all that are at no limit err the same.
        """
        problem, rows = self._problem, frontier.rows
        left, cheapest, dearest, squares = (
            each[leg].take(rows)
            for each in (problem.left, problem.cheapest, problem.dearest, problem.squares)
        )
        over = frontier.over + problem.nothing.take(rows)
        wanted = problem.offs[leg].take(rows) - over
        dearer = np.clip(wanted / np.maximum(left, _TINY), cheapest, dearest)
        # The sum over the legs of (e + y)^2 - e^2, with all e + y the same, and 2 x level for what is over.
        return dearer, dearer * (2 * wanted - dearer * left) - squares

    def _priced_again(
        self,
        leg: int,
        frontier: _Frontier,
        dearer: NDArray[np.float64],
        least: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next price to try, and the least that the legs from `leg` on must lose, by the price so far.

        The legs' own best numbers are looked at, and the price moves by what these give too little, shared by those
        that may still move.
        """
        problem, rows = self._problem, frontier.rows
        over = frontier.over + problem.nothing.take(rows)
        bound, missing, moving = self._legs(leg, rows, dearer)
        self.steps += len(rows) * (len(problem.prices) - leg)
        least = np.maximum(bound - 2 * dearer * over, least)
        return np.maximum(dearer + (missing - over) / moving, -problem.level.take(rows)), least

    def _level(self, leg: int, frontier: _Frontier) -> NDArray[np.float64]:
        """Return at which of the prices tried (K,) the legs from `leg` on are bound to lose most."""
        dearer, least = self._priced(leg, frontier)
        best = dearer
        for _ in range(self._how.repricings):
            following, bound = self._priced_again(leg, frontier, dearer, least)
            best = np.where(bound > least, dearer, best)
            dearer, least = following, bound
        return best

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
