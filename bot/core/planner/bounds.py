"""Between which whole numbers of shares each holding must end: marks, participation, and no short position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.units import whole_shares_down
from bot.core.planner.reasons import Reason
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.rules import Marks, PlannerRules

# More than anybody can hold, and far from the end of int64.
_ANY = np.int64(2**62)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whole shares that each holding may end with.

    Attributes:
        lowest: The fewest (B, N), int64, at least 0.
        highest: The most (B, N), int64, at least `lowest`.
        reasons: What keeps a holding from going on (B, N), int8, as `Reason`: MARK or VOLUME.
    """

    lowest: NDArray[np.int64]
    highest: NDArray[np.int64]
    reasons: NDArray[np.int8]

    def rows(self, chosen: NDArray[np.bool_]) -> Bounds:
        """Return the bounds of the `chosen` rows (B,)."""
        return Bounds(self.lowest[chosen], self.highest[chosen], self.reasons[chosen])

    def one_way(self, shares: NDArray[np.int64], way: NDArray[np.float64]) -> Bounds:
        """Return the bounds for holdings of `shares` that may only go the `way` (B, N): up above 0, down below 0."""
        lowest = np.where(way < 0, self.lowest, np.maximum(self.lowest, shares))
        highest = np.where(way > 0, self.highest, np.minimum(self.highest, shares))
        return Bounds(lowest, highest, self.reasons)

    def marked(self, shares: NDArray[np.int64], marks: Marks) -> Bounds:
        """Return the bounds with `marks` on top, for what is held now: `shares` (B, N)."""
        lowest = np.where(marks.may_sell, self.lowest, np.maximum(self.lowest, shares))
        highest = np.where(marks.may_buy, self.highest, np.minimum(self.highest, shares))
        is_free = marks.may_sell & marks.may_buy
        reasons = np.where(is_free, self.reasons, np.int8(Reason.MARK))
        return Bounds(lowest, highest, reasons)


def volume_bounds(portfolios: Portfolios, rules: PlannerRules) -> Bounds:
    """Return the bounds that the daily volumes set around what is held.

    What earlier plans of the session traded, bought and sold together, has used up its part: three plans may trade no
    more in a session than one.

    Raises:
        ReadUnknown: If a participation is set and the daily volumes are not known.
    """
    shares = portfolios.shares
    if rules.participation_max is None:
        reasons = np.zeros(shares.shape, dtype=np.int8)
        return Bounds(np.zeros_like(shares), np.full_like(shares, _ANY), reasons)
    if portfolios.daily_volumes is None:
        message = "participation_max needs the average daily volumes, which are unknown: nothing is planned without"
        raise ReadUnknown(message)
    part = rules.participation_max * portfolios.daily_volumes
    if portfolios.shares_traded is not None:
        part = np.maximum(part - portfolios.shares_traded, 0.0)
    cap = whole_shares_down(part)
    reasons = np.full(shares.shape, Reason.VOLUME, dtype=np.int8)
    return Bounds(np.maximum(shares - cap, 0), shares + cap, reasons)
