"""Cash and positions. Every trade changes both together.

Beside trades, these change them: conversions of cash, deposits and withdrawals, shares that come or
go without a trade, splits and dividends. Nothing else does.

Amounts are exact decimals: shares times a price on a tick, and a commission rounded to the cent.
So cash plus what was paid always equals cash before, to the last digit. Cash is kept by currency;
a trade moves that of its instrument. What a sale brings is there at once, and settles later.

The records in the books never change, they are replaced: whoever copies the lists has a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from bot.gateway.account.currencies import Currencies
from bot.gateway.config.accounts import AccountRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

_KeyT = TypeVar("_KeyT")

CENT: Final = Decimal("0.01")
_BASIS_POINT: Final = Decimal("0.0001")
_ZERO: Final = Decimal(0)

#: Average costs are quotients; this many digits of them are kept.
_COST_DIGITS: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one symbol.

    Attributes:
        shares: Whole shares; below 0 if they are owed.
        average_cost: Paid per share, commissions included, or received per share that is owed, less
            commissions; in the currency of the instrument.
    """

    shares: int
    average_cost: Decimal


#: What is held of a symbol that is not held.
NO_POSITION: Final = Position(0, _ZERO)


@dataclass(frozen=True, slots=True)
class Charge:
    """What a trade cost beside its price.

    Attributes:
        commission: In the currency of the instrument, 0 or more.
        realized_pnl: Profit of what was closed after commissions; None if all of it was opened.
    """

    commission: Decimal
    realized_pnl: Decimal | None


@dataclass(frozen=True, slots=True)
class SymbolDay:
    """What happened to one symbol since the day began, in the currency of the instrument.

    Attributes:
        received: Shares that came, less those that went; the fraction that a split leaves went, too.
        paid: Cash that went for it, less what came; commissions and dividends included.
        realized: Profit of what was closed, commissions included.
    """

    received: Decimal = _ZERO
    paid: Decimal = _ZERO
    realized: Decimal = _ZERO


_QUIET: Final = SymbolDay()


def _never() -> None:
    """Say that everything settles at once."""


