"""What the broker says the account is: positions, cash, net liquidation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """A holding in shares.

    Attributes:
        con_id: The instrument.
        symbol: For display.
        security_type: IB's name for what it is, e.g. ``STK``.
        currency: ISO code that the price is in.
        quantity: Signed shares, may be fractional.
        average_cost: Price per share, or None where the broker did not say.
    """

    con_id: int
    symbol: str
    security_type: str
    currency: str
    quantity: Decimal
    average_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account in its base currency; every amount is in `currency`.

    Attributes:
        account: IB's id; paper ids start with D.
        account_type: IB's word, e.g. ``INDIVIDUAL``, or None.
        currency: The account's base currency, ISO code.
        net_liquidation: NAV; None if the broker did not say (unknown, never zero).
        cash: Total cash value; may be negative; None if unknown.
        settled_cash: Settled cash; None where the broker does not say (margin accounts).
        market_values: IB's market value of each position by conId, in the position's own currency.
        foreign_cash: Currencies other than the base in which the account has a balance.
        excess_liquidity: Equity beyond the maintenance margin; None if the broker did not say.
    """

    account: str
    account_type: str | None
    currency: str
    net_liquidation: Decimal | None
    cash: Decimal | None
    settled_cash: Decimal | None
    market_values: dict[int, Decimal]
    foreign_cash: dict[str, Decimal]
    excess_liquidity: Decimal | None = None
