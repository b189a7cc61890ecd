"""Books to try things on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway.account.currencies import Currencies
from bot.gateway.account.ledger import Ledger, Position
from bot.gateway.config.accounts import AccountRules

if TYPE_CHECKING:
    from collections.abc import Callable

#: Euros beside dollars, at the price of EUR.USD; SAP is a stock in euros.
EUROS = Currencies(
    "USD", {"SAP": "EUR"}, {"EUR": (("EUR.USD", False),), "CHF": (("USD.CHF", True),)}
)


def make_books(cash: str = "1000", commission_bps: str = "0", **options: Any) -> Ledger:
    """Books with shares at a cost of 10 each; options name rules, or symbols with their shares."""
    shares = {name: options.pop(name) for name in list(options) if name.isupper()}
    positions = {symbol: Position(count, Decimal(10)) for symbol, count in shares.items()}
    return Ledger(
        Decimal(cash),
        positions,
        commission_bps=Decimal(commission_bps),
        currencies=EUROS,
        rules=AccountRules(**options),
    )


@pytest.fixture
def books() -> Callable[..., Ledger]:
    """Make books."""
    return make_books
