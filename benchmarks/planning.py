"""How fast a book of accounts is planned, beside other ways to do the same.

Every pair is measured in turn in this process (the greedy allocation of PyPortfolioOpt in its own), and the ratio is
the median over the pairs: the machine's speed drifts, the ratio does not. The least and the most of each go to standard
error, with the load of the machine. Compiling, some seconds once in a process, is not counted.

Before anything is measured, all ways must give the same trades where cash is enough, and no peer may overdraw where it
is not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.planning_peers import Planned, long_frame, plan_frame, plan_loop
from benchmarks.rows import Row, at_least
from bot.books.threads import plan_in_threads
from bot.compiled.book import CompiledKernel
from bot.compiled.others import plan_others as compiled_others
from bot.core.planner.book import Book, BookPlan
from bot.core.planner.book_plan import BookRules
from bot.core.planner.rules import PlannerRules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_ACCOUNTS: Final = 1_000_000
_INSTRUMENTS: Final = 12
_MINIMUM_TRADE: Final = 100.0
_CASH: Final = 0.01
#: The loop and the greedy allocation are slow: they plan so many of the accounts.
_LOOPED: Final = 20_000
_ALLOCATED: Final = 300
_PAIRS: Final = 7
#: Money this small is float noise, account currency.
_NOISE: Final = 1e-6

_ACCOUNTS_A_SECOND_GOAL: Final = 10e6
_FRAME_GOAL: Final = 5.0
_LOOP_GOAL: Final = 200.0
_GREEDY_GOAL: Final = 100.0
#: The goal is for the fastest; without the extra the fill must still be far ahead.
_GREEDY_NUMPY_GOAL: Final = 50.0
_COPY_GOAL: Final = 0.8

_GREEDY: Final = Path(".bench/planning/bin/python")


def _book(accounts: int, least: float, most: float) -> Book:
    """Return accounts worth `least` to `most` whose weights have drifted about a tenth off equal ones."""
    generator = np.random.default_rng(1)
    prices = np.round(generator.uniform(20, 400, _INSTRUMENTS), 2)
    worth = np.exp(generator.uniform(np.log(least), np.log(most), accounts))
    weights = generator.dirichlet(np.full(_INSTRUMENTS, 100.0), accounts) * (1 - _CASH)
    shares = np.floor(worth[:, np.newaxis] * weights / prices).astype(np.int64)
    invested = (1 - _CASH) / _INSTRUMENTS
    return Book(
        shares=np.asfortranarray(shares),
        cash=np.round(worth - (shares * prices).sum(axis=1), 2),
        prices=prices,
        targets=np.append(np.full(_INSTRUMENTS, invested), 1 - _INSTRUMENTS * invested)[np.newaxis],
        symbols=tuple(f"S{number:02d}" for number in range(_INSTRUMENTS)),
        con_ids=np.arange(_INSTRUMENTS),
    )


def _taken_s(work: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def _pairs(ours: Callable[[], object], peer: Callable[[], object]) -> list[tuple[float, float]]:
    """Return seconds of ours and the peer's, measured in turn, after one run of each that does not count."""
    ours()
    peer()
    return [(_taken_s(ours), _taken_s(peer)) for _ in range(_PAIRS)]


def _compared(name: str, peer: str, goal: float, pairs: list[tuple[float, float]]) -> Row:
    """Return the row of millions of accounts a second against a peer."""
    ours = _ACCOUNTS / statistics.median(ours_s for ours_s, _ in pairs) / 1e6
    return Row(name, ours, peer, _ratio(peer, pairs), goal)


def _ratio(peer: str, pairs: list[tuple[float, float]]) -> float:
    """Return how many times as long the peer takes, the median of `pairs`, and tell their spread."""
    ratios = sorted(peer_s / ours_s for ours_s, peer_s in pairs)
    load = os.getloadavg()[0]
    sys.stderr.write(
        f"{peer}: ratio {ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} pairs, load {load:.1f}\n"
    )
    return statistics.median(ratios)


