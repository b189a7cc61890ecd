"""Whatever happens to the books, value is neither made nor lost but by what says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.account.profit import profits
from bot.gateway.account.valuation import value_account
from bot.gateway.exchange.quotes import Quote
from tests.gateway.account.conftest import make_books

if TYPE_CHECKING:
    from bot.gateway.account.ledger import Ledger

SYMBOLS = st.sampled_from(["ONE", "TWO", "SAP"])
CURRENCIES = st.sampled_from(["USD", "EUR", "CHF"])
CENTS = st.integers(1, 1_000_000).map(lambda cents: Decimal(cents) / 100)
RATIOS = st.sampled_from([Decimal(text) for text in ("2", "1.5", "4", "0.1", "0.25", "7")])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), SYMBOLS, st.integers(-500, 500).filter(bool)),
        st.tuples(st.just("split"), SYMBOLS, RATIOS),
        st.tuples(st.just("dividend"), SYMBOLS, st.sampled_from([Decimal("0.01"), Decimal(3)])),
        st.tuples(st.just("deposit"), CURRENCIES, CENTS),
        st.tuples(st.just("convert"), CURRENCIES, CENTS),
        st.tuples(st.just("transfer"), SYMBOLS, st.integers(-50, 50).filter(bool)),
        st.tuples(st.just("day"), st.just(""), st.integers(1, 3)),
    ),
    max_size=25,
)

#: Splits leave fractions of a share, which are paid out to the cent, as dividends are.
CENT = Decimal("0.01")


@dataclass
class World:
    """Books, the prices at which everything happens, and the value that there has to be."""

    ledger: Ledger
    prices: dict[str, Decimal]
    value: Decimal
    flows: Decimal = Decimal(0)
    tolerance: Decimal = Decimal("1e-9")
    today: date = date(2024, 6, 3)

    def rate(self, currency: str) -> Decimal:
        return self.ledger.currencies.rate(currency, self.prices.__getitem__)

    def trade(self, symbol: str, shares: int) -> None:
        charge = self.ledger.trade(symbol, shares, self.prices[symbol])
        self.value -= charge.commission * self.rate(self.ledger.currencies.of(symbol))

    def split(self, symbol: str, ratio: Decimal) -> None:
        self.prices[symbol] /= ratio
        self.ledger.split(symbol, ratio, self.prices[symbol])
        self.tolerance += CENT

    def dividend(self, symbol: str, amount: Decimal) -> None:
        paid = self.ledger.dividend(symbol, amount)
        self.value += paid * self.rate(self.ledger.currencies.of(symbol))

    def deposit(self, currency: str, amount: Decimal) -> None:
        self.ledger.deposit(currency, amount)
        self.value += amount * self.rate(currency)
        self.flows += amount * self.rate(currency)

    def convert(self, currency: str, amount: Decimal) -> None:
        cost = amount * self.rate(currency)
        self.ledger.convert(currency, amount, "USD", cost, CENT)
        self.value -= CENT
        self.flows -= CENT

    def transfer(self, symbol: str, shares: int) -> None:
        self.ledger.transfer(symbol, shares, self.prices[symbol])
        came = shares * self.prices[symbol] * self.rate(self.ledger.currencies.of(symbol))
        self.value += came
        self.flows += came

    def day(self, _symbol: str, days: int) -> None:
        self.today += timedelta(days=days)
        self.ledger.begin_day(self.today)
        self.ledger.trade_under(
            self.ledger.currencies, lambda due=self.today + timedelta(days=1): due
        )


def world() -> World:
    ledger = make_books("100000", commission_bps="1", shorting=True, ONE=100, TWO=7, SAP=-20)
    prices = {name: Decimal(10) for name in ("ONE", "TWO", "SAP")}
    prices |= {"EUR.USD": Decimal("1.1"), "USD.CHF": Decimal("0.8")}
    return World(ledger, prices, value_account(ledger, prices.__getitem__).net_liquidation)


@given(EVENTS)
def test_value_is_conserved(events: list[tuple[str, str, Decimal]]) -> None:
    it = world()
    for kind, name, amount in events:
        getattr(it, kind)(name, amount)
    valuation = value_account(it.ledger, it.prices.__getitem__)
    assert abs(valuation.net_liquidation - it.value) <= it.tolerance
    assert all(held.shares for held in it.ledger.positions.values())
    assert valuation.unsettled >= 0


@given(EVENTS)
def test_profit_of_the_day_is_the_change_of_value_without_what_came_from_outside(
    events: list[tuple[str, str, Decimal]],
) -> None:
    """All of it on one day, at a price that was the close before, splits worked in."""
    it = world()
    before = it.value
    for kind, name, amount in events:
        if kind != "day":
            getattr(it, kind)(name, amount)
    earned = sum(
        (
            profit.daily * it.rate(it.ledger.currencies.of(symbol))
            for symbol, profit in profits(
                it.ledger,
                lambda name: Quote(
                    *(3 * [it.prices[name]]), it.prices[name], bid_size=1, ask_size=1, volume=1
                ),
            ).items()
        ),
        Decimal(0),
    )
    change = value_account(it.ledger, it.prices.__getitem__).net_liquidation - before
    assert abs(earned - (change - it.flows)) <= it.tolerance
