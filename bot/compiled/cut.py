"""The least cut of one account, compiled: the first pass of `least_cut`, step by step.

Rule: it comes to the very cut that `least_cut` of the planner comes to, or says that it is not sure. Why: of two cuts
that err the same but for the last digits, noise must not decide otherwise here than there. So every number is made by
the same steps in the same order as in `cut_problem` and `cut_search`, where they are explained, and where the first
pass might leave something out, nothing is decided. Enforced by: tests that compare both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
from numba import njit

from bot.core.domain.units import SHARE_TOLERANCE
from bot.core.planner.cut_problem import NEVER
from bot.core.planner.least_cut import PASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Records: TypeAlias = NDArray[np.void]

# As in `cut_problem`.
_DEAREST: Final = 1e100
_SHARES_NOISE: Final = 1e-9
_NOISE: Final = 1e-12
_HALVINGS: Final = 32
_FEW_HALVINGS: Final = 10
_WIDE: Final = 2e-3
_REACH: Final = PASSES[0].reach

_LEG: Final = np.dtype(
    [
        # Given: what a share is worth, desired less planned value (both money), and the most shares to cut.
        ("price", np.float64),
        ("gap", np.float64),
        ("most", np.float64),
        # The answer: shares to cut; until it is known, the base.
        ("cut", np.float64),
        # By how many shares the best known cut differs from the base.
        ("change", np.float64),
        # Shares for each unit of money, and shares that the leg is off at no level, and half a share.
        ("rate", np.float64),
        ("shift", np.float64),
        # Error in the base less the level, money; what a share more and one less of it loses.
        ("off", np.float64),
        ("more", np.float64),
        ("fewer", np.float64),
        # As in `Problem`, of this leg and all after it.
        ("rise", np.float64),
        ("fall", np.float64),
        ("left", np.float64),
        ("offs", np.float64),
        ("squares", np.float64),
        ("cheapest", np.float64),
        ("dearest", np.float64),
    ]
)
_PARTIAL_CUT: Final = np.dtype(
    [
        # Money beyond what is short, and what the legs so far lose.
        ("over", np.float64),
        ("lost", np.float64),
        # Shares of the newest leg by which it differs from the base, and which partial cut it goes on with.
        ("change", np.float64),
        ("parent", np.int64),
    ]
)


class CutRoom(NamedTuple):
    """The numbers of one cut; used again for the next one.

    Attributes:
        legs: The legs, the dearest first, and the end (N+1,).
        cuts: Partial cuts with each leg to come (N, K).
    """

    legs: Records
    cuts: Records

    @classmethod
    def of(cls, prices: NDArray[np.float64]) -> CutRoom:
        """Return room for cuts at `prices` (N,), the dearest first."""
        count = len(prices)
        legs = np.zeros(count + 1, dtype=_LEG)
        legs["price"][:count], legs["rate"][:count] = prices, 1 / prices
        return cls(legs, np.zeros((count, PASSES[0].kept(count)), dtype=_PARTIAL_CUT))


@njit(nogil=True, error_model="numpy")
def least_cut(room: CutRoom, short: float) -> bool:
    """Write the `cut` of each leg that sets `short` (money, above 0) free.

    Returns:
        Whether it is the one that `least_cut` of the planner finds; if not, what is written means nothing.
    """
    legs = room.legs
    level = _level(legs, short)
    over = _given(legs, level) - short
    _join(legs, level)
    known = _first_known(legs, level, over)
    noise = _NOISE * (legs[0].price * legs[0].price + level * short)
    # Where all together is not enough, all goes, and nothing is to be found.
    if over >= 0 and not _is_found(room, level, over, known + noise):
        return False
    for leg in legs[:-1]:
        leg.cut += leg.change
    return True


@njit(nogil=True, error_model="numpy")
def _level(legs: Records, short: float) -> float:
    """Return the price of money; see `cut_problem`."""
    low, high, all_gaps, all_prices = 0.0, 0.0, 0.0, 0.0
    for leg in legs[:-1]:
        leg.shift = 0.5 - leg.gap * leg.rate
        high = max(leg.gap + leg.price * (leg.most + 0.5), high)
        all_gaps += leg.gap
        all_prices += leg.price
    free, half = (short + all_gaps) / (len(legs) - 1), all_prices / (2 * (len(legs) - 1))
    for number in range(2 + _FEW_HALVINGS + _HALVINGS):
        if number == 2 + _FEW_HALVINGS and not high - low > _WIDE * legs[0].price:
            break
        middle = (low + high) * 0.5
        if number < 2:  # noqa: PLR2004 - two guesses
            middle = min(max(free + half if number == 0 else free - half, low), high)
        if _given(legs, middle) >= short:
            high = middle
        else:
            low = middle
    return high


@njit(nogil=True, error_model="numpy")
def _given(legs: Records, level: float) -> float:
    """Write the legs' own best cut at a `level`, and return the money that it gives."""
    money = 0.0
    for leg in legs[:-1]:
        shares = max(min(np.floor(leg.rate * level + leg.shift), leg.most), 0.0)
        leg.cut = shares
        money += shares * leg.price
    return money


