"""What an account is worth, and what it may still do.

A margin account has one flat requirement of the value of its positions, long and short alike. Its
cash may go below zero, which a bot has to avoid by itself, as it would have to with a real account.
A cash account buys with settled cash alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.gateway.account.ledger import Ledger

#: Share of the position value that is required unless the configuration says otherwise.
MARGIN_REQUIREMENT: Final = Decimal("0.25")

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Valuation:
    """An account at one moment, in its currency.

    Attributes:
        cash: Total cash, of all currencies; may be negative.
        positions: Value of all positions, those that are owed subtracted.
        unsettled: What of the cash has not settled yet.
        owed: Value of the shares that are owed, 0 or more.
        initial_requirement: Fraction of the position value that a purchase needs as equity.
        maintenance_requirement: Fraction of the position value that has to stay as equity.
        is_cash_account: Whether only settled cash buys.
    """

    cash: Decimal
    positions: Decimal
    unsettled: Decimal = _ZERO
    owed: Decimal = _ZERO
    initial_requirement: Decimal = MARGIN_REQUIREMENT
    maintenance_requirement: Decimal = MARGIN_REQUIREMENT
    is_cash_account: bool = False

    @property
    def net_liquidation(self) -> Decimal:
        """Cash and positions together."""
        return self.cash + self.positions

    @property
    def gross_positions(self) -> Decimal:
        """Value of all positions, those that are owed added."""
        return self.positions + 2 * self.owed

    @property
    def settled_cash(self) -> Decimal:
        """Cash without what has not settled yet."""
        return self.cash - self.unsettled

    @property
    def margin(self) -> Decimal:
        """What has to be covered to trade: the initial margin. A cash account pays in full."""
        return self._covered(self.initial_requirement)

    @property
    def maintenance_margin(self) -> Decimal:
        """What has to stay covered."""
        return self._covered(self.maintenance_requirement)

    @property
    def available_funds(self) -> Decimal:
        """What is not needed as initial margin; of a cash account, its settled cash."""
        if self.is_cash_account:
            return self.settled_cash
        return self.net_liquidation - self.margin

    @property
    def excess_liquidity(self) -> Decimal:
        """What is not needed as maintenance margin; below zero the broker sells."""
        if self.is_cash_account:
            return self.settled_cash
        return self.net_liquidation - self.maintenance_margin

    @property
    def purchasable(self) -> Decimal:
        """Notional that could be bought; below zero if there is less than nothing to buy with."""
        if self.is_cash_account:
            return self.settled_cash
        return self.available_funds / self.initial_requirement

    @property
    def is_under_water(self) -> bool:
        """Tell whether the account does not cover what it has to."""
        if self.is_cash_account:
            return self.cash < 0
        return self.excess_liquidity < 0

    def traded(self, cash: Decimal, before: Decimal, after: Decimal) -> Valuation:
        """Return the account after a trade.

        Args:
            cash: What it changes cash by; below zero for a purchase.
            before: Value of the position before the trade, below zero if it is owed.
            after: Value of the position after it, at the same price.
        """
        return replace(
            self,
            cash=self.cash + cash,
            positions=self.positions + after - before,
            owed=self.owed + max(-after, _ZERO) - max(-before, _ZERO),
            unsettled=self.unsettled + max(cash, _ZERO) if self.is_cash_account else self.unsettled,
        )

    def _covered(self, requirement: Decimal) -> Decimal:
        """Return the part of all positions that a requirement asks for."""
        return self.gross_positions * (Decimal(1) if self.is_cash_account else requirement)


def value_account(ledger: Ledger, price_of: Callable[[str], Decimal]) -> Valuation:
    """Return what an account is worth at the prices of its symbols and of its currencies' pairs."""
    currencies = ledger.currencies
    foreign = currencies.by_symbol
    pending = ledger.pending
    named = {foreign[symbol] for symbol in ledger.positions if symbol in foreign}
    named.update(ledger.balances, (currency for _, currency in pending))
    rates = {currency: currencies.rate(currency, price_of) for currency in named}
    positions = owed = _ZERO
    for symbol, held in ledger.positions.items():
        value = held.shares * price_of(symbol)
        if symbol in foreign:
            value *= rates[foreign[symbol]]
        positions += value
        if value < 0:
            owed -= value
    rules = ledger.rules
    return Valuation(
        cash=sum((it * rates[name] for name, it in ledger.balances.items()), _ZERO),
        positions=positions,
        unsettled=sum((it * rates[name] for (_, name), it in pending.items()), _ZERO),
        owed=owed,
        initial_requirement=rules.initial_margin,
        maintenance_requirement=rules.maintenance_margin,
        is_cash_account=rules.kind == "cash",
    )
