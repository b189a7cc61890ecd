"""Accounts come as they were written; what is no number refuses its account, what is no file is told in one line."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from bot.books.reading import read_accounts, read_numbers
from bot.errors import ConfigError

LINES = "account,cash,AAPL,MSFT U1,1000.5,10,20 007,0,0,3"


def test_csv_keeps_names_and_whole_numbers(write):
    accounts = read_accounts(write("book.csv", LINES))
    assert accounts.names.tolist() == ["U1", "007"]
    assert accounts.cash.tolist() == [1000.5, 0.0]
    assert accounts.symbols == ("AAPL", "MSFT")
    assert accounts.shares.tolist() == [[10, 20], [0, 3]]
    assert accounts.shares.dtype == np.int64
    assert accounts.shares.flags.f_contiguous


@pytest.mark.parametrize("kind", ["parquet", "npz"])
def test_other_kinds_say_the_same(write, tmp_path, kind):
    expected = read_accounts(write("book.csv", LINES))
    path = tmp_path / f"book.{kind}"
    columns = {
        "account": np.array(["U1", "007"]),
        "cash": np.array([1000.5, 0.0]),
        "AAPL": np.array([10, 0], dtype=np.int32),
        "MSFT": np.array([20, 3]),
    }
    if kind == "npz":
        np.savez(path, **columns)
    else:
        pd.DataFrame(columns).to_parquet(path)
    accounts = read_accounts(path)
    assert accounts.names.tolist() == expected.names.tolist()
    assert accounts.cash.tolist() == expected.cash.tolist()
    assert accounts.shares.tolist() == expected.shares.tolist()
    assert accounts.shares.dtype == np.int64


def test_what_is_no_number_is_nan_and_nothing_else_is_lost(write):
    accounts = read_accounts(
        write(
            "book.csv",
            "account,cash,AAPL NA,abc,1 U2,,2.5 U3,5, U4,NaN,true U5,inf,9007199254740993",
        )
    )
    assert accounts.names.tolist() == ["NA", "U2", "U3", "U4", "U5"]
    np.testing.assert_array_equal(accounts.cash, [np.nan, np.nan, 5.0, np.nan, np.inf])
    np.testing.assert_array_equal(accounts.shares[:4, 0], [1.0, 2.5, np.nan, np.nan])


def test_missing_values_of_parquet_are_nan_and_truth_is_no_number(tmp_path):
    path = tmp_path / "book.parquet"
    table = pd.DataFrame({"account": [1, 2], "cash": [1.0, None], "A": [True, False]})
    table["B"] = pd.array([3, None], dtype="Int64")
    table.to_parquet(path)
    accounts = read_accounts(path)
    assert accounts.names.tolist() == ["1", "2"]
    np.testing.assert_array_equal(accounts.cash, [1.0, np.nan])
    np.testing.assert_array_equal(accounts.shares, [[np.nan, 3.0], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("cash,A 1,2", "the column account is missing; there are: cash, A"),
        ("account,A U1,2", "the column cash is missing; there are: account, A"),
        ("account,cash,A", "expected a row for each account, found none"),
        ("account,cash U1,2", "there is no column of shares beside account and cash"),
        ("account,cash,A U1,2,3 ,4,5", "row 2 has no account name"),
        ("account,cash,A U1,2,3 U2,4,5 U1,6,7", "account U1 is there twice, in rows 1 and 3"),
        ("account,cash,A U1,2,3,4 U2,1,2,3", "cannot be read: "),
        ("account,cash,A U1,2,3 U2,1,2,3", "cannot be read: "),
        ("account,cash,A,B,A U1,2,3,4,5", "the column A is there twice"),
        ("account,cash,A, U1,2,3,", "column 4 of the first line has no name"),
        (
            "account;cash;A U1;2;3",
            "there are: account;cash;A; expected cells separated by commas, found semicolons",
        ),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(write, lines, words):
    path = write("book.csv", lines)
    with pytest.raises(ConfigError) as caught:
        read_accounts(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


def test_arrays_of_unequal_length_are_refused(tmp_path):
    path = tmp_path / "book.npz"
    np.savez(path, account=np.array(["U1", "U2"]), cash=np.ones(2), AAPL=np.ones(3))
    with pytest.raises(ConfigError, match="AAPL has 3 rows and account has 2"):
        read_accounts(path)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_a_missing_file_and_one_that_is_something_else_are_told(tmp_path, kind):
    path = tmp_path / f"book.{kind}"
    with pytest.raises(ConfigError, match="there is no such file"):
        read_accounts(path)
    # Nothing, something else, and an archive that was cut off.
    for found in (b"", b"\x00\xff" * 40, b"PK\x03\x04 and no more"):
        path.write_bytes(found)
        with pytest.raises(ConfigError, match=r"cannot be read: |the column account is missing"):
            read_accounts(path)


def test_tabs_between_cells_are_told(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("account\tcash\tA\nU1\t2\t3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="found tabs: save it as CSV with commas"):
        read_accounts(path)


def test_one_array_or_one_of_objects_is_no_book(tmp_path):
    path = tmp_path / "book.npz"
    with path.open("wb") as opened:
        np.save(opened, np.ones(3))
    with pytest.raises(ConfigError, match="cannot be read: expected named arrays"):
        read_accounts(path)
    np.savez(path, account=np.array(["U1", None], dtype=object), cash=np.ones(2), A=np.ones(2))
    with pytest.raises(ConfigError, match="cannot be read: Object arrays cannot be loaded"):
        read_accounts(path)


def test_an_array_of_two_dimensions_is_told(tmp_path):
    path = tmp_path / "book.npz"
    np.savez(path, account=np.array(["U1"]), cash=np.ones(1), A=np.ones((1, 2)))
    with pytest.raises(ConfigError, match="cannot be read: "):
        read_accounts(path)


def test_a_name_that_no_system_takes_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        read_accounts(tmp_path / f"{'x' * 300}.csv")


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"expected a file that ends with .csv, .parquet, .npz"):
        read_accounts(tmp_path / "book.xlsx")


def test_without_pyarrow_parquet_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match="need pyarrow: install the extra parquet, or use CSV"):
        read_accounts(tmp_path / "book.parquet")


def test_numbers_by_symbol(write):
    path = write("prices.csv", "symbol,price AAPL,150.25 NA,7")
    assert read_numbers(path, "price") == {"AAPL": 150.25, "NA": 7.0}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("symbol,cost A,1", "expected the columns symbol,price, found symbol,cost"),
        ("symbol,price A,1 A,2", "A is there twice"),
        ("symbol;price A;1", "found symbol;price; expected cells separated by commas"),
        ("symbol,price A,", "the price of A must be a number, found ''"),
        ("symbol,price A,x1", "the price of A must be a number, found 'x1'"),
    ],
)
def test_numbers_that_are_none_are_refused(write, lines, words):
    with pytest.raises(ConfigError) as caught:
        read_numbers(write("prices.csv", lines), "price")
    assert words in str(caught.value)
