"""Faults of the account: what comes and goes without a trade, and what is told about it wrongly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.faults.fault import Condition, Event, Fault
from bot.gateway.faults.parameters import (
    FaultError,
    amount,
    choice,
    nearest,
    number,
    symbol,
    text,
    whole,
)
from bot.gateway.wire.outgoing import (
    ACCOUNT_SUMMARY,
    ACCOUNT_UPDATE_MULTI,
    ACCOUNT_VALUE,
    CURRENT_TIME,
    PORTFOLIO,
    POSITION,
    POSITION_END,
)
from bot.gateway.wire.reference import POSITION_MULTI, POSITION_MULTI_END

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.client import Message

_VALUES: Final = (ACCOUNT_VALUE, ACCOUNT_UPDATE_MULTI, ACCOUNT_SUMMARY)


def books_of(fault: Fault, account: str) -> Ledger:
    """Return the books of an account; empty means the default one.

    Raises:
        FaultError: If there is no such account.
    """
    accounts = fault.venue.accounts
    if account and account not in accounts.books:
        message = f"{fault.NAME}: there is no account {account!r}{nearest(account, accounts.ids)}"
        raise FaultError(message)
    return accounts.of(account)


def check_symbol(fault: Fault, name: str) -> str:
    """Return the symbol of an instrument that there is.

    Raises:
        FaultError: If there is none.
    """
    known = fault.venue.market.universe.by_symbol
    if name not in known:
        message = f"{fault.NAME}: there is no symbol {name!r}{nearest(name, known)}"
        raise FaultError(message)
    return name


@dataclass(kw_only=True, eq=False)
class CashFlow(Event):
    """Cash comes into an account, or goes out of it: a deposit, a withdrawal, a fee."""

    NAME: ClassVar = "cash-flow"
    amount: Decimal = amount("what comes in, in the currency; below 0 it goes out", "10000")  # noqa: RUF009 a field
    currency: str = text("its currency; empty: the account's")
    account: str = text("which account; empty: the default one")

    @override
    def begin(self) -> str:
        """Book it and tell of it."""
        books = books_of(self, self.account)
        currency = self.currency or self.venue.config.currency
        try:
            books.deposit(currency, self.amount)
        except ValueError as error:
            message = f"{self.NAME}: {error}"
            raise FaultError(message) from None
        self.venue.publisher.account_changed("")
        return f"{self.amount:+} {currency}"


@dataclass(kw_only=True, eq=False)
class ForeignPosition(Event):
    """Shares come into an account or leave it without an order: by hand, by a transfer."""

    NAME: ClassVar = "foreign-position"
    symbol: str = symbol()
    shares: int = whole("what comes; below 0 it leaves", 100, low=-(10**9), high=10**9)
    account: str = text("which account; empty: the default one")

    @override
    def begin(self) -> str:
        """Book them at the last price, and tell of them."""
        name = check_symbol(self, self.symbol)
        books = books_of(self, self.account)
        if not self.shares:
            message = f"{self.NAME}: shares = 0: expected some"
            raise FaultError(message)
        if books.shares(name) + self.shares < 0:
            message = (
                f"{self.NAME}: {books.shares(name)} {name} are held, {-self.shares} cannot leave"
            )
            raise FaultError(message)
        books.transfer(name, self.shares, self.venue.market.last_price(name))
        self.venue.publisher.account_changed(name)
        return f"{self.shares:+} {name}"


@dataclass(kw_only=True, eq=False)
class Split(Event):
    """A split that nobody announced: other shares, and another price from now on."""

    NAME: ClassVar = "split"
    symbol: str = symbol()
    ratio: Decimal = amount("new shares for an old one", "10", low=0.001, high=1000)  # noqa: RUF009 a field

    @override
    def begin(self) -> str:
        """Change prices and holdings."""
        name = check_symbol(self, self.symbol)
        self.venue.market.rescale(name, 1 / self.ratio)
        self.venue.accounts.split(name, self.ratio)
        self.venue.publisher.quotes_changed()
        self.venue.publisher.account_changed(name)
        self.venue.desk.look_again()
        return f"{self.ratio:f} new {name} for 1"


@dataclass(kw_only=True, eq=False)
class Dividend(Event):
    """A dividend is paid on what is held."""

    NAME: ClassVar = "dividend"
    symbol: str = symbol()
    amount: Decimal = amount("per share, in the currency of the instrument", "0.5", low=0.0001)  # noqa: RUF009 a field

    @override
    def begin(self) -> str:
        """Pay it."""
        name = check_symbol(self, self.symbol)
        self.venue.accounts.dividend(name, self.amount)
        self.venue.publisher.account_changed(name)
        return f"{self.amount} a share of {name}"


@dataclass(kw_only=True, eq=False)
class AccountValue(Condition):
    """An account value is missing or wrong, however it is asked for."""

    NAME: ClassVar = "account-value"
    key: str = text("which one, as TWS calls it", "NetLiquidation")
    value: str = text("what is told instead, such as nan or 0; empty: the line is missing")

    @override
    def begin(self) -> str:
        """Tell it wrongly from now on."""
        return f"{self.key} is {self.value or 'missing'}"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Change or swallow the line."""
        if message.answer not in _VALUES or message.values["key"] != self.key:
            return (message,)
        if not self.value:
            return ()
        return (replace(message, values={**message.values, "value": self.value}),)


