"""Groups inside groups, and at their ends slots: one thing that is wanted, and the instruments that stand for it.

A sleeve has a weight inside its parent, and those inside one parent sum to 1. What is wanted of a slot is the product
of the weights above it, of what is not cash. It goes to the first of its symbols that is not avoided. A substitute
that is held already and not avoided keeps what it weighs, up to the slot's weight: it stands for the same thing, and to
sell it would cost and be taxed for nothing. So the first symbol is bought or sold for the slot as a whole.

Worked: stocks 60 % of 0.99, half of it the slot of VTI, ITOT, SCHB: 29.7 %. Of ITOT 10 % is held: it keeps 10 %, and
VTI shall have 19.7 %. If VTI is avoided (a loss of it was realised a week ago) ITOT shall have all 29.7 % and VTI none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import check_parameters, parameter
from bot.core.domain.sums import SUM_TOLERANCE
from bot.core.targets.source import TargetSource, with_cash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A group of other sleeves, or with symbols a slot for one of them."""

    name: str = field(
        metadata=parameter(
            "The sleeve's name.",
            wrong="A name that stands twice is refused.",
            example='"stocks"',
        )
    )
    weight: float = field(
        metadata=parameter(
            "Its weight inside its parent; those inside one parent sum to 1.",
            unit="fraction of the parent; of what is not cash where there is none",
            wrong="Everything in the sleeve is scaled by it.",
            example="0.6",
            at_least=0,
            at_most=1,
        )
    )
    inside: str | None = field(
        default=None,
        metadata=parameter(
            "The name of the sleeve that it is a part of; left out, it is a part of the whole.",
            wrong="It is weighted inside another group.",
            example='"stocks"',
        ),
    )
    symbols: tuple[str, ...] = field(
        default=(),
        metadata=parameter(
            "The instruments that stand for it, the first choice first; left out where other sleeves are inside it.",
            allowed="a list of symbols, each an instrument of the mandate and in one sleeve only",
            wrong="A substitute that follows another market is no substitute.",
            example='["VTI", "ITOT", "SCHB"]',
        ),
    )

    def __post_init__(self) -> None:
        """Refuse a weight that is out of bounds."""
        check_parameters(self)


def _refuse_twice(names: Iterable[str], what: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            message = f"{count} {what} {name}, expected one"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Sleeves(TargetSource):
    """Groups inside groups with weights, and at their ends instruments with ranked substitutes."""

    kind: ClassVar[str] = "sleeves"

    sleeves: tuple[Sleeve, ...] = field(
        metadata=parameter(
            "The sleeves, those of one parent summing to 1.",
            allowed="a list of tables with name and weight, and with inside and symbols where they apply",
            wrong="A sleeve without symbols and without others inside it is refused.",
            example='[{ name = "stocks", weight = 1, symbols = ["VTI", "ITOT"] }]',
            count_max=10_000,
        )
    )
    avoid: tuple[str, ...] = field(
        default=(),
        metadata=parameter(
            "Instruments not to hold for now: the next of their slot takes their place, and what is held is sold.",
            allowed="a list of symbols, each in a sleeve",
            wrong="A slot with none left is refused.",
            example='["VTI"]',
        ),
    )
    keep_substitutes: bool = field(
        default=True,
        metadata=parameter(
            "Whether a substitute that is held keeps what it weighs, up to its slot's weight.",
            wrong="false: every substitute is sold for the first choice, with costs and taxes.",
        ),
    )

    @override
    def check(self) -> None:
        _refuse_twice((sleeve.name for sleeve in self.sleeves), "sleeves are named")
        _refuse_twice((name for each in self.sleeves for name in each.symbols), "slots hold")
        parents = {sleeve.name: sleeve.inside for sleeve in self.sleeves}
        for sleeve in self.sleeves:
            self._check_place(sleeve, parents)
        for parent in dict.fromkeys([None, *(sleeve.inside for sleeve in self.sleeves)]):
            place = "outside any other" if parent is None else f"inside {parent}"
            found = fsum(each.weight for each in self.sleeves if each.inside == parent)
            if abs(found - 1) > SUM_TOLERANCE:
                message = f"the weights of the sleeves {place} must sum to 1, found {found:.12g}"
                raise ValueError(message)
        for symbol in self.avoid:
            if symbol not in self.symbols():
                message = f"avoid must name instruments of the sleeves, found {symbol}"
                raise ValueError(message)

    def _check_place(self, sleeve: Sleeve, parents: dict[str, str | None]) -> None:
        parent = sleeve.inside
        if parent is not None and parent not in parents:
            message = f"{sleeve.name} is inside {parent}, which is no sleeve"
            raise ValueError(message)
        is_parent = sleeve.name in parents.values()
        if is_parent == bool(sleeve.symbols):
            found = "both" if is_parent else "neither"
            message = (
                f"{sleeve.name} must have either symbols or other sleeves inside it, found {found}"
            )
            raise ValueError(message)
        if sleeve.symbols and not self._allowed(sleeve):
            message = f"every symbol of {sleeve.name} is avoided: {', '.join(sleeve.symbols)}"
            raise ValueError(message)
        above = parent
        for _ in self.sleeves:
            above = None if above is None else parents.get(above)
        if above is not None:
            message = f"{sleeve.name} is inside sleeves that are inside each other: one must be outside of all others"
            raise ValueError(message)

    def _allowed(self, slot: Sleeve) -> tuple[str, ...]:
        return tuple(symbol for symbol in slot.symbols if symbol not in self.avoid)

    def _slots(self, universe: Universe) -> list[tuple[Sleeve, float]]:
        """Return each slot with its weight, fraction of base."""
        by_name = {sleeve.name: sleeve for sleeve in self.sleeves}
        found = []
        for slot in self.sleeves:
            if slot.symbols:
                weight, above = universe.invested * slot.weight, slot.inside
                while above is not None:
                    weight, above = weight * by_name[above].weight, by_name[above].inside
                found.append((slot, weight))
        return found

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        universe = state.universe
        held = state.weights if self.keep_substitutes else np.zeros_like(state.weights[:1])
        found = np.zeros((len(held), len(universe.symbols)))
        for slot, weight in self._slots(universe):
            first, *substitutes = (universe.column(symbol) for symbol in self._allowed(slot))
            left = np.full(len(held), weight)
            for column in substitutes:
                found[:, column] = np.minimum(np.maximum(held[:, column], 0.0), left)
                left = left - found[:, column]
            found[:, first] = left
        return with_cash(found, universe.cash)

    @override
    def statement(self, state: TargetState) -> str:
        weights = self.weights(state)[0]
        parts = []
        for slot, weight in self._slots(state.universe):
            shares = [
                f"{symbol} {weights[state.universe.column(symbol)] * 100:.2f} %"
                for symbol in self._allowed(slot)
                if weights[state.universe.column(symbol)] > 0
            ]
            parts.append(f"{slot.name} {weight * 100:.2f} % ({', '.join(shares) or 'none'})")
        avoided = f"; avoided: {', '.join(self.avoid)}" if self.avoid else ""
        return f"{'; '.join(parts)}; cash {state.universe.cash * 100:.2f} %{avoided}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        missing = sorted(set(universe.symbols) - self.symbols())
        if missing:
            message = (
                f"{missing[0]} is in no sleeve: write it into one, or take it out of the holdings"
            )
            raise ValueError(message)

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset(symbol for sleeve in self.sleeves for symbol in sleeve.symbols)
