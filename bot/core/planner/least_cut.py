"""The cut in whole shares that sets enough money free and moves the portfolio least from where it wants to be.

The problem, for each row: leg i is planned to end `gap` (money) below its desired value, and each of its shares that is
left out is worth p. Find whole numbers r, from 0 to `most`, so that the money set free, sum(p r), is at least `short`
and the sum of squared errors, f = sum((gap + p r)^2), is least. This is a closest-point problem in a lattice.

How: `Problem` prices money so that the legs' own best numbers give just enough, and counts what every other cut loses
against a bound. `Search` goes through the legs from the dearest to the cheapest, for all rows at once, keeping the
partial cuts that can still be better than a known one; the cheapest leg takes what is missing. In most rows one or two
partial cuts are left at each leg. A first pass keeps few of them; rows where it had to leave out any are gone through
again with more, and with a bound that prices money anew for each of them.

So the answer is the best there is, unless the last pass had to leave out something, too: where more than 4096 partial
cuts of a row, or numbers of shares more than 64 from the likely one, may still be better. Dozens of legs, or legs of
which one is worth hundreds of another, do not need that in practice; where one is worth thousands of another, a few
rows in a hundred do. In a row of more than twelve legs the last pass keeps 4096 x 12 / legs, and prices money anew for
the likeliest only, so that a row takes about half a second at most: one or two such rows in a hundred then end a few
parts in ten thousand above the least sum. What all these get is no worse than what any earlier pass found. A row never
depends on the others: each has its own limits and its own order.

Sources: closest points by enumeration, Fincke and Pohst, Mathematics of Computation 44 (1985) 463; the bound, Everett,
Operations Research 11 (1963) 399.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.planner.cut_problem import Problem, first_known
from bot.core.planner.cut_search import Pass, Search

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many take about a quarter of a second.
_LOOKS: Final = 1 << 22
#: The last one bounds the work of a row.
PASSES: Final = (
    Pass(breadth=64, reach=8, repricings=0, looks=0, rows=2048),
    Pass(breadth=256, reach=32, repricings=3, looks=_LOOKS, rows=256),
    Pass(breadth=4096, reach=64, repricings=4, looks=_LOOKS, rows=8),
)


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
    for start in range(0, len(short), PASSES[0].rows):
        part = slice(start, start + PASSES[0].rows)
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
    for each in PASSES:
        rows = np.flatnonzero(is_open)
        for start in range(0, len(rows), each.rows):
            chosen = rows[start : start + each.rows]
            search = Search(problem.rows(chosen), lost[chosen], each)
            changes[:, chosen], lost[chosen] = search.better(changes[:, chosen])
            is_open[chosen] = search.is_cut_short
    return problem.base + changes
