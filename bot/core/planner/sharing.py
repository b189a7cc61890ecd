"""How a budget is shared out among buys of which none may be below a minimum, so that they err least together.

Without a minimum that is one cut (`least_cut`). With one, each leg that the cut leaves below it is either dropped, and
its money goes to the others, or kept at the minimum at least, and the others pay for that. Both are tried, leg by leg,
the smallest first: branch and bound. Each choice only takes answers away, so what a half-decided row errs by is a bound
for all that can come of it, and what is no better than a known answer is given up.

So the answer is the best there is, unless more than 8 half-decided ones of a row may still be better. Such a row is
shared out by worth: the first money that a leg gets is its minimum, m, which takes its error from c to c - m, and so
2 c - m off the square for each unit of money. Money is priced so that the legs worth more than the price spend the
budget; all ways to drop and keep the six legs next to that price are tried. A row never depends on the others.

Sources: branch and bound, Land and Doig, Econometrica 28 (1960) 497; the price of money, Everett, Operations Research
11 (1963) 399.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.sums import total
from bot.core.domain.units import whole_shares_up
from bot.core.planner.least_cut import least_cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Half-decided answers of a row that go on.
BREADTH: Final = 8
# Legs whose worth is next to the price of money, on either side of it; all ways to drop and keep them are tried.
_DOUBTFUL: Final = 3
# Halvings of the interval in which the price of money lies: to the last bit of it.
_HALVINGS: Final = 60
# Rows that are shared out by worth at once: bounds the memory and nothing else.
_ROWS: Final = 256
# Answers whose errors differ by less, as a part of them, are the same.
_NOISE: Final = 1e-12
# What was decided of a leg.
_DROPPED: Final = np.int8(-1)
_KEPT: Final = np.int8(1)


@dataclass(frozen=True, slots=True)
class Offer:
    """Buys, and the money there is for them.

    Attributes:
        wanted: Whole shares that each leg wants (B, N), int64, at least 0.
        gaps: Money by which each leg errs if it gets all that it wants (B, N), of either sign.
        prices: What one share costs (B, N), account currency, above 0.
        budget: Money there is (B,), account currency, at least 0.
        minimum: The least that a leg may be worth, other than nothing (B,), account currency, at least 0.
    """

    wanted: NDArray[np.int64]
    gaps: NDArray[np.float64]
    prices: NDArray[np.float64]
    budget: NDArray[np.float64]
    minimum: NDArray[np.float64]

    def rows(self, chosen: NDArray[np.intp]) -> Offer:
        """Return the offer of the `chosen` rows (K,), each as often as it is named."""
        return Offer(*(getattr(self, name)[chosen] for name in self.__slots__))

    def errors(self, bought: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the sum of squared errors (B,), money squared, if `bought` (B, N) is bought."""
        missing = self.gaps + (self.wanted - bought) * self.prices
        return total(missing * missing)

    def is_small(self, bought: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which legs (B, N) of `bought` are below the minimum, and not nothing."""
        return (bought > 0) & (bought * self.prices < self.minimum[:, np.newaxis])

    def fewest(self) -> NDArray[np.int64]:
        """Return the fewest shares (B, N) that are worth the minimum, where all that is wanted is."""
        shares = np.minimum(self.minimum[:, np.newaxis] / self.prices, self.wanted)
        fewest = whole_shares_up(shares)
        return fewest + (fewest * self.prices < self.minimum[:, np.newaxis])

    def paid(
        self, fates: NDArray[np.int8], owners: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return what the budget buys (B, N) with the least error, and whether it pays for what is kept (B,).

        Args:
            fates: What was decided of each leg (B, N).
            owners: Which row of all it was decided for (B,): rows of one owner differ in nothing but their fates.
        """
        wanted = np.where(fates == _DROPPED, 0, self.wanted)
        most = np.where(fates == _KEPT, wanted - self.fewest(), wanted)
        short = total(wanted * self.prices) - self.budget
        is_possible: NDArray[np.bool_] = total(most * self.prices) >= short
        is_cut = (short > 0) & is_possible
        if is_cut.any():
            rows = np.flatnonzero(is_cut)
            order, once, same = self.rows(rows).alike(fates[rows], owners[rows])
            each = rows[once]
            cuts = least_cut(self.gaps[each], self.prices[each], most[each], short[each])
            left = np.take_along_axis(wanted[each] - cuts, order[once], 1)
            bought = np.empty_like(wanted[rows])
            np.put_along_axis(bought, order, left[same], 1)
            wanted[rows] = bought
        return wanted, is_possible

    def alike(
        self, fates: NDArray[np.int8], owners: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Return which rows are one but for the order of legs that are alike; the arguments are those of `paid`.

        Returns:
            The legs of each row in an order (B, N) in which such rows are equal, the first row (K,) of each kind, and
            the kind of each row (B,).
        """
        order = np.lexsort((fates, self.gaps, self.prices, self.wanted))
        kinds = np.column_stack([owners, np.take_along_axis(fates, order, 1)])
        _, once, same = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
        return order, once, same.ravel()


def shared_out(offer: Offer, breadth: int = BREADTH) -> NDArray[np.int64]:
    """Return what is bought (B, N), int64: within the budget, nothing of it below the minimum, with the least error.

    Args:
        offer: The buys and the money.
        breadth: Half-decided answers of a row that go on; a row with more of them is shared out by worth.
    """
    # What wants less than the minimum gets nothing, whatever there is.
    offer = replace(offer, wanted=np.where(offer.is_small(offer.wanted), 0, offer.wanted))
    rows = np.arange(len(offer.wanted))
    fates = np.zeros(offer.wanted.shape, dtype=np.int8)
    bought = np.zeros_like(offer.wanted)
    least = np.full(len(rows), np.inf)
    is_wide = np.zeros(len(rows), dtype=np.bool_)
    while len(rows):
        some = offer.rows(rows)
        found, is_possible = some.paid(fates, rows)
        errors, is_small = some.errors(found), some.is_small(found)
        is_answer = is_possible & ~is_small.any(axis=1)
        best = _least_of_each(rows, errors, is_answer & (errors < least[rows]))
        bought[rows[best]], least[rows[best]] = found[best], errors[best]
        is_open = is_possible & ~is_answer & (errors < least[rows] * (1 - _NOISE))
        is_wide |= np.bincount(rows[is_open], minlength=len(least)) > breadth
        goes_on = np.flatnonzero(is_open & ~is_wide[rows])
        rows, fates = _decided(rows[goes_on], fates[goes_on], _smallest(some, found, goes_on))
    _share_by_worth(offer, np.flatnonzero(is_wide), bought, least)
    return bought


def _share_by_worth(
    offer: Offer, rows: NDArray[np.intp], bought: NDArray[np.int64], least: NDArray[np.float64]
) -> None:
    """Write what is better for `rows` (K,) into `bought` (B, N), whose errors are `least` (B,)."""
    ways = np.arange(2 ** (2 * _DOUBTFUL))
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        ranks, count = _by_worth(offer.rows(part))
        # The most doubtful legs are the bits of each way, those worth more are kept and those worth less dropped.
        bits = (ranks - count[:, np.newaxis] + _DOUBTFUL)[:, np.newaxis]
        is_doubtful = (bits >= 0) & (bits < 2 * _DOUBTFUL)
        chosen = (ways[:, np.newaxis] >> np.where(is_doubtful, bits, 0)) & 1
        is_kept = np.where(is_doubtful, chosen == 1, bits < 0)
        each = np.repeat(part, len(ways))
        some = offer.rows(each)
        is_kept = is_kept.reshape(some.wanted.shape) & (some.wanted > 0)
        found, is_possible = some.paid(np.where(is_kept, _KEPT, _DROPPED), each)
        errors = some.errors(found)
        best = _least_of_each(each, errors, is_possible & (errors < least[each]))
        bought[each[best]], least[each[best]] = found[best], errors[best]


def _by_worth(offer: Offer) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rank of each leg (B, N), the one of most worth first, and how many the budget pays for (B,)."""
    lacking = offer.gaps + offer.wanted * offer.prices
    most = offer.wanted * offer.prices
    first = np.minimum(offer.fewest() * offer.prices, most)
    worth = np.where(most > 0, 2 * lacking - first, 0.0)
    low, high = np.zeros(len(worth)), np.maximum(worth.max(axis=1), 0.0)
    for _ in range(_HALVINGS):
        price = ((low + high) / 2)[:, np.newaxis]
        spent = np.where(worth > price, np.clip(lacking - price / 2, first, most), 0.0)
        is_too_much = total(spent) > offer.budget
        low = np.where(is_too_much, price[:, 0], low)
        high = np.where(is_too_much, high, price[:, 0])
    order = np.argsort(-worth, axis=1, kind="stable")
    # Of several that are worth the price itself, as many as the budget pays for.
    price = low[:, np.newaxis]
    spent = np.where(worth > price, np.clip(lacking - price / 2, first, most), 0.0)
    in_order = np.take_along_axis(spent, order, axis=1)
    is_paid = (in_order > 0) & (np.cumsum(in_order, axis=1) <= offer.budget[:, np.newaxis])
    return order.argsort(axis=1), is_paid.sum(axis=1)


def _least_of_each(
    rows: NDArray[np.intp], errors: NDArray[np.float64], among: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return for each of `rows` (K,) the place, `among` (K,) those, that errs least, the first of equal ones."""
    places = np.flatnonzero(among)
    places = places[np.lexsort((errors[places], rows[places]))]
    return places[np.unique(rows[places], return_index=True)[1]]


def _smallest(offer: Offer, found: NDArray[np.int64], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the leg (K,) of the `chosen` rows that is worth least and below the minimum."""
    value = np.where(offer.is_small(found), found * offer.prices, np.inf)[chosen]
    smallest: NDArray[np.intp] = value.argmin(axis=1)
    return smallest


def _decided(
    rows: NDArray[np.intp], fates: NDArray[np.int8], legs: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.int8]]:
    """Return the rows and fates (2K, N) with one of the `legs` (K,) of each dropped, and kept."""
    places = np.arange(len(rows))
    dropped, kept = fates.copy(), fates.copy()
    dropped[places, legs], kept[places, legs] = _DROPPED, _KEPT
    return np.concatenate([rows, rows]), np.concatenate([dropped, kept])
