"""Two sources: the normal one, and a defensive one while the account is far below its peak.

It turns defensive once the account has fallen by `enter` from its peak, and back once it is within `leave` of it; with
`pause_sessions` also after so many sessions, and then it measures from the value it had there. The value is the
account's unitised value: deposits are no gains and withdrawals no losses. The peak is the highest of the newest
`peak_sessions` sessions, or of all since the first look if there were fewer.

To stand still instead of moving into other targets, see the rule ``drawdown``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameter
from bot.core.domain.words import counted
from bot.core.signals.drawdowns import (
    PEAK_SESSIONS,
    fold,
    known_values,
    memory_sessions,
    refuse_latch,
)
from bot.core.targets.source import TargetSource, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class Defence(TargetSource):
    """The weights of one source, and of a defensive one while the account is far below its peak."""

    kind: ClassVar[str] = "defence"

    normal: TargetSource = field(
        metadata=parameter(
            "The source while all is well.",
            allowed="a table with its kind",
            wrong="It decides what is held nearly always.",
            example='{ kind = "static" }',
        )
    )
    defensive: TargetSource = field(
        metadata=parameter(
            "The source while the account is far below its peak.",
            allowed="a table with its kind",
            wrong="As bold as the normal one: a whole turnover without less risk.",
            example='{ kind = "risk_profile", profile = "safe", profiles = [{ name = "safe", '
            "weights = { equity = 0.2, bond = 0.8 } }] }",
        )
    )
    enter: float = field(
        metadata=parameter(
            "How far below its peak the account must be to turn defensive: 0.15 is fifteen percent.",
            unit="fraction of the peak",
            wrong="Too small: it sells in every common fall and buys back dearer.",
            example="0.15",
            above=0,
            below=1,
        )
    )
    leave: float = field(
        metadata=parameter(
            "How near to its peak the account must come back to turn normal again; less than enter.",
            unit="fraction of the peak",
            wrong="Too near to enter: it turns to and fro. Too small: held in defence it hardly gets there.",
            example="0.08",
            at_least=0,
            below=1,
        )
    )
    peak_sessions: int = field(default=252, metadata=PEAK_SESSIONS)
    pause_sessions: int | None = field(
        default=None,
        metadata=parameter(
            "After so many sessions it turns normal without recovery; left out, only recovery or the peak's age do.",
            unit="sessions",
            allowed="a whole number, at least 1; less than peak_sessions",
            wrong="Too few: it turns normal in the middle of the fall.",
            example="120",
            at_least=1,
            at_most=1259,
        ),
    )

    @override
    def check(self) -> None:
        refuse_latch(self.enter, self.leave, self.peak_sessions, self.pause_sessions)

    def _path(self, state: TargetState) -> NDArray[np.float64]:
        return known_values(state.values, memory_sessions(self.peak_sessions), self.kind)

    def _fold(
        self, path: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
        return fold(path, self.enter, self.leave, self.pause_sessions, self.peak_sessions)

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        is_on = self._fold(self._path(state))[0]
        # Both are asked in every look, so that what the other one lacks shows before it is needed.
        normal, defensive = self.normal.weights(state), self.defensive.weights(state)
        return checked(np.where(is_on[:, np.newaxis], defensive, normal))

    @override
    def statement(self, state: TargetState) -> str:
        path = self._path(state)
        is_on, peak, since = self._fold(path)
        seen_sessions = min(path.shape[1], self.peak_sessions)
        fall = f"{(1 - path[0, -1] / peak[0]) * 100:.2f} % below the peak of {counted(seen_sessions, 'session')}"
        if not is_on[0]:
            return f"{fall}, defensive from {self.enter * 100:.2f} % on: {self.normal.statement(state)}"
        back = f"normal again from {self.leave * 100:.2f} % on"
        if self.pause_sessions is not None:
            back = f"{back} or after {counted(self.pause_sessions - int(since[0]), 'session')}"
        return f"defensive, {fall}, {back}: {self.defensive.statement(state)}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        self.normal.check_instruments(universe)
        self.defensive.check_instruments(universe)

    @override
    def reads_weights(self) -> bool:
        return self.normal.reads_weights() or self.defensive.reads_weights()

    @override
    def needs(self) -> Needs:
        return (
            Needs(values_sessions=memory_sessions(self.peak_sessions))
            | self.normal.needs()
            | self.defensive.needs()
        )

    @override
    def symbols(self) -> frozenset[str]:
        return self.normal.symbols() | self.defensive.symbols()

    @override
    def asset_classes(self) -> frozenset[str]:
        return self.normal.asset_classes() | self.defensive.asset_classes()

    @override
    def instruments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.normal.instruments(), *self.defensive.instruments())))
