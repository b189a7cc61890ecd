"""What one look saw: everything that a decision is a function of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.account import AccountState, Position
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.orders import OrderBooks
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.domain.session import Session


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The outside world at one moment, every read three-valued.

    Attributes:
        taken_at: When the last read ended, aware UTC, by our clock.
        broker_time: The broker's own clock, aware UTC, to the second.
        session: The exchange session that `taken_at` falls in, or None when closed.
        instruments: The mandate's instruments, in the order of the targets.
        account: Cash, NAV and the like.
        positions: Every position of the account, also outside the mandate.
        orders: Open and completed orders and executions, of every client.
        quotes: One reading for each instrument of the mandate, by conId.
    """

    taken_at: datetime
    broker_time: Reading[datetime]
    session: Session | None
    instruments: tuple[Instrument, ...]
    account: Reading[AccountState]
    positions: Reading[tuple[Position, ...]]
    orders: Reading[OrderBooks]
    quotes: dict[int, Reading[Quote]]
