"""What a source of target weights sees and gives, and the one check that all of them pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bot.core.domain.parameter import check_parameters
from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.core.planner.portfolios import refuse
from bot.core.policy.state import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from bot.core.domain.history import History


@dataclass(frozen=True, slots=True)
class Universe:
    """The mandate's instruments and what a person wrote beside each.

    Attributes:
        symbols: The N instruments, in array order, each once; never ``cash``.
        asset_classes: Class of each (N,), e.g. ``equity``; empty where none was written.
        written: Target weight of each (N,), fraction of base; None where none was written.
        cash: Target weight of cash, fraction of base, from 0 to below 1.
    """

    symbols: tuple[str, ...]
    asset_classes: tuple[str, ...]
    written: tuple[float | None, ...]
    cash: float


@dataclass(frozen=True, slots=True)
class TargetState:
    """What target weights may depend on; R is B, or 1 where all rows share it. None is not known.

    Attributes:
        universe: The instruments.
        on: The session's date in the exchange's zone.
        weights: Current weights (B, N+1), fractions of base, cash last.
        prices: Mids (R, N), account currency per share.
        history: Past closes.
        values: The account's unitised value (R, T), oldest first, this moment last.
        levels: Level of each market index by its name (R,).
    """

    universe: Universe
    on: date
    weights: NDArray[np.float64]
    prices: NDArray[np.float64] | None = None
    history: History | None = None
    values: NDArray[np.float64] | None = None
    levels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class TargetSource(ABC):
    """Something that knows the wanted weights; its dataclass fields are its parameters."""

    __slots__ = ()

    #: The source's name in the settings.
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range or contradict each other."""
        check_parameters(self)
        self.check()

    def check(self) -> None:  # noqa: B027 - most have nothing to compare
        """Refuse parameters that contradict each other.

        Raises:
            ValueError: With their names and numbers.
        """

    @abstractmethod
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        """Return target weights (R, N+1), cash last, fractions of base, rows summing to 1 within 1e-9.

        Raises:
            ValueError: If there can be none; with the names and numbers.
            ReadUnknown: If something that it needs is not known.
        """

    @abstractmethod
    def statement(self, state: TargetState) -> str:
        """Return in one line for a person where the weights come from today, with the numbers (first row)."""

    def check_universe(self, universe: Universe) -> None:  # noqa: B027 - most take any
        """Refuse a universe that it cannot give weights for: a missing weight, an unknown instrument.

        Raises:
            ValueError: With the names and numbers.
        """

    def needs(self) -> Needs:
        """Return what must be known beyond the portfolio itself."""
        return Needs()

    def symbols(self) -> frozenset[str]:
        """Return the instruments that its parameters name; each must be in the universe."""
        return frozenset()


def checked(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `weights` (R, N+1), cash last, or refuse them.

    Raises:
        ValueError: If there is no instrument, a weight is not a number from 0 to 1, or a sum is not 1 within 1e-9.
    """
    if weights.ndim != 2 or weights.shape[1] < 2:  # noqa: PLR2004 - rows of one instrument and cash
        message = f"targets need rows of at least one instrument and cash, found {weights.shape}"
        raise ValueError(message)
    # Written so that a NaN is refused too.
    refuse(~((weights >= 0) & (weights <= 1)), weights, "a target weight must be from 0 to 1")
    sums = total(weights)
    for found in sums[np.abs(sums - 1) > SUM_TOLERANCE].tolist():
        message = (
            f"target weights and cash must sum to 1 within {SUM_TOLERANCE:g}, found {found:.12g} "
            f"(off by {found - 1:+.3g})"
        )
        raise ValueError(message)
    return weights
