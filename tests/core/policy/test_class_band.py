"""A class is watched as a whole; its band is shared out so that instruments inside keep the class inside."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.policy.class_band import ClassBand
from bot.core.policy.destination import Course, Destination, Reach, desired_weights
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
CLASSES = ("tech", "energy", "tech", "energy", "tech", "cash")
SYMBOLS = ("AAPL", "CVX", "MSFT", "XOM", "IBM", "cash")
# Technology 50 %, energy 48 %, cash 2 %.
TARGETS = [0.2, 0.24, 0.2, 0.24, 0.1, 0.02]


def state(
    weights: list[list[float]],
    classes: tuple[str, ...] = CLASSES,
    targets: list[list[float]] | None = None,
) -> PolicyState:
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets or [TARGETS]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=SYMBOLS,
        asset_classes=classes,
    )


def test_the_class_is_summed_and_its_members_may_wander() -> None:
    # AAPL is 10 points over and MSFT 10 under: technology is at its 50 %, energy at its 48 %.
    row = state([[0.3, 0.24, 0.1, 0.24, 0.1, 0.02]])
    rule = ClassBand(widths={"tech": 0.03}, width=0.03)
    assert rule.asks(row).tolist() == [Ask.NOTHING]
    assert rule.explain(row, 0).statement == (
        "all inside their bands; the nearest: energy is 0.00 points over its target of 48.00 %, band 3.00 points"
    )


def test_a_class_beyond_its_width_fires_and_is_named() -> None:
    # Technology 20 + 22 + 13 = 55 %, 5 points over of 3; energy 20 + 23 = 43 %, 5 under of 6.
    row = state([[0.2, 0.2, 0.22, 0.23, 0.13, 0.02]])
    found = ClassBand(widths={"tech": 0.03, "energy": 0.06}).explain(row, 0)
    assert found.rule == "class_band"
    assert found.fired
    assert found.asks == "rebalance"
    assert found.statement == "tech is 5.00 points over its target of 50.00 %, band 3.00 points"
    assert found.numbers == {
        "asset_class": "tech",
        "weight_fraction": pytest.approx(0.55),
        "target_fraction": pytest.approx(0.5),
        "drift_fraction": pytest.approx(0.05),
        "band_fraction": 0.03,
        "distance_fraction": pytest.approx(-0.02),
        "out_of_band_count": 1.0,
    }


@pytest.mark.parametrize(
    ("drift", "widths", "width", "ask"),
    [
        (0.03, {"tech": 0.03}, None, Ask.NOTHING),
        (0.03 + 1e-9, {"tech": 0.03}, None, Ask.REBALANCE),
        (-0.03, {"tech": 0.03}, None, Ask.NOTHING),
        (-0.03 - 1e-9, {"tech": 0.03}, None, Ask.REBALANCE),
        # Energy has no width of its own: that for the rest, or none.
        (0.03 + 1e-9, {"tech": 0.1}, None, Ask.NOTHING),
        (0.03 + 1e-9, {"tech": 0.1}, 0.03, Ask.REBALANCE),
    ],
)
def test_on_the_edge_is_inside(
    drift: float, widths: dict[str, float], width: float | None, ask: Ask
) -> None:
    row = state([[0.2 + drift, 0.24 - drift, 0.2, 0.24, 0.1, 0.02]])
    assert ClassBand(widths=widths, width=width).asks(row).tolist() == [ask]


def test_cash_is_watched_only_with_a_width() -> None:
    # Cash is 7 points over, technology 4 and energy 3 under.
    row = state([[0.16, 0.21, 0.2, 0.24, 0.1, 0.09]])
    assert ClassBand(widths={"tech": 0.05}).asks(row).tolist() == [Ask.NOTHING]
    found = ClassBand(widths={"tech": 0.05}, cash_width=0.02).explain(row, 0)
    assert found.statement == "cash is 7.00 points over its target of 2.00 %, band 2.00 points"


def test_each_row_has_its_own_targets() -> None:
    # In the second row technology's target is 40 %: 10 points over.
    shifted = [0.1, 0.34, 0.2, 0.24, 0.1, 0.02]
    rows = state([TARGETS, TARGETS], targets=[TARGETS, shifted])
    rule = ClassBand(widths={"tech": 0.05})
    assert rule.asks(rows).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert rule.explain(rows, 1).numbers["target_fraction"] == pytest.approx(0.4)


def test_the_band_of_a_class_is_shared_out_in_equal_parts() -> None:
    # Technology: 6 points among three. Energy: free, or 5 points among two.
    free = ClassBand(widths={"tech": 0.06}).band(state([TARGETS]))
    assert free.below is free.above
    assert free.below[0].tolist() == pytest.approx([0.02, np.inf, 0.02, np.inf, 0.02, np.inf])
    rest = ClassBand(widths={"tech": 0.06}, width=0.05, cash_width=0.01).band(state([TARGETS]))
    assert rest.below[0].tolist() == pytest.approx([0.02, 0.025, 0.02, 0.025, 0.02, 0.01])


@pytest.mark.parametrize("reach", [Reach.EDGE, Reach.HALFWAY])
@given(seed=st.integers(0, 2**32 - 1), width=st.floats(0.005, 0.1))
def test_after_a_rebalance_no_class_is_out(reach: Reach, seed: int, width: float) -> None:
    generator = np.random.default_rng(seed)
    targets, weights = generator.dirichlet(np.ones(6)), generator.dirichlet(np.ones(6), 4)
    rule = ClassBand(widths={"tech": width, "energy": width / 2}, cash_width=0.02)
    before = state(weights.tolist(), targets=[targets.tolist()])
    course = Course(before.targets, Destination(reach), rule.band(before))
    desired = desired_weights(before.weights, course)
    after = state(desired.tolist(), targets=[targets.tolist()])
    assert not rule.asks(after).any()


def test_it_says_which_classes_it_names() -> None:
    rule = ClassBand(widths={"tech": 0.05, "energy": 0.04})
    assert rule.asset_classes() == {"tech", "energy"}
    assert rule.symbols() == frozenset()


def test_unknown_classes_are_unknown_and_not_empty() -> None:
    message = "^class_band needs the instruments' asset classes, which is unknown"
    with pytest.raises(ReadUnknown, match=message):
        ClassBand(widths={"tech": 0.05}).asks(state([TARGETS], classes=()))


def test_an_instrument_without_a_class_is_refused_by_name() -> None:
    classes = ("tech", "energy", "tech", "", "tech", "cash")
    message = "^class_band needs the asset class of every instrument, found none for XOM$"
    with pytest.raises(ValueError, match=message):
        ClassBand(widths={"tech": 0.05}).asks(state([TARGETS], classes=classes))


def test_a_class_without_an_instrument_is_refused() -> None:
    rule = ClassBand(widths={"tech": 0.05, "gold": 0.05, "bonds": 0.05})
    message = "^widths name bonds, gold, found only the asset classes cash, energy, tech$"
    with pytest.raises(ValueError, match=message):
        rule.band(state([TARGETS]))


def test_no_class_at_all_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^widths must name at least one asset class, found none$"
    ):
        ClassBand(widths={}, width=0.05)


def test_cash_is_no_class() -> None:
    message = r"^widths cannot name cash, found 0\.02: write cash_width$"
    with pytest.raises(ValueError, match=message):
        ClassBand(widths={"tech": 0.05, "cash": 0.02})


@pytest.mark.parametrize("width", [0.0, 1.0, float("nan")])
def test_a_width_that_is_no_fraction_is_refused_with_its_name(width: float) -> None:
    rule = r"must be more than 0 and less than 1 \(fraction of base\), found"
    with pytest.raises(ValueError, match=f"^widths of tech {rule} {width:g}$"):
        ClassBand(widths={"tech": width})
    with pytest.raises(ValueError, match=f"^width {rule} {width:g}$"):
        ClassBand(widths={"tech": 0.05}, width=width)
    with pytest.raises(ValueError, match=f"^cash_width {rule} {width:g}$"):
        ClassBand(widths={"tech": 0.05}, cash_width=width)
