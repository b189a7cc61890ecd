"""The accounts under the login, by id."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.gateway.account.currencies import currencies_of
from bot.gateway.account.opening import open_further_ledger, open_ledger
from bot.gateway.account.settlement import Settlement
from bot.gateway.account.valuation import Valuation, value_account

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from decimal import Decimal

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.exchange.prices import PriceSource


class Accounts:
    """The books of every account.

    Attributes:
        default: Id of the account that an order without one belongs to.
        advisor: Id of the master account, which stands for all others together; empty for none.
        rules: What all accounts may do.
        books: The books by account id, the default account's first; the master has none.
    """

    def __init__(self, config: GatewayConfig, source: PriceSource, market: Market) -> None:
        self.default = config.account
        self.rules = config.account_rules
        self.advisor = self.rules.advisor
        self._market = market
        books = {config.account: open_ledger(config, source)}
        for table in config.further_accounts:
            books[table.account] = open_further_ledger(config, table, source)
        instruments = market.universe.by_symbol
        settlement = Settlement(market.sessions, market.now, self.rules.settlement_days)
        for ledger in books.values():
            ledger.trade_under(currencies_of(ledger.currencies.base, instruments), settlement)
        balances = {config.account: self.rules.balances}
        balances |= {table.account: table.balances for table in config.further_accounts}
        for account, amounts in balances.items():
            for currency, amount in amounts.items():
                books[account].deposit(currency, amount)
        self.books: Mapping[str, Ledger] = MappingProxyType(books)
        self._split_watchers: list[Callable[[str], None]] = []

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all accounts that have books, the default one first."""
        return tuple(self.books)

    @property
    def managed(self) -> tuple[str, ...]:
        """The ids that clients are told: the master's first, if there is one."""
        return (self.advisor, *self.books) if self.advisor else tuple(self.books)

    @property
    def managed_text(self) -> str:
        """The managed accounts as TWS lists them: a comma ends the list if there are several."""
        names = ",".join(self.managed)
        return f"{names}," if len(self.managed) > 1 else names

    def of(self, account: str) -> Ledger:
        """Return the books of an account; empty means the default one.

        Raises:
            KeyError: If there is no such account.
        """
        return self.books[account or self.default]

    def behind(self, code: str) -> tuple[str, ...]:
        """Return the accounts with books that a code means; none if there is no such code.

        The master, with or without an A for "all" behind it, means every account. So do `All` where
        there are several, and no code where there is only one.
        """
        if code in self.books:
            return (code,)
        if self.advisor and code in (self.advisor, f"{self.advisor}A"):
            return self.ids
        return self.ids if code == "All" or (not code and len(self.managed) == 1) else ()

    def rate(self, account: str, symbol: str) -> Decimal:
        """Return what one unit of a symbol's currency is worth, in the currency of an account.

        Raises:
            KeyError: If there is no such account.
        """
        currencies = self.of(account).currencies
        return currencies.rate(currencies.of(symbol), self._market.last_price)

    def valuation(self, account: str) -> Valuation:
        """Return what an account is worth now.

        Raises:
            KeyError: If there is no such account.
        """
        return value_account(self.of(account), self._market.pricing())

    def is_under_water(self, account: str) -> bool:
        """Tell whether an account no longer covers its maintenance margin, so that it is sold from.

        Raises:
            KeyError: If there is no such account.
        """
        return self.valuation(account).is_under_water

    # -- What happens to all of them

    def begin_day(self, day: date) -> None:
        """Settle what is due by a date, and begin to count the day's profits."""
        for ledger in self.books.values():
            ledger.begin_day(day)

    def split(self, symbol: str, ratio: Decimal) -> None:
        """Book a split in every account, at the price of now for fractions of a share."""
        price = self._market.last_price(symbol)
        for ledger in self.books.values():
            ledger.split(symbol, ratio, price)
        for callback in self._split_watchers:
            callback(symbol)

    def watch_splits(self, callback: Callable[[str], None]) -> None:
        """Call back with the symbol after every split."""
        self._split_watchers.append(callback)

    def dividend(self, symbol: str, amount: Decimal) -> None:
        """Book a dividend in every account, an amount per share in the instrument's currency."""
        for ledger in self.books.values():
            ledger.dividend(symbol, amount)
