"""One mandate for a book: its targets for all, or from what each account holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.app import mandate_of
from bot.books.mandates import in_order_of, rules_of, targets_of
from bot.books.reading import Accounts
from bot.errors import ConfigError
from bot.settings import load_settings

EXAMPLES = Path(__file__).parents[2] / "config" / "examples" / "targets"
PRICES = np.array([10.0, 20.0, 40.0])
ON = date(2022, 12, 2)


def mandate(kind):
    return mandate_of(load_settings(EXAMPLES / f"{kind}.toml", {}))


def accounts(shares, cash):
    """Return accounts of AAPL, JPM and XOM."""
    return Accounts(
        names=np.array([f"U{row}" for row in range(len(cash))], dtype=object),
        cash=np.array(cash),
        shares=np.array(shares),
        symbols=("AAPL", "JPM", "XOM"),
    )


def test_shared_targets_are_one_row():
    found = targets_of(mandate("static"), accounts([[1.0, 1.0, 1.0]] * 3, [0.0] * 3), PRICES, ON)
    assert found.shape == (1, 4)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_targets_from_holdings_are_a_row_for_each_account_that_has_some():
    # 1 % cash. First: 300 and 600 held beside 100: 0.99 / 0.9 of 30 % and 60 %. Second: 40 of 80 each, half and half.
    # The others hold nothing, part of a share, nothing that is known, or owe all they have.
    book = accounts(
        [[30, 30, 0], [4, 2, 0], [0, 0, 0], [0.5, 1, 1], [1, 1, np.nan], [1, 0, 0]],
        [100.0, 0.0, 50.0, 0.0, 0.0, -10.0],
    )
    found = targets_of(mandate("current"), book, PRICES, ON)
    np.testing.assert_allclose(found[0], [0.33, 0.66, 0.0, 0.01], atol=1e-12)
    np.testing.assert_allclose(found[1], [0.495, 0.495, 0.0, 0.01], atol=1e-12)
    assert np.isnan(found[2:]).all()
    assert found.shape == (6, 4)


def test_an_error_that_all_accounts_have_is_the_configurations():
    with pytest.raises(ConfigError, match="current needs holdings to scale"):
        targets_of(mandate("current"), accounts([[0.0, 0.0, 0.0]] * 20, [50.0] * 20), PRICES, ON)


def test_targets_that_need_history_are_refused():
    book = accounts([[1.0, 1.0, 1.0]], [0.0])
    with pytest.raises(ConfigError, match="the targets defence need history"):
        targets_of(mandate("defence"), book, PRICES, ON)


def test_columns_come_in_the_mandates_order():
    book = Accounts(
        names=np.array(["U1"], dtype=object),
        cash=np.array([5.0]),
        shares=np.array([[3, 1, 2]]),
        symbols=("XOM", "AAPL", "JPM"),
    )
    ours = in_order_of(mandate("current"), book)
    assert ours.symbols == ("AAPL", "JPM", "XOM")
    assert ours.shares.tolist() == [[1, 2, 3]]
    assert ours.cash.tolist() == [5.0]
    rules = rules_of(mandate("current"))
    assert rules.planner.minimum_trade == 500
    assert rules.is_plain
