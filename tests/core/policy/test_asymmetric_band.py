"""Under its target a weight has one limit, over it another."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.asymmetric_band import AsymmetricBand
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
# Buys 3 points under, sells 6 points over.
RULE = AsymmetricBand(below=0.03, above=0.06)


def state(weight: float, cash: float = 0.02) -> PolicyState:
    """Return AAPL and cash as given, MSFT as the rest; targets 50 %, 48 % and 2 %."""
    return PolicyState(
        weights=np.array([[weight, 1 - weight - cash, cash]]),
        targets=np.array([[0.5, 0.48, 0.02]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "MSFT", "cash"),
    )


@pytest.mark.parametrize(
    ("weight", "cash", "ask"),
    [
        # MSFT moves the other way: with cash at its target it is 3 points under where AAPL is 3 over.
        (0.53, 0.02, Ask.NOTHING),
        (0.53 + 1e-9, 0.02, Ask.REBALANCE),
        # Cash pays: MSFT stays at its target.
        (0.56, -0.04, Ask.NOTHING),
        (0.56 + 1e-9, -0.04 - 1e-9, Ask.REBALANCE),
        (0.47, 0.05, Ask.NOTHING),
        (0.47 - 1e-9, 0.05 + 1e-9, Ask.REBALANCE),
    ],
)
def test_each_side_has_its_own_edge(weight: float, cash: float, ask: Ask) -> None:
    assert RULE.asks(state(weight, cash)).tolist() == [ask]


def test_it_tells_both_sides() -> None:
    # AAPL 42 % is 8 under of 3: 5 beyond. MSFT 50 % is 2 over.
    found = RULE.explain(state(0.42, cash=0.08), 0)
    assert found.rule == "asymmetric_band"
    assert found.statement == (
        "AAPL is 8.00 points under its target of 50.00 %, band 3.00 points below and 6.00 points above"
    )
    assert found.numbers["band_fraction"] == 0.03
    assert found.numbers["distance_fraction"] == pytest.approx(-0.05)


def test_cash_has_sides_of_its_own() -> None:
    row = state(0.5, cash=0.02)
    free = RULE.band(row)
    assert free.below.tolist() == [[0.03, 0.03, np.inf]]
    assert free.above.tolist() == [[0.06, 0.06, np.inf]]
    held = AsymmetricBand(below=0.03, above=0.06, cash_below=0.01, cash_above=0.02).band(row)
    assert held.below.tolist() == [[0.03, 0.03, 0.01]]
    assert held.above.tolist() == [[0.06, 0.06, 0.02]]


@pytest.mark.parametrize(
    ("cash_below", "cash_above", "asks"),
    [
        (None, None, [Ask.NOTHING, Ask.NOTHING]),
        (0.01, None, [Ask.REBALANCE, Ask.NOTHING]),
        (None, 0.02, [Ask.NOTHING, Ask.REBALANCE]),
    ],
)
def test_too_little_cash_is_not_too_much(
    cash_below: float | None, cash_above: float | None, asks: list[Ask]
) -> None:
    # Cash is 2 points under its target of 2 %, then 3 over.
    rule = AsymmetricBand(below=0.05, above=0.05, cash_below=cash_below, cash_above=cash_above)
    assert [rule.asks(state(0.5, cash))[0] for cash in (0.0, 0.05)] == asks


@pytest.mark.parametrize("name", ["below", "above", "cash_below", "cash_above"])
@pytest.mark.parametrize("width", [0.0, 1.0, float("nan")])
def test_a_width_that_is_no_fraction_is_refused_with_its_name(name: str, width: float) -> None:
    widths = {"below": 0.03, "above": 0.06, name: width}
    message = rf"^{name} must be more than 0 and less than 1 \(fraction of base\), found {width:g}$"
    with pytest.raises(ValueError, match=message):
        AsymmetricBand(**widths)
