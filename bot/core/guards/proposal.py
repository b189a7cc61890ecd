"""What a guard is asked about, and what it may look at.

Every guard has one shape, ``(proposal, market, limits) -> breaches``. The same functions judge a
whole plan and, in the send path, a single order (a proposal of one line), so that no order passes a
check that its plan did not, and none is spared one. A guard that cannot see what it needs speaks
against the proposal: unknown is a breach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.domain.breach import Breach
from bot.core.domain.reading import Known
from bot.core.guards.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.domain.account import AccountState
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.orders import OpenOrder
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.domain.session import Session
    from bot.core.guards.limits import Limits

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
        account: IB's id of the account that it is for; empty where nobody said.

    Raises:
        ValueError: If a number is out of range.
    """

    lines: tuple[Line, ...]
    base: float
    committed_notional: float = 0.0
    account: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.base) and self.base > 0):
            message = f"the base must be a number above 0, found {self.base:g}"
            raise ValueError(message)
        if not (math.isfinite(self.committed_notional) and self.committed_notional >= 0):
            message = f"committed notional must be at least 0, found {self.committed_notional:g}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Market:
    """What guards look at. What has a default is unknown until somebody says it, and speaks against every order.

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
        mode: ``observe``, ``paper`` or ``live``.
        account_id: IB's id of the configured account.
        account_type: ``margin`` or ``cash``.
        reserved_cash: Cash that is not ours to use, account currency.
        account: What the broker says of the account.
        instruments: What the broker says of each instrument, by conId.
        hours: When the broker says that each instrument is open: (open, close) in aware UTC, by conId.
        first_quotes: The first quotes of this look, by conId.
        closes: Close of the last finished session by the price history, per share, by conId.
        volumes: Average daily volume in shares, by conId.
        past_unknown: Why an instrument's volume is unknown, for a person, by conId.
        restarts: When the gateway may restart, around `now`: (begin, end) in aware UTC; None is unknown.
        index: Name of the market index that is watched; empty where none is.
        index_fall: How far it is below its prior close, a fraction; None is unknown.
        day_loss: Fall of the unit value since the session's first look, a fraction; negative is a gain.
        standing: Our own orders and holdings at `now`.

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
    mode: str = ""
    account_id: str = ""
    account_type: str = ""
    reserved_cash: float = 0.0
    account: Reading[AccountState] | None = None
    instruments: Mapping[int, Instrument] = field(default_factory=dict)
    hours: Mapping[int, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)
    first_quotes: Mapping[int, Reading[Quote]] = field(default_factory=dict)
    closes: Mapping[int, float] = field(default_factory=dict)
    volumes: Mapping[int, float] = field(default_factory=dict)
    past_unknown: Mapping[int, str] = field(default_factory=dict)
    restarts: tuple[tuple[datetime, datetime], ...] | None = None
    index: str = ""
    index_fall: float | None = None
    day_loss: float | None = None
    standing: Standing = field(default_factory=Standing)

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

    def first_quote(self, con_id: int) -> Quote | None:
        """Return the look's first quote of an instrument if its read ended with one."""
        reading = self.first_quotes.get(con_id)
        return reading.value if isinstance(reading, Known) else None

    def net_liquidation(self) -> float | None:
        """Return the account's net liquidation (account currency, above 0) if it is known."""
        if not isinstance(self.account, Known) or self.account.value.net_liquidation is None:
            return None
        found = float(self.account.value.net_liquidation)
        return found if math.isfinite(found) and found > 0 else None


class Guard(Protocol):
    """The shape of every guard."""

    def __call__(self, proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
        """Return every reason against `proposal`; empty if there is none."""


def is_beyond(found: float, limit: float) -> bool:
    """Return whether `found` is more than `limit` (above 0, same unit); at the limit is not, NaN is."""
    return not found <= limit * (1 + _NOISE)


def against(
    guard: str,
    line: Line,
    statement: str,
    found: float | None = None,
    limit: float | None = None,
    unit: str = "",
) -> Breach:
    """Return what holds the instrument of one line."""
    return Breach(guard, f"{line.symbol}: {statement}", line.con_id, found, limit, unit)


def against_all(
    guard: str,
    statement: str,
    found: float | None = None,
    limit: float | None = None,
    unit: str = "",
) -> Breach:
    """Return what stops the whole proposal."""
    return Breach(guard, statement, None, found, limit, unit)
