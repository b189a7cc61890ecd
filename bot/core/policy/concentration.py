"""Rebalance when too much of the portfolio is in too few holdings, whatever their targets are.

Rule: one holding is too large above `weight_max`. With `large_above`, holdings above it are large, and all large ones
together are too much above `large_total_max`. So 0.10, 0.05 and 0.40 are the 5/10/40 rule of European funds (Directive
2009/65/EC, article 52), and 0.25, 0.05 and 0.50 that of American ones (Internal Revenue Code, section 851(b)(3)); both
go by issuer, this rule by instrument. Cash is no holding.
Why not refuse targets that are beyond a limit: those of an index follow the market. Trading brings a holding back to
its target at best, so up to there it is not too large.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE, total
from bot.core.policy.policy import Ask, Policy, where_fired
from bot.core.policy.state import of_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class Concentration(Policy):
    """Trade when one holding is too large, or all large ones together are."""

    kind: ClassVar[str] = "concentration"

    weight_max: float = field(
        metadata=parameter(
            "The most that one holding may be, unless its target is more.",
            unit="fraction of base",
            wrong="Near to the targets: each good day of one stock is a reason to trade.",
            example="0.25",
            above=0,
            at_most=1,
        )
    )
    large_above: float | None = field(
        default=None,
        metadata=parameter(
            "From above here on a holding is large; left out, large ones are not added up.",
            unit="fraction of base",
            allowed="a number more than 0 and less than weight_max",
            wrong="Just above the targets: holdings become large and cease to be day by day.",
            example="0.05",
            above=0,
            below=1,
        ),
    )
    large_total_max: float | None = field(
        default=None,
        metadata=parameter(
            "The most that all large holdings together may be, unless those of the targets are more.",
            unit="fraction of base",
            allowed="a number more than 0 and at most 1; goes with large_above",
            wrong="Too low: it asks again and again for what the targets do not give.",
            example="0.5",
            above=0,
            at_most=1,
        ),
    )

    @override
    def check(self) -> None:
        if (self.large_above is None) != (self.large_total_max is None):
            found = "large_total_max" if self.large_above is None else "large_above"
            message = f"large_above and large_total_max go together, found only {found}"
            raise ValueError(message)
        if self.large_above is not None and self.large_above >= self.weight_max:
            message = (
                f"large_above must be less than weight_max (fraction of base), found {self.large_above:g} and "
                f"{self.weight_max:g}"
            )
            raise ValueError(message)

    def _beyond_one(self, state: PolicyState) -> NDArray[np.float64]:
        # How far each holding is above what it may be (B, N); below 0 if it is not.
        return state.weights[:, :-1] - np.maximum(state.targets[:, :-1], self.weight_max)

    def _large(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        # What the large holdings of `weights` (R, N+1) are together (R,); 0 if they are not added up.
        held = weights[:, :-1]
        least = np.inf if self.large_above is None else self.large_above + WEIGHT_TOLERANCE
        return total(np.where(held > least, held, 0.0))

    def _beyond_all(self, state: PolicyState) -> NDArray[np.float64]:
        # How far all large holdings together are above what they may be (B,); below 0 if they are not.
        limit = 1.0 if self.large_total_max is None else self.large_total_max
        return self._large(state.weights) - np.maximum(self._large(state.targets), limit)

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether something is above its limit; at the limit is not."""
        beyond = np.maximum(self._beyond_one(state).max(axis=1), self._beyond_all(state))
        return where_fired(beyond > WEIGHT_TOLERANCE, Ask.REBALANCE)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, which names the holding that is furthest above its limit, or next to it."""
        beyond_one, beyond_all = self._beyond_one(state)[row], float(self._beyond_all(state)[row])
        # Ties go by name, so that another order of instruments tells the same.
        worst = min(range(len(beyond_one)), key=lambda i: (-beyond_one[i], state.symbols[i]))
        weight = float(state.weights[row, worst])
        limit = max(self.weight_max, float(of_row(state.targets, row)[worst]))
        statement = (
            f"{state.symbols[worst]} is {weight * 100:.2f} % of base, limit {limit * 100:.2f} %"
        )
        numbers: dict[str, float | str] = {
            "symbol": state.symbols[worst],
            "weight_fraction": weight,
            "limit_fraction": limit,
            # Positive: what is left to the limit. Negative: how far beyond it.
            "distance_fraction": limit - weight,
        }
        if self.large_above is not None:
            large = float(self._large(state.weights)[row])
            statement = (
                f"{statement}; those above {self.large_above * 100:.2f} % are {large * 100:.2f} % together, limit "
                f"{(large - beyond_all) * 100:.2f} %"
            )
            numbers |= {
                "large_fraction": large,
                "large_limit_fraction": large - beyond_all,
                "distance_fraction": min(limit - weight, -beyond_all),
            }
        ask = (
            Ask.REBALANCE if max(beyond_one[worst], beyond_all) > WEIGHT_TOLERANCE else Ask.NOTHING
        )
        return Finding(
            rule=self.kind,
            fired=ask is not Ask.NOTHING,
            statement=statement,
            numbers=numbers,
            asks=ask.name.lower(),
        )
