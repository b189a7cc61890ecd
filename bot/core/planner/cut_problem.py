"""What a cut loses against a bound that no cut can be under: the numbers behind `least_cut`.

For a price (level) of money, each leg alone has a best whole number of shares. Together these give money; at the least
level where they give enough, they are the base, and every other cut is told by how many shares it differs from it. By
that it loses, against the bound:

    lost = sum(y (y + 2 e)) + 2 x level x over

where y is the money by which a leg gives more than in the base, e its error there less the level, and over what all
give beyond what is short. Each part is at least 0, so partial cuts can be given up early, and a cut that loses nothing
is the best there is. Source: Everett, Operations Research 11 (1963) 399.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What cannot be done costs this; finite, so that none of it costs nothing.
NEVER: Final = 1e200
#: Shares this few are float noise.
_SHARES_NOISE: Final = 1e-9
# What losses may be off by, as a part of the numbers that they are made of.
_NOISE: Final = 1e-12
# Halvings of the interval in which the level lies. Every level gives a bound; a precise one a better bound.
_HALVINGS: Final = 32


@dataclass(frozen=True, slots=True)
class Problem:
    """R rows of N legs, the dearest first; memory order [N, R].

    Attributes:
        gaps: Desired less planned value (N, R), money.
        prices: What a share is worth (N, R), money.
        most: The most shares to cut (N, R), whole.
        level: Price of money (R,), at least 0.
        base: Shares that each leg cuts at this level (N, R), whole.
        off: Error of each leg there less the level (N, R), money.
        over: Money that the base gives beyond what is short (R,).
        rise: Least loss, for each unit of money, of giving more by a leg or any after it (N+1, R).
        fall: The same of giving less, or of leaving it over (N+1, R).
        offs: Sum of `off` of each leg and all after it (N+1, R).
        squares: Sum of its squares (N+1, R).
        noise: Losses that differ by less are the same (R,).
        nothing: Money that is float noise (R,).
    """

    gaps: NDArray[np.float64]
    prices: NDArray[np.float64]
    most: NDArray[np.float64]
    level: NDArray[np.float64]
    base: NDArray[np.float64]
    off: NDArray[np.float64]
    over: NDArray[np.float64]
    rise: NDArray[np.float64]
    fall: NDArray[np.float64]
    offs: NDArray[np.float64]
    squares: NDArray[np.float64]
    noise: NDArray[np.float64]
    nothing: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        gaps: NDArray[np.float64],
        prices: NDArray[np.float64],
        most: NDArray[np.float64],
        short: NDArray[np.float64],
    ) -> Problem:
        """Return the problem of legs (N, R) that are `short` (R,) of money."""
        level, base = _level(gaps, prices, most, short)
        off = gaps + prices * base - level
        given = prices * base
        over = total(given.T) - short
        shape = (len(prices) + 1, len(short))
        rise, fall = np.full(shape, NEVER), np.empty(shape)
        fall[-1] = 2 * level
        offs, squares = np.zeros(shape), np.zeros(shape)
        for leg in range(len(prices) - 1, -1, -1):
            up = np.where(base[leg] < most[leg], prices[leg] + 2 * off[leg], NEVER)
            down = np.where(base[leg] > 0, prices[leg] - 2 * off[leg], NEVER)
            # At one of its limits a leg may be further off than half a share.
            rise[leg] = np.minimum(rise[leg + 1], np.maximum(up, 0.0))
            fall[leg] = np.minimum(fall[leg + 1], np.maximum(down, 0.0))
            offs[leg] = offs[leg + 1] + off[leg]
            squares[leg] = squares[leg + 1] + off[leg] * off[leg]
        noise = _NOISE * (prices[0] * prices[0] + level * short)
        nothing = _SHARES_NOISE * prices[-1]
        return cls(
            gaps, prices, most, level, base, off, over, rise, fall, offs, squares, noise, nothing
        )

    def rows(self, chosen: NDArray[np.intp]) -> Problem:
        """Return the problem of the `chosen` rows (K,)."""
        return Problem(*(getattr(self, name)[..., chosen] for name in self.__slots__))


def _level(
    gaps: NDArray[np.float64],
    prices: NDArray[np.float64],
    most: NDArray[np.float64],
    short: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least level (R,), at least 0, where the legs' own best numbers of shares give `short`, and these.

    It is found by halving an interval, its upper end is taken. Where all of `most` is not enough, all is given.
    """
    rates = 1 / prices
    shift = 0.5 - gaps * rates
    room = np.empty_like(prices)

    def shares(level: NDArray[np.float64]) -> NDArray[np.float64]:
        np.multiply(rates, level, out=room)
        np.add(room, shift, out=room)
        np.floor(room, out=room)
        np.minimum(room, most, out=room)
        return np.maximum(room, 0.0, out=room)

    low = np.zeros_like(short)
    # Half a share further, so that noise cannot keep a leg from its last share.
    high = np.maximum((gaps + prices * (most + 0.5)).max(axis=0), 0.0)
    # Where no leg is at a limit the level is near this one.
    middle = np.clip((short + total(gaps.T)) / len(gaps) + prices[0] / 2, low, high)
    for _ in range(_HALVINGS):
        given = np.multiply(shares(middle), prices, out=room)
        is_enough = total(given.T) >= short
        np.copyto(high, middle, where=is_enough)
        np.copyto(low, middle, where=~is_enough)
        middle = (low + high) * 0.5
    return high, shares(high)


def first_known(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a good cut, told by the shares (N, R) that it differs from the base, and what it loses (R,).

    It is the base, or the best of what comes of it by cutting one share less of one leg, and of another leg one share
    less or more.
    """
    count, rows = problem.prices.shape
    prices, over, twice = problem.prices, problem.over, 2 * problem.level
    fewer = np.where(problem.base > 0, prices * (prices - 2 * problem.off), NEVER)
    more = np.where(problem.base < problem.most, prices * (prices + 2 * problem.off), NEVER)
    lost, changes = twice * over, np.zeros((count, rows))
    # None, one more of a leg, one less of it.
    costs = np.concatenate([np.zeros((1, rows)), more, fewer])
    moved = np.concatenate([np.zeros((1, rows)), prices, -prices])
    best, leg, other = lost, np.full(rows, -1), np.zeros(rows, dtype=np.intp)
    for each in range(count):
        left = (over - prices[each]) + moved
        cost = costs + fewer[each] + twice * left
        cost[left < 0] = NEVER
        # Not the same leg twice.
        cost[[1 + each, 1 + count + each]] = NEVER
        place = cost.argmin(axis=0)
        least = cost[place, np.arange(rows)]
        is_better = least < best
        best = np.where(is_better, least, best)
        leg, other = np.where(is_better, each, leg), np.where(is_better, place, other)
    chosen = np.flatnonzero(leg >= 0)
    changes[leg[chosen], chosen] = -1.0
    second = chosen[other[chosen] > 0]
    place = other[second] - 1
    changes[place % count, second] += np.where(place < count, 1.0, -1.0)
    return changes, best
