"""The records: a ticket as a client filled it in, the order it became, and its executions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from typing_extensions import override

from bot.gateway.exchange.book import Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.gateway.exchange.instruments import Instrument


class Status(Enum):
    """Where an order is; the value is the word on the wire."""

    #: Not yet sent on by the program that the client talks to; only ever told, never kept.
    API_PENDING = "ApiPending"
    #: Sent on, not yet confirmed; only ever told, never kept.
    PENDING_SUBMIT = "PendingSubmit"
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

#: Order types that have a limit; for the last one it is optional.
LIMITED: Final = frozenset({"LMT", "LOC", "MIDPRICE"})

#: Number and owner of an order.
OrderKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Auction:
    """An auction that an order waits for.

    Attributes:
        which: The one at the open or the one at the close.
        at: Its moment, aware UTC.
    """

    which: Literal["opening", "closing"]
    at: datetime


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
        order_type: LMT, MKT, MOC, LOC, MIDPRICE, or whatever else was sent.
        limit: Worst price of a limit order, in the instrument's currency; for MIDPRICE, optional.
        aux_price: Only echoed.
        time_in_force: DAY, GTC, GTD, IOC, OPG, empty for DAY, or whatever else was sent.
        good_till_date: As sent; only GTD reads it.
        account: As sent; empty means the only one.
        order_ref: The client's own text; echoed for the life of the order.
        oca_group: Name of the group of which one order cancels or reduces the others; or empty.
        parent_id: Only echoed.
        outside_hours: Whether a limit order also trades before the open and after the close.
        is_preview: Only the margins are asked for.
        unserved: Names of features that the order asks for and that are not served.
        oca_type: 1 cancels the others, 2 and 3 reduce them; 1 and 2 work one at a time. 0 is 3.
        good_after_time: As sent; the order waits until then. Empty means at once.
        algorithm: Name of the algorithm that works the order, or empty.
        algorithm_parameters: Its parameters, tag and value, as sent.
        refused_attributes: Attributes that TWS refuses, each with the code of its refusal.
        is_foreign: Whether it was placed by hand or by the broker, and not through the API.
        is_liquidation: Whether the broker itself placed it, for want of margin.
    """

    client_id: int
    order_id: int
    instrument: Instrument | None
    exchange: str
    action: str
    quantity: Decimal | None
    order_type: str
    limit: Decimal | None
    aux_price: Decimal | None = None
    time_in_force: str = ""
    good_till_date: str = ""
    account: str = ""
    order_ref: str = ""
    oca_group: str = ""
    parent_id: int = 0
    outside_hours: bool = False
    is_preview: bool = False
    unserved: tuple[str, ...] = ()
    oca_type: int = 0
    good_after_time: str = ""
    algorithm: str = ""
    algorithm_parameters: tuple[tuple[str, str], ...] = ()
    refused_attributes: tuple[tuple[int, str], ...] = ()
    is_foreign: bool = False
    is_liquidation: bool = False

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
        account: Whose books it changes.
        expires_at: When it is cancelled if it still rests, or None for never.
        starts_at: Before this it waits, or None.
        auction: The only one in which it trades, or None for continuous trading.
        patience_s: Seconds that it waits inside the spread before it trades.
        is_inside: Whether it trades at the middle of the quote, not at its far side.
        price_cap: Worst price that a market order gets, or None.
        is_capped: Whether that has ever kept it from trading.
        filled: Shares that have traded.
        notional: Price times shares of everything that traded.
        last_price: Of the last fill, or 0.
        commission: Of all fills so far, once it is known to the client.
        was_resting: Whether it ever waited for a price.
        is_held: Whether its owner was told that it waits for the open.
        ended_at: When it became final, aware UTC.
        end_text: In which words, as completed orders have them.
    """

    ticket: Ticket
    instrument: Instrument
    permanent_id: int
    quantity: int
    status: Status = Status.PRE_SUBMITTED
    account: str = ""
    expires_at: datetime | None = None
    starts_at: datetime | None = None
    auction: Auction | None = None
    patience_s: float = 0.0
    is_inside: bool = False
    price_cap: Decimal | None = None
    is_capped: bool = False
    filled: int = 0
    notional: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    was_resting: bool = False
    is_held: bool = False
    ended_at: datetime | None = None
    end_text: str = ""

    @property
    def key(self) -> OrderKey:
        """Client id and order id, by which its owner names it."""
        return (self.ticket.client_id, self.ticket.order_id)

    @property
    def side(self) -> Side:
        """Which way it goes."""
        return self.ticket.side

    @property
    def limit(self) -> Decimal | None:
        """Worst price at which it trades, or None if it takes any."""
        if self.ticket.order_type in LIMITED:
            return self.ticket.limit or None  # a cap of 0 is none; other types may not have it
        return self.price_cap

    @property
    def trades_outside(self) -> bool:
        """Tell whether it also trades before the open and after the close."""
        return self.ticket.outside_hours and self.ticket.order_type == "LMT"

    @property
    def told_cap(self) -> Decimal:
        """Price at which it was capped, as its owner is told; 0 if the cap did not hold it back."""
        return self.price_cap if self.price_cap is not None and self.is_capped else Decimal(0)

    @property
    def is_immediate(self) -> bool:
        """Tell whether what does not trade at once is cancelled."""
        return self.ticket.time_in_force == "IOC"

    @property
    def is_foreign(self) -> bool:
        """Tell whether it was placed by hand or by the broker, and not through the API."""
        return self.ticket.is_foreign

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

    def is_like(self, instrument: Instrument, action: str) -> bool:
        """Tell whether it trades an instrument on a side."""
        return self.instrument is instrument and self.ticket.action == action

    def is_cancellable(self, cutoff: datetime) -> bool:
        """Tell whether a cancel can be asked for.

        Args:
            cutoff: The exchange lets go of no order for a closing auction up to this moment.
        """
        is_locked = (
            self.auction is not None
            and self.auction.which == "closing"
            and self.auction.at <= cutoff
        )
        return self.status is not Status.PENDING_CANCEL and not is_locked

    @property
    def is_working(self) -> bool:
        """Tell whether anything can still become of it."""
        return self.status not in FINAL


class KeptOrder(Order):
    """An order that says which of its fields becomes another one, once somebody wants to know."""

    __slots__ = ("_watcher",)
    _watcher: Callable[[KeptOrder, str], None]

    def watch(self, watcher: Callable[[KeptOrder, str], None]) -> None:
        """Tell somebody, from now on, the order and the name of a field, before that changes."""
        object.__setattr__(self, "_watcher", watcher)

    @override
    def __setattr__(self, name: str, value: object) -> None:
        """Set a field."""
        watcher = getattr(self, "_watcher", None)
        if watcher is not None and getattr(self, name) != value:
            watcher(self, name)
        object.__setattr__(self, name, value)

    def __copy__(self) -> Order:
        """Return an order that is the same and tells nobody what becomes of it."""
        return replace(self)


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
