"""The file of an index: every cell has a value, every constituent stands once, and nothing unknown passes."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.targets.constituents import Constituent, constituents_from

HEAD = "effective_on,symbol,shares,market_cap,float_factor"


def test_every_line_is_a_constituent() -> None:
    text = f"# made by hand\n{HEAD}\n2022-09-19,AAPL,16e9,2500,1\n# a remark\n2022-12-19, BRK B ,1.5,700,0.25\n\n"
    assert constituents_from(text) == (
        Constituent(date(2022, 9, 19), "AAPL", 16e9, 2500.0, 1.0),
        Constituent(date(2022, 12, 19), "BRK B", 1.5, 700.0, 0.25),
    )


def test_columns_come_in_any_order_and_some_may_be_left_out() -> None:
    found = constituents_from('symbol,market_cap,effective_on\n"A",3,2022-09-19\r\n')
    assert found == (Constituent(date(2022, 9, 19), "A", None, 3.0, None),)
    found = constituents_from("\ufeffsymbol,effective_on,shares\nA,2022-09-19,3")
    assert found == (Constituent(date(2022, 9, 19), "A", 3.0, None, None),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "^the file is empty, expected a line of columns: effective_on, symbol, shares, market_cap, float",
        ),
        ("# only a remark\n \n", "^the file is empty"),
        (HEAD, "^the file has columns and no constituents$"),
        (
            "# x\neffective_on,symbol,price\n",
            "^line 2: column 'price' is unknown; known are effective_on, symbol, shares, market_cap, float_factor$",
        ),
        (
            "effective_on;symbol;shares\n",
            "^line 1: expected cells .* by commas, found semicolons: save",
        ),
        (
            "effective_on\tsymbol\tshares\n",
            "^line 1: expected cells .* by commas, found tabs: save",
        ),
        # One column that is none, and a wrong name beside commas: no other separator.
        ("effective_on\n", "^line 1: column symbol is missing$"),
        ("effective_on,symbol;shares\n", "^line 1: column 'symbol;shares' is unknown"),
        ("symbol,shares,shares\n", "^line 1: column 'shares' is there 2 times; known are"),
        ("symbol,shares\n", "^line 1: column effective_on is missing$"),
        ("effective_on,shares\n", "^line 1: column symbol is missing$"),
        (
            "effective_on,symbol,float_factor\n",
            "^line 1: column shares or market_cap is missing, one of them is needed$",
        ),
    ],
)
def test_a_file_without_its_columns_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        constituents_from(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "2022-09-19,B,1,1",
            r"expected 5 cells with a value each \(effective_on, .*float_factor\), found 4$",
        ),
        ("2022-09-19,B,1,1,1,1", "expected 5 cells .* found 6$"),
        ("2022-09-19,B,, ,1", "expected 5 cells .* found 3$"),
        ("\n2022-09-19,B,1,1,1", "expected 5 cells .* found 0$"),
        ("2022-09-19,b,1,1,1", "'b' is no symbol"),
        ("2022-09-19,B.,1,1,1", r"'B\.' is no symbol \(capitals, digits, and between them"),
        ("2022-9-19,B,1,1,1", "'2022-9-19' is no date like 2022-09-19$"),
        ("20220919,B,1,1,1", "'20220919' is no date like 2022-09-19$"),
        ("2022-02-30,B,1,1,1", "'2022-02-30' is no date like 2022-09-19$"),
        ("2022-09-19,B,0,1,1", r"shares must be a number above 0 and at most 1e\+18, found '0'$"),
        ("2022-09-19,B,-1,1,1", r"shares must be a number above 0 and at most 1e\+18, found '-1'$"),
        (
            "2022-09-19,B,1,nan,1",
            r"market_cap must be a number above 0 and at most 1e\+18, found 'nan'$",
        ),
        (
            "2022-09-19,B,1,inf,1",
            r"market_cap must be a number above 0 and at most 1e\+18, found 'inf'$",
        ),
        (
            "2022-09-19,B,1,many,1",
            r"market_cap must be a number above 0 and at most 1e\+18, found 'many'$",
        ),
        ("2022-09-19,B,1.1e18,1,1", r"shares must be .* at most 1e\+18, found '1\.1e18'$"),
        ("2022-09-19,B,1,1,0", "float_factor must be a number above 0 and at most 1, found '0'$"),
        (
            "2022-09-19,B,1,1,1.01",
            "float_factor must be a number above 0 and at most 1, found '1.01'$",
        ),
    ],
)
def test_a_cell_that_is_not_understood_is_refused_with_its_line(line: str, message: str) -> None:
    text = f"{HEAD}\n2022-09-19,A,1,1,1\n{line}\n2022-09-19,C,1,1,1\n"
    with pytest.raises(ValueError, match=f"^line 3: {message}"):
        constituents_from(text)


def test_the_largest_size_is_taken() -> None:
    (found,) = constituents_from(f"{HEAD}\n2022-09-19,A,1e18,1e18,1\n")
    assert (found.shares, found.market_cap) == (1e18, 1e18)


def test_a_constituent_stands_once_for_a_date() -> None:
    lines = ["2022-09-19,A,1,1,1", "2022-12-19,A,1,1,1"]
    assert len(constituents_from("\n".join([HEAD, *lines]))) == 2
    with pytest.raises(ValueError, match=r"^A stands 2 times at 2022-12-19, expected once$"):
        constituents_from("\n".join([HEAD, *lines, "2022-12-19,A,2,2,1"]))
