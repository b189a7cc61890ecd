"""What a source of target weights sees and gives, and the checks that all of them pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import check_parameters
from bot.core.domain.refuse import refuse
from bot.core.domain.sums import SUM_TOLERANCE, total

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
        written: Target weight of each (N,), fraction of base, from 0 to 1; None where none was written.
        cash: Target weight of cash, fraction of base, from 0 to below 1.

    Raises:
        ValueError: If a symbol stands twice, lengths differ or a number is out of range; with names and numbers.
    """

    symbols: tuple[str, ...]
    asset_classes: tuple[str, ...]
    written: tuple[float | None, ...]
    cash: float

    def __post_init__(self) -> None:
        lengths = (len(self.symbols), len(self.asset_classes), len(self.written))
        if len(set(lengths)) > 1:
            message = f"each instrument needs a class and a weight, or none; found {lengths}"
            raise ValueError(message)
        for symbol, count in Counter((*self.symbols, "cash")).items():
            if count > 1:
                message = f"{symbol} stands {count} times among the instruments, expected once"
                raise ValueError(message)
        for symbol, weight in zip(self.symbols, self.written, strict=True):
            # Written so that a NaN is refused too.
            if weight is not None and not 0 <= weight <= 1:
                message = f"the target weight of {symbol} must be from 0 to 1, found {weight:g}"
                raise ValueError(message)
        if not 0 <= self.cash < 1:
            message = f"the target weight of cash must be from 0 to below 1, found {self.cash:g}"
            raise ValueError(message)

    @property
    def invested(self) -> float:
        """What all instruments together should weigh, fraction of base, above 0."""
        return 1 - self.cash

    def column(self, symbol: str) -> int:
        """Return the column of an instrument; `check_universe` has seen to it that it is there."""
        return self.symbols.index(symbol)


@dataclass(frozen=True, slots=True)
class TargetState:
    """What target weights may depend on; R is B, or 1 where all rows share it. None is not known.

    Attributes:
        universe: The instruments.
        on: The session's date in the exchange's zone.
        weights: Current weights (B, N+1), fractions of base, cash last.
        prices: Mids (R, N), account currency per share.
        history: Past closes.
        values: The account's unitised value (R, T), one a session, oldest first, this session's last.
        levels: Level of each market index by its name (R,).

    Raises:
        ValueError: If shapes differ, a number is not finite, a price or value is not above 0, or weights do not sum to
            1 within 1e-9; with the name and the number.
    """

    universe: Universe
    on: date
    weights: NDArray[np.float64]
    prices: NDArray[np.float64] | None = None
    history: History | None = None
    values: NDArray[np.float64] | None = None
    levels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.universe.symbols)
        if self.weights.ndim != 2 or self.weights.shape[1] != count + 1:  # noqa: PLR2004 - (B, N+1)
            message = f"weights must be (B, {count + 1}), cash last, found {self.weights.shape}"
            raise ValueError(message)
        refuse(~np.isfinite(self.weights), self.weights, "a weight must be a number")
        sums = total(self.weights)
        is_off = np.abs(sums - 1) > SUM_TOLERANCE
        refuse(is_off, sums, f"weights must sum to 1 within {SUM_TOLERANCE:g} (fractions of base)")
        self._check_positive("price", self.prices, count)
        self._check_positive("value", self.values, None)

    def _check_positive(
        self, noun: str, values: NDArray[np.float64] | None, count: int | None
    ) -> None:
        if values is None:
            return
        rows = {1, len(self.weights)}
        if values.ndim != 2 or len(values) not in rows or count not in (None, values.shape[1]):  # noqa: PLR2004 - (R, ...)
            columns = "T" if count is None else str(count)
            message = (
                f"{noun}s must be (R, {columns}) with R one of {sorted(rows)}, found {values.shape}"
            )
            raise ValueError(message)
        # Written so that a NaN is refused too.
        is_good = (values > 0) & np.isfinite(values)
        refuse(~is_good, values, f"a {noun} must be a number above 0")


