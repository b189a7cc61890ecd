"""Use cash beyond a soft band, rebalance beyond a hard one.

Look often, trade seldom, use cash first: a weight that is a little off waits for the next deposit or dividend, and
only one that is far off is a reason to sell. So between the bands the rule asks to put cash to use, and only while
that helps: there is cash to spare for what is under its soft band, or cash is missing and something is over its own.
Where prices and base are known, cash helps by whole shares: there is the price of one (or it is missing), and with it
the weight is nearer to its target.

Rule: the band that a rebalance goes by is the soft one, and half of cash's. Why: what fires at 5 points and comes back
to 5 points fires again the next day. It fires at the hard band and comes back into the soft one, as Vanguard's
target-date funds fire at 200 basis points and come back to 175 (Vanguard Research, December 2024). Cash is what whole
shares leave over, so it would be on either side of an edge; from half its width it does not fire again. Only in an
account whose shares are about as wide as the soft band may the next look find use for cash that the rebalance left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.bands import Furthest, Watched, leaving, with_cash
from bot.core.policy.policy import Ask, Band, Policy
from bot.core.policy.state import share_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState

_BEYOND_HARD: Final = {"rebalance": Ask.REBALANCE, "to_target": Ask.TO_TARGET}


@dataclass(frozen=True, slots=True)
class TwoTier(Policy):
    """Put cash to use when a weight is beyond a soft band; rebalance when one is beyond a hard band."""

    kind: ClassVar[str] = "two_tier"

    soft_width: float = field(
        metadata=parameter(
            "Half-width of the inner band: beyond it only cash is used, and a rebalance comes back into it.",
            unit="fraction of base",
            wrong="Too narrow: many small purchases. As wide as the hard band: refused.",
            example="0.03",
            above=0,
            below=1,
        )
    )
    hard_width: float = field(
        metadata=parameter(
            "Half-width of the outer band: beyond it weights are rebalanced. Wider than the soft one.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing. Wider than the weights: nothing is ever sold.",
            example="0.06",
            above=0,
            below=1,
        )
    )
    beyond_hard: str = field(
        default="rebalance",
        metadata=parameter(
            "How far a breach of the hard band goes: as far as the destination says, or all the way to the target.",
            wrong="to_target trades more than needed; rebalance leaves weights off their targets.",
            choices=tuple(_BEYOND_HARD),
        ),
    )
    cash_width: float | None = field(
        default=None,
        metadata=parameter(
            "Half-width of the band around the cash target, beyond which cash is put to use; left out, cash alone "
            "never fires.",
            unit="fraction of base",
            wrong="Too narrow: every dividend is a reason to buy.",
            example="0.02",
            above=0,
            below=1,
        ),
    )

    @override
    def check(self) -> None:
        if self.soft_width >= self.hard_width:
            message = (
                f"soft_width must be less than hard_width (fraction of base), found {self.soft_width:g} and "
                f"{self.hard_width:g}"
            )
            raise ValueError(message)

    @override
    def has_band(self) -> bool:
        return True

    @override
    def band(self, state: PolicyState) -> Band:
        """Return the soft band and half of cash's (1, N+1): where a rebalance comes back into."""
        cash_width = None if self.cash_width is None else self.cash_width / 2
        return self._band(state, self.soft_width, cash_width)

    def _band(self, state: PolicyState, width: float, cash_width: float | None) -> Band:
        widths = with_cash(np.full((1, len(state.symbols) - 1), width), cash_width)
        return leaving(Band(below=widths, above=widths), state)

    def _soft(self, state: PolicyState) -> Watched:
        band = self._band(state, self.soft_width, self.cash_width)
        return Watched(state.symbols, state.weights, state.targets, band)

    def _hard(self, state: PolicyState) -> Watched:
        band = self._band(state, self.hard_width, None)
        return Watched(state.symbols, state.weights, state.targets, band)

    def _is_for_cash(self, state: PolicyState) -> NDArray[np.bool_]:
        # Whether cash that is out itself (B,), or beyond a soft band, is something that cash can help.
        drift, cash = state.drift[:, :-1], state.drift[:, -1:]
        share = share_weights(state)
        helps_under = (cash > WEIGHT_TOLERANCE) & (cash >= share) & (drift < -share / 2)
        helps_over = (cash < -WEIGHT_TOLERANCE) & (cash <= -share) & (drift > share / 2)
        cash_width = np.inf if self.cash_width is None else self.cash_width
        is_out = (np.abs(drift) > self.soft_width + WEIGHT_TOLERANCE) | (
            np.abs(cash) > cash_width + WEIGHT_TOLERANCE
        )
        is_for_cash: NDArray[np.bool_] = np.any(is_out & (helps_under | helps_over), axis=-1)
        return is_for_cash

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) the wish beyond the hard band, USE_CASH beyond the soft one if cash can help."""
        for_cash = np.where(self._is_for_cash(state), Ask.USE_CASH, Ask.NOTHING)
        beyond_hard = _BEYOND_HARD[self.beyond_hard]
        return np.where(self._hard(state).is_out(), beyond_hard, for_cash).astype(np.int8)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: the weights furthest out of both bands, and what cash can do about it."""
        soft, hard = self._soft(state).furthest(row), self._hard(state).furthest(row)
        ask = Ask(int(self.asks(state)[row]))
        cash_drift = float(state.drift[row, -1])
        worst = hard if hard.out_count else soft
        return Finding(
            rule=self.kind,
            fired=ask is not Ask.NOTHING,
            statement=_statement(ask, soft, hard, cash_drift),
            numbers={
                "symbol": worst.name,
                "weight_fraction": worst.weight,
                "target_fraction": worst.target,
                "drift_fraction": worst.drift,
                "soft_fraction": self.soft_width,
                "hard_fraction": self.hard_width,
                # Positive: what is left to the edge. Negative: how far beyond it.
                "hard_distance_fraction": -hard.beyond,
                "soft_distance_fraction": -soft.beyond,
                "cash_drift_fraction": cash_drift,
                "out_of_soft_band_count": float(soft.out_count),
                "out_of_hard_band_count": float(hard.out_count),
            },
            asks=ask.name.lower(),
        )


def _statement(ask: Ask, soft: Furthest, hard: Furthest, cash_drift: float) -> str:
    if hard.out_count:
        others = f"; {hard.out_count - 1} more beyond it" if hard.out_count > 1 else ""
        return f"{hard.where('hard band')}{others}"
    if soft.out_count == 0:
        return f"all inside their soft bands; the nearest: {soft.where('soft band')}"
    cash = f"cash is {abs(cash_drift) * 100:.2f} points {'over' if cash_drift >= 0 else 'under'} its target"
    use = "is put to use" if ask is Ask.USE_CASH else "cannot help"
    return f"{soft.where('soft band')}; {cash} and {use}"
