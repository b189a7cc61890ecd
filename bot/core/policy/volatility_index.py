"""Trade only while a market index is inside its limits, such as the VIX below 30."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import Needs, needed
from bot.core.domain.parameter import parameter
from bot.core.policy.gate import Gate
from bot.core.policy.state import of_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class VolatilityIndex(Gate):
    """Permit trading only while a market index such as the VIX is inside its limits; at a limit is inside."""

    kind: ClassVar[str] = "volatility_index"

    level_max: float | None = field(
        default=None,
        metadata=parameter(
            "Above this level it pauses; left out, no level is too high.",
            unit="index points",
            wrong="Too low: it pauses for months in nervous years.",
            example="30",
            above=0,
            at_most=10_000,
        ),
    )
    level_min: float | None = field(
        default=None,
        metadata=parameter(
            "Below this level it pauses, for those who trade only in a storm; left out, no level is too low.",
            unit="index points",
            allowed="a number above 0; less than level_max; one of the two must be there",
            wrong="Too high: it hardly ever permits.",
            example="12",
            above=0,
            at_most=10_000,
        ),
    )
    index: str = field(
        default="VIX",
        metadata=parameter(
            "The market index, by the name the broker has for it.",
            wrong="A name that the broker does not know: every look ends as unknown.",
            example='"VIX"',
        ),
    )

    @override
    def check(self) -> None:
        if not self.index.strip():
            message = f"index must be the name of a market index, found {self.index!r}"
            raise ValueError(message)
        if self.level_max is None and self.level_min is None:
            message = "level_max or level_min must be there (index points), found neither"
            raise ValueError(message)
        lowest, highest = self._limits()
        if lowest >= highest:
            message = f"level_min must be less than level_max (index points), found {lowest:g} and {highest:g}"
            raise ValueError(message)

    def _limits(self) -> tuple[float, float]:
        lowest = 0.0 if self.level_min is None else self.level_min
        return lowest, np.inf if self.level_max is None else self.level_max

    def _levels(self, state: PolicyState) -> NDArray[np.float64]:
        return needed(state.levels.get(self.index), f"the level of {self.index}", self.kind)

    @override
    def needs(self) -> Needs:
        return Needs(levels=frozenset({self.index}))

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        levels = self._levels(state)
        lowest, highest = self._limits()
        return np.broadcast_to((lowest <= levels) & (levels <= highest), state.weights.shape[:1])

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: the level, and the limit that is nearest or was left."""
        level = float(of_row(self._levels(state), row))
        lowest, highest = self._limits()
        # The limit that is nearest to being left, or was.
        is_max = self.level_min is None or highest - level < level - lowest
        limit = highest if is_max else lowest
        side = "highest" if is_max else "lowest"
        return self.finding(
            f"{self.index} is at {level:.2f} points, the {side} allowed are {limit:.2f}",
            {
                "index": self.index,
                "level_points": level,
                "limit_points": limit,
                # Positive: what is left until it permits. Negative: how far it is inside.
                "distance_points": level - highest if is_max else lowest - level,
            },
            is_open=lowest <= level <= highest,
        )
