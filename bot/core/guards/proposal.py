"""What a guard is asked about, and what it may look at.

Every guard has one shape, ``(proposal, market, limits) -> breaches``. The same functions judge a
whole plan and, in the send path, a single order (a proposal of one line), so that no order passes a
check that its plan did not, and none is spared one. A guard that cannot see what it needs speaks
against the proposal: unknown is a breach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.domain.reading import Known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.domain.breach import Breach
    from bot.core.domain.orders import OpenOrder
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.domain.session import Session

# 7 x 14.3 is a little more than 100.1 in floats: this much beyond a limit (a fraction of it) is still at the limit.
_NOISE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Line:
    """One order that is proposed.

    Attributes:
        con_id: The instrument.
        symbol: For display.
        currency: ISO code of the price.
        shares: Signed whole shares, never 0.
        price: Limit price per share, above 0: the worst that the order allows.
        arrival_price: Mid when the plan was fixed, per share, above 0.

    Raises:
        ValueError: If shares are 0 or the price is not a number above 0.
    """

    con_id: int
    symbol: str
    currency: str
    shares: int
    price: float
    arrival_price: float

    def __post_init__(self) -> None:
        if self.shares == 0:
            message = f"{self.symbol}: a proposed order needs at least one share, found 0"
            raise ValueError(message)
        if not (math.isfinite(self.price) and self.price > 0):
            message = f"{self.symbol}: a limit price must be a number above 0, found {self.price:g}"
            raise ValueError(message)

    @property
    def notional(self) -> float:
        """Absolute value at the limit price, in `currency`."""
        return abs(self.shares) * self.price


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan or an order, before it may go out.

    Attributes:
        lines: What is proposed.
        base: What fractions are of, account currency, above 0.
        committed_notional: Notional that was sent under the same plan before and is filled or may
            still be, account currency, at least 0. It does not contain `lines`.

    Raises:
        ValueError: If a number is out of range.
    """

    lines: tuple[Line, ...]
    base: float
    committed_notional: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.base) and self.base > 0):
            message = f"the base must be a number above 0, found {self.base:g}"
            raise ValueError(message)
        if not (math.isfinite(self.committed_notional) and self.committed_notional >= 0):
            message = f"committed notional must be at least 0, found {self.committed_notional:g}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Market:
    """What guards look at.

    Attributes:
        now: Aware UTC.
        session: The session that the look is in, or None when the exchange is closed.
        quotes: One reading for each instrument, by conId.
        mandate: conIds of the instruments that have a target.
        currency: The account's.
        nav_difference: How far the broker's net liquidation is from our own count, a signed fraction of base.
        open_orders: Every working order of the account, of any client.
        own_prefix: What the references of our own orders begin with, not empty.
        holds: Why instruments are held, by conId; under None why everything is.

    Raises:
        ValueError: If the prefix is empty: then every order would count as our own.
    """

    now: datetime
    session: Session | None
    quotes: dict[int, Reading[Quote]]
    mandate: frozenset[int]
    currency: str
    nav_difference: float
    open_orders: tuple[OpenOrder, ...]
    own_prefix: str
    holds: Mapping[int | None, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.own_prefix:
            message = "the prefix of own orders must not be empty"
            raise ValueError(message)

    def quote(self, con_id: int) -> Quote | None:
        """Return the quote of an instrument if its read ended with one."""
        reading = self.quotes.get(con_id)
        return reading.value if isinstance(reading, Known) else None

    def mid(self, con_id: int) -> float | None:
        """Return the mid of an instrument (price per share) if it is known."""
        quote = self.quote(con_id)
        return None if quote is None else quote.mid


@dataclass(frozen=True, slots=True)
class Limits:
    """What no plan and no order may exceed.

    There are no defaults: a limit that nobody chose is no limit.

    Attributes:
        quote_age_max_s: Seconds since a quote arrived.
        spread_max_bps: Spread over mid, basis points.
        collar_max_bps: Limit price beyond the mid on the aggressive side, basis points.
        order_notional_max: Value of one order at its limit price, account currency.
        plan_turnover_max: Value of all orders of a plan over the base, a fraction.
        nav_difference_max: Size of the difference between the broker's count of the base and ours, a fraction.

    Raises:
        ValueError: If one is not a number above 0; the message names it.
    """

    quote_age_max_s: float
    spread_max_bps: float
    collar_max_bps: float
    order_notional_max: float
    plan_turnover_max: float
    nav_difference_max: float

    def __post_init__(self) -> None:
        for each in fields(self):
            limit = getattr(self, each.name)
            if not (math.isfinite(limit) and limit > 0):
                message = f"{each.name} must be a number above 0, found {limit:g}"
                raise ValueError(message)


class Guard(Protocol):
    """The shape of every guard."""

    def __call__(self, proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
        """Return every reason against `proposal`; empty if there is none."""


def is_beyond(found: float, limit: float) -> bool:
    """Return whether `found` is more than `limit` (above 0, same unit); at the limit is not, NaN is."""
    return not found <= limit * (1 + _NOISE)