class Ledger:
    """The books of one account.

    Attributes:
        rules: What the account may do.
        currencies: Its base currency, and the rates of others.
        balances: Cash by currency, the base currency's first.
        positions: By symbol, none of them zero.
        pending: What has come in and has not settled yet, by settlement date and currency.
        today: What happened since the day began, by symbol.
    """

    def __init__(
        self,
        cash: Decimal,
        positions: Mapping[str, Position],
        *,
        commission_bps: Decimal,
        currencies: Currencies | None = None,
        rules: AccountRules | None = None,
    ) -> None:
        """Open the books.

        Args:
            cash: In the base currency.
            positions: By symbol, none of them zero.
            commission_bps: Commission in basis points of the traded notional.
            currencies: The base currency and its rates; dollars alone if None.
            rules: What the account may do; as usual if None.
        """
        self.rules = AccountRules() if rules is None else rules
        self.currencies = Currencies() if currencies is None else currencies
        self.balances = {self.currencies.base: cash}
        self.positions = dict(positions)
        self.pending: dict[tuple[date, str], Decimal] = {}
        self.today: dict[str, SymbolDay] = {}
        self._commission_rate = commission_bps * _BASIS_POINT
        self._settles_on: Callable[[], date | None] = _never

    def trade_under(self, currencies: Currencies, settles_on: Callable[[], date | None]) -> None:
        """Take the rates of the market and the days of the exchange.

        Args:
            currencies: With the same base currency as before.
            settles_on: Gives the date on which a trade of now settles; None for at once.
        """
        self.currencies = currencies
        self._settles_on = settles_on

    @property
    def cash(self) -> Decimal:
        """Cash in the base currency, without what there is in others."""
        return self.balances[self.currencies.base]

    @cash.setter
    def cash(self, cash: Decimal) -> None:
        self.balances[self.currencies.base] = cash

    def shares(self, symbol: str) -> int:
        """Return the shares held of a symbol; below 0 if they are owed."""
        position = self.positions.get(symbol)
        return position.shares if position else 0

    def commission_on(self, notional: Decimal) -> Decimal:
        """Return the commission of a trade of this notional (> 0), to the cent."""
        return (notional * self._commission_rate).quantize(CENT, ROUND_HALF_EVEN)

    # -- What happens in the market

    def trade(self, symbol: str, shares: int, price: Decimal) -> Charge:
        """Book a trade.

        Args:
            symbol: What was traded.
            shares: Signed whole shares, + for a purchase, not 0.
            price: Per share, on a tick, in the currency of the instrument.

        Returns:
            The commission, which is booked, and the profit of what was closed.

        Raises:
            ValueError: If more is sold than is held, and the account may not do that.
        """
        before = self.positions.get(symbol, NO_POSITION)
        after = before.shares + shares
        if after < 0 and shares < 0 and not self.rules.shorting:
            message = f"cannot sell {-shares} {symbol}: only {before.shares} are held"
            raise ValueError(message)
        notional = abs(shares) * price
        commission = self.commission_on(notional)
        self._pay(self.currencies.of(symbol), shares * price + commission)
        profit = self._move(symbol, shares, price, commission)
        self._note(symbol, shares, shares * price + commission, profit or _ZERO)
        return Charge(commission, profit)

    def convert(
        self,
        bought_currency: str,
        amount: Decimal,
        sold_currency: str,
        cost: Decimal,
        commission: Decimal = _ZERO,
    ) -> None:
        """Book a trade of currencies. It makes no position: both sides are cash.

        Args:
            bought_currency: What there is more of now.
            amount: How much of it, > 0.
            sold_currency: What there is less of now.
            cost: How much of it, > 0.
            commission: In the base currency, 0 or more.

        Raises:
            ValueError: If a currency has no rate, so that it could not be valued.
        """
        self._require_known(bought_currency)
        self._require_known(sold_currency)
        self._pay(bought_currency, -amount)
        self._pay(sold_currency, cost)
        self._pay(self.currencies.base, commission)

    def correct(self, symbol: str, shares: int, price: Decimal, cash: Decimal) -> None:
        """Book the difference that the correction of a trade makes.

        Args:
            symbol: What was traded.
            shares: Signed whole shares that come with it; 0 if only the price was wrong.
            price: The corrected one, which those shares cost.
            cash: What comes in, below zero for what goes out, in the currency of the instrument.
        """
        self._receive(self.currencies.of(symbol), cash)
        if shares:
            self._move(symbol, shares, price, _ZERO)
        self._note(symbol, shares, -cash, _ZERO)

    # -- What happens outside of it

    def deposit(self, currency: str, amount: Decimal) -> None:
        """Book cash that came in, or went out if the amount is negative; it is settled at once.

        Raises:
            ValueError: If the currency has no rate, so that it could not be valued.
        """
        self._require_known(currency)
        self._receive(currency, amount)

    def transfer(self, symbol: str, shares: int, cost: Decimal) -> None:
        """Book shares that came or went without a trade here, and without cash.

        Args:
            symbol: What it is.
            shares: Signed whole shares, + for what came, not 0.
            cost: Per share, in the currency of the instrument: their average cost, or what those
                that went are taken to have been worth.
        """
        self._move(symbol, shares, cost, _ZERO)
        # As though they had been paid for elsewhere: what moved is neither profit nor loss.
        self._note(symbol, shares, shares * cost, _ZERO)

    def split(self, symbol: str, ratio: Decimal, price: Decimal) -> None:
        """Book a split; for fractions of a share there is cash.

        Args:
            symbol: What is split.
            ratio: New shares for an old one, > 0.
            price: Of a new share, for the fractions.
        """
        before = self.positions.get(symbol, NO_POSITION)
        # What was sold out today still counts, in new shares.
        if symbol not in self.positions and symbol not in self.today:
            return
        exact = before.shares * ratio
        shares = int(exact.to_integral_value(ROUND_DOWN))
        fraction = exact - shares
        in_lieu = (fraction * price).quantize(CENT, ROUND_HALF_EVEN)
        cost = (before.average_cost / ratio).quantize(_COST_DIGITS)
        self._receive(self.currencies.of(symbol), in_lieu)
        self._hold(symbol, Position(shares, cost))
        # What came earlier on the day is counted in new shares, too.
        day = self.today.get(symbol, _QUIET)
        self.today[symbol] = SymbolDay(
            received=day.received * ratio - fraction,
            paid=day.paid - in_lieu,
            realized=day.realized + (in_lieu - fraction * cost).quantize(_COST_DIGITS),
        )

    def dividend(self, symbol: str, amount: Decimal) -> Decimal:
        """Book a dividend; who owes shares pays it.

        Args:
            symbol: Whose dividend it is.
            amount: Per share, in the currency of the instrument, > 0.

        Returns:
            What came in, to the cent.
        """
        paid = (self.shares(symbol) * amount).quantize(CENT, ROUND_HALF_EVEN)
        if paid:
            self._receive(self.currencies.of(symbol), paid)
            self._note(symbol, 0, -paid, _ZERO)
        return paid

    def begin_day(self, day: date) -> None:
        """Settle what is due by a date, and begin to count the day's profits."""
        self.pending = {due: amount for due, amount in self.pending.items() if due[0] > day}
        self.today = {}

    # -- How it is written down

    def _require_known(self, currency: str) -> None:
        """Refuse a currency that could not be valued."""
        if not self.currencies.is_known(currency):
            message = f"there is no rate from {currency} to {self.currencies.base}"
            raise ValueError(message)

    def _receive(self, currency: str, amount: Decimal) -> None:
        """Add to the cash of a currency what is settled already."""
        self.balances[currency] = self.balances.get(currency, _ZERO) + amount

    def _pay(self, currency: str, amount: Decimal) -> None:
        """Pay an amount of a trade; below 0 it comes in, and settles later."""
        self._receive(currency, -amount)
        if amount < 0:
            due = self._settles_on()
            if due is not None:
                key = due, currency
                self.pending[key] = self.pending.get(key, _ZERO) - amount

    def _move(
        self, symbol: str, shares: int, price: Decimal, commission: Decimal
    ) -> Decimal | None:
        """Change a position, and return the profit of what is closed by it.

        A trade through zero closes all that there was and opens the rest; its commission is split
        by shares.
        """
        before = self.positions.get(symbol, NO_POSITION)
        closes = min(abs(before.shares), abs(shares)) if before.shares * shares < 0 else 0
        sign = 1 if shares > 0 else -1
        opens = abs(shares) - closes
        if not closes:
            cost = before.shares * before.average_cost + shares * price + commission
            average = (cost / (before.shares + shares)).quantize(_COST_DIGITS)
            self._hold(symbol, Position(before.shares + shares, average))
            return None
        to_close = commission if not opens else commission * closes / abs(shares)
        profit = sign * closes * (before.average_cost - price) - to_close
        average = before.average_cost
        if opens:
            paid = sign * opens * price + commission - to_close
            average = (paid / (sign * opens)).quantize(_COST_DIGITS)
        self._hold(symbol, Position(before.shares + shares, average))
        return profit.quantize(_COST_DIGITS)

    def _hold(self, symbol: str, position: Position) -> None:
        """Set a position; one of no shares is none."""
        if position.shares:
            self.positions[symbol] = position
        else:
            self.positions.pop(symbol, None)

    def _note(self, symbol: str, shares: int, paid: Decimal, realized: Decimal) -> None:
        """Add to what happened to a symbol today."""
        day = self.today.get(symbol, _QUIET)
        self.today[symbol] = SymbolDay(
            day.received + shares, day.paid + paid, day.realized + realized
        )


