"""Orders as this bot means them, and as the broker tells of them.

Order ids are never keys: they roll back when a gateway restarts. Keys are `order_ref` (ours, derived from plan,
leg and attempt), `perm_id` (IB's, account-wide) and `execution_id` (IB's, one a fill).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.core.domain.instrument import Instrument


class Consequence(Enum):
    """What an error about one of our orders means for what may be sent next.

    It never ends the order: what became of that, the broker's lists say.
    """

    #: The order works all the same.
    INFORMATIONAL = "informational"
    #: Nobody can tell from the code: the lists are asked.
    UNKNOWN = "unknown"
    #: A cancel was refused, perhaps since the order is over: the lists are asked.
    CANCEL_REFUSED = "cancel_refused"
    #: Refused for its price grid: one more order of the leg may be made, rounded to a coarser grid.
    PRICE_GRID = "price_grid"
    #: Refused for its number: one more order of the leg may be made, under a higher one.
    ORDER_NUMBER = "order_number"
    #: Refused for its style: the next style of the ladder may be tried.
    STYLE_FATAL = "style_fatal"
    #: Refused: its leg gets no other order under the plan.
    ORDER_FATAL = "order_fatal"
    #: The instrument cannot be traded: its leg gets no other order under the plan.
    SYMBOL_FATAL = "symbol_fatal"
    #: No order of this account would be taken: nothing more is sent under the plan.
    RUN_FATAL = "run_fatal"


#: Consequences of codes that IB answers an order with which it does not take.
REFUSALS = frozenset(
    {
        Consequence.PRICE_GRID,
        Consequence.ORDER_NUMBER,
        Consequence.STYLE_FATAL,
        Consequence.ORDER_FATAL,
        Consequence.SYMBOL_FATAL,
        Consequence.RUN_FATAL,
    }
)


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """One order that this bot means to send: in whole shares, and always with a price.

    Attributes:
        order_ref: Ours; unique for ever by a database index; at most 40 ASCII characters.
        plan_id: The plan it serves.
        leg: Index of the leg in the plan, from 0.
        attempt: From 1; attempt n + 1 only when n is proven final.
        instrument: What to trade.
        shares: Signed whole shares, + buy, - sell, never 0.
        limit_price: On the tick grid, in the instrument's currency, per share.
        account: Always explicit.
        time_in_force: Always explicit and never GTC.
        order_type: IB's word: ``LMT``, ``MIDPRICE`` or ``LOC``; never one without a limit.
        algorithm: IB's algorithm that works the order, or empty.
        algorithm_parameters: Its parameters, tag and value.
        good_till: When the order dies by itself, aware UTC, whole seconds; only with time in force GTD.
        style: How it is worked, a name of the registry of styles.
        rung: Position of the style on the ladder, from 0.
        slice_number: Which part of its leg it works, from 0.
    """

    order_ref: str
    plan_id: str
    leg: int
    attempt: int
    instrument: Instrument
    shares: int
    limit_price: Decimal
    account: str
    time_in_force: str = "DAY"
    order_type: str = "LMT"
    algorithm: str = ""
    algorithm_parameters: tuple[tuple[str, str], ...] = ()
    good_till: datetime | None = None
    style: str = "limit"
    rung: int = 0
    slice_number: int = 0


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """A working order as the broker tells of it, in its list or unasked; of any client, by hand too.

    The terms are the broker's own words, empty where it did not say: what they differ in from what was sent is found
    by `bot.core.execution.echo`.
    """

    order_ref: str
    perm_id: int
    order_id: int
    client_id: int
    con_id: int
    symbol: str
    shares: Decimal
    limit_price: Decimal | None
    status: str
    order_type: str = ""
    time_in_force: str = ""
    account: str = ""
    algorithm: str = ""
    algorithm_parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CompletedOrder:
    """A finished order as the broker's list of completed orders has it."""

    order_ref: str
    perm_id: int
    con_id: int
    shares: Decimal
    filled: Decimal | None
    status: str
    completed_status: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. `shares` is signed (+ bought); a correction repeats the id with a higher last part.

    `is_liquidation` says that the broker itself took it, for want of margin.
    """

    execution_id: str
    order_ref: str
    perm_id: int
    order_id: int
    client_id: int
    con_id: int
    symbol: str
    shares: Decimal
    price: Decimal
    executed_at: datetime
    is_liquidation: bool = False


@dataclass(frozen=True, slots=True)
class Commission:
    """What a fill cost, in `currency`; None where the broker did not say yet."""

    execution_id: str
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """A status line from the wire (never one that the client library made up)."""

    order_ref: str | None
    order_id: int
    client_id: int
    perm_id: int
    status: str
    filled: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class OrderError:
    """An error or warning that names one of our orders. It is a hint, never a final state by itself.

    `is_refusal` says that IB uses this code for an order that it does not take, `consequence` what follows for the
    orders after it; both are the adapter's table of codes.
    """

    order_ref: str
    code: int
    message: str
    is_refusal: bool
    consequence: Consequence = Consequence.UNKNOWN


@dataclass(frozen=True, slots=True)
class SystemMessage:
    """A message about the connection: 1100, 1101, 1102, data farms and their kind."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The line to the gateway is gone; all that was in flight is unknown."""

    reason: str


BrokerEvent: TypeAlias = (
    OpenOrder | Execution | Commission | OrderStatus | OrderError | SystemMessage | Disconnected
)


@dataclass(frozen=True, slots=True)
class OrderBooks:
    """The three lists that decide what became of an order, read together in one connection."""

    open_orders: tuple[OpenOrder, ...]
    completed_orders: tuple[CompletedOrder, ...]
    executions: tuple[Execution, ...]
