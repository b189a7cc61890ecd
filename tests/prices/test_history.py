"""The shipped prices: what they are, that nothing is lost, and that nobody can change them."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import sys
import time
from datetime import date

import numpy as np
import pytest

from bot.prices import DAILY_VOLUME, HISTORY_FILE, PriceHistory, load_history

FIRST_DAYS = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[D]")


def small_history() -> PriceHistory:
    closes = np.array([[10.0, 20.0], [11.0, 21.0], [12.0, 22.0]])
    return PriceHistory(FIRST_DAYS.copy(), ("ONE", "TWO"), closes)


def test_history_is_twenty_symbols_from_1990_to_2022() -> None:
    history = load_history()
    assert history.closes.shape == (8313, 20)
    assert (history.first_on, history.last_on) == (date(1990, 1, 2), date(2022, 12, 28))
    assert history.closes.dtype == np.float64
    assert np.all(np.isfinite(history.closes))
    assert np.all(history.closes > 0)


def test_closes_are_the_decimals_of_the_source() -> None:
    """The first row as the source prints it, with three decimals."""
    history = load_history()
    row = {symbol: history.closes[0, history.column(symbol)] for symbol in ("AAPL", "XOM")}
    assert row == {"AAPL": 0.264, "XOM": 4.068}
    assert history.closes[-1, history.column("UNH")] == 524.422


def test_every_value_is_the_one_of_the_data_set() -> None:
    """The fingerprint was taken from the source itself, by the script that wrote the file."""
    values = np.ascontiguousarray(load_history().closes)
    assert hashlib.sha256(values.tobytes()).hexdigest() == (
        "da3fae7aefec33b4d4b20efb1f3b279b7f24bace67c2b181b885ccf37a3061ca"
    )


def test_file_is_small() -> None:
    assert HISTORY_FILE.stat().st_size < 1_000_000


def test_loading_is_quick() -> None:
    taken_s = []
    for _ in range(5):
        load_history.cache_clear()
        started_s = time.perf_counter()
        load_history()
        taken_s.append(time.perf_counter() - started_s)
    assert min(taken_s) < 0.020


async def test_loading_needs_neither_pandas_nor_skfolio() -> None:
    program = (
        "import sys; from bot.prices import load_history; load_history();"
        "sys.exit(bool({'pandas', 'skfolio', 'scipy'} & set(sys.modules)))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


def test_history_is_loaded_once_and_cannot_be_changed() -> None:
    history = load_history()
    assert load_history() is history
    for array in (history.closes, history.dates):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


@pytest.mark.parametrize(
    ("day", "row"),
    [
        (date(2020, 1, 2), 0),
        (date(2020, 1, 3), 1),
        (date(2020, 1, 5), 1),  # a Sunday
        (np.datetime64("2020-01-06"), 2),
        (date(2021, 1, 1), 2),
    ],
)
def test_row_is_that_of_the_last_session_on_or_before(day: date, row: int) -> None:
    assert small_history().row_on_or_before(day) == row


def test_date_before_the_first_session_is_refused_and_the_first_one_named() -> None:
    with pytest.raises(ValueError, match=r"no price on or before 2020-01-01.*2020-01-02"):
        small_history().row_on_or_before(date(2020, 1, 1))


def test_unknown_symbol_is_refused_and_the_known_ones_named() -> None:
    assert small_history().column("TWO") == 1
    with pytest.raises(KeyError, match="no prices for 'SIX': the history has ONE, TWO"):
        small_history().column("SIX")


def test_sessions_are_the_dates_with_a_close() -> None:
    history = small_history()
    assert history.is_session(date(2020, 1, 3))
    assert not history.is_session(date(2020, 1, 4))
    assert not history.is_session(date(2019, 12, 31))


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"closes have shape \(2, 2\), expected \(3, 2\)"):
        PriceHistory(FIRST_DAYS.copy(), ("ONE", "TWO"), np.ones((2, 2)))
    with pytest.raises(ValueError, match="strictly ascending"):
        PriceHistory(FIRST_DAYS[::-1].copy(), ("ONE",), np.ones((3, 1)))


def test_every_symbol_has_a_declared_volume() -> None:
    assert set(DAILY_VOLUME) == set(load_history().symbols)


def test_source_and_licence_are_named() -> None:
    text = HISTORY_FILE.with_name("SOURCE.md").read_text(encoding="utf-8")
    for words in ("skfolio", "BSD 3-Clause", "sp500_dataset", "Adjusted", "No volume"):
        assert words in text
    assert "commissions per share" in (importlib.import_module("bot.prices").__doc__ or "").lower()
