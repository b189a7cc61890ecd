"""What clients can see of the truth when they ask.

The lists that clients ask for are answered from here and not from the desk or the books, so that
what a broker shows can differ from what it knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.account.ledger import Position
    from bot.gateway.orders.desk import OrderDesk
    from bot.gateway.orders.order import Execution, Order


class View:
    """The orders, executions, positions and cash that clients are shown."""

    def __init__(self, desk: OrderDesk, accounts: Accounts) -> None:
        self._desk = desk
        self._accounts = accounts

    def working(self, client_id: int | None = None) -> list[Order]:
        """Return the orders of a client, or of all, that are not final."""
        return self._desk.working(client_id)

    def orders(self) -> list[Order]:
        """Return every order, final or not, in the order of arrival."""
        return list(self._desk.orders.values())

    def executions(self) -> list[Execution]:
        """Return every fill, in order."""
        return list(self._desk.executions)

    def positions(self, account: str) -> Mapping[str, Position]:
        """Return what an account holds, by symbol."""
        return self._accounts.of(account).positions

    def cash(self, account: str) -> Decimal:
        """Return the cash of an account, in its currency."""
        return self._accounts.of(account).cash
