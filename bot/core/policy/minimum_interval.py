"""Let some calendar days pass between rebalances.

Days and not sessions, since what it is for counts so: a fund's fee on what is sold within 30, 60 or 90 days, the 30
days on either side of a wash sale, a promise to trade once in a quarter at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from bot.core.domain.needs import Needs, needed
from bot.core.domain.parameter import parameter
from bot.core.domain.words import counted
from bot.core.policy.gate import Gate
from bot.core.policy.state import of_row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class MinimumInterval(Gate):
    """Permit trading only some calendar days after the last plan that traded, for fees and promises that count days."""

    kind: ClassVar[str] = "minimum_interval"

    days: int = field(
        metadata=parameter(
            "How many calendar days after a plan that traded the next one may trade: 1 is the next day.",
            unit="days",
            wrong="Too many: drift stays while the rest of the rules waits.",
            example="31",
            at_least=1,
            at_most=366,
        )
    )

    def _since(self, state: PolicyState) -> NDArray[np.float64]:
        return needed(state.days_since_trade, "the days since the last trade", self.kind)

    @override
    def needs(self) -> Needs:
        return Needs(has_last_trade=True)

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        return self._since(state) >= self.days

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: how long ago it traded, and how long it has to wait."""
        since = float(of_row(self._since(state), row))
        if math.isinf(since):
            return self.finding(
                f"it has never traded; {counted(self.days, 'day')} must pass after a trade",
                {
                    "since_trade_days": "never",
                    "limit_days": float(self.days),
                    "distance_days": "none left",
                },
                is_open=True,
            )
        return self.finding(
            f"it traded {counted(since, 'day')} ago, {self.days} must pass",
            {
                "since_trade_days": since,
                "limit_days": float(self.days),
                # Positive: what is left until it permits. Negative: how far beyond.
                "distance_days": self.days - since,
            },
            is_open=since >= self.days,
        )
