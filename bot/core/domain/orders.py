"""Orders as this bot means them, and as the broker tells of them.

Order ids are never keys: they roll back when a gateway restarts. Keys are `order_ref` (ours, derived from plan,
leg and attempt), `perm_id` (IB's, account-wide) and `execution_id` (IB's, one a fill).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.core.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """One order that this bot means to send: a limit order, DAY, in whole shares.

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


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """A working order as the broker's own list of open orders has it; of any client, by hand too."""

    order_ref: str
    perm_id: int
    order_id: int
    client_id: int
    con_id: int
    symbol: str
    shares: Decimal
    limit_price: Decimal | None
    status: str


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

    `is_refusal` says that IB uses this code for an order that it does not take (the adapter's table of codes).
    """

    order_ref: str
    code: int
    message: str
    is_refusal: bool


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
