"""The same book planned in two other ways, as well as they can be written: one long pandas frame, and a Python loop.

Both do the whole of the work that we do: accounts whose numbers cannot be planned on are refused, every leg goes to the
nearest whole share, small trades are dropped, and where cash does not pay for the buys these are cut share by share,
each time the one that errs least by it, until it does. That is greedy: ours finds the best cut, and is compared only
where there is none. Neither cares for ties, or how near to half a share a leg is.
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
    """Return the trades (B x N rows) and which accounts (B,) have cash for all of them.

    Sums over an account are taken by its block of rows: a groupby would do the same more slowly. The few accounts that
    lack cash are cut together, as arrays.
    """

    def of_account(column: pd.Series[float]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = column.to_numpy().reshape(-1, instruments).sum(axis=1)
        return sums

    worth = of_account(frame["shares"] * frame["price"])
    base = np.repeat(worth, instruments) + frame["cash"]
    is_bad = ~frame["shares"].between(0, SHARES_MAX) | ~(base > 0) | np.isinf(base)
    exact = base * frame["target"] / frame["price"]
    trades = exact.round() - frame["shares"]
    notional = trades * frame["price"]
    trades = trades.where(notional.abs() >= minimum_trade, 0.0)
    if is_bad.any():
        bad = is_bad.to_numpy().reshape(-1, instruments).any(axis=1)
        trades = trades.mask(np.repeat(bad, instruments), 0.0)
    left = frame["cash"].to_numpy()[::instruments] - of_account(trades * frame["price"])
    is_paid = left >= 0
    rows = np.flatnonzero(~is_paid)
    if len(rows):
        wide = trades.to_numpy(copy=True).reshape(-1, instruments)
        gaps, prices = (
            column.to_numpy().reshape(-1, instruments)[rows]
            for column in (exact - frame["shares"], frame["price"])
        )
        wide[rows] = _cut(wide[rows], gaps, prices, left[rows], minimum_trade)
        trades = pd.Series(wide.reshape(-1), index=trades.index)
    return trades.astype("int64"), is_paid


def _cut(
    trades: NDArray[np.float64],
    wanted: NDArray[np.float64],
    prices: NDArray[np.float64],
    left: NDArray[np.float64],
    minimum_trade: float,
) -> NDArray[np.float64]:
    """Return `trades` (K, N) with buys cut, share by share, until nothing is overdrawn or there is no buy.

    `wanted` (K, N) are the trades before rounding, and `left` (K,) is the cash after them, below 0.
    """
    rows = np.flatnonzero((left < 0) & (trades > 0).any(axis=1))
    while len(rows):
        some, prices_of = trades[rows], prices[rows]
        # What a share less errs more, for each unit of money that it sets free.
        errs = np.where(some > 0, prices_of * (2 * (wanted[rows] - some) + 1), np.inf)
        leg = errs.argmin(axis=1)
        fewer = trades[rows, leg] - 1
        price = prices[rows, leg]
        fewer = np.where(fewer * price >= minimum_trade, fewer, 0.0)
        left[rows] += (trades[rows, leg] - fewer) * price
        trades[rows, leg] = fewer
        rows = rows[(left[rows] < 0) & (trades[rows] > 0).any(axis=1)]
    return trades


@dataclass(frozen=True, slots=True)
class Planned:
    """One account's trades by symbol, whether it has cash for all of them, and why it was refused, or nothing."""

    trades: dict[str, int]
    is_paid: bool
    refusal: str = ""


def plan_loop(  # noqa: C901 - a call for each account would slow it down
    accounts: list[dict[str, int]],
    cash: list[float],
    prices: dict[str, float],
    targets: dict[str, float],
    minimum_trade: float,
) -> list[Planned]:
    """Return what each account does, one after the other, in plain Python; refuses the accounts that we refuse."""
    plans = []
    for held, money in zip(accounts, cash, strict=True):
        base = money
        refusal = ""
        for symbol, count in held.items():
            if not 0 <= count <= SHARES_MAX:
                refusal = f"{symbol}: shares must be from 0 to 2^52, found {count}"
            base += count * prices[symbol]
        if not 0 < base < math.inf:
            refusal = refusal or f"base must be a number above 0, found {base}"
        if refusal:
            plans.append(Planned({}, is_paid=True, refusal=refusal))
            continue
        left = money
        trades = {}
        for symbol, target in targets.items():
            price = prices[symbol]
            trade = math.ceil(base * target / price - 0.5) - held[symbol]
            if trade != 0 and abs(trade) * price >= minimum_trade:
                left -= trade * price
                trades[symbol] = trade
        is_paid = left >= 0
        if not is_paid:
            wanted = {
                symbol: base * targets[symbol] / prices[symbol] - held[symbol] for symbol in trades
            }
            _cut_one(trades, wanted, prices, left, minimum_trade)
        plans.append(Planned(trades, is_paid))
    return plans


def _cut_one(
    trades: dict[str, int],
    wanted: dict[str, float],
    prices: dict[str, float],
    left: float,
    minimum_trade: float,
) -> None:
    """Cut buys in `trades`, share by share, until nothing is overdrawn or there is no buy; see `_cut`."""
    buys = {symbol for symbol, trade in trades.items() if trade > 0}
    while left < 0 and buys:
        symbol = min(buys, key=lambda each: prices[each] * (2 * (wanted[each] - trades[each]) + 1))
        trades[symbol] -= 1
        left += prices[symbol]
        if trades[symbol] * prices[symbol] < minimum_trade or trades[symbol] == 0:
            left += trades.pop(symbol) * prices[symbol]
            buys.remove(symbol)
