"""Permit a trade only where less drift is worth more than what the trades cost.

Being off the targets costs an investor who chose them for their risk: half the risk aversion times the tracking
variance is the certain return a year that is as good as having no tracking error, for quadratic utility and targets
that were optimal (returns cancel out to first order). Over the time that the drift would stay, as money:

    benefit = 1/2 x risk_aversion x tracking variance x horizon_years x base

The cost is that of trading all the way to the targets, by the account's cost model. This is the one-step
form of a rule that is optimal over many steps: whoever waits pays for the drift, whoever trades pays for the trades.

Source: Sun, Fan, Chen, Schouwenaars, Albota 2006, "Optimal rebalancing for institutional portfolios", Journal of
Portfolio Management 32(2) (cost of suboptimality as certainty equivalents, against the cost of trades); Leland 1999,
"Optimal portfolio management with transactions costs and capital gains taxes", Haas School of Business, section II.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.needs import Needs, needed
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE, total
from bot.core.policy.policy import Ask, Policy, where_fired
from bot.core.policy.state import past_closes
from bot.core.signals.volatility import HALF_LIFE, ewma_volatility, risk_parts
from bot.core.signals.window import window_sessions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class CostBenefit(Policy):
    """Permit trades only when the benefit of less drift is worth more than the trades cost."""

    kind: ClassVar[str] = "cost_benefit"

    ratio_min: float = field(
        default=1.0,
        metadata=parameter(
            "How many times the cost the benefit must be worth.",
            unit="benefit per cost",
            wrong="Below 1: trades that lose. Far above: the portfolio drifts for years.",
            above=0,
            at_most=100,
        ),
    )
    risk_aversion: float = field(
        default=5.0,
        metadata=parameter(
            "How much return a year the owner gives up for less risk: half of this times the variance.",
            unit="per fraction of variance a year",
            wrong="Too low: drift seems harmless and nothing is traded. Too high: cost seems nothing.",
            above=0,
            at_most=100,
        ),
    )
    horizon_years: float = field(
        default=1.0,
        metadata=parameter(
            "How long the drift would stay if nothing is traded.",
            unit="years",
            wrong="Too short: nothing is worth its cost. Too long: everything is.",
            above=0,
            at_most=10,
        ),
    )
    half_life_sessions: float = field(default=63.0, metadata=HALF_LIFE)

    @override
    def needs(self) -> Needs:
        return Needs(history_sessions=window_sessions(self.half_life_sessions), has_costs=True)

    def _closes(self, state: PolicyState) -> NDArray[np.float64]:
        return past_closes(state, window_sessions(self.half_life_sessions), self.kind)

    def _variance(self, state: PolicyState) -> NDArray[np.float64]:
        # Of the difference to the targets (B,), fraction squared a year.
        drift = state.drift[:, :-1]
        return risk_parts(drift, self._closes(state), self.half_life_sessions)[1]

    def _benefit(self, variance: NDArray[np.float64]) -> NDArray[np.float64]:
        # Fraction of base (B,).
        return 0.5 * self.risk_aversion * self.horizon_years * variance

    def _cost(self, state: PolicyState) -> NDArray[np.float64]:
        # Of trading to the targets, fraction of base (B,).
        costs = needed(state.costs, "what trading costs", self.kind)
        base = needed(state.base, "the base", self.kind)
        prices = needed(state.prices, "prices", self.kind)
        closes = self._closes(state)
        history = needed(state.history, "the history of prices", self.kind)
        shares = -state.drift[:, :-1] * base[:, np.newaxis] / prices
        volumes = history.mean_volumes(closes.shape[1])
        volatility = ewma_volatility(closes, self.half_life_sessions)
        return total(costs.cost(shares, prices, volumes, volatility)) / base

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether trading is worth its cost; where both are equal it is not.

        Raises:
            ReadUnknown: If history, costs, base or prices are not known, or the history is too short.
        """
        surplus = self._benefit(self._variance(state)) - self.ratio_min * self._cost(state)
        return where_fired(surplus > WEIGHT_TOLERANCE, Ask.ANYTHING)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with benefit and cost in basis points of base.

        Raises:
            ReadUnknown: If history, costs, base or prices are not known, or the history is too short.
        """
        variance = self._variance(state)
        benefit = float(self._benefit(variance)[row])
        cost = float(self._cost(state)[row])
        worth = benefit - self.ratio_min * cost > WEIGHT_TOLERANCE
        error = float(np.sqrt(variance[row]))
        years = "1 year" if self.horizon_years == 1 else f"{self.horizon_years:g} years"
        return Finding(
            rule=self.kind,
            fired=worth,
            statement=(
                f"less drift is worth {benefit * 1e4:.2f} bps of base over {years} (tracking "
                f"error {error * 100:.2f} % a year), trading costs {cost * 1e4:.2f} bps, "
                f"{self.ratio_min:g} times that needed"
            ),
            numbers={
                "benefit_bps": benefit * 1e4,
                "cost_bps": cost * 1e4,
                "limit_bps": self.ratio_min * cost * 1e4,
                # Positive: what benefit still lacks. Negative: how far beyond what is needed.
                "distance_bps": (self.ratio_min * cost - benefit) * 1e4,
                "tracking_error_fraction": error,
            },
            asks=(Ask.ANYTHING if worth else Ask.NOTHING).name.lower(),
        )