@njit(nogil=True, error_model="numpy")
def _join(legs: Records, level: float) -> None:
    """Write what bounds need to know of each leg and all after it; see `Problem`."""
    last = len(legs) - 1
    end = legs[last]
    end.rise, end.fall = NEVER, 2 * level
    end.cheapest, end.dearest = -level, _DEAREST
    for place in range(last - 1, -1, -1):
        leg, after = legs[place], legs[place + 1]
        off = leg.gap + leg.price * leg.cut - level
        up = max(leg.price + 2 * off, 0.0) if leg.cut < leg.most else NEVER
        down = max(leg.price - 2 * off, 0.0) if leg.cut > 0 else NEVER
        is_low, is_high = 2 * off > leg.price, -2 * off > leg.price
        is_free = not (is_low or is_high)
        free_off = off if is_free else 0.0
        leg.off = off
        leg.rise, leg.fall = min(after.rise, up), min(after.fall, down)
        leg.left = after.left + (1.0 if is_free else 0.0)
        leg.offs = after.offs + free_off
        leg.squares = after.squares + free_off * free_off
        leg.cheapest = max(after.cheapest, off) if is_high else after.cheapest
        leg.dearest = min(after.dearest, off) if is_low else after.dearest


@njit(nogil=True, error_model="numpy")
def _first_known(legs: Records, level: float, over: float) -> float:
    """Write how a good cut differs from the base, and return what it loses; see `first_known`."""
    for leg in legs[:-1]:
        leg.change, twice = 0.0, 2 * (leg.off + level)
        leg.more = NEVER if leg.cut >= leg.most else leg.price * (leg.price + twice)
        leg.fewer = NEVER if leg.cut <= 0 else leg.price * (leg.price - twice)
    lost, chosen = np.inf, 0
    for place in range(len(legs) - 1):
        least = _least_with(legs, place, over) + legs[place].fewer
        if least < lost:
            lost, chosen = least, place
    if lost < 0:
        legs[chosen].change = -1.0
        _add_partner(legs, over - legs[chosen].price, chosen)
    return 2 * level * over + min(lost, 0.0)


@njit(nogil=True, error_model="numpy")
def _least_with(legs: Records, place: int, over: float) -> float:
    """Return the least that anything loses that may go with one share less of the leg at `place`."""
    missing = legs[place].price - over
    least = 0.0 if missing <= 0 else NEVER
    for other in range(len(legs) - 1):
        leg = legs[other]
        if other != place and leg.price >= missing:
            least = min(least, leg.more)
        if other < place and -leg.price >= missing:
            least = min(least, leg.fewer)
    return least


@njit(nogil=True, error_model="numpy")
def _add_partner(legs: Records, over: float, chosen: int) -> None:
    """Write the best that may go with one share less of the `chosen` leg, which leaves `over` money."""
    least, partner, change = NEVER if over < 0 else 0.0, -1, 0.0
    # One more of any is before one less of any, where they lose the same.
    for is_more in (True, False):
        for place in range(len(legs) - 1):
            leg = legs[place]
            costs, more = (leg.more, leg.price) if is_more else (leg.fewer, -leg.price)
            if place != chosen and more + over >= 0 and costs < least:
                least, partner, change = costs, place, 1.0 if is_more else -1.0
    if partner >= 0:
        legs[partner].change += change


