"""A range for each instrument: inside it nothing is to be done, outside it the nearest weights that are allowed.

The targets are the point of {low <= w <= high, sum of w = 1} that is nearest to the current weights (least sum of
squares). By its conditions of optimality that is ``clip(w + s, low, high)`` with one shift s for all (Boyd and
Vandenberghe, Convex Optimization, section 5.5.3); the sum grows with s, so the stretch that s is in is found by
halving, and s itself from the weights that are strictly inside their ranges there.

Worked: ranges 20 to 40 % for A and B, 30 to 50 % for C, no cash; held are 46, 30 and 24 %. A is cut to 40 % and C
raised to 30 %; B is at 30 % and all add up to 100 %: nothing is to be shifted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import check_parameters, parameter
from bot.core.domain.sums import SUM_TOLERANCE, WEIGHT_TOLERANCE, total
from bot.core.targets.source import TargetSource, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest weight of one instrument."""

    symbol: str = field(
        metadata=parameter(
            "The instrument, as it stands in holdings.",
            wrong="A name that is not among the holdings is refused.",
            example='"AAPL"',
        )
    )
    weight_min: float = field(
        metadata=parameter(
            "Its lowest weight.",
            unit="fraction of base",
            wrong="Too high: it is bought again and again while it falls.",
            example="0.2",
            at_least=0,
            at_most=1,
        )
    )
    weight_max: float = field(
        metadata=parameter(
            "Its highest weight; at least weight_min.",
            unit="fraction of base",
            wrong="Too low: it is sold again and again while it rises.",
            example="0.4",
            above=0,
            at_most=1,
        )
    )

    def __post_init__(self) -> None:
        """Refuse a range that is out of bounds or upside down."""
        check_parameters(self)
        if self.weight_min > self.weight_max:
            message = (
                f"weight_min of {self.symbol} must be at most its weight_max (fraction of base), found "
                f"{self.weight_min:g} and {self.weight_max:g}"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Ranges(TargetSource):
    """A range of weights for each instrument; inside it the holding is left as it is."""

    kind: ClassVar[str] = "ranges"

    ranges: tuple[Range, ...] = field(
        metadata=parameter(
            "The range of each instrument.",
            allowed="a list of tables with symbol, weight_min and weight_max, one for each holding",
            wrong="Ranges that cannot add up to 1 with cash are refused.",
            example='[{ symbol = "AAPL", weight_min = 0.2, weight_max = 0.4 }]',
            count_max=10_000,
        )
    )
    cash_min: float | None = field(
        default=None,
        metadata=parameter(
            "The lowest weight of cash; left out, the cash target.",
            unit="fraction of base",
            wrong="Too high: money lies idle.",
            example="0",
            at_least=0,
            below=1,
        ),
    )
    cash_max: float | None = field(
        default=None,
        metadata=parameter(
            "The highest weight of cash; left out, the cash target.",
            unit="fraction of base",
            wrong="Too low: every dividend is a reason to trade.",
            example="0.03",
            at_least=0,
            at_most=1,
        ),
    )

    @override
    def check(self) -> None:
        for symbol, count in Counter(each.symbol for each in self.ranges).items():
            if count > 1:
                message = f"{symbol} has {count} ranges, expected one"
                raise ValueError(message)

    def _bounds(self, universe: Universe) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lowest and the highest weights (1, N+1), cash last."""
        by_symbol = {each.symbol: each for each in self.ranges}
        ordered = [by_symbol[symbol] for symbol in universe.symbols]
        cash = (
            universe.cash if self.cash_min is None else self.cash_min,
            universe.cash if self.cash_max is None else self.cash_max,
        )
        low = np.array([[*(each.weight_min for each in ordered), cash[0]]])
        high = np.array([[*(each.weight_max for each in ordered), cash[1]]])
        return low, high

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        held = state.weights
        low, high = self._bounds(state.universe)
        found = np.clip(held, low, high)
        # What was inside and added up to 1 is left to the last bit; only the others are shifted.
        is_off = np.any(np.abs(found - held) > WEIGHT_TOLERANCE, axis=-1)
        found[is_off] = nearest(held[is_off], low, high)
        return checked(found)

    @override
    def statement(self, state: TargetState) -> str:
        low, high = self._bounds(state.universe)
        names = (*state.universe.symbols, "cash")
        held = state.weights[0].tolist()
        out = [
            f"{name} {weight * 100:.2f} % ({least * 100:.2f} to {most * 100:.2f} %)"
            for name, weight, least, most in zip(
                names, held, low[0].tolist(), high[0].tolist(), strict=True
            )
            if weight < least - WEIGHT_TOLERANCE or weight > most + WEIGHT_TOLERANCE
        ]
        if not out:
            return f"all {len(names)} weights inside their ranges: as they are"
        return f"{len(out)} of {len(names)} weights outside their ranges: {', '.join(sorted(out))}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        missing = sorted(set(universe.symbols) - self.symbols())
        if missing:
            message = f"{missing[0]} has no range: write one for each holding"
            raise ValueError(message)
        low, high = self._bounds(universe)
        if low[0, -1] > high[0, -1]:
            message = f"cash_min must be at most cash_max (fraction of base), found {low[0, -1]:g} and {high[0, -1]:g}"
            raise ValueError(message)
        least, most = fsum(low[0]), fsum(high[0])
        if least > 1 + SUM_TOLERANCE or most < 1 - SUM_TOLERANCE:
            message = (
                f"the ranges and cash must be able to sum to 1, found {least:.12g} for all at their "
                f"lowest and {most:.12g} for all at their highest"
            )
            raise ValueError(message)

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset(each.symbol for each in self.ranges)


def nearest(
    weights: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights (B, M) from `low` to `high` (1, M) that sum to 1 and are nearest to `weights` (B, M).

    There are such weights where `low` sums to at most 1 and `high` to at least 1; within 1e-9 of that the nearest
    bound is returned.
    """
    # The shifts at which a weight leaves its lowest or reaches its highest: between two of them the sum is linear.
    edges = np.sort(np.concatenate([low - weights, high - weights], axis=-1), axis=-1)
    first = np.zeros((len(weights), 1), dtype=np.intp)
    last = np.full_like(first, edges.shape[-1] - 1)
    for _ in range(edges.shape[-1].bit_length()):
        middle = (first + last) // 2
        there = np.clip(weights + np.take_along_axis(edges, middle, axis=-1), low, high)
        is_short = (total(there) < 1)[:, np.newaxis]
        first, last = np.where(is_short, middle, first), np.where(is_short, last, middle)
    from_shift, to_shift = (np.take_along_axis(edges, each, axis=-1) for each in (first, last))
    moved = weights + (from_shift + to_shift) / 2
    is_free = (moved > low) & (moved < high)
    fixed = np.where(is_free, 0.0, np.clip(moved, low, high))
    left = 1 - total(fixed) - total(np.where(is_free, weights, 0.0))
    count = np.maximum(np.count_nonzero(is_free, axis=-1), 1)
    shift = (left / count)[:, np.newaxis]
    return np.where(is_free, np.clip(weights + shift, low, high), fixed)
