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
# No money is dearer; its square is finite, too.
_DEAREST: Final = 1e100
#: Shares this few are float noise.
_SHARES_NOISE: Final = 1e-9
# What losses may be off by, as a part of the numbers that they are made of.
_NOISE: Final = 1e-12
# Halvings of the interval in which the level lies. Every level gives a bound; a precise one a better bound.
_HALVINGS: Final = 32
# Halvings that are enough where the first two levels tried are on either side of it.
_FEW_HALVINGS: Final = 10
# An interval wider than so many of the dearest shares is halved further.
_WIDE: Final = 2e-3


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
        left: Of each leg and all after it, how many may move either way, or are not far off at a limit (N+1, R).
        offs: Sum of their `off` (N+1, R).
        squares: Sum of its squares (N+1, R).
        cheapest: How much less than the level money may cost before one far off at its limit moves (N+1, R), at most 0.
        dearest: How much more (N+1, R), at least 0.
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
    left: NDArray[np.float64]
    offs: NDArray[np.float64]
    squares: NDArray[np.float64]
    cheapest: NDArray[np.float64]
    dearest: NDArray[np.float64]
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
        over = total((prices * base).T) - short
        # At one of its limits a leg may be further off than half a share.
        up = np.where(base < most, np.maximum(prices + 2 * off, 0.0), NEVER)
        down = np.where(base > 0, np.maximum(prices - 2 * off, 0.0), NEVER)
        is_low, is_high = 2 * off > prices, -2 * off > prices
        is_free = ~(is_low | is_high)
        free_off = off * is_free
        noise = _NOISE * (prices[0] * prices[0] + level * short)
        return cls(
            gaps,
            prices,
            most,
            level,
            base,
            off,
            over,
            rise=_from_each_on(np.minimum, up, np.full_like(level, NEVER)),
            fall=_from_each_on(np.minimum, down, 2 * level),
            left=_from_each_on(np.add, is_free.astype(np.float64), np.zeros_like(level)),
            offs=_from_each_on(np.add, free_off, np.zeros_like(level)),
            squares=_from_each_on(np.add, free_off * free_off, np.zeros_like(level)),
            cheapest=_from_each_on(np.maximum, np.where(is_high, off, -NEVER), -level),
            dearest=_from_each_on(
                np.minimum, np.where(is_low, off, _DEAREST), np.full_like(level, _DEAREST)
            ),
            noise=noise,
            nothing=_SHARES_NOISE * prices[-1],
        )

    def rows(self, chosen: NDArray[np.intp]) -> Problem:
        """Return the problem of the `chosen` rows (K,)."""
        return Problem(*(getattr(self, name)[..., chosen] for name in self.__slots__))


