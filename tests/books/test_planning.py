"""Numbers by symbol become a book, plans become tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.books.planning import book_of, by_symbol, plan_into, shared_targets
from bot.books.reading import Accounts
from bot.core.planner.book_plan import BookRules
from bot.core.planner.rules import PlannerRules
from bot.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS = Accounts(
    names=np.array(["U1", "U2", "U3", "U4"], dtype=object),
    cash=np.array([200.0, np.nan, 0.0, 1_000.0]),
    shares=np.array([[25.0, 10.0], [1.0, 1.0], [0.5, 0.0], [0.0, 0.0]]),
    symbols=("ZZZ", "AAA"),
)
PRICES = np.array([20.0, 30.0])
TARGETS = np.array([[0.45, 0.35, 0.2]])


class Table:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.tables: list[pd.DataFrame] = []

    def write(self, table: pd.DataFrame) -> None:
        self.tables.append(table)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def rows(self) -> list[list[object]]:
        return [row for table in self.tables for row in table.to_numpy().tolist()]


def planned(accounts=ACCOUNTS, **options):
    trades, refused, done = Table(), Table(), []
    rules = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0))
    book = book_of(accounts, PRICES, TARGETS)
    tally = plan_into(accounts, book, rules, (trades, refused), done.append, **options)
    return tally, trades, refused, done


def test_trades_and_refusals_become_tables():
    tally, trades, refused, done = planned()
    # U1, base 1,000: ZZZ 450 / 20 = 22.5 -> 22 (held 25), AAA 350 / 30 = 11.67 -> 12 (held 10). U4: all of it bought.
    assert trades.rows == [
        ["U1", "ZZZ", -3, -60.0],
        ["U1", "AAA", 2, 60.0],
        ["U4", "ZZZ", 22, 440.0],
        ["U4", "AAA", 12, 360.0],
    ]
    assert list(trades.tables[0].columns) == ["account", "symbol", "shares", "notional"]
    assert refused.rows == [
        ["U2", "cash", "cash must be a number, found nan"],
        ["U3", "shares", "ZZZ: shares must be a whole number from 0 to 2^52, found 0.5"],
    ]
    assert list(refused.tables[0].columns) == ["account", "refused_for", "reason"]
    assert tally.accounts == Counter(planned=2, nothing=0, shares=1, cash=1, targets=0, base=0)
    assert (tally.refused, tally.trades) == (2, 4)
    # 60 + 440 + 360 bought.
    assert (tally.bought, tally.sold) == (860.0, 60.0)
    assert list(tally.refusals) == ["U2", "U3"]
    assert done == [4]


def test_pieces_add_up():
    whole = planned()
    tally, trades, refused, done = planned(piece=3)
    assert (trades.rows, refused.rows) == (whole[1].rows, whole[2].rows)
    assert (tally.accounts, tally.bought, tally.sold) == (
        whole[0].accounts,
        whole[0].bought,
        whole[0].sold,
    )
    assert done == [3, 1]


def test_only_the_first_refusals_are_told_on_the_screen():
    many = Accounts(
        names=np.array([f"U{number}" for number in range(12)], dtype=object),
        cash=np.full(12, np.nan),
        shares=np.zeros((12, 2), dtype=np.int64),
        symbols=("ZZZ", "AAA"),
    )
    tally, _, refused, _ = planned(many)
    assert list(tally.refusals) == [f"U{number}" for number in range(10)]
    assert tally.refused == len(refused.rows) == 12


def test_an_empty_book_has_files_with_heads():
    nobody = Accounts(
        names=np.empty(0, dtype=object),
        cash=np.empty(0),
        shares=np.empty((0, 2), dtype=np.int64),
        symbols=("ZZZ", "AAA"),
    )
    tally, trades, refused, _ = planned(nobody)
    assert [len(trades.tables), len(refused.tables), sum(tally.accounts.values())] == [1, 1, 0]


def test_the_order_of_the_columns_decides_no_tie():
    # Both legs are worth the same to round down: the name decides, not the column.
    accounts = Accounts(
        names=np.array(["U1"], dtype=object),
        cash=np.array([150.0]),
        shares=np.zeros((1, 2), dtype=np.int64),
        symbols=("ZZZ", "AAA"),
    )
    turned = Accounts(accounts.names, accounts.cash, accounts.shares, ("AAA", "ZZZ"))
    prices, targets = np.array([50.0, 50.0]), np.array([[0.5, 0.5, 0.0]])
    rules = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0))
    lines = []
    for each in (accounts, turned):
        sink = Table()
        plan_into(each, book_of(each, prices, targets), rules, (sink, Table()), lambda _: None)
        lines.append(sorted(sink.rows))
    assert lines[0] == lines[1]


def test_numbers_by_symbol_must_be_for_all_and_for_no_other():
    numbers = {"AAA": 1.0, "ZZZ": 2.0, "cash": 3.0}
    assert by_symbol(ACCOUNTS, numbers, "weight", has_cash=True).tolist() == [2.0, 1.0, 3.0]
    with pytest.raises(ConfigError, match="there is a price for cash, which the accounts have no"):
        by_symbol(ACCOUNTS, numbers, "price", has_cash=False)
    with pytest.raises(
        ConfigError, match="there is no weight for cash; a weight of 0 must be said"
    ):
        by_symbol(ACCOUNTS, {"AAA": 1.0, "ZZZ": 2.0}, "weight", has_cash=True)
    with pytest.raises(ConfigError, match="there is no price for AAA"):
        by_symbol(ACCOUNTS, {"ZZZ": 2.0}, "price", has_cash=False)


def test_what_concerns_the_whole_book_is_told_as_a_wrong_file():
    with pytest.raises(ConfigError, match="AAA: a price must be a number above 0, found nan"):
        book_of(ACCOUNTS, np.array([20.0, np.nan]), TARGETS)


def test_shared_targets_stand_in_the_order_of_the_symbols():
    found = shared_targets(ACCOUNTS, {"cash": 0.2, "AAA": 0.35, "ZZZ": 0.45})
    assert found.tolist() == [[0.45, 0.35, 0.2]]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ((-0.1, 1.0, 0.1), "the weight of ZZZ must be a fraction of base from 0 to 1, found -0.1"),
        ((45.0, 35.0, 20.0), "the weight of ZZZ must be a fraction of base from 0 to 1, found 45"),
        ((0.5, np.nan, 0.5), "the weight of AAA must be a fraction of base from 0 to 1, found nan"),
        # 2e-9 too much: the tolerance is 1e-9.
        ((0.45, 0.35, 0.200000002), "targets must sum to 1 within 1e-9, found 1.000000002 "),
    ],
)
def test_weights_that_are_none_are_told_by_name(weights, words):
    with pytest.raises(ConfigError) as caught:
        shared_targets(ACCOUNTS, dict(zip(("ZZZ", "AAA", "cash"), weights, strict=True)))
    assert str(caught.value).startswith(words)


def test_a_missing_price_is_no_advice_to_write_0():
    with pytest.raises(ConfigError, match=r"^there is no price for AAA$"):
        by_symbol(ACCOUNTS, {"ZZZ": 1.0}, "price", has_cash=False)
