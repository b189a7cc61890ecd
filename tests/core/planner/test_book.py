"""A book: what concerns all accounts refuses it, and every refused account is told why in numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.book import Book, BookPlan, Status, is_whole, refusal

BOOK = Book(
    shares=np.array([[10, 20], [30, 40], [50, 60]]),
    cash=np.array([100.0, 200.0, 300.0]),
    prices=np.array([5.0, 8.0]),
    targets=np.array([[0.5, 0.4, 0.1]]),
    symbols=("AAA", "BBB"),
    con_ids=np.array([7, 3]),
)
OWN = np.array([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [0.0, 0.0, 1.0]])


def test_a_part_is_a_view() -> None:
    part = BOOK.part(1, 3)
    assert part.shares.tolist() == [[30, 40], [50, 60]]
    assert part.cash.tolist() == [200.0, 300.0]
    assert part.targets.tolist() == [[0.5, 0.4, 0.1]]
    assert np.shares_memory(part.shares, BOOK.shares)
    assert replace(BOOK, targets=OWN).part(1, 2).targets.tolist() == [[0.2, 0.2, 0.6]]
    plan = BookPlan.empty(3, 2)
    assert (plan.trades.shape, plan.trades.dtype) == ((3, 2), np.int64)
    # In memory order [N, B], each instrument from a new line of 64 bytes on: 8 numbers.
    assert plan.trades.strides == (8, 64)
    assert BookPlan.empty(9, 2).trades.strides == (8, 128)
    assert BookPlan.empty(16, 2).trades.strides == (8, 128)
    # It begins with a line of the processor's cache.
    assert [BookPlan.empty(number, 3).trades.ctypes.data % 64 for number in range(1, 9)] == [0] * 8
    assert (plan.status.shape, plan.status.dtype) == ((3,), np.int8)
    room = plan.part(1, 3)
    assert (room.trades.shape, room.status.shape) == ((2, 2), (2,))
    assert np.shares_memory(room.trades, plan.trades)
    assert np.shares_memory(room.status, plan.status)


def test_an_empty_book_is_a_book() -> None:
    assert BOOK.part(3, 3).shares.shape == (0, 2)


def test_a_price_may_be_below_one_and_an_instrument_alone() -> None:
    assert replace(BOOK, prices=np.array([0.01, 0.5])).prices.tolist() == [0.01, 0.5]
    single = Book(
        shares=np.array([[1]]),
        cash=np.array([1.0]),
        prices=np.array([1.0]),
        targets=np.array([[0.5, 0.5]]),
        symbols=("AAA",),
        con_ids=np.array([7]),
    )
    assert single.part(0, 1).shares.tolist() == [[1]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prices": np.array([5.0, np.nan])}, "BBB: a price must be a number above 0, found nan"),
        ({"prices": np.array([5.0, np.inf])}, "BBB: a price must be a number above 0, found inf"),
        ({"prices": np.array([0.0, 8.0])}, "AAA: a price must be a number above 0, found 0"),
        ({"prices": np.array([-1.0, 8.0])}, "AAA: a price must be a number above 0, found -1"),
        (
            {"targets": np.array([[0.5, np.nan, 0.1]])},
            "target must be a number, found nan at row 0, column 1",
        ),
        ({"targets": np.array([[0.7, -0.1, 0.4]])}, "at least 0, found -0.1 at row 0, column 1"),
        ({"targets": np.array([[0.5, 0.4, 0.11]])}, "must sum to 1 within 1e-9, found 1.01"),
        ({"targets": np.array([[0.5, 0.4, 0.1 + 2e-9]])}, "must sum to 1 within 1e-9"),
        ({"targets": np.array([[0.5, 0.5]])}, r"targets \(1, 3\) or \(3, 3\), found .* \(1, 2\)"),
        ({"targets": OWN[:2]}, r"found \(3, 2\), \(2,\), \(2,\) and \(2, 3\)"),
        ({"prices": np.array([5.0])}, r"needs shares \(3, 2\), prices and con_ids \(2,\)"),
        ({"con_ids": np.array([1])}, r"found \(3, 2\), \(2,\), \(1,\)"),
        ({"cash": np.array([1.0])}, "a book of 1 accounts and 2 instruments"),
        ({"symbols": ("AAA",)}, "a book of 3 accounts and 1 instruments"),
        (
            {"con_ids": np.array([3, 3])},
            r"every instrument must be there once, found con_ids \[3, 3\]",
        ),
        ({"shares": BOOK.shares.astype(np.int32)}, "shares must be int64 or float64, found int32"),
    ],
)
def test_what_concerns_all_accounts_refuses_the_book(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        replace(BOOK, **changes)


def test_a_book_needs_an_instrument() -> None:
    with pytest.raises(ValueError, match="3 accounts and 0 instruments"):
        Book(
            shares=np.empty((3, 0)),
            cash=np.ones(3),
            prices=np.empty(0),
            targets=np.ones((1, 1)),
            symbols=(),
            con_ids=np.empty(0, dtype=np.int64),
        )


def test_targets_may_be_off_by_float_noise_and_own_targets_are_for_the_account() -> None:
    assert replace(BOOK, targets=np.array([[0.5, 0.4, 0.1 + 5e-10]])).targets[0, 2] > 0.1
    assert np.isnan(replace(BOOK, targets=OWN * np.nan).targets).all()


def test_whole_numbers_from_zero_to_two_to_the_52() -> None:
    values = np.array([0.0, 1.0, 2.0**52, 2.0**52 + 1, -1.0, 0.5, np.nan, np.inf])
    assert is_whole(values).tolist() == [True, True, True, False, False, False, False, False]
    assert is_whole(np.array([0, 2**52, 2**52 + 1, -1])).tolist() == [True, True, False, False]


def test_a_refusal_has_names_and_numbers() -> None:
    shares = np.array([[10.0, 20.5], [np.nan, 40.0], [-50.0, 60.0]])
    book = replace(BOOK, shares=shares, targets=OWN)
    assert refusal(book, 0, Status.SHARES) == (
        "BBB: shares must be a whole number from 0 to 2^52, found 20.5"
    )
    assert refusal(book, 1, Status.SHARES).startswith("AAA: ")
    assert refusal(book, 2, Status.SHARES).endswith("found -50.0")
    assert refusal(replace(BOOK, shares=-BOOK.shares), 0, Status.SHARES).endswith("found -10")
    cash = replace(book, cash=np.array([np.nan, np.inf, 300.0]))
    assert refusal(cash, 0, Status.CASH) == "cash must be a number, found nan"
    assert refusal(cash, 1, Status.CASH) == "cash must be a number, found inf"
    assert refusal(book, 1, Status.TARGETS) == (
        "targets must be numbers from 0 to 1 that sum to 1 within 1e-9, found AAA 0.2, BBB 0.2, cash 0.6"
    )
    # 30 x 5 + 40 x 8 = 470.
    owing = replace(BOOK, cash=np.array([100.0, -470.0, 300.0]))
    assert refusal(owing, 1, Status.BASE) == (
        "holdings and cash must add up to a base above 0 that buys at most 2^52 shares, with debts of at most"
        " 100000 times as much, found holdings 470.0 and cash -470.0"
    )
    assert refusal(BOOK, 1, Status.PLANNED) == ""
    assert refusal(BOOK, 1, Status.NOTHING) == ""


def test_every_instrument_of_a_plan_begins_a_line_of_the_cache() -> None:
    # A line is 64 bytes.
    plans = [BookPlan.empty(accounts, 3) for accounts in range(1, 40)]
    places = {column.ctypes.data % 64 for plan in plans for column in plan.trades.T}
    assert places == {0}
