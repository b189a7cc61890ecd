"""What every rule with a band has in common: beyond fires, the edge does not, and the furthest is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.asymmetric_band import AsymmetricBand
from bot.core.policy.bands import BandRule, Watched, with_cash
from bot.core.policy.class_band import ClassBand
from bot.core.policy.instrument_band import InstrumentBand
from bot.core.policy.policy import Ask, Band
from bot.core.policy.relative_band import RelativeBand
from bot.core.policy.state import PolicyState, of_row

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
NAMES = ("AAPL", "BAC", "CVX", "GE", "HD")
CLASSES = ("tech", "bank", "energy", "energy", "tech")


def state(weights: Any, targets: Any, order: list[int] | None = None) -> PolicyState:
    """Return rows of AAPL, BAC, ... and cash, in another order if one is given (cash last)."""
    weights, targets = np.atleast_2d(weights), np.atleast_2d(targets)
    count = weights.shape[1] - 1
    chosen = [*range(count + 1)] if order is None else order
    names, classes = (*NAMES[:count], "cash"), (*CLASSES[:count], "cash")
    return PolicyState(
        weights=weights[:, chosen],
        targets=targets[:, chosen],
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=tuple(names[index] for index in chosen),
        asset_classes=tuple(classes[index] for index in chosen),
    )


def watched(drifts: list[float], below: float = 0.05, above: float = 0.05) -> Watched:
    """Return weights around targets of a fifth each."""
    band = Band(np.full((1, len(drifts)), below), np.full((1, len(drifts)), above))
    targets = np.full((1, len(drifts)), 0.2)
    return Watched(NAMES[: len(drifts)], targets + drifts, targets, band)


# --- worked numbers


def test_how_far_beyond_is_measured_from_the_nearer_edge() -> None:
    # Over by 7 of 5: 2 beyond. Under by 6 of 3: 3 beyond. Over by 1: 4 to the upper edge and 4 to the lower.
    found = watched([0.07, -0.06, 0.01], below=0.03, above=0.05).beyond()
    assert np.round(found, 12).tolist() == [[0.02, 0.03, -0.04]]


def test_what_is_free_is_never_out() -> None:
    found = watched([0.7, -0.2], below=np.inf, above=np.inf)
    assert found.beyond().tolist() == [[-np.inf, -np.inf]]
    assert found.is_out().tolist() == [False]


def test_a_tie_is_named_by_the_alphabet() -> None:
    assert watched([0.0625, 0.0625]).furthest(0).name == "AAPL"
    swapped = Watched(("BAC", "AAPL"), *_rows([0.25, 0.25], [0.1875, 0.1875], 0.05))
    assert swapped.furthest(0).name == "AAPL"


def _rows(weights: list[float], targets: list[float], width: float) -> tuple[Any, Any, Band]:
    widths = np.full((1, len(weights)), width)
    return np.array([weights]), np.array([targets]), Band(widths, widths)


def test_the_furthest_has_the_numbers_of_its_row() -> None:
    # Row 1: BAC is 9 points over its target of 30 %, 4 beyond its 5; AAPL 9 under its target of 60 %, inside its 10.
    band = Band(np.array([[0.1, 0.05], [0.1, 0.05]]), np.array([[0.02, 0.01], [0.02, 0.05]]))
    rows = Watched(
        ("AAPL", "BAC"),
        np.array([[0.5, 0.5], [0.51, 0.39]]),
        np.array([[0.5, 0.5], [0.6, 0.3]]),
        band,
    )
    found = rows.furthest(1)
    assert (found.name, found.weight, found.target) == ("BAC", 0.39, 0.3)
    assert (found.below, found.above, found.out_count) == (0.05, 0.05, 1)
    assert found.beyond == pytest.approx(0.04)
    assert found.drift == pytest.approx(0.09)
    # Row 0: both at their targets; BAC's upper edge is the nearest, 1 point.
    nearest = rows.furthest(0)
    assert (nearest.name, nearest.out_count, nearest.nearer) == ("BAC", 0, 0.01)
    assert nearest.beyond == pytest.approx(-0.01)


def test_the_nearer_edge_may_be_on_the_other_side_of_the_target() -> None:
    # Over by half a point: 1.5 points to the lower edge, 9.5 to the upper one.
    found = watched([0.005], below=0.01, above=0.1).furthest(0)
    assert found.nearer == 0.01
    assert found.beyond == pytest.approx(-0.015)
    assert found.where() == (
        "AAPL is 0.50 points over its target of 20.00 %, band 1.00 points below and 10.00 points above"
    )


def test_the_upper_edge_is_told_where_both_are_as_near() -> None:
    assert watched([0.0], below=0.5, above=0.5).furthest(0).nearer == 0.5
    # 25 % over: 25 to the upper edge of 50, 25 to the lower one of 0 points.
    even = watched([0.25], below=1e-300, above=0.5).furthest(0)
    assert even.nearer == 0.5


def test_a_side_without_a_limit_says_so() -> None:
    found = watched([-0.01], below=0.02, above=np.inf).furthest(0)
    assert found.where("soft band") == (
        "AAPL is 1.00 points under its target of 20.00 %, soft band 2.00 points below and no limit above"
    )


def test_a_weight_at_its_target_counts_as_over_it() -> None:
    assert watched([0.0]).furthest(0).where() == (
        "AAPL is 0.00 points over its target of 20.00 %, band 5.00 points"
    )


@pytest.mark.parametrize(
    ("drifts", "statement"),
    [
        (
            [0.01, -0.02],
            "all inside their bands; the nearest: BAC is 2.00 points under its target of 20.00 %, band 5.00 points",
        ),
        ([0.01, -0.07], "BAC is 7.00 points under its target of 20.00 %, band 5.00 points"),
        (
            [0.06, -0.07],
            "BAC is 7.00 points under its target of 20.00 %, band 5.00 points; 1 more out of band",
        ),
        (
            [0.06, -0.07, 0.08],
            "CVX is 8.00 points over its target of 20.00 %, band 5.00 points; 2 more out of band",
        ),
    ],
)
def test_the_statement_says_where_and_how_many_more(drifts: list[float], statement: str) -> None:
    assert watched(drifts).furthest(0).statement() == statement


def test_cash_comes_last_and_may_be_free() -> None:
    widths = np.array([[0.05, 0.04], [0.03, 0.02]])
    assert with_cash(widths, None).tolist() == [[0.05, 0.04, np.inf], [0.03, 0.02, np.inf]]
    assert with_cash(widths, 0.01).tolist() == [[0.05, 0.04, 0.01], [0.03, 0.02, 0.01]]


# --- every rule with a band

few = settings(max_examples=25)

RULES: tuple[tuple[str, Any], ...] = (
    ("absolute_band", lambda width: AbsoluteBand(width=width)),
    ("absolute_band", lambda width: AbsoluteBand(width=width, cash_width=width)),
    ("relative_band", lambda width: RelativeBand(width=width * 5, width_min=width / 4)),
    ("asymmetric_band", lambda width: AsymmetricBand(below=width, above=width * 2)),
    ("asymmetric_band", lambda width: AsymmetricBand(below=width, above=0.2, cash_above=width)),
    ("instrument_band", lambda width: InstrumentBand(widths={"AAPL": width})),
    ("instrument_band", lambda width: InstrumentBand(widths={"AAPL": width}, width=width / 2)),
    ("class_band", lambda width: ClassBand(widths={"tech": width})),
    ("class_band", lambda width: ClassBand(widths={"tech": width}, width=width, cash_width=width)),
)


@pytest.fixture(params=RULES, scope="module")
def make(request: pytest.FixtureRequest) -> Any:
    return request.param[1]


@st.composite
def states(draw: st.DrawFn) -> PolicyState:
    """Draw portfolios near their targets, shared or each with its own."""
    count, rows = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = generator.dirichlet(np.ones(count + 1), rows if draw(st.booleans()) else 1)
    spread = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    weights = targets + spread * (generator.dirichlet(np.ones(count + 1), rows) - targets)
    return state(weights, targets)


@few
@given(state=states(), narrow=st.floats(0.001, 0.05), more=st.floats(0.0, 0.04))
def test_a_wider_band_never_fires_where_a_narrower_one_does_not(
    make: Any, state: PolicyState, narrow: float, more: float
) -> None:
    wide, close = make(narrow + more).asks(state), make(narrow).asks(state)
    assert (wide <= close).all()


@few
@given(state=states(), width=st.floats(0.001, 0.1))
def test_it_asks_for_a_rebalance_or_nothing_and_explains_it(
    make: Any, state: PolicyState, width: float
) -> None:
    rule: BandRule = make(width)
    assert rule.has_band()
    asks = rule.asks(state)
    assert asks.dtype == np.int8
    for row, ask in enumerate(asks.tolist()):
        found = rule.explain(state, row)
        assert ask in {Ask.NOTHING, Ask.REBALANCE}
        assert (found.fired, found.asks) == (ask > 0, Ask(ask).name.lower())
        # A negative distance is what fires; noise at the edge is not.
        assert found.fired == (found.numbers["distance_fraction"] < -1e-12)
        assert found.fired == (found.numbers["out_of_band_count"] > 0)


@few
@given(state=states(), width=st.floats(0.001, 0.1))
def test_inside_the_band_of_every_instrument_the_rule_is_quiet(
    make: Any, state: PolicyState, width: float
) -> None:
    rule: BandRule = make(width)
    band, drift = rule.band(state), state.drift
    # All drifts shrink alike, so that they still add up to 0, until the furthest is on its edge.
    room = np.where(drift >= 0, band.above, band.below) / np.maximum(np.abs(drift), 1e-300)
    share = np.minimum(np.min(room, axis=1, keepdims=True), 1.0)
    quiet = PolicyState(
        weights=state.targets + share * drift,
        targets=state.targets,
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=state.symbols,
        asset_classes=state.asset_classes,
    )
    assert not rule.asks(quiet).any()


@few
@given(state=states(), width=st.floats(0.001, 0.1), data=st.data())
def test_another_order_of_instruments_decides_and_tells_the_same(
    make: Any, state: PolicyState, width: float, data: st.DataObject
) -> None:
    count = len(state.symbols) - 1
    order = [*data.draw(st.permutations(range(count))), count]
    shuffled = _in_order(state, order)
    rule: BandRule = make(width)
    assert rule.asks(shuffled).tolist() == rule.asks(state).tolist()
    assert rule.explain(shuffled, 0) == rule.explain(state, 0)
    assert rule.band(shuffled).above.tolist() == rule.band(state).above[:, order].tolist()


def _in_order(portfolios: PolicyState, order: list[int]) -> PolicyState:
    return state(portfolios.weights, portfolios.targets, order)


@few
@given(state=states(), width=st.floats(0.001, 0.1))
def test_a_row_alone_decides_and_tells_what_it_does_among_many(
    make: Any, state: PolicyState, width: float
) -> None:
    rule: BandRule = make(width)
    together = rule.asks(state)
    for row in range(len(together)):
        alone = PolicyState(
            weights=state.weights[row : row + 1],
            targets=of_row(state.targets, row)[np.newaxis],
            session=SESSION,
            occurrences_done=frozenset(),
            symbols=state.symbols,
            asset_classes=state.asset_classes,
        )
        assert rule.asks(alone).tolist() == [together[row]]
        assert rule.explain(alone, 0) == rule.explain(state, row)
