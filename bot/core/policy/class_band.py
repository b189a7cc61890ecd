"""Rebalance when the summed weight of an asset class is too far from its summed target.

Rule: once every instrument of a class is within its equal part of the class's width, the class is within its width.
Why: drifts of the members add up to the drift of the class, so it is at most the sum of their bounds. That is what
`band` gives, and so edge, halfway and distance mean for classes what they mean for instruments, and after the trade no
class is out. What fires is the class alone: its members may wander against each other as far as they like, until a
class fires; then those that are outside their part are traded. Parts are equal, not in proportion to the targets, so
that small holdings get room of their own and a target of 0 has a band too.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the settings read the fields' types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.domain.sums import total
from bot.core.policy.bands import BandRule, Watched, with_cash
from bot.core.policy.policy import Band
from bot.core.policy.state import needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class ClassBand(BandRule):
    """Trade when the summed weight of an asset class is further from its target than its width."""

    kind: ClassVar[str] = "class_band"
    watches: ClassVar[str] = "asset_class"

    widths: Mapping[str, float] = field(
        metadata=parameter(
            "Half-width of the band around the summed target of each asset class, by the name of the class.",
            unit="fraction of base",
            allowed="a table of asset classes, each written beside a holding",
            wrong="Too narrow: costs for nothing. Wider than the class: it never fires.",
            example="{ equity = 0.05 }",
            above=0,
            below=1,
        )
    )
    width: float | None = field(
        default=None,
        metadata=parameter(
            "Half-width for the classes that are not named; left out, these alone never fire.",
            unit="fraction of base",
            wrong="Left out by mistake: a class may wander without end.",
            example="0.05",
            above=0,
            below=1,
        ),
    )
    cash_width: float | None = field(
        default=None,
        metadata=parameter(
            "Half-width of the band around the cash target; left out, cash alone never fires.",
            unit="fraction of base",
            wrong="Too narrow: every dividend is a reason to trade.",
            example="0.02",
            above=0,
            below=1,
        ),
    )

    @override
    def check(self) -> None:
        if not self.widths:
            message = "widths must name at least one asset class, found none"
            raise ValueError(message)
        if "cash" in self.widths:
            message = f"widths cannot name cash, found {self.widths['cash']:g}: write cash_width"
            raise ValueError(message)

    @override
    def asset_classes(self) -> frozenset[str]:
        return frozenset(self.widths)

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return each instrument's equal part of its class's half-width (1, N+1).

        Raises:
            ReadUnknown: If asset classes are not known.
            ValueError: If an instrument has none, or a class that is named has no instrument.
        """
        classes = self._classes(state)
        parts = np.array([[self._width(each) / classes.count(each) for each in classes]])
        widths = with_cash(parts, self.cash_width)
        return Band(below=widths, above=widths)

    @override
    def watched(self, state: PolicyState) -> Watched:
        """Return the summed weights of the classes, in the order of their names, and cash."""
        classes = self._classes(state)
        names = tuple(sorted(set(classes)))
        # Summed in the order of the symbols, so that another order of instruments gives the same bits.
        order = sorted(range(len(classes)), key=lambda index: state.symbols[index])
        members = [[index for index in order if classes[index] == name] for name in names]
        widths = with_cash(np.array([[self._width(name) for name in names]]), self.cash_width)
        return Watched(
            names=(*names, "cash"),
            weights=_summed(state.weights, members),
            targets=_summed(state.targets, members),
            band=Band(below=widths, above=widths),
        )

    def _width(self, asset_class: str) -> float:
        rest = np.inf if self.width is None else self.width
        return self.widths.get(asset_class, rest)

    def _classes(self, state: PolicyState) -> tuple[str, ...]:
        # The class of each instrument (N,).
        every = needed(state.asset_classes or None, "the instruments' asset classes", self.kind)
        for symbol, asset_class in zip(state.symbols, every, strict=True):
            if not asset_class:
                message = f"{self.kind} needs the asset class of every instrument, found none for {symbol}"
                raise ValueError(message)
        unknown = sorted(self.asset_classes() - set(every))
        if unknown:
            found = ", ".join(sorted(set(every)))
            message = f"widths name {', '.join(unknown)}, found only the asset classes {found}"
            raise ValueError(message)
        return every[:-1]


def _summed(values: NDArray[np.float64], members: list[list[int]]) -> NDArray[np.float64]:
    """Return the sums (R, C+1) over the columns of each class and, last, the cash of `values` (R, N+1)."""
    sums = [total(values[:, columns]) for columns in members]
    return np.stack([*sums, values[:, -1]], axis=1)
