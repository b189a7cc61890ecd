"""The corridor is as wide as the instrument is volatile, or as narrow, between a floor and a cap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from bot.core.domain.history import History
from bot.core.domain.session import Session
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.policy.volatility_band import VolatilityBand
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
# Five half-lives of 5 sessions, and one close more.
SESSIONS = 26
WIDER = VolatilityBand(width=0.04, volatility=0.25, half_life_sessions=5)
NARROWER = replace(WIDER, volatile_is="narrower")


def history(volatilities: list[list[float]], sessions: int = SESSIONS) -> History:
    """Return rows of closes that go up and down by the same return, so that each has its volatility exactly.

    Squares of returns are all (volatility / sqrt(252)) ** 2, whatever their weights: a year has 252 of them.
    """
    size = np.array(volatilities)[:, np.newaxis, :] / np.sqrt(252)
    is_up = (np.arange(sessions) % 2)[np.newaxis, :, np.newaxis]
    days = tuple(date(2020, 1, 1) + timedelta(days=index) for index in range(sessions))
    return History(sessions=days, closes=100 * np.exp(size * is_up))


def state(
    weights: list[list[float]] | None = None, past: History | None = None, rows: int = 1
) -> PolicyState:
    """Return rows of AAPL, KO and cash with targets of 50, 48 and 2 %."""
    return PolicyState(
        weights=np.array(weights or [[0.5, 0.48, 0.02]] * rows),
        targets=np.array([[0.5, 0.48, 0.02]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "KO", "cash"),
        history=past,
    )


@pytest.mark.parametrize(
    ("volatility", "wider", "narrower"),
    [
        # As volatile as the setting says: as wide as it says.
        (0.25, 0.04, 0.04),
        # Twice as volatile: twice or half.
        (0.5, 0.08, 0.02),
        (0.125, 0.02, 0.08),
        # Eight times: 0.32 is above the cap of 0.15, 0.005 below the floor of 0.01. An eighth: the other way round.
        (2.0, 0.15, 0.01),
        (0.03125, 0.01, 0.15),
        # What does not move has the floor, or the cap.
        (0.0, 0.01, 0.15),
    ],
)
def test_the_half_width_follows_the_volatility(
    volatility: float, wider: float, narrower: float
) -> None:
    row = state(past=history([[volatility, 0.25]]))
    band = WIDER.band(row)
    assert band.below is band.above
    assert band.below[0].tolist() == pytest.approx([wider, 0.04, np.inf])
    assert NARROWER.band(row).below[0].tolist() == pytest.approx([narrower, 0.04, np.inf])


def test_floor_cap_and_cash_are_as_written() -> None:
    rule = replace(WIDER, width_min=0.03, width_max=0.05, cash_width=0.02)
    row = state(past=history([[1.0, 0.01]]))
    assert rule.band(row).below.tolist() == [[0.05, 0.03, 0.02]]


def test_each_row_may_have_its_own_past() -> None:
    rows = state(past=history([[0.25, 0.25], [0.5, 0.125]]), rows=2)
    found = WIDER.band(rows).above
    assert found.shape == (2, 3)
    assert found[1].tolist() == pytest.approx([0.08, 0.02, np.inf])


def test_only_the_newest_closes_count() -> None:
    # Wild until 26 sessions ago, calm since.
    wild, calm = history([[2.0, 2.0]], 25), history([[0.25, 0.25]], SESSIONS)
    days = tuple(date(2020, 1, 1) + timedelta(days=index) for index in range(25 + SESSIONS))
    both = History(days, np.concatenate([wild.closes, calm.closes], axis=1))
    assert (
        WIDER.band(state(past=both)).below.tolist() == WIDER.band(state(past=calm)).below.tolist()
    )


def test_the_wild_one_waits_where_the_calm_one_fires() -> None:
    # AAPL is 6 points over and allowed 8; KO is 3 points under and allowed 2, half of 4.
    row = state([[0.56, 0.45, -0.01]], history([[0.5, 0.125]]))
    found = WIDER.explain(row, 0)
    assert found.rule == "volatility_band"
    assert found.fired
    assert found.statement == (
        "KO is 3.00 points under its target of 48.00 %, band 2.00 points; the volatility of KO is 12.5 % a year"
    )
    assert found.numbers["volatility_fraction"] == pytest.approx(0.125)
    assert found.numbers["band_fraction"] == pytest.approx(0.02)
    assert found.numbers["distance_fraction"] == pytest.approx(-0.01)
    # The other way AAPL is allowed 2 points, and KO 8.
    assert NARROWER.explain(row, 0).statement == (
        "AAPL is 6.00 points over its target of 50.00 %, band 2.00 points; the volatility of AAPL is 50.0 % a year"
    )


def test_the_volatility_told_is_that_of_the_row() -> None:
    past = history([[0.25, 0.25], [0.5, 0.125]])
    rows = state([[0.5, 0.48, 0.02], [0.5, 0.45, 0.05]], past)
    assert WIDER.asks(rows).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert WIDER.explain(rows, 1).numbers["volatility_fraction"] == pytest.approx(0.125)
    # One past for all: KO is 3 points under of 4.8, the nearest.
    shared = state([[0.5, 0.48, 0.02], [0.5, 0.45, 0.05]], history([[0.5, 0.3]]))
    assert WIDER.explain(shared, 1).numbers["volatility_fraction"] == pytest.approx(0.3)


def test_cash_has_no_volatility() -> None:
    rule = replace(WIDER, cash_width=0.02)
    found = rule.explain(state([[0.48, 0.46, 0.06]], history([[0.25, 0.25]])), 0)
    assert found.statement == "cash is 4.00 points over its target of 2.00 %, band 2.00 points"
    assert "volatility_fraction" not in found.numbers


def test_it_needs_five_half_lives_and_one_close_more() -> None:
    assert WIDER.needs().history_sessions == SESSIONS
    # The default: 42 sessions, 5 x 42 + 1.
    assert VolatilityBand(width=0.04).needs().history_sessions == 211


def test_without_a_past_nothing_is_decided() -> None:
    message = "^volatility_band needs 26 sessions of price history, which is unknown"
    with pytest.raises(ReadUnknown, match=message):
        WIDER.asks(state())


def test_a_short_past_is_not_a_quiet_one() -> None:
    short = state(past=history([[0.25, 0.25]], SESSIONS - 1))
    message = "^volatility_band needs 26 sessions of price history, found 25"
    with pytest.raises(ReadUnknown, match=message):
        WIDER.asks(short)
    with pytest.raises(ReadUnknown, match=message):
        WIDER.explain(short, 0)


@pytest.mark.parametrize(("width_min", "width_max"), [(0.05, 0.15), (0.01, 0.03), (0.2, 0.1)])
def test_a_width_outside_its_own_bounds_is_refused(width_min: float, width_max: float) -> None:
    message = (
        rf"^width must be from width_min to width_max, found width 0\.04, width_min {width_min:g} "
        rf"and width_max {width_max:g} \(fraction of base\)$"
    )
    with pytest.raises(ValueError, match=message):
        VolatilityBand(width=0.04, width_min=width_min, width_max=width_max)


def test_a_width_at_its_own_bounds_is_allowed() -> None:
    rule = VolatilityBand(width=0.04, width_min=0.04, width_max=0.04)
    assert rule.band(state(past=history([[1.0, 0.1]], sessions=211))).below[0].tolist() == [
        0.04,
        0.04,
        np.inf,
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("width", 0.0, "more than 0 and less than 1 (fraction of base), found 0"),
        ("width_min", 0.0, "more than 0 and less than 1 (fraction of base), found 0"),
        ("width_max", 1.0, "more than 0 and less than 1 (fraction of base), found 1"),
        ("cash_width", 1.0, "more than 0 and less than 1 (fraction of base), found 1"),
        ("volatility", 0.0, "more than 0 and at most 5 (fraction a year), found 0"),
        ("volatility", 5.1, "more than 0 and at most 5 (fraction a year), found 5.1"),
        ("half_life_sessions", 4.9, "at least 5 and at most 252 (sessions), found 4.9"),
        ("half_life_sessions", 253.0, "at least 5 and at most 252 (sessions), found 253"),
        ("volatile_is", "louder", "one of wider, narrower, found 'louder'"),
    ],
)
def test_a_parameter_out_of_range_is_refused(name: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be ") as refusal:
        VolatilityBand(**{"width": 0.04, name: value})
    assert str(refusal.value) == f"{name} must be {words}"
