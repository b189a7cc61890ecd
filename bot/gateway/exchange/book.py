"""What fills: a marketable order at the far side, a resting one once the quote reaches it.

The market is as deep as the order: displayed sizes limit nothing, and trading moves no price. All
functions are pure.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.exchange.quotes import Quote

FillKind = Literal["full", "partial", "none"]


class Side(Enum):
    """Which way an order goes; the value is the sign of the shares."""

    BUY = 1
    SELL = -1


def fill_price(side: Side, limit: Decimal | None, quote: Quote) -> Decimal | None:
    """Return the price at which an order trades now, or None if it has to wait.

    Args:
        side: Which way it goes.
        limit: The worst price it takes, or None for any.
        quote: The market.

    Returns:
        The far side of the quote if the limit reaches it.
    """
    if side is Side.BUY:
        return quote.ask if limit is None or limit >= quote.ask else None
    return quote.bid if limit is None or limit <= quote.bid else None


def fill_shares(quantity: int, filled: int, kind: FillKind) -> int:
    """Return how many shares trade now.

    Args:
        quantity: Shares of the whole order.
        filled: Shares that traded before.
        kind: `full` trades all that is left; `partial` trades half of the order, rounded down, and
            never the rest; `none` trades nothing.
    """
    if kind == "full":
        return quantity - filled
    if kind == "partial":
        return max(quantity // 2 - filled, 0)
    return 0