@njit(nogil=True, error_model="numpy")
def _is_found(room: CutRoom, level: float, over: float, limit: float) -> bool:
    """Write how the best cut that loses at most `limit` differs from the base, if there is any; see `Search`.

    Returns:
        Whether nothing had to be left out.
    """
    legs, cuts = room.legs, room.cuts
    last = len(legs) - 2
    cuts[0, 0].over, cuts[0, 0].lost = over, 0.0
    count = 1
    for place in range(last):
        count = _grown(room, place, count, limit)
        if count < 0:
            return False
    leg, best, chosen, best_change = legs[last], np.inf, -1, 0.0
    for number in range(count):
        before = cuts[last, number]
        wanted = max(-before.over, -leg.off - level - leg.price / 2)
        change = np.ceil(wanted / leg.price - SHARE_TOLERANCE)
        change = min(max(change, -leg.cut), leg.most - leg.cut)
        more = change * leg.price
        over = before.over + more
        lost = before.lost + more * (more + 2 * leg.off) + 2 * level * over
        if over >= -_SHARES_NOISE * leg.price and lost < best:
            best, chosen, best_change = lost, number, change
    if chosen >= 0 and best <= limit:
        leg.change = best_change
        for place in range(last - 1, -1, -1):
            newest = cuts[place + 1, chosen]
            legs[place].change, chosen = newest.change, newest.parent
    return True


@njit(nogil=True, error_model="numpy")
def _grown(room: CutRoom, place: int, count: int, limit: float) -> int:
    """Go on from `count` partial cuts with every number of shares of a leg that may lead to something better.

    Returns:
        How many there are then, or -1 if these are too many to know them all.
    """
    legs, cuts, found = room.legs, room.cuts, 0
    leg, after, nothing = legs[place], legs[place + 1], _SHARES_NOISE * legs[-2].price
    for parent in range(count):
        before = cuts[place, parent]
        low, high = _between(legs, place, before.over, nothing, max(limit - before.lost, 0.0))
        change = max(np.ceil(low / leg.price), -leg.cut)
        last = min(np.floor(high / leg.price), leg.most - leg.cut)
        if last - change > _REACH:
            return -1
        while change <= last:
            more = change * leg.price
            over, lost = before.over + more, before.lost + more * (more + 2 * leg.off)
            bound = max(-over - nothing, 0.0) * after.rise + max(over, 0.0) * after.fall
            if bound + lost <= limit:
                if found == cuts.shape[1]:
                    return -1
                grown = cuts[place + 1, found]
                grown.over, grown.lost, grown.change, grown.parent = over, lost, change, parent
                found += 1
            change += 1.0
    return found


@njit(nogil=True, error_model="numpy")
def _between(
    legs: Records, place: int, over: float, nothing: float, spare: float
) -> tuple[float, float]:
    """Return between which sums of money the leg at `place` may differ from the base; see `Search`."""
    off, after = legs[place].off, legs[place + 1]
    left, cheapest = after.left, after.cheapest
    wanted = after.offs - over - nothing
    radius = np.sqrt(off * off + spare)
    spare += after.squares
    middle = off - cheapest
    inside = middle * middle - cheapest * (2 * wanted - cheapest * left) + spare
    root = np.sqrt(max(inside, 0.0))
    low, high = -min(radius + off, root + middle), min(radius - off, root - middle)
    begin, end = wanted - after.dearest * left, wanted - cheapest * left
    left = max(left, 1.0)
    share = wanted / left
    middle, width = off - share, 1 + 1 / left
    inside = middle * middle + width * (spare - wanted * share)
    if inside >= 0:
        root = np.sqrt(inside)
        free_low, free_high = (-middle - root) / width, (root - middle) / width
        if begin <= free_low <= end:
            low = max(low, free_low)
        if begin <= free_high <= end:
            high = min(high, free_high)
    return low, high
