"""Trade only while a price is on one side of its own past: its moving average, or what it was some sessions ago.

It is a statement about the last finished session, so that it does not change its mind within a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameter
from bot.core.policy.gate import Gate
from bot.core.policy.state import column_of, of_row, past_closes
from bot.core.signals.averages import momentum, moving_average
from bot.core.signals.window import SIGNAL_TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class Trend(Gate):
    """Permit trading only while an instrument's last close is above, or below, its own past."""

    kind: ClassVar[str] = "trend"

    symbol: str = field(
        metadata=parameter(
            "The instrument whose trend it is; one of the holdings.",
            wrong="An instrument that says nothing of the rest gates all of it.",
            example='"SPY"',
        )
    )
    sessions: int = field(
        default=200,
        metadata=parameter(
            "How many sessions the past is.",
            unit="sessions",
            wrong="Too few: it permits and pauses in turns. Too many: a young instrument has no such past.",
            at_least=2,
            at_most=1260,
        ),
    )
    side: str = field(
        default="above",
        metadata=parameter(
            "On which side of its past the close must be to permit trading.",
            wrong="The other side permits exactly when you do not want it.",
            choices=("above", "below"),
        ),
    )
    past: str = field(
        default="average",
        metadata=parameter(
            "What the past is: the mean of the last closes, or the close so many sessions ago.",
            wrong="close: one odd day in the past moves it.",
            choices=("average", "close"),
        ),
    )
    margin: float = field(
        default=0.0,
        metadata=parameter(
            "How far beyond its past the close must be: 0.02 is two percent.",
            unit="fraction of the past price",
            wrong="0: it permits and pauses in turns while the price runs along its past.",
            at_least=0,
            below=1,
        ),
    )

    @property
    def _window(self) -> int:
        # The close so many sessions ago is one more close than so many sessions.
        return self.sessions + (self.past == "close")

    def _gaps(self, state: PolicyState) -> NDArray[np.float64]:
        # How far the last close is above its past (R,), a fraction of it.
        column = column_of(state, self.symbol, self.kind)
        closes = past_closes(state, self._window, self.kind)[:, :, column : column + 1]
        if self.past == "close":
            return momentum(closes, self.sessions)[:, 0]
        gaps: NDArray[np.float64] = closes[:, -1] / moving_average(closes, self.sessions) - 1.0
        return gaps[:, 0]

    @override
    def needs(self) -> Needs:
        return Needs(history_sessions=self._window)

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset({self.symbol})

    def _beyond(self, state: PolicyState) -> NDArray[np.float64]:
        # How far the close is beyond the margin on the side that permits (R,); at the margin is not beyond.
        gaps = self._gaps(state)
        return (gaps if self.side == "above" else -gaps) - self.margin

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        return np.broadcast_to(self._beyond(state) > SIGNAL_TOLERANCE, state.weights.shape[:1])

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: where the close stands, and where it would have to."""
        gap, beyond = float(of_row(self._gaps(state), row)), float(of_row(self._beyond(state), row))
        past = (
            f"the mean of its last {self.sessions} closes"
            if self.past == "average"
            else f"its close {self.sessions} sessions before"
        )
        return self.finding(
            f"{self.symbol} closed {abs(gap) * 100:.2f} % {'above' if gap >= 0 else 'below'} {past}, "
            f"more than {self.margin * 100:.2f} % {self.side} it is needed",
            {
                "symbol": self.symbol,
                "gap_fraction": gap,
                "limit_fraction": self.margin if self.side == "above" else -self.margin,
                # Positive: what is left until it permits. Negative: how far beyond.
                "distance_fraction": -beyond,
                "window_sessions": float(self.sessions),
            },
            is_open=beyond > SIGNAL_TOLERANCE,
        )
