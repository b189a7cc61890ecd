"""The table about order reports."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final

from bot.gateway.config.reading import A_NUMBER, Table, one_of

_LATE_MAX_S: Final = Decimal(3600)

#: The ways of `bot.gateway.orders.sequences` that can be asked for by name.
SEQUENCES: Final = (
    "filled again",
    "status first",
    "late execution",
    "late commission",
    "commission first",
    "no status",
    "no terms",
    "everything twice",
    "pending first",
    "API pending first",
    "late rest",
    "notice first",
    "silent cancel",
)


@dataclass(frozen=True, slots=True)
class ReportsTable(Table):
    """The sequences in which orders are reported.

    Attributes:
        sequences: `plain` reports every order in the same way; `recorded` chooses one of the ways
            of real gateways for each order, by the seed; the name of a way is that one for all.
        late_s: How long after the rest the late reports of a recorded sequence come, in seconds.
    """

    sequences: str = "plain"
    late_s: Decimal = Decimal("0.5")

    READERS: ClassVar = MappingProxyType(
        {"sequences": one_of("plain", "recorded", *SEQUENCES), "late_s": A_NUMBER}
    )
    NAME: ClassVar = "reports"

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        self.check_bounds(("late_s", Decimal(0), _LATE_MAX_S))
