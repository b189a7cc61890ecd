"""Let some sessions pass after a plan that traded."""

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
class Cooldown(Gate):
    """Permit trading only some sessions after the last plan that traded, so that trades settle and prices calm down."""

    kind: ClassVar[str] = "cooldown"

    sessions: int = field(
        metadata=parameter(
            "How many sessions after a plan that traded the next one may trade: 1 is the next session.",
            unit="sessions",
            wrong="Too many: drift stays while the rest of the rules waits.",
            example="5",
            at_least=1,
            at_most=252,
        )
    )

    def _since(self, state: PolicyState) -> NDArray[np.float64]:
        return needed(state.sessions_since_trade, "the sessions since the last trade", self.kind)

    @override
    def needs(self) -> Needs:
        return Needs(has_last_trade=True)

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        return self._since(state) >= self.sessions

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: how long ago it traded, and how long it has to wait."""
        since = float(of_row(self._since(state), row))
        if math.isinf(since):
            return self.finding(
                f"it has never traded; {counted(self.sessions, 'session')} must pass after a trade",
                {
                    "since_trade_sessions": "never",
                    "limit_sessions": float(self.sessions),
                    "distance_sessions": "none left",
                },
                is_open=True,
            )
        return self.finding(
            f"it traded {counted(since, 'session')} ago, {self.sessions} must pass",
            {
                "since_trade_sessions": since,
                "limit_sessions": float(self.sessions),
                # Positive: what is left until it permits. Negative: how far beyond.
                "distance_sessions": self.sessions - since,
            },
            is_open=since >= self.sessions,
        )
