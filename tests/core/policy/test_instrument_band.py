"""Each instrument has the width that is written for it, and an unknown one is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.instrument_band import InstrumentBand
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)


def state(weights: list[float], symbols: tuple[str, ...] = ("AAPL", "MSFT", "XOM")) -> PolicyState:
    """Return one row with targets of 30 %, 30 %, 38 % and 2 % cash."""
    return PolicyState(
        weights=np.array([weights]),
        targets=np.array([[0.3, 0.3, 0.38, 0.02]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*symbols, "cash"),
    )


def test_the_rest_has_the_width_for_the_rest_or_none() -> None:
    row = state([0.3, 0.3, 0.38, 0.02])
    named = {"XOM": 0.08, "AAPL": 0.02}
    band = InstrumentBand(widths=named).band(row)
    assert band.below.tolist() == band.above.tolist() == [[0.02, np.inf, 0.08, np.inf]]
    band = InstrumentBand(widths=named, width=0.05, cash_width=0.01).band(row)
    assert band.below.tolist() == band.above.tolist() == [[0.02, 0.05, 0.08, 0.01]]


def test_the_width_goes_with_the_name_and_not_with_the_place() -> None:
    row = state([0.3, 0.3, 0.38, 0.02], ("XOM", "AAPL", "MSFT"))
    band = InstrumentBand(widths={"XOM": 0.08, "AAPL": 0.02}).band(row)
    assert band.above.tolist() == [[0.08, 0.02, np.inf, np.inf]]


@pytest.mark.parametrize(
    ("weights", "width", "ask"),
    [
        # AAPL may be off by 2 points, XOM by 8, the rest by as much as it likes.
        ([0.32, 0.3, 0.36, 0.02], None, Ask.NOTHING),
        ([0.32 + 1e-9, 0.3, 0.36 - 1e-9, 0.02], None, Ask.REBALANCE),
        ([0.3, 0.38, 0.3, 0.02], None, Ask.NOTHING),
        ([0.3, 0.38 + 1e-9, 0.3 - 1e-9, 0.02], None, Ask.REBALANCE),
        # MSFT is 8 points over.
        ([0.3, 0.38, 0.3, 0.02], 0.08, Ask.NOTHING),
        ([0.3, 0.38, 0.3, 0.02], 0.07, Ask.REBALANCE),
    ],
)
def test_each_fires_by_its_own_width(weights: list[float], width: float | None, ask: Ask) -> None:
    rule = InstrumentBand(widths={"XOM": 0.08, "AAPL": 0.02}, width=width)
    assert rule.asks(state(weights)).tolist() == [ask]


def test_it_names_the_one_that_is_out_and_its_own_width() -> None:
    rule = InstrumentBand(widths={"AAPL": 0.02, "XOM": 0.08})
    found = rule.explain(state([0.35, 0.3, 0.33, 0.02]), 0)
    assert found.rule == "instrument_band"
    assert found.statement == "AAPL is 5.00 points over its target of 30.00 %, band 2.00 points"
    assert found.numbers["symbol"] == "AAPL"


def test_it_says_which_instruments_it_names() -> None:
    assert InstrumentBand(widths={"XOM": 0.08, "AAPL": 0.02}).symbols() == {"XOM", "AAPL"}


def test_an_instrument_that_is_not_there_is_refused() -> None:
    rule = InstrumentBand(widths={"WMT": 0.02, "AAPL": 0.02, "GE": 0.02}, width=0.05)
    message = "^widths name GE, WMT, found only AAPL, MSFT, XOM, cash$"
    with pytest.raises(ValueError, match=message):
        rule.asks(state([0.3, 0.3, 0.38, 0.02]))
    with pytest.raises(ValueError, match=message):
        rule.explain(state([0.3, 0.3, 0.38, 0.02]), 0)


def test_no_instrument_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^widths must name at least one instrument, found none$"):
        InstrumentBand(widths={}, width=0.05)


def test_cash_is_no_instrument() -> None:
    with pytest.raises(
        ValueError, match=r"^widths cannot name cash, found 0\.02: write cash_width$"
    ):
        InstrumentBand(widths={"AAPL": 0.05, "cash": 0.02})


@pytest.mark.parametrize("width", [0.0, 1.0, float("nan")])
def test_a_width_that_is_no_fraction_is_refused_with_its_name(width: float) -> None:
    rule = r"must be more than 0 and less than 1 \(fraction of base\), found"
    with pytest.raises(ValueError, match=f"^widths of AAPL {rule} {width:g}$"):
        InstrumentBand(widths={"AAPL": width})
    with pytest.raises(ValueError, match=f"^width {rule} {width:g}$"):
        InstrumentBand(widths={"AAPL": 0.05}, width=width)
    with pytest.raises(ValueError, match=f"^cash_width {rule} {width:g}$"):
        InstrumentBand(widths={"AAPL": 0.05}, cash_width=width)
