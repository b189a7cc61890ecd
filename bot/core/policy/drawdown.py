"""Pause while the account is far below its peak, with a way back.

It pauses once the account has fallen by `enter` from its peak, and permits again once it is back to within `leave` of
that peak. With `pause_sessions` it also permits after so many sessions without recovery, and measures from then on
against the value it had there. The peak is the highest of the newest `peak_sessions` sessions, or of all since the
first look if there were fewer: what is older is forgotten, which is a way back too, the slowest.

To move into defensive targets instead of standing still, see the target source ``defence``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameter
from bot.core.domain.words import counted
from bot.core.policy.gate import Gate
from bot.core.policy.state import of_row
from bot.core.signals.drawdowns import (
    PEAK_SESSIONS,
    fold,
    known_values,
    memory_sessions,
    refuse_latch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class Drawdown(Gate):
    """Pause trading while the account is far below its peak, until it has recovered or time has passed."""

    kind: ClassVar[str] = "drawdown"

    enter: float = field(
        metadata=parameter(
            "How far below its peak the account must be to pause: 0.15 is fifteen percent.",
            unit="fraction of the peak",
            wrong="Too small: every common fall stops the rebalancing that would buy what is cheap.",
            example="0.15",
            above=0,
            below=1,
        )
    )
    leave: float = field(
        metadata=parameter(
            "How near to its peak the account must come back to permit again; less than enter.",
            unit="fraction of the peak",
            wrong="Too near to enter: it pauses and permits in turns. 0: only a new peak ends the pause.",
            example="0.1",
            at_least=0,
            below=1,
        )
    )
    peak_sessions: int = field(default=252, metadata=PEAK_SESSIONS)
    pause_sessions: int | None = field(
        default=None,
        metadata=parameter(
            "After so many sessions a pause ends without recovery; left out, only recovery or the age of the peak do.",
            unit="sessions",
            allowed="a whole number, at least 1; less than peak_sessions",
            wrong="Too few: trading goes on in the middle of the fall.",
            example="60",
            at_least=1,
            at_most=1259,
        ),
    )

    @override
    def check(self) -> None:
        refuse_latch(self.enter, self.leave, self.peak_sessions, self.pause_sessions)

    def _path(self, state: PolicyState) -> NDArray[np.float64]:
        return known_values(state.values, memory_sessions(self.peak_sessions), self.kind)

    def _fold(
        self, path: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
        return fold(path, self.enter, self.leave, self.pause_sessions, self.peak_sessions)

    @override
    def needs(self) -> Needs:
        return Needs(values_sessions=memory_sessions(self.peak_sessions))

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        return np.broadcast_to(~self._fold(self._path(state))[0], state.weights.shape[:1])

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: how far below its peak it is, and what ends the pause."""
        path = self._path(state)
        on, peak, since = self._fold(path)
        seen_sessions = min(path.shape[1], self.peak_sessions)
        is_paused = bool(of_row(on, row))
        fall = 1.0 - float(of_row(path[:, -1], row)) / float(of_row(peak, row))
        limit = self.leave if is_paused else self.enter
        numbers: dict[str, float | str] = {
            "drawdown_fraction": fall,
            "enter_fraction": self.enter,
            "leave_fraction": self.leave,
            # Positive: what is left to recover until it permits. Negative: what is left to fall until it pauses.
            "distance_fraction": fall - limit,
            "seen_sessions": float(seen_sessions),
            "paused_sessions": float(of_row(since, row)),
        }
        seen = f"{fall * 100:.2f} % below the peak of {counted(seen_sessions, 'session')}"
        if not is_paused:
            return self.finding(
                f"{seen}, pauses from {self.enter * 100:.2f} % on", numbers, is_open=True
            )
        back = f"{seen}, permits again from {self.leave * 100:.2f} % on"
        if self.pause_sessions is not None:
            left = self.pause_sessions - float(of_row(since, row))
            numbers["pause_left_sessions"] = left
            back = f"{back} or after {counted(left, 'session')}"
        return self.finding(back, numbers, is_open=False)