class TargetSource(ABC):
    """Something that knows the wanted weights; its dataclass fields are its parameters.

    A subclass is a frozen dataclass whose fields carry `parameter` metadata. One with `reads_file` has a parameter
    ``file``, a path, and is made by `from_text` of what is in that file: the core itself reads nothing.
    """

    __slots__ = ()

    #: The source's name in the settings.
    kind: ClassVar[str]
    #: Whether it is made from a file's text, with `from_text`.
    reads_file: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range or contradict each other."""
        check_parameters(self)
        self.check()

    @classmethod
    def from_text(cls, text: str, **parameters: Any) -> Self:  # noqa: ANN401, ARG003 - the subclass' own fields
        """Return the source made from the text of its file and its parameters.

        Raises:
            ValueError: If it reads no file, or if the text is not what it expects; with the line.
        """
        message = f"{cls.kind} reads no file"
        raise ValueError(message)

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

    def check_universe(self, universe: Universe) -> None:
        """Refuse a universe that it cannot give weights for: an unknown instrument, a weight missing or unused.

        Raises:
            ValueError: With the names and numbers.
        """
        if not universe.symbols:
            message = f"{self.kind} needs at least one instrument, found none"
            raise ValueError(message)
        _check_names("instrument", self.symbols(), universe.symbols)
        _check_names("asset class", self.asset_classes(), universe.asset_classes)
        for symbol, weight in zip(universe.symbols, universe.written, strict=True):
            if weight is not None and not self.reads_weights():
                message = (
                    f"{symbol} has a weight of {weight:g} beside it, which {self.kind} does not use: "
                    "leave it out"
                )
                raise ValueError(message)
        self.check_instruments(universe)

    def check_instruments(self, universe: Universe) -> None:  # noqa: B027 - some take any
        """Refuse instruments that this source has no weight for; a part of `check_universe`.

        Raises:
            ValueError: With the names and numbers.
        """

    def reads_weights(self) -> bool:
        """Return whether the weights written beside the instruments mean anything to it."""
        return False

    def needs(self) -> Needs:
        """Return what must be known beyond the portfolio itself."""
        return Needs()

    def symbols(self) -> frozenset[str]:
        """Return the instruments that its parameters name; each must be in the universe."""
        return frozenset()

    def asset_classes(self) -> frozenset[str]:
        """Return the asset classes that its parameters name; each must be one of an instrument."""
        return frozenset()

    def instruments(self) -> tuple[str, ...]:
        """Return the instruments that it brings along, so that nobody need list them; none for most."""
        return ()


def _check_names(noun: str, named: frozenset[str], known: tuple[str, ...]) -> None:
    missing = sorted(named - set(known))
    if missing:
        there = ", ".join(sorted(set(known) - {""})) or "none"
        message = f"{missing[0]} is no {noun} of this mandate; there are: {there}"
        raise ValueError(message)


def checked(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `weights` (R, N+1), cash last, or refuse them.

    Raises:
        ValueError: If there is no instrument, a weight is not a number from 0 to 1, or a sum is not 1 within 1e-9.
    """
    if weights.ndim != 2 or weights.shape[1] < 2:  # noqa: PLR2004 - rows of one instrument and cash
        message = f"targets need rows of at least one instrument and cash, found {weights.shape}"
        raise ValueError(message)
    # Written so that a NaN is refused too.
    # One that has it all may be above 1 by its last bit.
    is_weight = (weights >= 0) & (weights <= 1 + SUM_TOLERANCE)
    refuse(~is_weight, weights, "a target weight must be from 0 to 1")
    sums = total(weights)
    for found in sums[np.abs(sums - 1) > SUM_TOLERANCE].tolist():
        message = (
            f"target weights and cash must sum to 1 within {SUM_TOLERANCE:g}, found {found:.12g} "
            f"(off by {found - 1:+.3g})"
        )
        raise ValueError(message)
    return weights


def with_cash(instruments: NDArray[np.float64], cash: float) -> NDArray[np.float64]:
    """Return target weights of `instruments` (R, N) and of `cash` together (R, N+1), checked.

    Raises:
        ValueError: As `checked`.
    """
    return checked(np.insert(instruments, instruments.shape[1], cash, axis=1))
