"""Rebalance when the summed weight of an asset class is too far from its summed target.

Rule: once every instrument of a class is within its equal part of the class's width, the class is within its width.
Why: drifts of the members add up to the drift of the class, so it is at most the sum of their bounds. That is what
`band` gives, and edge, halfway and distance go by these parts: after the trade no class is out. It may be well inside:
a class of five that is out by one member alone comes back to where that member's fifth of the width is. What fires is
the class alone: its members may wander against each other as far as they like, until a class fires; then those that are
outside their part are traded. Parts are equal, not in proportion to the targets, so that small holdings get room of
their own and a target of 0 has a band too.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the settings read the fields' types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.policy.bands import CASH_WIDTH, BandRule, Watched, check_widths, widths_of, with_cash
from bot.core.policy.by_class import classes_of, summed_by_class
from bot.core.policy.policy import Band

if TYPE_CHECKING:
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
    cash_width: float | None = field(default=None, metadata=CASH_WIDTH)

    @override
    def check(self) -> None:
        check_widths(self.widths, "asset class")

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
        counts = np.array([classes.count(each) for each in classes])
        parts = widths_of(classes, self.widths, self.width) / counts
        widths = with_cash(parts, self.cash_width)
        return Band(below=widths, above=widths)

    @override
    def watched(self, state: PolicyState) -> Watched:
        """Return the summed weights of the classes, in the order of their names, and cash."""
        classes = self._classes(state)
        names = tuple(sorted(set(classes)))
        widths = with_cash(widths_of(names, self.widths, self.width), self.cash_width)
        return Watched(
            names=(*names, "cash"),
            weights=summed_by_class(state.weights, classes, state.symbols),
            targets=summed_by_class(state.targets, classes, state.symbols),
            band=Band(below=widths, above=widths),
        )

    def _classes(self, state: PolicyState) -> tuple[str, ...]:
        # The class of each instrument (N,).
        classes = classes_of(state, self.kind)
        unknown = sorted(self.asset_classes() - set(classes))
        if unknown:
            found = ", ".join(sorted({*classes, "cash"}))
            message = f"widths name {', '.join(unknown)}, found only the asset classes {found}"
            raise ValueError(message)
        return classes
