"""The same book planned in two other ways, as well as they can be written: one long pandas frame, and a Python loop.

Both do the plain part of the work: the nearest whole share of every leg, small trades dropped, and whether cash is
enough. Accounts where it is not are only marked, which is less than our own planner does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bot.core.planner.book import SHARES_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book import Book


def long_frame(book: Book) -> pd.DataFrame:
    """Return the book as one row for each account and instrument, sorted by account."""
    accounts, instruments = book.shares.shape
    return pd.DataFrame(
        {
            "shares": book.shares.reshape(-1),
            "price": np.tile(book.prices, accounts),
            "target": np.tile(book.targets[0, :-1], accounts),
            "cash": np.repeat(book.cash, instruments),
        }
    )


def plan_frame(
    frame: pd.DataFrame, instruments: int, minimum_trade: float
) -> tuple[pd.Series[int], NDArray[np.bool_]]:
    """Return the trades (B x N rows) and which accounts (B,) have cash for them.

    Sums over an account are taken by its block of rows: a groupby would do the same more slowly.
    """

    def of_account(column: pd.Series[float]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = column.to_numpy().reshape(-1, instruments).sum(axis=1)
        return sums

    worth = of_account(frame["shares"] * frame["price"])
    base = np.repeat(worth, instruments) + frame["cash"]
    goal = (base * frame["target"] / frame["price"]).round()
    trades = goal - frame["shares"]
    notional = trades * frame["price"]
    trades = trades.where(notional.abs() >= minimum_trade, 0.0)
    left = frame["cash"].to_numpy()[::instruments] - of_account(trades * frame["price"])
    return trades.astype("int64"), left >= 0


@dataclass(frozen=True, slots=True)
class Planned:
    """One account's trades by symbol, and whether it has cash for them."""

    trades: dict[str, int]
    is_paid: bool


def plan_loop(
    accounts: list[dict[str, int]],
    cash: list[float],
    prices: dict[str, float],
    targets: dict[str, float],
    minimum_trade: float,
) -> list[Planned]:
    """Return what each account does, one after the other, in plain Python; refuses the numbers that we refuse."""
    plans = []
    for held, money in zip(accounts, cash, strict=True):
        if not math.isfinite(money):
            message = f"cash must be a number, found {money}"
            raise ValueError(message)
        base = money
        for symbol, count in held.items():
            if not 0 <= count <= SHARES_MAX:
                message = f"{symbol}: shares must be from 0 to 2^52, found {count}"
                raise ValueError(message)
            base += count * prices[symbol]
        left = money
        trades = {}
        for symbol, target in targets.items():
            price = prices[symbol]
            trade = math.ceil(base * target / price - 0.5) - held[symbol]
            if trade != 0 and abs(trade) * price >= minimum_trade:
                left -= trade * price
                trades[symbol] = trade
        plans.append(Planned(trades, left >= 0))
    return plans
