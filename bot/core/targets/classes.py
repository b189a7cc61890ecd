"""Weights of asset classes, and how one becomes weights of its instruments.

The weights of all classes sum to 1: they share what is not cash, so that another cash target leaves them as they are.
Inside a class the weights written beside its instruments keep their proportions, whatever they sum to.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.core.targets.source import with_cash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bot.core.targets.source import Universe


def check_sum(place: str, weights: Mapping[str, float]) -> None:
    """Refuse weights of classes that do not sum to 1 within 1e-9; `place` says whose they are.

    Raises:
        ValueError: With the sum.
    """
    found = fsum(weights.values())
    if abs(found - 1) > SUM_TOLERANCE:
        message = (
            f"the weights of {place} must sum to 1 within {SUM_TOLERANCE:g} (they share what is not "
            f"cash), found {found:.12g} (off by {found - 1:+.3g})"
        )
        raise ValueError(message)


def check_same_classes(places: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse weights by place that do not all name the same classes: what is left out is not silently 0.

    Raises:
        ValueError: With the places and the classes.
    """
    first, *rest = places
    for place in rest:
        if set(places[place]) != set(places[first]):
            message = (
                f"{place} must name the same classes as {first} ({', '.join(sorted(places[first]))}), "
                f"found {', '.join(sorted(places[place])) or 'none'}"
            )
            raise ValueError(message)


def check_classes(universe: Universe, classes: frozenset[str]) -> None:
    """Refuse instruments without a class, of a class that is not in `classes`, or without a share in it.

    Raises:
        ValueError: With the names.
    """
    for symbol, found in zip(universe.symbols, universe.asset_classes, strict=True):
        if found not in classes:
            message = (
                f"{symbol} must have one of the asset classes {', '.join(sorted(classes))}, "
                f"found {found or 'none'}"
            )
            raise ValueError(message)
    for name in classes:
        _shares(universe, name)


def class_targets(universe: Universe, weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return target weights (1, N+1), cash last, for `weights` of classes (fractions of what is not cash, sum 1)."""
    found = np.zeros((1, len(universe.symbols)))
    for name, weight in weights.items():
        found = found + universe.invested * weight * _shares(universe, name)
    return with_cash(found, universe.cash)


def in_words(universe: Universe, weights: Mapping[str, float]) -> str:
    """Return ``71.3 % equity, 27.7 % bond, 1.0 % cash`` for `weights` of classes, as fractions of base."""
    parts = [(universe.invested * weight, name) for name, weight in weights.items()]
    return ", ".join(
        f"{part * 100:.1f} % {name}" for part, name in [*parts, (universe.cash, "cash")]
    )


def _shares(universe: Universe, name: str) -> NDArray[np.float64]:
    """Return each instrument's share (N,) of the class `name`, 0 outside it; they sum to 1.

    Raises:
        ValueError: If an instrument of it has no weight while it is not the only one, or all have 0.
    """
    is_in = np.array([found == name for found in universe.asset_classes])
    if np.count_nonzero(is_in) == 1:
        # Whatever was written, or nothing: it is all of its class.
        return is_in.astype(np.float64)
    for symbol, weight, is_member in zip(universe.symbols, universe.written, is_in, strict=True):
        if is_member and weight is None:
            message = f"{symbol} has no weight: write its share of the class {name} beside it"
            raise ValueError(message)
    written = np.where(is_in, [weight or 0.0 for weight in universe.written], 0.0)
    sum_written = float(total(written))
    if not sum_written > 0:
        message = f"the weights beside the instruments of {name} must sum to more than 0, found {sum_written:g}"
        raise ValueError(message)
    return written / sum_written
