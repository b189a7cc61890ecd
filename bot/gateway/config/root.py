"""The configuration: the account and what it holds, the market, the replayed moment."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 the fields of a table are read at run time
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from bot.gateway.config.accounts import AccountRules, AccountTable, check_accounts
from bot.gateway.config.checks import check_halts, check_prices, check_symbols, with_folder
from bot.gateway.config.market import BookTable, ExchangeTable
from bot.gateway.config.prices import ActionTable, InstrumentTable, PricesTable
from bot.gateway.config.quotes import QuotesTable
from bot.gateway.config.reading import (
    A_DATE,
    A_MOMENT,
    A_TEXT,
    A_WHOLE_NUMBER,
    ACCOUNT,
    AN_AMOUNT,
    BASIS_POINTS,
    CURRENCY,
    SHARES,
    SYMBOLS,
    GatewayConfigError,
    Table,
    nested,
    nested_list,
    read_decimal,
    read_toml,
)
from bot.gateway.config.reports import ReportsTable
from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS

_BPS_MAX: Final = Decimal(1000)


@dataclass(frozen=True, slots=True)
class GatewayConfig(Table):
    """What a gateway is started with. `config/gateway.toml` shows every key.

    The portfolio is what somebody holds who split `initial_cash` equally over `holdings` on
    `invested_on`, in whole shares at that day's closes, and then did nothing. Giving `positions`
    and `cash` replaces it.

    Attributes:
        account: Account id; ids of paper accounts start with D.
        universe: Symbols that exist.
        at: The replayed moment at start. Without a zone it is New York time.
        invested_on: Date of the purchase; a date without a session takes the closes before it.
        initial_cash: What was there before the purchase, in `currency`.
        invested_fraction: How much of it was spent, 0 to 1; the rest stayed cash.
        holdings: Symbols bought.
        positions: Explicit shares by symbol, or None.
        cash: Explicit cash, or None; given if and only if `positions` is.
        half_spread_bps: Half of the quoted spread, in basis points of the middle.
        commission_bps: Commission, in basis points of the traded notional, since the closes are
            adjusted and a commission per share would make no sense on them.
        currency: In which the account reports. Without a rate nothing is converted: with anything
            but USD the account is then one whose currency is not that of its stocks.
        seed: Decides what is arbitrary: displayed sizes and the look of execution ids.
        further_accounts: Accounts beside `account`, under the same login.
        account_rules: Margin, settlement, and how account values are spelled.
        prices: Where prices come from, and how they move within a day.
        instruments: Instruments of one's own, beside those of the shipped history.
        actions: Dividends and splits.
        exchange: Its calendar, its sessions and halts.
        book: Depth, impact and pace of fills.
        reports: The sequences in which orders are reported.
        quotes: Lines of market data, and requests for bars.
    """

    account: str = "DU1234567"
    universe: tuple[str, ...] = tuple(KNOWN_INSTRUMENTS)
    at: datetime = datetime(2020, 6, 1, 10, 30, tzinfo=NEW_YORK)
    invested_on: date = date(2017, 1, 3)
    initial_cash: Decimal = Decimal(680_000)
    invested_fraction: Decimal = Decimal("0.99")
    holdings: tuple[str, ...] = (
        "AAPL",
        "BAC",
        "CVX",
        "GE",
        "HD",
        "JNJ",
        "JPM",
        "KO",
        "MSFT",
        "XOM",
    )
    positions: Mapping[str, int] | None = None
    cash: Decimal | None = None
    half_spread_bps: Decimal = Decimal(1)
    commission_bps: Decimal = Decimal(1)
    currency: str = "USD"
    seed: int = 1
    further_accounts: tuple[AccountTable, ...] = ()
    account_rules: AccountRules = field(default_factory=AccountRules)
    prices: PricesTable = field(default_factory=PricesTable)
    instruments: tuple[InstrumentTable, ...] = ()
    actions: tuple[ActionTable, ...] = ()
    exchange: ExchangeTable = field(default_factory=ExchangeTable)
    book: BookTable = field(default_factory=BookTable)
    reports: ReportsTable = field(default_factory=ReportsTable)
    quotes: QuotesTable = field(default_factory=QuotesTable)

    READERS: ClassVar = MappingProxyType(
        {
            "account": A_TEXT,
            "universe": SYMBOLS,
            "at": A_MOMENT,
            "invested_on": A_DATE,
            "initial_cash": AN_AMOUNT,
            "invested_fraction": ("a number from 0 to 1", read_decimal),
            "holdings": SYMBOLS,
            "positions": SHARES,
            "cash": AN_AMOUNT,
            "half_spread_bps": BASIS_POINTS,
            "commission_bps": BASIS_POINTS,
            "currency": A_TEXT,
            "seed": A_WHOLE_NUMBER,
            "further_accounts": ("a list of tables", nested_list(AccountTable)),
            "account_rules": ("a table", nested(AccountRules)),
            "prices": ("a table", nested(PricesTable)),
            "instruments": ("a list of tables", nested_list(InstrumentTable)),
            "actions": ("a list of tables", nested_list(ActionTable)),
            "exchange": ("a table", nested(ExchangeTable)),
            "book": ("a table", nested(BookTable)),
            "reports": ("a table", nested(ReportsTable)),
            "quotes": ("a table", nested(QuotesTable)),
        }
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        if self.at.tzinfo is None:
            object.__setattr__(self, "at", self.at.replace(tzinfo=NEW_YORK))
        self._check_names()
        check_accounts(self, self.prices.fx)
        self._check_symbols()
        check_halts(self)
        check_prices(self)
        self._check_numbers()

    @classmethod
    def from_toml(cls, path: Path | str) -> GatewayConfig:
        """Read a configuration file; keys that it leaves out keep their defaults.

        Raises:
            GatewayConfigError: If the file is missing, is no TOML, or has a key or a value that
                cannot be served.
        """
        given = read_toml(Path(path))
        try:
            return cls.from_mapping(with_folder(given, Path(path).parent))
        except GatewayConfigError as error:
            message = f"{path}: {error}"
            raise GatewayConfigError(message) from error

    def _check_names(self) -> None:
        """Check the account id and the currency."""
        is_right = ACCOUNT.fullmatch(self.account) is not None
        self.require(is_right, "account", repr(self.account), "an id such as DU1234567")
        is_right = CURRENCY.fullmatch(self.currency) is not None
        expected = "three capital letters such as USD"
        self.require(is_right, "currency", repr(self.currency), expected)

    def _check_symbols(self) -> None:
        """Check that every symbol has prices and every holding is in the universe."""
        if not self.universe:
            message = "universe is empty: name at least one symbol"
            raise GatewayConfigError(message)
        check_symbols(self)
        if self.positions is None:
            self._check_members("holdings", self.holdings)
        else:
            self._check_members("positions", tuple(self.positions))
        for table in self.further_accounts:
            self._check_members("further_accounts.positions", tuple(table.positions))

    def _check_members(self, key: str, symbols: tuple[str, ...]) -> None:
        """Check that symbols are in the universe, each named once."""
        for symbol in symbols:
            if symbol not in self.universe:
                message = f"{key}: unknown symbol {symbol!r}; it is not in universe"
                raise GatewayConfigError(message)
        if len(set(symbols)) != len(symbols):
            message = f"{key}: a symbol is named twice"
            raise GatewayConfigError(message)

    def _check_numbers(self) -> None:
        """Check amounts, fractions and shares."""
        if (self.positions is None) != (self.cash is None):
            message = "positions and cash replace the investment only together: give both or none"
            raise GatewayConfigError(message)
        if any(shares < 0 for shares in (self.positions or {}).values()):
            message = "positions: the gateway holds no short positions; shares must be 0 or more"
            raise GatewayConfigError(message)
        self.check_bounds(
            ("initial_cash", Decimal(0), Decimal("1e12")),
            ("invested_fraction", Decimal(0), Decimal(1)),
            ("half_spread_bps", Decimal(0), _BPS_MAX),
            ("commission_bps", Decimal(0), _BPS_MAX),
        )