def _million() -> list[Row]:
    book = _book(_ACCOUNTS, 2e5, 5e6)
    rules = BookRules(PlannerRules(minimum_trade=_MINIMUM_TRADE, cash_buffer=0.0))
    room = BookPlan.empty(*book.shares.shape)
    frame = long_frame(book)
    few = book.part(0, _LOOPED)
    loop_rows = [dict(zip(book.symbols, row, strict=True)) for row in few.shares.tolist()]
    loop_cash = few.cash.tolist()
    prices = dict(zip(book.symbols, book.prices.tolist(), strict=True))
    targets = dict(zip(book.symbols, book.targets[0, :-1].tolist(), strict=True))

    def ours() -> object:
        return plan_in_threads(book, rules, room)

    def framed() -> tuple[object, NDArray[np.bool_]]:
        return plan_frame(frame, _INSTRUMENTS, _MINIMUM_TRADE)

    def looped() -> list[Planned]:
        return plan_loop(loop_rows, loop_cash, prices, targets, _MINIMUM_TRADE)

    ours()
    _check_same(room.trades, *framed())
    _check_paid(book, framed()[0])
    plans = looped()
    _check_same(
        room.trades[:_LOOPED],
        [[plan.trades.get(symbol, 0) for symbol in book.symbols] for plan in plans],
        np.array([plan.is_paid for plan in plans]),
    )
    by_frame = _pairs(ours, framed)
    by_loop = [(ours_s, peer_s * _ACCOUNTS / _LOOPED) for ours_s, peer_s in _pairs(ours, looped)]
    what = "planning: 1,000,000 accounts x 12, numpy, million accounts a second"
    rate = _ACCOUNTS / statistics.median(ours_s for ours_s, _ in by_frame)
    return [
        at_least(f"{what} (10)", rate / 1e6, _ACCOUNTS_A_SECOND_GOAL / 1e6),
        _compared(what, "one long pandas frame", _FRAME_GOAL, by_frame),
        _compared(what, "a Python loop", _LOOP_GOAL, by_loop),
        _compiled(book, rules),
    ]


