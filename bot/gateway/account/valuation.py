"""What the account is worth, under the names by which TWS reports it.

The account is a margin account with one flat requirement: a quarter of the positions. Cash may
thus go below zero, which a bot has to avoid by itself, as it would have to with a real account.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import CENT, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

#: Share of the position value that is required, initially as well as for maintenance.
MARGIN_REQUIREMENT: Final = Decimal("0.25")

#: What the cash could buy if it were all margin: the inverse of the requirement.
_LEVERAGE: Final = 1 / MARGIN_REQUIREMENT


@dataclass(frozen=True, slots=True)
class Valuation:
    """The account at one moment, in its currency.

    Attributes:
        cash: Total cash; may be negative.
        positions: Value of all positions.
    """

    cash: Decimal
    positions: Decimal

    @property
    def net_liquidation(self) -> Decimal:
        """Cash and positions together."""
        return self.cash + self.positions

    @property
    def margin(self) -> Decimal:
        """What has to be covered."""
        return self.positions * MARGIN_REQUIREMENT

    @property
    def available_funds(self) -> Decimal:
        """What is not needed as margin."""
        return self.net_liquidation - self.margin


@dataclass(frozen=True, slots=True)
class AccountValue:
    """One line of the account.

    Attributes:
        key: What TWS calls it.
        value: As text, amounts with two decimals.
        currency: Of the amount; empty for what is no amount, BASE for the base currency's sum.
    """

    key: str
    value: str
    currency: str


def value_account(ledger: Ledger, price_of: Callable[[str], Decimal]) -> Valuation:
    """Return what the account is worth at the prices of its symbols."""
    worth = (held.shares * price_of(symbol) for symbol, held in ledger.positions.items())
    return Valuation(ledger.cash, sum(worth, Decimal(0)))


def account_values(valuation: Valuation, currency: str) -> list[AccountValue]:
    """Return all lines of the account."""
    amounts = (
        ("NetLiquidation", valuation.net_liquidation),
        ("TotalCashValue", valuation.cash),
        ("SettledCash", valuation.cash),
        ("GrossPositionValue", valuation.positions),
        ("EquityWithLoanValue", valuation.net_liquidation),
        ("InitMarginReq", valuation.margin),
        ("MaintMarginReq", valuation.margin),
        ("AvailableFunds", valuation.available_funds),
        ("ExcessLiquidity", valuation.available_funds),
        ("BuyingPower", max(valuation.available_funds, Decimal(0)) * _LEVERAGE),
        ("CashBalance", valuation.cash),
        ("TotalCashBalance", valuation.cash),
    )
    base = [
        AccountValue(key, _amount(valuation.cash), "BASE")
        for key in ("CashBalance", "TotalCashBalance")
    ]
    return [
        AccountValue("AccountType", "INDIVIDUAL", ""),
        *(AccountValue(key, _amount(amount), currency) for key, amount in amounts),
        *base,
        AccountValue("ExchangeRate", "1.00", currency),
    ]


def _amount(amount: Decimal) -> str:
    """Return an amount with two decimals, as TWS prints it."""
    return str(amount.quantize(CENT))
