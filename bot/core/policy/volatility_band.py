"""Rebalance when a weight is outside a corridor whose width follows the instrument's volatility.

The half-width is `width` for an instrument as volatile as `volatility`, and in proportion to what is measured now:

    wider     width x measured / volatility
    narrower  width x volatility / measured

always from `width_min` to `width_max`. Both are in use. Wider, so that the same number of days' moves is noise for a
calm and for a wild instrument, and a storm is not a reason to trade. Narrower, so that the same drift of what carries
more risk is corrected earlier: Maginn, Tuttle, McLeavey, Pinto, "Managing Investment Portfolios", 3rd edition 2007,
chapter 11, counts an asset's own volatility among what calls for a tighter corridor. Volatility is the
`ewma_volatility` of past closes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameter
from bot.core.policy.bands import CASH_WIDTH, BandRule, with_cash
from bot.core.policy.policy import Band
from bot.core.policy.state import of_row, past_closes
from bot.core.signals.volatility import ewma_volatility
from bot.core.signals.window import window_sessions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.domain.decision import Finding
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class VolatilityBand(BandRule):
    """Trade when a weight is outside a corridor that is scaled by the instrument's volatility."""

    kind: ClassVar[str] = "volatility_band"

    width: float = field(
        metadata=parameter(
            "Half-width of the corridor of an instrument that is as volatile as `volatility`.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing. Wider than the weights: it never fires.",
            example="0.04",
            above=0,
            below=1,
        )
    )
    volatility: float = field(
        default=0.25,
        metadata=parameter(
            "The volatility at which the corridor is as wide as `width`.",
            unit="fraction a year",
            wrong="Far from what instruments have: every corridor is as wide as width_min or width_max.",
            above=0,
            at_most=5,
        ),
    )
    volatile_is: str = field(
        default="wider",
        metadata=parameter(
            "Whether what is more volatile has a wider corridor (noise is no reason to trade) or a narrower one (risk "
            "is corrected early).",
            wrong="The other one trades the wild instruments where this one waits.",
            choices=("wider", "narrower"),
        ),
    )
    half_life_sessions: float = field(
        default=42.0,
        metadata=parameter(
            "After so many sessions a past return counts half; five times as many are needed.",
            unit="sessions",
            wrong="Too short: corridors jump from day to day. Too long: they come late.",
            at_least=5,
            at_most=252,
        ),
    )
    width_min: float = field(
        default=0.01,
        metadata=parameter(
            "The narrowest half-width, however calm or wild.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing.",
            above=0,
            below=1,
        ),
    )
    width_max: float = field(
        default=0.15,
        metadata=parameter(
            "The widest half-width, however wild or calm.",
            unit="fraction of base",
            wrong="Too wide: a storm lets weights wander without end.",
            above=0,
            below=1,
        ),
    )
    cash_width: float | None = field(default=None, metadata=CASH_WIDTH)

    @override
    def check(self) -> None:
        if not self.width_min <= self.width <= self.width_max:
            message = (
                f"width must be from width_min to width_max, found width {self.width:g}, width_min "
                f"{self.width_min:g} and width_max {self.width_max:g} (fraction of base)"
            )
            raise ValueError(message)

    @override
    def needs(self) -> Needs:
        return Needs(history_sessions=window_sessions(self.half_life_sessions))

    def _measured(self, state: PolicyState) -> NDArray[np.float64]:
        closes = past_closes(state, window_sessions(self.half_life_sessions), self.kind)
        return ewma_volatility(closes, self.half_life_sessions)

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return half-widths that follow the volatility (R, N+1).

        Raises:
            ReadUnknown: If the history is not known or too short.
        """
        relative = self._measured(state) / self.volatility
        if self.volatile_is == "narrower":
            # What does not move at all gets the widest; the bound only keeps the quotient finite.
            relative = 1 / np.maximum(relative, 1e-9)
        scaled = np.clip(self.width * relative, self.width_min, self.width_max)
        widths = with_cash(scaled, self.cash_width)
        return Band(below=widths, above=widths)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`, with the volatility of the instrument that it names."""
        found = BandRule.explain(self, state, row)
        named = state.symbols.index(str(found.numbers["symbol"]))
        if named == len(state.symbols) - 1:
            return found
        measured = float(of_row(self._measured(state), row)[named])
        about = f"the volatility of {state.symbols[named]} is {measured * 100:.1f} % a year"
        return replace(
            found,
            statement=f"{found.statement}; {about}",
            numbers={**found.numbers, "volatility_fraction": measured},
        )
