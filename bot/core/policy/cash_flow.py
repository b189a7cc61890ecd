"""Put cash to use: invest what is spare, raise what is missing, and trade nothing else.

Deposits and dividends leave cash above its target, withdrawals and fees below it, even below 0. Buying what is under
its target with spare cash, and selling what is over it for missing cash, brings the portfolio nearer to its targets for
the cost of trades that were to be made anyway. `use_cash` says into what and from what.

Missing cash that is not owed is left missing where no share can help: one that weighs no more than is missing, of an
instrument that is over its target by more than half of it. Else cash would end further above its target than it was
below, and whatever rule keeps that instrument would buy the share back, so that the two would trade it for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.needs import Needs, needed
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.policy import Ask, Policy, where_fired
from bot.core.policy.state import of_row, share_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class CashFlow(Policy):
    """Invest cash that is spare and raise cash that is missing; nothing else is traded."""

    kind: ClassVar[str] = "cash_flow"

    excess_max: float | None = field(
        default=None,
        metadata=parameter(
            "How far cash may be above its target before it is invested; left out, it never is.",
            unit="fraction of base",
            wrong="Too small: each dividend is a trade. Too large: cash lies idle.",
            example="0.01",
            above=0,
            below=1,
        ),
    )
    shortage_max: float | None = field(
        default=None,
        metadata=parameter(
            "How far cash may be below its target, also below 0, before it is raised by sells; left out, it never is.",
            unit="fraction of base",
            wrong="Too small: each fee is a sell. Left out: negative cash stays and costs interest.",
            example="0.01",
            above=0,
            at_most=1,
        ),
    )
    flow_min: float | None = field(
        default=None,
        metadata=parameter(
            "Fire only if more than this came in, or went out, since the last rebalance; left out, any cash counts.",
            unit="fraction of base",
            wrong="Cash that no deposit, dividend or withdrawal explains, such as rounding, is left alone.",
            example="0.005",
            at_least=0,
            below=1,
        ),
    )

    @override
    def check(self) -> None:
        if self.excess_max is None and self.shortage_max is None:
            message = (
                "cash_flow needs excess_max, shortage_max or both (fractions of base), found neither: it would never "
                "fire"
            )
            raise ValueError(message)

    @override
    def needs(self) -> Needs:
        return Needs(has_flows=self.flow_min is not None)

    def _beyond(self, state: PolicyState) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # How far cash is beyond excess_max and beyond shortage_max (B,); negative inside, -inf where there is none.
        drift = state.drift[:, -1]
        over = np.full_like(drift, -np.inf) if self.excess_max is None else drift - self.excess_max
        under = (
            np.full_like(drift, -np.inf)
            if self.shortage_max is None
            else -drift - self.shortage_max
        )
        return over, under

    def _fired(self, state: PolicyState) -> NDArray[np.bool_]:
        over, under = (beyond > WEIGHT_TOLERANCE for beyond in self._beyond(state))
        under &= _can_be_raised(state)
        if self.flow_min is not None:
            flows = self._flows(state)
            over &= flows > self.flow_min + WEIGHT_TOLERANCE
            under &= -flows > self.flow_min + WEIGHT_TOLERANCE
        fired: NDArray[np.bool_] = over | under
        return fired

    def _flows(self, state: PolicyState) -> NDArray[np.float64]:
        return needed(state.flows, "what came in and went out since the last rebalance", self.kind)

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return USE_CASH for each row (B,) whose cash is too far from its target.

        Raises:
            ReadUnknown: If a flow is asked for and flows are not known.
        """
        return where_fired(self._fired(state), Ask.USE_CASH)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`.

        Raises:
            ReadUnknown: If a flow is asked for and flows are not known.
        """
        drift = float(state.drift[row, -1])
        over, under = (float(beyond[row]) for beyond in self._beyond(state))
        fired = bool(self._fired(state)[row])
        numbers: dict[str, float | str] = {
            "cash_fraction": float(state.weights[row, -1]),
            "target_fraction": float(of_row(state.targets, row)[-1]),
            "drift_fraction": drift,
            # Positive: what is left to the nearer limit. Negative: how far beyond it.
            "distance_fraction": -max(over, under),
        }
        named = {"excess_fraction": self.excess_max, "shortage_fraction": self.shortage_max}
        numbers |= {name: limit for name, limit in named.items() if limit is not None}
        if self.flow_min is not None:
            flow = float(self._flows(state)[row])
            numbers |= {
                "flow_fraction": flow,
                "flow_limit_fraction": self.flow_min,
                # Positive: what has still to come in, or to go out where cash is missing. Negative: how far beyond.
                "flow_distance_fraction": self.flow_min - (flow if drift >= 0 else -flow),
            }
        return Finding(
            rule=self.kind,
            fired=fired,
            statement=self._statement(numbers, drift) + self._kept(state, row),
            numbers=numbers,
            asks=(Ask.USE_CASH if fired else Ask.NOTHING).name.lower(),
        )

    def _kept(self, state: PolicyState, row: int) -> str:
        is_under = self._beyond(state)[1][row] > WEIGHT_TOLERANCE
        return "; no share can raise it" if is_under and not _can_be_raised(state)[row] else ""

    def _statement(self, numbers: dict[str, float | str], drift: float) -> str:
        side, limit = ("over", self.excess_max) if drift >= 0 else ("under", self.shortage_max)
        allowed = "no limit" if limit is None else f"limit {limit * 100:.2f} points"
        cash = (
            f"cash is {abs(drift) * 100:.2f} points {side} its target of "
            f"{float(numbers['target_fraction']) * 100:.2f} %, {allowed}"
        )
        if self.flow_min is None:
            return cash
        flow = float(numbers["flow_fraction"])
        verb = "came in" if flow >= 0 else "went out"
        return (
            f"{cash}; {abs(flow) * 100:.2f} points {verb} since the last rebalance, more than "
            f"{self.flow_min * 100:.2f} {'in' if drift >= 0 else 'out'} are needed"
        )


def _can_be_raised(state: PolicyState) -> NDArray[np.bool_]:
    """Return for each row (B,) whether selling a share brings missing cash nearer to its target, or cash is owed."""
    share, drift = share_weights(state), state.drift
    helps = (share <= -drift[:, -1:] + WEIGHT_TOLERANCE) & (
        drift[:, :-1] > share / 2 + WEIGHT_TOLERANCE
    )
    can_be_raised: NDArray[np.bool_] = np.any(helps, axis=-1) | (state.weights[:, -1] < 0)
    return can_be_raised