@dataclass(kw_only=True, eq=False)
class AccountCurrency(Condition):
    """Account values are told in another currency, unconverted."""

    NAME: ClassVar = "account-currency"
    currency: str = text("which one", "EUR")

    @override
    def begin(self) -> str:
        """Tell it from now on."""
        return f"account values are in {self.currency}"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Change the currency of what has that of the account."""
        values = message.values
        if message.answer not in _VALUES or values["currency"] != self.venue.config.currency:
            return (message,)
        return (replace(message, values={**values, "currency": self.currency}),)


@dataclass(kw_only=True, eq=False)
class ClockSkew(Condition):
    """The gateway answers another time than it is: its clock is ahead or behind."""

    NAME: ClassVar = "clock-skew"
    skew_s: float = number("seconds by which its clock is ahead", 30.0, low=-604_800.0)

    @override
    def begin(self) -> str:
        """Put its clock forward or back."""
        return f"the clock is {self.skew_s:+g} s off"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Change the time."""
        if message.answer is not CURRENT_TIME:
            return (message,)
        seconds = int(int(str(message.values["time"])) + self.skew_s)
        return (replace(message, values={**message.values, "time": seconds}),)


@dataclass(kw_only=True, eq=False)
class PositionsEndless(Condition):
    """The list of positions never ends."""

    NAME: ClassVar = "positions-endless"

    @override
    def begin(self) -> str:
        """Send no end from now on."""
        return "positions have no end"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Swallow the end."""
        return () if message.answer in (POSITION_END, POSITION_MULTI_END) else (message,)


@dataclass(kw_only=True, eq=False)
class PositionsEmpty(Condition):
    """Holdings are missing from lists that end as they should: the account looks flat."""

    NAME: ClassVar = "positions-empty"
    symbol: str = symbol()
    portfolio: str = choice("whether account updates show them", "missing", "shown")

    @override
    def begin(self) -> str:
        """Hide them from now on."""
        return f"{self.symbol or 'every position'} is missing"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Swallow positions."""
        is_portfolio = message.answer is PORTFOLIO and self.portfolio == "missing"
        is_hidden = message.answer in (POSITION, POSITION_MULTI) or is_portfolio
        if is_hidden and self.symbol in ("", message.values["symbol"]):
            return ()
        return (message,)


FAULTS: Final = (
    CashFlow,
    ForeignPosition,
    Split,
    Dividend,
    AccountValue,
    AccountCurrency,
    ClockSkew,
    PositionsEndless,
    PositionsEmpty,
)