def together(ledgers: list[Ledger]) -> Ledger:
    """Return the books of several accounts with one base currency as those of one account."""
    first = ledgers[0]
    summed = Ledger(_ZERO, {}, commission_bps=_ZERO, currencies=first.currencies, rules=first.rules)
    for ledger in ledgers:
        _add(summed.balances, ledger.balances)
        _add(summed.pending, ledger.pending)
        for symbol, held in ledger.positions.items():
            known = summed.positions.get(symbol, NO_POSITION)
            shares = known.shares + held.shares
            cost = known.shares * known.average_cost + held.shares * held.average_cost
            average = (cost / shares).quantize(_COST_DIGITS) if shares else _ZERO
            summed.positions[symbol] = Position(shares, average)
        for symbol, day in ledger.today.items():
            so_far = summed.today.get(symbol, _QUIET)
            summed.today[symbol] = replace(
                so_far,
                received=so_far.received + day.received,
                paid=so_far.paid + day.paid,
                realized=so_far.realized + day.realized,
            )
    summed.positions = {name: held for name, held in summed.positions.items() if held.shares}
    return summed


def _add(total: dict[_KeyT, Decimal], amounts: Mapping[_KeyT, Decimal]) -> None:
    """Add amounts to those of the same key."""
    for key, amount in amounts.items():
        total[key] = total.get(key, _ZERO) + amount
