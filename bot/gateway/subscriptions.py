"""What a client is kept up to date with, and what it was told already: quotes and accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.wire.numbers import WireValue


@dataclass(slots=True)
class Ticker:
    """A line of market data.

    Attributes:
        request_id: Under which the client knows it.
        instrument: What is quoted.
        asked_type: Market data type in force when it was asked for: 1 live, 2 frozen, 3 delayed,
            4 delayed and frozen.
        generic: Generic ticks asked for, by their numbers.
        has_quotes: Whether the usual ticks are wanted, beside generic ones.
        given_type: Market data type that the client was told last, or None.
        shown: What it was shown last, by tick type.
        free_at: Before this moment nothing more is sent; None if nothing was.
        is_waiting: Whether it will be looked at again when that moment comes.
    """

    request_id: int
    instrument: Instrument
    asked_type: int = 1
    generic: frozenset[int] = frozenset()
    has_quotes: bool = True
    given_type: int | None = None
    shown: dict[int, tuple[str, ...]] = field(default_factory=dict)
    free_at: datetime | None = None
    is_waiting: bool = False


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


@dataclass(slots=True)
class Subscriptions:
    """What a client is kept up to date with.

    Attributes:
        tickers: Quotes, by request id.
        data_type: Market data type for further ones, see `Ticker`.
        watches: Accounts, by what tells the subscriptions apart.
    """

    tickers: dict[int, Ticker] = field(default_factory=dict)
    data_type: int = 1
    watches: dict[WatchKey, Watch] = field(default_factory=dict)
