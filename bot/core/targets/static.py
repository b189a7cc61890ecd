"""Target weights that a person wrote beside the instruments and that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.targets.source import TargetSource, with_cash

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class StaticWeights(TargetSource):
    """The weights that stand beside the instruments."""

    kind: ClassVar[str] = "static"

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        return with_cash(np.array([_written(state.universe)]), state.universe.cash)

    @override
    def statement(self, state: TargetState) -> str:
        return f"the weights as written, {state.universe.cash * 100:.2f} % cash"

    @override
    def reads_weights(self) -> bool:
        return True

    @override
    def check_instruments(self, universe: Universe) -> None:
        with_cash(np.array([_written(universe)]), universe.cash)


def _written(universe: Universe) -> list[float]:
    found = []
    for symbol, weight in zip(universe.symbols, universe.written, strict=True):
        if weight is None:
            message = f"{symbol} has no target weight: write one beside it"
            raise ValueError(message)
        found.append(weight)
    return found