def _from_each_on(
    join: np.ufunc, values: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `values` (N, R) of each leg, joined with those of all after it and the `end` (R,); the last is the end."""
    joined = np.empty((len(values) + 1, len(end)))
    joined[-1] = end
    for leg in range(len(values) - 1, -1, -1):
        join(joined[leg + 1], values[leg], out=joined[leg])
    return joined


def _level(
    gaps: NDArray[np.float64],
    prices: NDArray[np.float64],
    most: NDArray[np.float64],
    short: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least level (R,), at least 0, where the legs' own best numbers of shares give `short`, and these.

    It is found by halving an interval, its upper end is taken. Where all of `most` is not enough, all is given.
    """
    low = np.zeros_like(short)
    # Half a share further, so that noise cannot keep a leg from its last share.
    high = np.maximum((gaps + prices * (most + 0.5)).max(axis=0), 0.0)
    # Where no leg is at a limit, each gives its free amount but for half a share, so that the level is between these.
    free = (short + total(gaps.T)) / len(gaps)
    half = total(prices.T) / (2 * len(gaps))
    _halve((gaps, prices, most, short), (low, high), (free + half, free - half), _FEW_HALVINGS)
    wide = np.flatnonzero(high - low > _WIDE * prices[0])
    if len(wide):
        legs = (gaps[:, wide], prices[:, wide], most[:, wide], short[wide])
        ends = low[wide], high[wide]
        _halve(legs, ends, (), _HALVINGS)
        high[wide] = ends[1]
    rates = 1 / prices
    room = np.empty_like(prices)
    return high, _shares(high, rates, 0.5 - gaps * rates, most, room)


def _shares(
    level: NDArray[np.float64],
    rates: NDArray[np.float64],
    shift: NDArray[np.float64],
    most: NDArray[np.float64],
    room: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return in `room` the legs' own best numbers of shares (N, R) at the `level` (R,)."""
    np.multiply(rates, level, out=room)
    np.add(room, shift, out=room)
    np.floor(room, out=room)
    np.minimum(room, most, out=room)
    return np.maximum(room, 0.0, out=room)


def _halve(
    legs: tuple[NDArray[np.float64], ...],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    guesses: tuple[NDArray[np.float64], ...],
    halvings: int,
) -> None:
    """Move the `ends` (R,) of an interval around the level: to the `guesses` that lie in it, and then by halving it."""
    gaps, prices, most, short = legs
    low, high = ends
    rates = 1 / prices
    shift = 0.5 - gaps * rates
    room = np.empty_like(prices)
    for number in range(len(guesses) + halvings):
        middle = (low + high) * 0.5
        if number < len(guesses):
            middle = np.clip(guesses[number], low, high)
        given = np.multiply(_shares(middle, rates, shift, most, room), prices, out=room)
        is_enough = total(given.T) >= short
        np.copyto(high, middle, where=is_enough)
        np.copyto(low, middle, where=~is_enough)


def first_known(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a good cut, told by the shares (N, R) that it differs from the base, and what it loses (R,).

    It is the base, or the best of what comes of it by cutting one share less of one leg, and of another leg one share
    less or more.
    """
    count, rows = problem.prices.shape
    twice, changes = 2 * problem.level, np.zeros((count, rows))
    # What may go with it: nothing, one more of a leg, one less of a leg before it.
    costs, moved = np.zeros((1 + 2 * count, rows)), np.zeros((1 + 2 * count, rows))
    moved[1 : 1 + count], moved[1 + count :] = problem.prices, -problem.prices
    more, fewer = costs[1 : 1 + count], costs[1 + count :]
    more[:] = problem.prices * (problem.prices + 2 * (problem.off + problem.level))
    fewer[:] = problem.prices * (problem.prices - 2 * (problem.off + problem.level))
    more[problem.base >= problem.most] = NEVER
    fewer[problem.base <= 0] = NEVER
    # What cutting one less of each loses, with the best that may go with it.
    least = np.empty((count, rows))
    room, is_short = np.empty_like(costs), np.empty(costs.shape, dtype=np.bool_)
    for leg in range(count):
        with_it = slice(0, 1 + count + leg)
        np.copyto(room[with_it], costs[with_it])
        np.less(moved[with_it], problem.prices[leg] - problem.over, out=is_short[with_it])
        np.copyto(room[with_it], NEVER, where=is_short[with_it])
        room[1 + leg] = NEVER
        np.min(room[with_it], axis=0, out=least[leg])
        least[leg] += fewer[leg]
    lost = least.min(axis=0)
    chosen = np.flatnonzero(lost < 0)
    leg = least[:, chosen].argmin(axis=0)
    over = problem.over[chosen] - problem.prices[leg, chosen]
    partners = costs[:, chosen]
    partners[moved[:, chosen] + over < 0] = NEVER
    partners[[1 + leg, 1 + count + leg], np.arange(len(chosen))] = NEVER
    place = partners.argmin(axis=0) - 1
    changes[leg, chosen] = -1.0
    second = place >= 0
    changes[place[second] % count, chosen[second]] += np.where(place[second] < count, 1.0, -1.0)
    return changes, twice * problem.over + np.minimum(lost, 0.0)
