"""The tables about accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 the fields of a table are read at run time
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final, Protocol

from bot.gateway.config.reading import (
    A_TEXT,
    A_WHOLE_NUMBER,
    ACCOUNT,
    AN_AMOUNT,
    CURRENCY,
    SHARES,
    TRUE_OR_FALSE,
    GatewayConfigError,
    Reader,
    Table,
    one_of,
    read_amounts,
    read_decimal,
)

_ADVISOR: Final = re.compile(r"D?F[0-9]{4,10}")

_AMOUNT_MAX: Final = Decimal("1e12")
#: No market settles later than this.
_SETTLEMENT_DAYS_MAX: Final = Decimal(10)
_MARGIN_MIN: Final = Decimal("0.01")

_AMOUNTS: Final[Reader] = ("a table of amounts by currency", read_amounts)
_FRACTION: Final[Reader] = ("a number from 0.01 to 1", read_decimal)

_NOTHING: Final[Mapping[str, Decimal]] = MappingProxyType({})
_NO_SHARES: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AccountTable(Table):
    """One more account under the same login.

    Attributes:
        account: Its id.
        cash: At the start, in its currency.
        positions: Whole shares by symbol at the start; they cost the close at the replayed moment.
        currency: In which it reports; empty for that of the first account.
        balances: Cash in other currencies at the start, by currency.
    """

    account: str
    cash: Decimal = Decimal(0)
    positions: Mapping[str, int] = field(default_factory=lambda: _NO_SHARES)
    currency: str = ""
    balances: Mapping[str, Decimal] = field(default_factory=lambda: _NOTHING)

    READERS: ClassVar = MappingProxyType(
        {
            "account": A_TEXT,
            "cash": AN_AMOUNT,
            "positions": SHARES,
            "currency": A_TEXT,
            "balances": _AMOUNTS,
        }
    )
    NAME: ClassVar = "further_accounts"

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        is_right = ACCOUNT.fullmatch(self.account) is not None
        self.require(is_right, "account", repr(self.account), "an id such as DU1234568")
        is_right = not self.currency or CURRENCY.fullmatch(self.currency) is not None
        expected = "three capital letters such as USD, or nothing"
        self.require(is_right, "currency", repr(self.currency), expected)
        self.check_bounds(("cash", -_AMOUNT_MAX, _AMOUNT_MAX))
        check_balances(self, self.balances)


@dataclass(frozen=True, slots=True)
class AccountRules(Table):
    """Margin, settlement, and how account values are spelled; the same for every account.

    Attributes:
        advisor: Id of the financial advisor's master account, which has all others below it; empty
            for none.
        balances: Cash of the first account in other currencies at the start, by currency.
        kind: `margin`, or `cash`, where only settled cash buys.
        settlement_days: Sessions from a trade to its settlement; 0 settles at once.
        initial_margin: Fraction of the position value that a purchase needs as equity.
        maintenance_margin: Fraction of the position value that has to stay as equity.
        shorting: Whether more may be sold than is held.
        ledger_keys: How the values of a single currency are called: `plain` as CashBalance,
            `prefixed` as $LEDGER-CashBalance, or `both`.
        account_values: `main`, or `all` with those that are always zero or repeat others.
    """

    advisor: str = ""
    balances: Mapping[str, Decimal] = field(default_factory=lambda: _NOTHING)
    kind: str = "margin"
    settlement_days: int = 0
    initial_margin: Decimal = Decimal("0.25")
    maintenance_margin: Decimal = Decimal("0.25")
    shorting: bool = False
    ledger_keys: str = "plain"
    account_values: str = "main"

    READERS: ClassVar = MappingProxyType(
        {
            "advisor": A_TEXT,
            "balances": _AMOUNTS,
            "kind": one_of("margin", "cash"),
            "settlement_days": A_WHOLE_NUMBER,
            "initial_margin": _FRACTION,
            "maintenance_margin": _FRACTION,
            "shorting": TRUE_OR_FALSE,
            "ledger_keys": one_of("plain", "prefixed", "both"),
            "account_values": one_of("main", "all"),
        }
    )
    NAME: ClassVar = "account_rules"

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        is_right = not self.advisor or _ADVISOR.fullmatch(self.advisor) is not None
        expected = "an id such as DF1234567, or nothing"
        self.require(is_right, "advisor", repr(self.advisor), expected)
        one = Decimal(1)
        self.check_bounds(
            ("settlement_days", Decimal(0), _SETTLEMENT_DAYS_MAX),
            ("initial_margin", _MARGIN_MIN, one),
            ("maintenance_margin", _MARGIN_MIN, one),
        )
        is_right = self.maintenance_margin <= self.initial_margin
        expected = f"no more than initial_margin, {self.initial_margin}"
        self.require(is_right, "maintenance_margin", self.maintenance_margin, expected)
        is_right = not self.shorting or self.kind != "cash"
        expected = "false, since a cash account holds no shorts"
        self.require(is_right, "shorting", "true", expected)
        check_balances(self, self.balances)


def check_balances(table: Table, balances: Mapping[str, Decimal]) -> None:
    """Refuse balances that are none.

    Raises:
        GatewayConfigError: With the key, what was found and what was expected.
    """
    for currency, amount in balances.items():
        is_right = CURRENCY.fullmatch(currency) is not None
        expected = "three capital letters such as EUR"
        table.require(is_right, "balances", repr(currency), expected)
        is_right = amount.is_finite() and abs(amount) <= _AMOUNT_MAX
        expected = f"a number from {-_AMOUNT_MAX:f} to {_AMOUNT_MAX:f}"
        table.require(is_right, f"balances.{currency}", amount, expected)


class AccountedConfig(Protocol):
    """What of the whole configuration is about accounts."""

    @property
    def account(self) -> str:
        """The first account."""
        ...

    @property
    def currency(self) -> str:
        """The one in which it reports."""
        ...

    @property
    def further_accounts(self) -> tuple[AccountTable, ...]:
        """All others."""
        ...

    @property
    def account_rules(self) -> AccountRules:
        """What all of them may do."""
        ...


def check_accounts(config: AccountedConfig, rates: Mapping[str, Decimal]) -> None:
    """Check that every account is named once, and that its cash can be valued.

    Args:
        config: All of it.
        rates: What one unit of a currency is worth in the first account's, by currency.

    Raises:
        GatewayConfigError: If not.
    """
    rules, further = config.account_rules, config.further_accounts
    names = [config.account, *(table.account for table in further)]
    if rules.advisor:
        names.append(rules.advisor)
    for name in names:
        if names.count(name) > 1:
            message = f"further_accounts: the account {name!r} is named twice"
            raise GatewayConfigError(message)
    known = {config.currency, *rates}
    owners: list[tuple[Table, str, Mapping[str, Decimal]]] = [
        (rules, config.currency, rules.balances),
        *((table, table.currency or config.currency, table.balances) for table in further),
    ]
    for table, base, balances in owners:
        for currency in balances:
            is_right = currency != base and {currency, base} <= known
            expected = f"a currency with a rate to {base}, and not {base} itself"
            table.require(is_right, "balances", repr(currency), expected)
    if any(shares < 0 for table in further for shares in table.positions.values()):
        message = "further_accounts.positions: shares must be 0 or more"
        raise GatewayConfigError(message)
