"""What a client can be kept up to date with about accounts, and what it was told already."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.gateway.wire.numbers import WireValue


class WatchKind(Enum):
    """The kinds of subscriptions to accounts."""

    UPDATES = auto()
    POSITIONS = auto()
    POSITIONS_MULTI = auto()
    MULTI = auto()
    SUMMARY = auto()
    PROFIT = auto()
    SINGLE_PROFIT = auto()


#: What a message is about, within its subscription.
About = tuple[str | bool, ...]

#: What tells the subscriptions of a client apart: the kind, and the request id or 0.
WatchKey = tuple[WatchKind, int]


@dataclass(slots=True)
class Watch:
    """One subscription to accounts.

    Attributes:
        kind: What is told.
        accounts: Code of the account, or the group; see `Accounts.behind`.
        request_id: Of the request, 0 where it has none.
        model_code: As it was asked for.
        tags: Of a summary.
        is_ledger_only: Whether only the ledger and the net liquidation value are wanted.
        symbol: Of a single profit.
        told: The values last told, by what they are about.
    """

    kind: WatchKind
    accounts: str = "All"
    request_id: int = 0
    model_code: str = ""
    tags: frozenset[str] = frozenset()
    is_ledger_only: bool = False
    symbol: str = ""
    told: dict[About, dict[str, WireValue]] = field(default_factory=dict)

    @property
    def key(self) -> WatchKey:
        """What tells it apart from the client's others."""
        return self.kind, self.request_id
