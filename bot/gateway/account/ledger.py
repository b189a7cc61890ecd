"""Cash and positions. Every trade changes both together, and nothing else changes either.

Amounts are exact decimals: shares times a price on a tick, and a commission rounded to the cent.
So cash plus what was paid always equals cash before, to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
_BASIS_POINT: Final = Decimal("0.0001")

#: Average costs are quotients; this many digits of them are kept.
_COST_DIGITS: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one symbol.

    Attributes:
        shares: Whole shares, 0 or more.
        average_cost: Paid per share, commissions included, in the account's currency.
    """

    shares: int
    average_cost: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """What a trade cost beside its price.

    Attributes:
        commission: In the account's currency, 0 or more.
        realized_pnl: Profit of a sale after its commission and the cost of the shares; None for a
            purchase.
    """

    commission: Decimal
    realized_pnl: Decimal | None


class Ledger:
    """The books of one account."""

    def __init__(
        self, cash: Decimal, positions: dict[str, Position], *, commission_bps: Decimal
    ) -> None:
        """Open the books.

        Args:
            cash: In the account's currency.
            positions: By symbol, none of them zero.
            commission_bps: Commission in basis points of the traded notional.
        """
        self.cash = cash
        self.positions = positions
        self._commission_rate = commission_bps * _BASIS_POINT

    def shares(self, symbol: str) -> int:
        """Return the shares held of a symbol."""
        position = self.positions.get(symbol)
        return position.shares if position else 0

    def commission_on(self, notional: Decimal) -> Decimal:
        """Return the commission of a trade of this notional (> 0), to the cent."""
        return (notional * self._commission_rate).quantize(CENT, ROUND_HALF_EVEN)

    def trade(self, symbol: str, shares: int, price: Decimal) -> Charge:
        """Book a trade.

        Args:
            symbol: What was traded.
            shares: Signed whole shares, + for a purchase, not 0.
            price: Per share, on a tick.

        Returns:
            The commission, which is booked, and the profit of a sale.

        Raises:
            ValueError: If more is sold than is held.
        """
        before = self.positions.get(symbol, Position(0, Decimal(0)))
        after = before.shares + shares
        if after < 0:
            message = f"cannot sell {-shares} {symbol}: only {before.shares} are held"
            raise ValueError(message)
        notional = abs(shares) * price
        commission = self.commission_on(notional)
        self.cash -= shares * price + commission
        if shares > 0:
            paid = before.shares * before.average_cost + notional + commission
            self.positions[symbol] = Position(after, (paid / after).quantize(_COST_DIGITS))
            return Charge(commission, None)
        if after:
            self.positions[symbol] = Position(after, before.average_cost)
        else:
            del self.positions[symbol]
        profit = notional - commission + shares * before.average_cost
        return Charge(commission, profit.quantize(_COST_DIGITS))
