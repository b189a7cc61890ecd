"""Trade only in calm, or only in stress: how much prices move now, beside how much they moved before.

Stress is when the volatility of the last days is more than `ratio_max` times that of the last months. What is normal
is said by the same prices, so one limit does for a bond and a stock. The baseline follows a storm that lasts, and
calls it normal in the end. Both are exponentially weighted, which changes them by a little each session: the answer
does not flutter as that of a plain window does, which jumps when an old day drops out.
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
from bot.core.signals.volatility import ewma_volatility, portfolio_volatility
from bot.core.signals.window import SIGNAL_TOLERANCE, window_sessions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class Regime(Gate):
    """Permit trading only while prices are calm, or only while they are stressed, by their own volatility."""

    kind: ClassVar[str] = "regime"

    ratio_max: float = field(
        default=1.5,
        metadata=parameter(
            "Above so many times its baseline the volatility is stress; at it is calm.",
            wrong="Near 1: stress half of the time. High: only a crash is stress.",
            above=0,
            at_most=10,
        ),
    )
    permits_in: str = field(
        default="calm",
        metadata=parameter(
            "When it permits trading.",
            wrong="The other one permits exactly when you do not want it.",
            choices=("calm", "stress"),
        ),
    )
    symbol: str | None = field(
        default=None,
        metadata=parameter(
            "The instrument whose volatility it is; left out, that of the whole portfolio at today's weights.",
            wrong="An instrument that says nothing of the rest gates all of it.",
            example='"SPY"',
        ),
    )
    half_life_sessions: float = field(
        default=10.0,
        metadata=parameter(
            "After so many sessions a day counts half in the volatility of now.",
            unit="sessions",
            wrong="Too short: one bad day is stress.",
            at_least=1,
            at_most=126,
        ),
    )
    baseline_half_life_sessions: float = field(
        default=63.0,
        metadata=parameter(
            "After so many sessions a day counts half in the baseline; more than half_life_sessions.",
            unit="sessions",
            wrong="Too near to the other: now and before are the same days, and nothing is ever stress.",
            at_least=2,
            at_most=252,
        ),
    )

    @override
    def check(self) -> None:
        if self.half_life_sessions >= self.baseline_half_life_sessions:
            message = (
                f"half_life_sessions must be less than baseline_half_life_sessions (sessions), found "
                f"{self.half_life_sessions:g} and {self.baseline_half_life_sessions:g}"
            )
            raise ValueError(message)

    def _volatilities(self, state: PolicyState, half_life: float) -> NDArray[np.float64]:
        # Of the instrument or of each portfolio (R,), a fraction a year.
        closes = past_closes(state, self.needs().history_sessions, self.kind)
        if self.symbol is None:
            return portfolio_volatility(closes, state.weights[:, :-1], half_life)
        column = column_of(state, self.symbol, self.kind)
        return ewma_volatility(closes[:, :, column : column + 1], half_life)[:, 0]

    def _seen(
        self, state: PolicyState
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        # The volatility of now, the baseline and their ratio, each (R,).
        now = self._volatilities(state, self.half_life_sessions)
        before = self._volatilities(state, self.baseline_half_life_sessions)
        # What did not move at all in the long window did not move in the short one: calm.
        return now, before, np.divide(now, before, out=np.zeros_like(now), where=before > 0)

    def _is_open(self, ratios: NDArray[np.float64]) -> NDArray[np.bool_]:
        is_stress = ratios > self.ratio_max + SIGNAL_TOLERANCE
        return is_stress if self.permits_in == "stress" else ~is_stress

    @override
    def needs(self) -> Needs:
        return Needs(history_sessions=window_sessions(self.baseline_half_life_sessions))

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset() if self.symbol is None else frozenset({self.symbol})

    @override
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        return np.broadcast_to(self._is_open(self._seen(state)[2]), state.weights.shape[:1])

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: both volatilities, and their ratio beside its limit."""
        nows, befores, ratios = self._seen(state)
        now, before, ratio = (float(of_row(each, row)) for each in (nows, befores, ratios))
        whose = self.symbol or "the portfolio"
        above = ratio - self.ratio_max
        return self.finding(
            f"{whose} moves by {now * 100:.2f} % a year, {ratio:.2f} times its {before * 100:.2f} % of before; "
            f"more than {self.ratio_max:.2f} times is stress, trading is permitted in {self.permits_in}",
            {
                "whose": whose,
                "volatility_fraction": now,
                "baseline_fraction": before,
                "volatility_ratio": ratio,
                "limit_ratio": self.ratio_max,
                # Positive: what is left until it permits. Negative: how far it is inside.
                "distance_ratio": above if self.permits_in == "calm" else -above,
            },
            is_open=bool(of_row(self._is_open(ratios), row)),
        )