def _compiled(book: Book, rules: BookRules) -> Row:
    """Return the row of the compiled kernel against a copy of as many numbers, both on two threads."""
    room, copy = BookPlan.empty(*book.shares.shape), np.zeros_like(book.shares)
    halves = [slice(0, _ACCOUNTS // 2), slice(_ACCOUNTS // 2, None)]

    def compiled() -> object:
        return plan_in_threads(book, rules, room, threads=2, kernel=CompiledKernel)

    with ThreadPoolExecutor(len(halves)) as pool:

        def copied() -> object:
            return list(pool.map(lambda half: np.copyto(copy[half], book.shares[half]), halves))

        pairs = _pairs(compiled, copied)
    if not np.array_equal(room.trades, plan_in_threads(book, rules).trades):
        message = "compiled plans differ from the others"
        raise RuntimeError(message)
    return _compared(
        "planning: the same, compiled, million accounts a second",
        "a copy of the shares, two threads",
        _COPY_GOAL,
        pairs,
    )


def _check_paid(book: Book, trades: object) -> None:
    """Raise if an account buys for more than its cash."""
    bought = np.asarray(trades, dtype=np.int64).reshape(book.shares.shape)
    left = book.cash - (bought * book.prices).sum(axis=1)
    is_over = (left < -_NOISE) & (bought > 0).any(axis=1)
    if is_over.any():
        message = f"the peer overdraws {np.count_nonzero(is_over)} accounts"
        raise RuntimeError(message)


def _check_same(ours: NDArray[np.int64], theirs: object, is_paid: NDArray[np.bool_]) -> None:
    """Raise unless all trades are the same where cash is enough, but for legs at exactly half a share."""
    other = np.asarray(theirs, dtype=np.int64).reshape(ours.shape)
    off = float(np.mean((ours != other)[is_paid].any(axis=1)))
    if off > 1e-4 or np.mean(is_paid) < 0.99:  # noqa: PLR2004 - explained above
        paid = float(np.mean(is_paid))
        message = f"the peer plans something else for {off:.2%} of the {paid:.2%} that have cash"
        raise RuntimeError(message)


def _purchases(accounts: int) -> Book:
    """Return accounts of 5,000 to 50,000, all in cash, each with targets of its own: rounding never fits by itself."""
    generator = np.random.default_rng(2)
    weights = generator.dirichlet(np.full(_INSTRUMENTS, 5.0), accounts) * (1 - _CASH)
    return Book(
        shares=np.zeros((accounts, _INSTRUMENTS), dtype=np.int64, order="F"),
        cash=np.round(np.exp(generator.uniform(np.log(5e3), np.log(5e4), accounts)), 2),
        prices=np.round(generator.uniform(20, 400, _INSTRUMENTS), 2),
        targets=np.column_stack([weights, 1 - weights.sum(axis=1)]),
        symbols=tuple(f"S{number:02d}" for number in range(_INSTRUMENTS)),
        con_ids=np.arange(_INSTRUMENTS),
    )


def _greedy(book: Book) -> tuple[NDArray[np.int64], float]:
    """Return what PyPortfolioOpt buys for each account (B, N), and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "given.npz"), Path(folder, "answer.npz")
        weights = book.targets[:, :-1] / (1 - _CASH)
        np.savez(given, weights=weights, prices=book.prices, money=book.cash * (1 - _CASH))
        command = [str(_GREEDY), "benchmarks/greedy_allocation.py", str(given), str(answer)]
        # The command is our own, word for word.
        subprocess.run(command, check=True)  # noqa: S603
        with np.load(answer) as found:
            return found["shares"], float(found["taken_s"])


def _tracking_error(book: Book, shares: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the root of the summed squared errors of the weights (B,), fractions of base."""
    off = shares * book.prices / book.cash[:, np.newaxis] - book.targets[:, :-1]
    errors: NDArray[np.float64] = np.sqrt(np.square(off).sum(axis=1))
    return errors


def _fill() -> list[Row]:
    """Return the rows of filling accounts out of cash, compiled and with numpy, and of how well."""
    many = _purchases(_LOOPED)
    few = many.part(0, _ALLOCATED)
    rules = BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=_CASH))

    def compiled(book: Book) -> NDArray[np.int64]:
        return plan_in_threads(book, rules, others=compiled_others).trades

    def plain(book: Book) -> NDArray[np.int64]:
        return plan_in_threads(book, rules).trades

    if not np.array_equal(compiled(many), plain(many)):
        message = "compiled fills differ from the others"
        raise RuntimeError(message)
    bought, _ = _greedy(few)
    peer = "PyPortfolioOpt's greedy"
    # Ours plans many accounts at once, as a book is planned; the peer knows one after the other.
    times = [
        (_taken_s(lambda: compiled(many)), _taken_s(lambda: plain(many)), _greedy(few)[1])
        for _ in range(_PAIRS)
    ]
    peer_s = _LOOPED / _ALLOCATED
    by_compiled = [(ours_s, theirs_s * peer_s) for ours_s, _, theirs_s in times]
    by_numpy = [(ours_s, theirs_s * peer_s) for _, ours_s, theirs_s in times]
    ours, theirs = _tracking_error(few, compiled(few)), _tracking_error(few, bought)
    what = "planning: optimal fill of 12 legs out of cash"
    return [
        _filled(f"{what}, compiled, accounts a second", peer, _GREEDY_GOAL, by_compiled),
        _filled(f"{what}, numpy, accounts a second", peer, _GREEDY_NUMPY_GOAL, by_numpy),
        Row(
            f"planning: its tracking error, bps, mean of {_ALLOCATED} (ratio: the worst of them)",
            float(ours.mean()) * 1e4,
            peer,
            float((theirs / ours).min()),
            1.0,
        ),
    ]


def _filled(name: str, peer: str, goal: float, pairs: list[tuple[float, float]]) -> Row:
    """Return the row of accounts a second against a peer that fills as many."""
    ours = _LOOPED / statistics.median(ours_s for ours_s, _ in pairs)
    return Row(name, ours, peer, _ratio(peer, pairs), goal)


def measure() -> list[Row]:
    """Measure planning a million accounts, and filling accounts out of cash."""
    if not _GREEDY.exists():
        message = f"{_GREEDY} is missing: make bench-setup makes it"
        raise SystemExit(message)
    return [*_million(), *_fill()]
