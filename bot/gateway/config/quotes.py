"""The table about market data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final

from bot.gateway.config.reading import A_WHOLE_NUMBER, TRUE_OR_FALSE, Table, one_of

_LINES_MAX: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class QuotesTable(Table):
    """Lines of market data, and requests for bars.

    Attributes:
        lines_max: Lines that a client can have at once; one more is error 101.
        closed_quotes: What a live line shows while the exchange is closed: the last quotes, or
            neither bid nor ask (-1), as a real gateway. Frozen lines always show the last ones.
        has_pacing: Whether requests for bars of 30 seconds and less are limited as IB does.
    """

    lines_max: int = 100
    closed_quotes: str = "shown"
    has_pacing: bool = True

    READERS: ClassVar = MappingProxyType(
        {
            "lines_max": A_WHOLE_NUMBER,
            "closed_quotes": one_of("shown", "withdrawn"),
            "has_pacing": TRUE_OR_FALSE,
        }
    )
    NAME: ClassVar = "quotes"

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        self.check_bounds(("lines_max", Decimal(0), _LINES_MAX))
