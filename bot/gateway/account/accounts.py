"""The accounts under the login, by id."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.gateway.account.opening import open_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.config import GatewayConfig
    from bot.prices import PriceHistory


class Accounts:
    """The books of every account.

    Attributes:
        default: Id of the account that an order without one belongs to.
        books: The books by account id, the default account's first.
    """

    def __init__(self, config: GatewayConfig, history: PriceHistory) -> None:
        self.default = config.account
        self.books: Mapping[str, Ledger] = MappingProxyType(
            {config.account: open_ledger(config, history)}
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """All account ids, the default one first."""
        return tuple(self.books)

    def of(self, account: str) -> Ledger:
        """Return the books of an account; empty means the default one.

        Raises:
            KeyError: If there is no such account.
        """
        return self.books[account or self.default]
