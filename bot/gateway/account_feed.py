"""Keeps subscribers to accounts up to date.

The first answer to a subscription is complete. From then on, whatever has changed by the end of a
turn is told, and nothing else. What is told is what the view shows of the books, at the quotes of
the moment.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import NO_POSITION, Ledger, together
from bot.gateway.account.lines import (
    REPEATED,
    AccountValue,
    Statement,
    account_lines,
    is_asked_for,
    spelled,
)
from bot.gateway.account.profit import Profit, profits
from bot.gateway.account.valuation import value_account
from bot.gateway.exchange.sessions import local, midnight_after
from bot.gateway.reporting import (
    portfolio_values,
    position_values,
    profit_values,
    single_profit_values,
)
from bot.gateway.subscriptions import About, Watch, WatchKind
from bot.gateway.wire.outgoing import (
    ACCOUNT_SUMMARY,
    ACCOUNT_TIME,
    ACCOUNT_UPDATE_MULTI,
    ACCOUNT_VALUE,
    PORTFOLIO,
    POSITION,
    PROFIT,
    SINGLE_PROFIT,
)
from bot.gateway.wire.reference import POSITION_MULTI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.client import Client
    from bot.gateway.exchange.market import Market
    from bot.gateway.reporting import Values
    from bot.gateway.turns import Turns
    from bot.gateway.view import View
    from bot.gateway.wire.answers import Answer

#: What a message is about, its layout and its values.
_Told = tuple[About, "Answer", "Values"]

#: The account under which the ledger stands in a summary.
_ALL: Final = "All"

_NET_LIQUIDATION: Final = "NetLiquidation"


class AccountsNow:
    """The accounts as they are shown at one moment. Every one is valued once, when asked for."""

    def __init__(self, view: View, accounts: Accounts, market: Market) -> None:
        self.accounts = accounts
        self.market = market
        self._view = view
        self._statements: dict[str, Statement] = {}
        self._lines: dict[str, list[AccountValue]] = {}

    def books(self, code: str) -> Ledger:
        """Return the books of an account, or of all that a code means, together."""
        ledgers = [self._view.books(each) for each in self.accounts.behind(code)]
        return ledgers[0] if len(ledgers) == 1 else together(ledgers)

    def statement(self, code: str) -> Statement:
        """Return an account, or all that a code means as one, and what they are worth."""
        found = self._statements.get(code)
        if found is None:
            ledger, price_of = self.books(code), self.market.pricing()
            found = self._statements[code] = Statement(
                self.name(code),
                ledger,
                value_account(ledger, price_of),
                profits(ledger, self.market.quote),
                price_of,
                midnight_after(local(self.market.now()).date()),
            )
        return found

    def lines(self, code: str) -> list[AccountValue]:
        """Return all lines of an account, plainly spelled."""
        if code not in self._lines:
            self._lines[code] = account_lines(self.statement(code))
        return self._lines[code]

    def name(self, code: str) -> str:
        """Return what a code is called in answers; no code is the default account."""
        return code or self.accounts.default

    def spelled(self, code: str) -> list[AccountValue]:
        """Return the lines of an account as its updates have them.

        Unless all are wanted, those that only repeat others are left to summaries.
        """
        rules, lines = self.accounts.rules, self.lines(code)
        if rules.account_values == "main":
            lines = [line for line in lines if not line.key.startswith(REPEATED)]
        keys = rules.ledger_keys
        if keys == "plain":
            return lines
        return [each for line in lines for each in spelled(line, keys)]


class AccountFeed:
    """Opens subscriptions to accounts and keeps them up to date.

    Attributes:
        clients: Those that have started the API, by client id.
        accounts: The truth about the accounts, for what no subscription is about.
    """

    def __init__(self, view: View, accounts: Accounts, market: Market, turns: Turns) -> None:
        self.clients: dict[int, Client] = {}
        self.accounts = accounts
        self._view = view
        self._market = market
        self._turns = turns
        self._is_due = False

    def subscribe(self, client: Client, watch: Watch) -> None:
        """Tell a client everything, and from now on what changes."""
        client.subscriptions.watches[watch.key] = watch
        self._tell(client, watch, self._now())

    def changed(self) -> None:
        """Tell the subscribers at the end of this turn what has changed."""
        if not self._is_due:
            self._is_due = True
            self._turns.at_end(self._publish)

    def _publish(self) -> None:
        """Tell every subscriber what has changed."""
        self._is_due = False
        now = self._now()
        for client in self.clients.values():
            for watch in client.subscriptions.watches.values():
                self._tell(client, watch, now)

    def _now(self) -> AccountsNow:
        """Return the accounts as they are shown now."""
        return AccountsNow(self._view, self.accounts, self._market)

    def _tell(self, client: Client, watch: Watch, now: AccountsNow) -> None:
        """Tell a client what it has not been told already."""
        has_told = False
        for about, answer, values in _SOURCES[watch.kind](watch, now):
            if watch.told.get(about) != values:
                watch.told[about] = values
                client.send(answer, **values)
                has_told = True
        if watch.kind is WatchKind.UPDATES and has_told:
            client.send(ACCOUNT_TIME, time=local(self._market.now()).strftime("%H:%M"))


def _updates(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the lines and the portfolio of an account."""
    code = watch.accounts
    name = now.name(code)
    for key, text, currency, is_ledger in now.spelled(code):
        values: Values = {"key": key, "value": text, "currency": currency, "account": name}
        yield ("value", key, currency, is_ledger), ACCOUNT_VALUE, values
    statement = now.statement(code)
    for symbol in _symbols(watch, statement.ledger, "portfolio"):
        instrument = now.market.universe.by_symbol[symbol]
        held = statement.ledger.positions.get(symbol, NO_POSITION)
        values = portfolio_values(
            instrument, held, statement.price_of(symbol), statement.profits.get(symbol, Profit())
        )
        values["account"] = name
        yield ("portfolio", symbol), PORTFOLIO, values


