"""Another source without some instruments or classes, whose weight goes to the others.

Worked: A 50 %, B 30 %, C 19 %, cash 1 %, and C is excluded. In proportion, A becomes 0.5 + 0.19 * 0.5 / 0.8 = 61.875 %
and B 37.125 %. In equal parts, A becomes 59.5 % and B 39.5 %. To cash, A and B stay and cash is 20 %.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.domain.sums import total
from bot.core.targets.source import TargetSource, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.needs import Needs
    from bot.core.targets.source import TargetState, Universe


def _in_proportion(
    kept: NDArray[np.float64], lost: NDArray[np.float64], place: str
) -> NDArray[np.float64]:
    """Return `kept` (R, N) with `lost` (R,) added in proportion to it."""
    rest = total(kept)
    _refuse_nobody(rest, lost, place)
    return kept + kept * (lost / np.where(rest > 0, rest, 1.0))[:, np.newaxis]


def _in_equal_parts(
    kept: NDArray[np.float64], lost: NDArray[np.float64], place: str
) -> NDArray[np.float64]:
    """Return `kept` (R, N) with `lost` (R,) added in equal parts where it is above 0: what has no weight gets none."""
    count = np.count_nonzero(kept > 0, axis=-1)
    _refuse_nobody(count.astype(np.float64), lost, place)
    part = (lost / np.maximum(count, 1))[:, np.newaxis]
    return np.where(kept > 0, kept + part, 0.0)


def _refuse_nobody(takers: NDArray[np.float64], lost: NDArray[np.float64], place: str) -> None:
    for row in np.flatnonzero((lost > 0) & ~(takers > 0)).tolist():
        message = (
            f"nothing is left{place} to take over the {lost[row]:g} (fraction of base) of what is "
            f"excluded in row {row}"
        )
        raise ValueError(message)


#: How the weight is taken over, and how to say so.
_WORDS: Final = {
    "proportional": "in proportion to the others",
    "equal": "in equal parts to the others",
    "class": "in proportion to the others of the class",
    "cash": "to cash",
}


@dataclass(frozen=True, slots=True)
class Exclusions(TargetSource):
    """The weights of another source without what you do not want to own; the others take over its weight."""

    kind: ClassVar[str] = "exclusions"

    source: TargetSource = field(
        metadata=parameter(
            "The source to leave something out of.",
            allowed="a table with its kind",
            wrong="It decides all that is not excluded.",
            example='{ kind = "static" }',
        )
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=parameter(
            "The instruments to leave out; what is held of them is sold.",
            allowed="a list of symbols, each an instrument of the mandate",
            wrong="A name that is no instrument of the mandate is refused, so that a slip of the pen excludes nothing "
            "in silence.",
            example='["XOM"]',
        ),
    )
    exclude_classes: tuple[str, ...] = field(
        default=(),
        metadata=parameter(
            "The asset classes to leave out, with all their instruments.",
            allowed="a list of asset classes of the mandate",
            wrong="A whole class is sold.",
            example='["tobacco"]',
        ),
    )
    redistribute: str = field(
        default="proportional",
        metadata=parameter(
            "Who takes over the weight: all others in proportion to theirs, all others with a weight in equal parts, "
            "those of the same class in proportion, or cash.",
            wrong="class keeps the mix of classes; the others change it; cash leaves the money idle.",
            choices=tuple(_WORDS),
        ),
    )

    @override
    def check(self) -> None:
        if not self.exclude and not self.exclude_classes:
            message = "exclusions needs exclude or exclude_classes, found neither"
            raise ValueError(message)

    def _is_out(self, universe: Universe) -> NDArray[np.bool_]:
        return np.array(
            [
                symbol in self.exclude or asset_class in self.exclude_classes
                for symbol, asset_class in zip(
                    universe.symbols, universe.asset_classes, strict=True
                )
            ]
        )

    def _groups(self, universe: Universe) -> list[tuple[str, NDArray[np.bool_]]]:
        """Return words for, and the members (N,) of, each group that keeps its weight: every class, or all as one."""
        if self.redistribute != "class":
            return [("", np.ones(len(universe.symbols), dtype=np.bool_))]
        return [
            (
                f" of {name or 'no class'}",
                np.array([each == name for each in universe.asset_classes]),
            )
            for name in sorted(set(universe.asset_classes))
        ]

    def _by_group(
        self, universe: Universe, kept: NDArray[np.float64], lost: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        found = np.zeros_like(kept)
        for place, is_in in self._groups(universe):
            within = np.where(is_in, kept, 0.0)
            found = found + _in_proportion(within, total(np.where(is_in, lost, 0.0)), place)
        return found

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        universe, is_out = state.universe, self._is_out(state.universe)
        given = self.source.weights(state)
        kept = np.where(is_out, 0.0, given[:, :-1])
        lost = np.where(is_out, given[:, :-1], 0.0)
        cash = given[:, -1:]
        if self.redistribute == "cash":
            cash = cash + total(lost)[:, np.newaxis]
        elif self.redistribute == "equal":
            kept = _in_equal_parts(kept, total(lost), "")
        else:
            kept = self._by_group(universe, kept, lost)
        return checked(np.concatenate([kept, cash], axis=1))

    @override
    def statement(self, state: TargetState) -> str:
        is_out = self._is_out(state.universe)
        given = self.source.weights(state)[:1, :-1]
        lost = float(total(np.where(is_out, given, 0.0))[0])
        names = sorted(
            symbol for symbol, out in zip(state.universe.symbols, is_out, strict=True) if out
        )
        way = _WORDS[self.redistribute]
        return f"without {', '.join(names)} ({lost * 100:.2f} %, {way}): {self.source.statement(state)}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        self.source.check_instruments(universe)
        is_out = self._is_out(universe)
        for place, is_in in self._groups(universe):
            if self.redistribute != "cash" and is_out[is_in].all():
                message = (
                    f"every instrument{place} is excluded: nothing is left to take over the weight"
                )
                raise ValueError(message)

    @override
    def reads_weights(self) -> bool:
        return self.source.reads_weights()

    @override
    def needs(self) -> Needs:
        return self.source.needs()

    @override
    def symbols(self) -> frozenset[str]:
        return self.source.symbols() | frozenset(self.exclude)

    @override
    def asset_classes(self) -> frozenset[str]:
        return self.source.asset_classes() | frozenset(self.exclude_classes)

    @override
    def instruments(self) -> tuple[str, ...]:
        return self.source.instruments()
