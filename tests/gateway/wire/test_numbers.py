"""Numbers as TWS prints and reads them."""

from __future__ import annotations

import contextlib
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.wire.numbers import (
    UNSET_DOUBLE,
    UNSET_INTEGER,
    NumberError,
    read_decimal,
    read_flag,
    read_integer,
    scalar_text,
    wire_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("AAPL", "AAPL"),
        (None, ""),
        (True, "1"),
        (False, "0"),
        (-110, "-110"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (12345678.0, "12345678"),
        (Decimal("79.010"), "79.01"),
        (Decimal("1E+2"), "100"),
        (Decimal(100), "100"),
        (Decimal("-0.0"), "0"),
        (Decimal("-2.50"), "-2.5"),
    ],
)
def test_values_are_printed_without_exponent_and_trailing_zeros(value: object, text: str) -> None:
    assert scalar_text(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("-Infinity")])
def test_what_is_no_number_has_no_spelling(value: object) -> None:
    with pytest.raises(NumberError, match="no spelling"):
        scalar_text(value)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290))
def test_floats_read_back_exactly(value: float) -> None:
    number = read_decimal(scalar_text(value))
    assert number is not None
    assert float(number) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_decimals_read_back_exactly_and_have_no_exponent(value: Decimal) -> None:
    text = scalar_text(value)
    assert read_decimal(text) == value
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith("0"))


@given(st.integers(-(2**31) + 1, 2**31 - 2))
def test_whole_numbers_read_back(value: int) -> None:
    assert read_integer(scalar_text(value)) == value
    assert read_integer(f"{value}.0") == value


@pytest.mark.parametrize("text", ["", UNSET_INTEGER])
def test_unset_whole_numbers_are_none(text: str) -> None:
    assert read_integer(text) is None


@pytest.mark.parametrize(
    "text", ["", UNSET_DOUBLE, "1.7976931348623157e+308", str(sys.float_info.max)]
)
def test_unset_numbers_are_none(text: str) -> None:
    assert read_decimal(text) is None


@pytest.mark.parametrize("text", ["x", "1.5", "1 2", "2147483648", "-9" * 3, "9" * 5000, "٣"])
def test_what_is_no_whole_number_of_32_bits_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        read_integer(text)


@pytest.mark.parametrize("text", ["x", "nan", "inf", "-Infinity", "1,5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        read_decimal(text)


def test_flags_have_several_spellings() -> None:
    assert [read_flag(text) for text in ("1", "true", "True")] == [True] * 3
    assert [read_flag(text) for text in ("0", "", "false", "False")] == [False] * 4
    with pytest.raises(NumberError):
        read_flag("2")


def test_repeated_groups_carry_their_count() -> None:
    assert wire_text([(Decimal(0), "a"), (1, None)]) == "2\x000\x00a\x001\x00"
    assert wire_text(()) == "0"


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for reader in (read_integer, read_decimal, read_flag):
        with contextlib.suppress(NumberError):
            reader(text)


def test_what_is_refused_is_quoted_in_short() -> None:
    for reader in (read_integer, read_decimal, read_flag):
        with pytest.raises(NumberError) as caught:
            reader("x" * 10_000)
        assert len(str(caught.value)) < 100