def _positions(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the positions of every account."""
    for account in now.accounts.behind(watch.accounts):
        ledger = now.books(account)
        for symbol in _symbols(watch, ledger, account):
            held = ledger.positions.get(symbol, NO_POSITION)
            instrument = now.market.universe.by_symbol[symbol]
            yield (account, symbol), POSITION, position_values(instrument, held, account)


def _positions_multi(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the positions of an account under a request id."""
    head: Values = {"request_id": watch.request_id, "model_code": watch.model_code}
    for about, _, values in _positions(watch, now):
        yield about, POSITION_MULTI, values | head


def _multi(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the lines of an account under a request id."""
    name = now.name(watch.accounts)
    for key, text, currency, is_ledger in now.spelled(watch.accounts):
        if is_ledger or key == _NET_LIQUIDATION or not watch.is_ledger_only:
            values: Values = {
                "request_id": watch.request_id,
                "account": name,
                "model_code": watch.model_code,
                "key": key,
                "value": text,
                "currency": currency,
            }
            yield (key, currency, is_ledger), ACCOUNT_UPDATE_MULTI, values


def _summary(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the lines that a summary asks for: of each account, and the ledger of all together."""
    tags = watch.tags
    for account in now.accounts.behind(watch.accounts):
        for line in now.lines(account):
            if not line.is_ledger and is_asked_for(line, tags, ""):
                yield _summary_line(watch, account, line)
    if any(tag.startswith("$LEDGER") for tag in tags):
        together_now = replace(now.statement(watch.accounts), account=_ALL)
        base = together_now.ledger.currencies.base
        for line in account_lines(together_now):
            if line.is_ledger and is_asked_for(line, tags, base):
                for each in spelled(line, now.accounts.rules.ledger_keys):
                    yield _summary_line(watch, _ALL, each)


def _summary_line(watch: Watch, account: str, line: AccountValue) -> _Told:
    """Return a line under the id of a summary."""
    values: Values = {
        "request_id": watch.request_id,
        "account": account,
        "key": line.key,
        "value": line.value,
        "currency": line.currency,
    }
    return (account, line.key, line.currency), ACCOUNT_SUMMARY, values


def _profit(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the profit of an account."""
    profit = now.statement(watch.accounts).profit()
    yield (), PROFIT, profit_values(watch.request_id, profit)


def _single_profit(watch: Watch, now: AccountsNow) -> Iterator[_Told]:
    """Give the profit with one symbol, in its currency."""
    statement = now.statement(watch.accounts)
    held = statement.ledger.positions.get(watch.symbol, NO_POSITION)
    price = statement.price_of(watch.symbol)
    profit = statement.profits.get(watch.symbol, Profit())
    yield (), SINGLE_PROFIT, single_profit_values(watch.request_id, held, price, profit)


_SOURCES: Final[Mapping[WatchKind, Callable[[Watch, AccountsNow], Iterator[_Told]]]] = (
    MappingProxyType(
        {
            WatchKind.UPDATES: _updates,
            WatchKind.POSITIONS: _positions,
            WatchKind.POSITIONS_MULTI: _positions_multi,
            WatchKind.MULTI: _multi,
            WatchKind.SUMMARY: _summary,
            WatchKind.PROFIT: _profit,
            WatchKind.SINGLE_PROFIT: _single_profit,
        }
    )
)


def _symbols(watch: Watch, ledger: Ledger, about: str) -> Iterable[str]:
    """Return what is held, and what was told to be held, which is told as gone."""
    told = [str(key[1]) for key in watch.told if key[0] == about]
    return dict.fromkeys((*ledger.positions, *told))
