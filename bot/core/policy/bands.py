"""What rules with a band have in common: which weights are watched, how far out each is, and how to say so.

Rule: a rule says only how wide its band is; that it fires beyond the band and not at its edge, and what it tells of the
weight that is furthest out, is here. Why: so that two bands of the same width decide and speak alike, whatever made
them that wide.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.policy import Ask, Band, Policy, where_fired
from bot.core.policy.state import of_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


#: How every band rule takes its band around the cash target.
CASH_WIDTH: Final = parameter(
    "Half-width of the band around the cash target; left out, cash alone never fires.",
    unit="fraction of base",
    wrong="Too narrow: every dividend is a reason to trade.",
    example="0.02",
    above=0,
    below=1,
)
#: Money this small beside the base is float noise (fraction of base).
_NOISE: Final = 1e-9
#: This much of a share is not a share yet, so that a whole one is out beyond any noise.
_ALMOST: Final = 0.999


@dataclass(frozen=True, slots=True)
class Furthest:
    """The weight of one row that is furthest out of its band, or the nearest to getting out.

    Attributes:
        name: Whose weight it is.
        weight: Fraction of base.
        target: Fraction of base.
        below: How far under its target it may be, fraction of base.
        above: How far over its target it may be, fraction of base.
        beyond: How far it is beyond the nearer edge, fraction of base; negative inside.
        out_count: How many weights of the row are out of their bands.
    """

    name: str
    weight: float
    target: float
    below: float
    above: float
    beyond: float
    out_count: int

    @property
    def drift(self) -> float:
        """Weight less target, fraction of base."""
        return self.weight - self.target

    @property
    def nearer(self) -> float:
        """The half-width on the side of the nearer edge, fraction of base."""
        return self.above if self.drift - self.above >= -self.drift - self.below else self.below

    def where(self, band: str = "band") -> str:
        """Return where it is: ``AAPL is 7.21 points over its target of 9.90 %, band 5.00 points``."""
        side = "over" if self.drift >= 0 else "under"
        return (
            f"{self.name} is {abs(self.drift) * 100:.2f} points {side} its target of {self.target * 100:.2f} %, "
            f"{band} {self._widths()}"
        )

    def _widths(self) -> str:
        if math.isclose(self.below, self.above):
            return _points(self.above)
        return f"{_points(self.below)} below and {_points(self.above)} above"

    def statement(self) -> str:
        """Return in one line whether it is out and where, and how many more are out."""
        if self.out_count == 0:
            return f"all inside their bands; the nearest: {self.where()}"
        others = f"; {self.out_count - 1} more out of band" if self.out_count > 1 else ""
        return f"{self.where()}{others}"


def _points(width: float) -> str:
    return f"{width * 100:.2f} points" if math.isfinite(width) else "no limit"


@dataclass(frozen=True, slots=True)
class Watched:
    """Weights with a band each; R is B, or 1 where all rows share it. For most rules the N+1 weights of the portfolio.

    Attributes:
        names: Whose weights (C).
        weights: Fractions of base (B, C).
        targets: Fractions of base (R, C).
        band: How far they may be from their targets (R, C).
    """

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    targets: NDArray[np.float64]
    band: Band

    def beyond(self) -> NDArray[np.float64]:
        """Return how far each weight is beyond the nearer edge of its band (B, C), negative inside, -inf if free."""
        drift = self.weights - self.targets
        return np.maximum(drift - self.band.above, -drift - self.band.below)

    def is_out(self) -> NDArray[np.bool_]:
        """Return for each row (B,) whether a weight is out of its band; on the edge is inside."""
        is_out: NDArray[np.bool_] = np.any(self.beyond() > WEIGHT_TOLERANCE, axis=-1)
        return is_out

    def furthest(self, row: int) -> Furthest:
        """Return the weight of `row` that is furthest out. Ties go by name: another order tells the same."""
        beyond = self.beyond()[row]
        worst = min(range(len(self.names)), key=lambda i: (-beyond[i], self.names[i]))
        return Furthest(
            name=self.names[worst],
            weight=float(self.weights[row, worst]),
            target=float(of_row(self.targets, row)[worst]),
            below=float(of_row(self.band.below, row)[worst]),
            above=float(of_row(self.band.above, row)[worst]),
            beyond=float(beyond[worst]),
            out_count=int((beyond > WEIGHT_TOLERANCE).sum()),
        )


def check_widths(widths: Mapping[str, float], noun: str) -> None:
    """Refuse half-widths by name that name no `noun` at all, or cash.

    Raises:
        ValueError: With what was found.
    """
    if not widths:
        message = f"widths must name at least one {noun}, found none"
        raise ValueError(message)
    if "cash" in widths:
        message = f"widths cannot name cash, found {widths['cash']:g}: write cash_width"
        raise ValueError(message)


def widths_of(
    names: tuple[str, ...], widths: Mapping[str, float], rest: float | None
) -> NDArray[np.float64]:
    """Return the half-widths (1, C) of `names` (C); `rest` for whom `widths` does not name, None lets these be free."""
    others = np.inf if rest is None else rest
    return np.array([[widths.get(name, others) for name in names]])


def with_cash(widths: NDArray[np.float64], cash_width: float | None) -> NDArray[np.float64]:
    """Return half-widths (R, N+1) from those of the instruments (R, N) and of cash; None lets cash be free."""
    cash = np.full((len(widths), 1), np.inf if cash_width is None else cash_width)
    return np.concatenate([widths, cash], axis=1)


def leaving(band: Band, state: PolicyState) -> Band:
    """Return `band` (R, N+1) without room above a target of 0: what is to leave the portfolio leaves wholly.

    An instrument that left the index, that was excluded or replaced has the target 0. A band around it would keep what
    is inside, and edge and halfway would never sell the last of it. Less than one share is no reason, where prices and
    base are known: it cannot be sold. Cash is no instrument and keeps its band.
    """
    is_leaving = state.targets[:, :-1] <= WEIGHT_TOLERANCE
    if not is_leaving.any():
        return band
    share: NDArray[np.float64] | float = 0.0
    if state.prices is not None and state.base is not None:
        share = state.prices / state.base[:, np.newaxis]
    room = np.maximum(np.multiply(share, _ALMOST), _NOISE)
    above = np.where(is_leaving, np.minimum(band.above[:, :-1], room), band.above[:, :-1])
    cash = np.broadcast_to(band.above[:, -1:], (len(above), 1))
    return Band(band.below, np.concatenate([above, cash], axis=1))


class BandRule(Policy):
    """A rule that asks for a rebalance when a weight is out of its band."""

    __slots__ = ()

    #: What the numbers call the one that is furthest out.
    watches: ClassVar[str] = "symbol"

    @abstractmethod
    def corridor(self, state: PolicyState) -> Band:
        """Return the band that the rule's parameters make (R, N+1)."""

    @override
    def band(self, state: PolicyState) -> Band:
        """Return the band that this rule keeps weights in (R, N+1): its own, but for what is to leave."""
        return leaving(self.corridor(state), state)

    @override
    def has_band(self) -> bool:
        return True

    def watched(self, state: PolicyState) -> Watched:
        """Return the weights that are watched, and their bands."""
        return Watched(state.symbols, state.weights, state.targets, self.band(state))

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) REBALANCE if a weight is out of its band."""
        return where_fired(self.watched(state).is_out(), Ask.REBALANCE)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding for `row`: the weight that is furthest out, or nearest to getting out."""
        worst = self.watched(state).furthest(row)
        fired = worst.out_count > 0
        return Finding(
            rule=self.kind,
            fired=fired,
            statement=worst.statement(),
            numbers={
                self.watches: worst.name,
                "weight_fraction": worst.weight,
                "target_fraction": worst.target,
                "drift_fraction": worst.drift,
                "band_fraction": worst.nearer,
                # Positive: what is left to the edge. Negative: how far beyond it.
                "distance_fraction": -worst.beyond,
                "out_of_band_count": float(worst.out_count),
            },
            asks=(Ask.REBALANCE if fired else Ask.NOTHING).name.lower(),
        )
