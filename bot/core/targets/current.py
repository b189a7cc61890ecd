"""What is held is what is wanted: only cash is put to work, or raised, in proportion to the holdings.

Worked: 30 % and 60 % are held beside 10 % cash, of which 1 % shall stay. The instruments become 0.99 / 0.90 of what
they are: 33 % and 66 %.

It remembers nothing: money that one holding cannot take goes to the others, and the mix is another one from there on.
So the settings refuse it beside marks, lots and a participation, which stop single holdings again and again. A minimum
trade does the same where a deposit brings a small holding less than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.refuse import refuse
from bot.core.domain.sums import total
from bot.core.targets.source import TargetSource, with_cash

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState


@dataclass(frozen=True, slots=True)
class CurrentWeights(TargetSource):
    """The holdings in the proportions that they have now; only the cash weight is a target."""

    kind: ClassVar[str] = "current"

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        held = state.weights[:, :-1]
        refuse(held < 0, held, "current needs weights of at least 0 to scale")
        invested = total(held)
        refuse(
            invested <= 0, invested, "current needs holdings to scale (fraction of base above 0)"
        )
        scale = state.universe.invested / invested
        return with_cash(held * scale[:, np.newaxis], state.universe.cash)

    @override
    def statement(self, state: TargetState) -> str:
        invested = float(total(state.weights[:, :-1])[0])
        return (
            f"the holdings as they are: {invested * 100:.2f} % invested, wanted "
            f"{state.universe.invested * 100:.2f} %, {state.universe.cash * 100:.2f} % cash"
        )
