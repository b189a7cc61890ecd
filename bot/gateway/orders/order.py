"""The records: a ticket as a client filled it in, the order it became, and its executions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.book import Side

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.exchange.instruments import Instrument


class Status(Enum):
    """Where an order is; the value is the word on the wire."""

    #: Accepted by the gateway, not yet at the exchange.
    PRE_SUBMITTED = "PreSubmitted"
    #: At the exchange; also after partial fills.
    SUBMITTED = "Submitted"
    #: A cancel is on its way.
    PENDING_CANCEL = "PendingCancel"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    #: Rejected.
    INACTIVE = "Inactive"


FINAL: Final = frozenset({Status.FILLED, Status.CANCELLED, Status.INACTIVE})


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as it was asked for, before any check.

    Attributes:
        client_id: Who asks, and owns what becomes of it.
        order_id: The client's number for it.
        instrument: What is to be traded, or None if there is no such thing.
        exchange: Where it is to be routed to.
        action: BUY or SELL, or whatever else was sent.
        quantity: Shares; None if not given.
        order_type: LMT, MKT, or whatever else was sent.
        limit: Worst price of a limit order, in the instrument's currency.
        aux_price: Only echoed.
        time_in_force: DAY, GTC, GTD, IOC, empty for DAY, or whatever else was sent.
        good_till_date: As sent; only GTD reads it.
        account: As sent; empty means the only one.
        order_ref: The client's own text; echoed for the life of the order.
        oca_group: Only echoed.
        parent_id: Only echoed.
        outside_hours: Only echoed.
        is_preview: Only the margins are asked for.
        unserved: Names of features that the order asks for and that are not served.
    """

    client_id: int
    order_id: int
    instrument: Instrument | None
    exchange: str
    action: str
    quantity: Decimal | None
    order_type: str
    limit: Decimal | None
    aux_price: Decimal | None
    time_in_force: str
    good_till_date: str
    account: str
    order_ref: str
    oca_group: str
    parent_id: int
    outside_hours: bool
    is_preview: bool
    unserved: tuple[str, ...] = ()

    @property
    def side(self) -> Side:
        """Which way it goes; only after the checks."""
        return Side.BUY if self.action == "BUY" else Side.SELL


@dataclass(slots=True)
class Order:
    """An order that the gateway has taken, and its state.

    Attributes:
        ticket: Its terms; a modification replaces them.
        instrument: What is traded.
        permanent_id: Its number for the account, for ever; 0 for a preview.
        quantity: Whole shares.
        status: Where it is.
        expires_at: When it is cancelled if it still rests, or None for never.
        filled: Shares that have traded.
        notional: Price times shares of everything that traded.
        last_price: Of the last fill, or 0.
        commission: Of all fills so far, once it is known to the client.
        was_resting: Whether it ever waited for a price.
        ended_at: When it became final, aware UTC.
        end_text: In which words, as completed orders have them.
    """

    ticket: Ticket
    instrument: Instrument
    permanent_id: int
    quantity: int
    status: Status = Status.PRE_SUBMITTED
    expires_at: datetime | None = None
    filled: int = 0
    notional: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    was_resting: bool = False
    ended_at: datetime | None = None
    end_text: str = ""

    @property
    def key(self) -> tuple[int, int]:
        """Client id and order id, by which its owner names it."""
        return (self.ticket.client_id, self.ticket.order_id)

    @property
    def side(self) -> Side:
        """Which way it goes."""
        return self.ticket.side

    @property
    def remaining(self) -> int:
        """Shares that have not traded."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal:
        """Mean price of the shares that traded, or 0; eight decimals."""
        if not self.filled:
            return Decimal(0)
        return round(self.notional / self.filled, 8)

    @property
    def is_working(self) -> bool:
        """Tell whether anything can still become of it."""
        return self.status not in FINAL


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill.

    Attributes:
        order: The order that traded.
        execution_id: Unique; a correction would repeat it with a higher last part.
        shares: How many, > 0.
        price: Per share.
        at: When, aware UTC.
        cumulative: Shares of the order that have traded, this fill included.
        average_price: Mean price of those.
        was_resting: Whether the order waited for the price, and so added liquidity.
        commission: In the account's currency.
        realized_pnl: Profit of a sale, None for a purchase.
    """

    order: Order
    execution_id: str
    shares: int
    price: Decimal
    at: datetime
    cumulative: int
    average_price: Decimal
    was_resting: bool
    commission: Decimal
    realized_pnl: Decimal | None
