"""What clients can see of the truth when they ask.

The lists that clients ask for are answered from here and not from the desk or the books, so that
what a broker shows can differ from what it knows. As a rule it does not. With a lag, what is shown
at a moment is what was true some seconds before it; what was true already when the lag began stays
visible. The truth itself moves at once.
"""

from __future__ import annotations

import math
from collections import deque
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from bot.gateway.exchange.sessions import local
from bot.gateway.orders.bookkeeping import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.account.ledger import Ledger, Position
    from bot.gateway.orders.desk import OrderDesk
    from bot.gateway.orders.order import Execution, Order, OrderKey
    from bot.gateway.turns import Turns


@dataclass(slots=True)
class _Picture:
    """The truth of one moment, or what has changed of it since the picture before.

    Attributes:
        orders: By client id and order id.
        executions: All of them, or None if there is none more.
        books: By account.
    """

    orders: dict[OrderKey, Order] = field(default_factory=dict)
    executions: tuple[Execution, ...] | None = None
    books: dict[str, Ledger] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing has changed."""
        return not self.orders and self.executions is None and not self.books

    def add(self, later: _Picture) -> None:
        """Become the later picture."""
        self.orders.update(later.orders)
        self.books.update(later.books)
        if later.executions is not None:
            self.executions = later.executions


class View:
    """The orders, executions, positions and cash that clients are shown."""

    def __init__(self, accounts: Accounts, turns: Turns) -> None:
        """Show accounts; orders are shown once the desk has been attached."""
        self._accounts = accounts
        self._turns = turns
        self._desk: OrderDesk | None = None
        self._tell_change: Callable[[str, str], None] = lambda _account, _symbol: None
        self._lags: dict[object, float] = {}
        self._shown: _Picture | None = None
        self._newest = _Picture()
        self._later: deque[tuple[datetime, _Picture]] = deque()
        self._watched: dict[OrderKey, None] = {}

    def attach(self, desk: OrderDesk, tell_change: Callable[[str, str], None]) -> None:
        """Take the desk whose orders are shown.

        Args:
            desk: The orders.
            tell_change: Is told the account and the symbol of a holding that is shown anew.
        """
        self._desk = desk
        self._tell_change = tell_change

    # -- What is shown

    def working(self, client_id: int | None = None) -> list[Order]:
        """Return the orders of a client, or of all, that are not final."""
        shown = self._picture()
        if shown is None:
            return self._orders_desk.working(client_id)
        return [
            order
            for order in shown.orders.values()
            if order.is_working and self._orders_desk.owns(client_id, order)
        ]

    def orders(self) -> list[Order]:
        """Return every order, final or not, in the order of arrival."""
        shown = self._picture()
        orders = self._orders_desk.orders if shown is None else shown.orders
        return list(orders.values())

    def executions(self) -> list[Execution]:
        """Return every fill, in order."""
        shown = self._picture()
        return list(self._orders_desk.executions if shown is None else shown.executions or ())

    def completed_on(self, day: date) -> list[Order]:
        """Return the orders that became final on a date in New York."""
        shown = self._picture()
        if shown is None:
            return self._orders_desk.records.completed_on(day)
        final = [order for order in shown.orders.values() if order.ended_at is not None]
        return [order for order in final if order.ended_at and local(order.ended_at).date() == day]

    def executed_on(self, day: date) -> list[Execution]:
        """Return the fills of a date in New York, in order."""
        if self._picture() is None:
            return self._orders_desk.records.executed_on(day)
        return [execution for execution in self.executions() if local(execution.at).date() == day]

    def books(self, account: str) -> Ledger:
        """Return the books of an account; not to be written to. Empty means the default account.

        Raises:
            KeyError: If there is no such account.
        """
        shown = self._picture()
        if shown is None:
            return self._accounts.of(account)
        return shown.books[account or self._accounts.default]

    def positions(self, account: str) -> Mapping[str, Position]:
        """Return what an account holds, by symbol."""
        return self.books(account).positions

    def cash(self, account: str) -> Decimal:
        """Return the cash of an account, in its currency."""
        return self.books(account).cash

    # -- How it lags

    @property
    def lag_s(self) -> float:
        """How many seconds late the truth is shown; infinity while nothing new is shown."""
        return max(self._lags.values(), default=0.0)

    def lag(self, reason: object, lag_s: float) -> None:
        """Show the truth later from now on; of several reasons, the longest lag counts.

        Args:
            reason: Who asks, for `catch_up`.
            lag_s: Seconds, > 0; infinity shows nothing new until `catch_up`.
        """
        if not self._lags:
            self._begin()
        self._lags[reason] = lag_s

    def catch_up(self, reason: object) -> None:
        """End the lag that a reason has; without another one the truth is shown."""
        self._lags.pop(reason, None)
        before = self._shown
        if before is None:
            return
        seen = {account: copied(books) for account, books in before.books.items()}
        if not self._lags:
            self._end()
        for account in self._accounts.ids:
            self._tell_changes(account, seen[account], self.books(account))

    def _begin(self) -> None:
        """Take the first picture."""
        desk = self._orders_desk
        self._newest = _Picture(
            {key: copy(order) for key, order in desk.orders.items()},
            tuple(desk.executions),
            {account: copied(books) for account, books in self._accounts.books.items()},
        )
        self._shown = copy(self._newest)
        self._shown.orders = dict(self._newest.orders)
        self._shown.books = dict(self._newest.books)
        self._watched = {order.key: None for order in desk.working()}
        self._turns.watch(self._observe)

    def _end(self) -> None:
        """Show the truth."""
        self._turns.unwatch(self._observe)
        self._shown = None
        self._later.clear()
        self._watched.clear()

    def _picture(self) -> _Picture | None:
        """Return what is shown now, or None for the truth."""
        shown = self._shown
        if shown is None:
            return None
        lag_s = self.lag_s
        if math.isfinite(lag_s):
            until = self._turns.now() - timedelta(seconds=lag_s)
            while self._later and self._later[0][0] <= until:
                shown.add(self._later.popleft()[1])
        return shown

    def _observe(self) -> None:
        """Take a picture of what this turn has changed."""
        change = _Picture(orders=self._changed_orders())
        executions = tuple(self._orders_desk.executions)
        if executions != self._newest.executions:
            change.executions = executions
        for account, books in self._accounts.books.items():
            before = self._newest.books[account]
            if vars(books) != vars(before):
                change.books[account] = copied(books)
                self._tell_changes_later(account, before, books)
        if not change.is_empty:
            self._newest.add(change)
            self._later.append((self._turns.now(), change))

    def _changed_orders(self) -> dict[OrderKey, Order]:
        """Return copies of the orders that are new or have changed."""
        orders, before = self._orders_desk.orders, self._newest.orders
        self._watched.update(dict.fromkeys(islice(orders, len(before), None)))
        changed = {
            key: copy(orders[key]) for key in self._watched if orders[key] != before.get(key)
        }
        for key in tuple(self._watched):
            if not orders[key].is_working:
                del self._watched[key]
        return changed

    def _tell_changes_later(self, account: str, before: Ledger, after: Ledger) -> None:
        """Have the holdings that differ told when they will be shown."""
        if math.isfinite(self.lag_s):
            symbols = tuple(_changed_symbols(before, after))
            self._turns.after(self.lag_s, lambda: self._tell_symbols(account, symbols))

    def _tell_changes(self, account: str, before: Ledger, after: Ledger) -> None:
        """Have the holdings told that differ."""
        self._tell_symbols(account, _changed_symbols(before, after))

    def _tell_symbols(self, account: str, symbols: Iterable[str]) -> None:
        """Have some holdings told; none if it is about cash alone, which is told all the same."""
        for symbol in tuple(symbols) or ("",):
            self._tell_change(account, symbol)

    @property
    def _orders_desk(self) -> OrderDesk:
        """The desk."""
        if self._desk is None:
            message = "the view has no desk yet"
            raise RuntimeError(message)
        return self._desk


def _changed_symbols(before: Ledger, after: Ledger) -> list[str]:
    """Return the symbols whose positions differ, in a fixed order."""
    symbols = dict.fromkeys((*before.positions, *after.positions))
    return [each for each in symbols if before.positions.get(each) != after.positions.get(each)]
