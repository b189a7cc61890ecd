"""Rebalance when a weight is further from its target than the number of points written for this instrument."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the settings read the fields' types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from bot.core.domain.parameter import parameter
from bot.core.policy.bands import CASH_WIDTH, BandRule, check_widths, widths_of, with_cash
from bot.core.policy.policy import Band

if TYPE_CHECKING:
    from bot.core.policy.state import PolicyState


@dataclass(frozen=True, slots=True)
class InstrumentBand(BandRule):
    """Trade when an instrument is further from its target than its own width; on the edge is inside."""

    kind: ClassVar[str] = "instrument_band"

    widths: Mapping[str, float] = field(
        metadata=parameter(
            "Half-width of the band around the target weight of each instrument, by its symbol.",
            unit="fraction of base",
            allowed="a table of symbols, each an instrument of the mandate",
            wrong="Too narrow: costs for nothing. Wider than the weight: it never fires.",
            example="{ AAPL = 0.05 }",
            above=0,
            below=1,
        )
    )
    width: float | None = field(
        default=None,
        metadata=parameter(
            "Half-width for the instruments that are not named; left out, these alone never fire.",
            unit="fraction of base",
            wrong="Left out by mistake: an instrument may wander without end.",
            example="0.05",
            above=0,
            below=1,
        ),
    )
    cash_width: float | None = field(default=None, metadata=CASH_WIDTH)

    @override
    def check(self) -> None:
        check_widths(self.widths, "instrument")

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset(self.widths)

    @override
    def corridor(self, state: PolicyState) -> Band:
        """Return each instrument's own half-width (1, N+1), +inf where there is none.

        Raises:
            ValueError: If an instrument that is named is not in `state`.
        """
        unknown = sorted(self.symbols() - set(state.symbols))
        if unknown:
            message = f"widths name {', '.join(unknown)}, found only {', '.join(state.symbols)}"
            raise ValueError(message)
        own = widths_of(state.symbols[:-1], self.widths, self.width)
        widths = with_cash(own, self.cash_width)
        return Band(below=widths, above=widths)
