"""The last close beside its past: above or below it, by more than the margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.policy.trend import Trend
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.history import History
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]
MakeHistory = Callable[[np.ndarray], "History"]


@pytest.fixture(scope="module")
def after(make_state: MakeState, make_history: MakeHistory) -> Callable[..., PolicyState]:
    """Return a function from XOM's closes to a state; JPM beside it fell by half at the end."""

    def made(*closes: float) -> PolicyState:
        jpm = [100.0] * (len(closes) - 1) + [50.0]
        return make_state(history=make_history(np.array([jpm, closes]).T[np.newaxis]))

    return made


After = Callable[..., "PolicyState"]


@pytest.mark.parametrize(
    ("last", "above", "below"),
    [
        # The mean of 90, 100 and 110 is 100: 10 percent above it.
        (110.0, True, False),
        # The mean of 90, 100 and 80 is 90: 11.1 percent below it.
        (80.0, False, True),
        # The mean of 90, 100 and 95 is 95: at it is neither.
        (95.0, False, False),
    ],
)
def test_the_close_is_on_one_side_of_its_mean_or_on_it(
    after: After, last: float, *, above: bool, below: bool
) -> None:
    state = after(90.0, 100.0, last)
    assert Trend("XOM", sessions=3).permits(state).tolist() == [above]
    assert Trend("XOM", sessions=3, side="below").permits(state).tolist() == [below]


@pytest.mark.parametrize(("margin", "is_open"), [(0.0999, True), (0.1, False), (0.1001, False)])
def test_at_the_margin_is_not_beyond_it(after: After, margin: float, *, is_open: bool) -> None:
    # 110 is 10 percent above its mean of 100; 121 was 110 before, and 99 was 110.
    rule = Trend("XOM", sessions=3, margin=margin)
    assert rule.permits(after(90.0, 100.0, 110.0)).tolist() == [is_open]
    rise = Trend("XOM", sessions=2, past="close", margin=margin)
    assert rise.permits(after(110.0, 1.0, 121.0)).tolist() == [is_open]
    fall = Trend("XOM", sessions=2, past="close", side="below", margin=margin)
    assert fall.permits(after(110.0, 500.0, 99.0)).tolist() == [is_open]
    assert fall.explain(after(110.0, 500.0, 99.0), 0).fired == is_open


def test_it_says_where_the_close_stands_and_what_it_needs(after: After) -> None:
    rule = Trend("XOM", sessions=3, margin=0.02)
    found = rule.explain(after(90.0, 100.0, 110.0), 0)
    assert found.rule == "trend"
    assert found.asks == "anything"
    assert found.statement == (
        "permits: XOM closed 10.00 % above the mean of its last 3 closes, more than 2.00 % above it is needed"
    )
    assert found.numbers == {
        "symbol": "XOM",
        "gap_fraction": pytest.approx(0.1, rel=1e-12),
        "limit_fraction": 0.02,
        "distance_fraction": pytest.approx(-0.08, rel=1e-12),
        "window_sessions": 3.0,
    }


def test_below_the_limit_is_a_negative_gap(after: After) -> None:
    # 99 is 10 percent below the 110 of two sessions before; 15 - 10 = 5 points are missing.
    rule = Trend("XOM", sessions=2, past="close", side="below", margin=0.15)
    found = rule.explain(after(110.0, 1.0, 99.0), 0)
    assert found.asks == "nothing"
    assert found.statement == (
        "pauses: XOM closed 10.00 % below its close 2 sessions before, more than 15.00 % below it is needed"
    )
    assert found.numbers["gap_fraction"] == pytest.approx(-0.1, rel=1e-12)
    assert found.numbers["limit_fraction"] == -0.15
    assert found.numbers["distance_fraction"] == pytest.approx(0.05, rel=1e-12)


def test_on_its_past_is_said_as_above_by_nothing(after: After) -> None:
    found = Trend("XOM", sessions=3).explain(after(100.0, 100.0, 100.0), 0)
    assert found.statement == (
        "pauses: XOM closed 0.00 % above the mean of its last 3 closes, more than 0.00 % above it is needed"
    )


def test_one_past_is_for_all_rows_and_a_past_for_each_is_its_own(
    make_state: MakeState, make_history: MakeHistory
) -> None:
    weights = np.repeat([[0.5, 0.4, 0.1]], 2, axis=0)
    closes = np.array([[[1.0, 1.0], [2.0, 1.0]], [[2.0, 1.0], [1.0, 1.0]]])
    rule = Trend("JPM", sessions=2)
    own = make_state(weights=weights, history=make_history(closes))
    assert rule.permits(own).tolist() == [True, False]
    # The mean of 2 and 1 is 1.5: 1 is a third below it.
    assert rule.explain(own, 1).numbers["gap_fraction"] == pytest.approx(-1 / 3)
    shared = make_state(weights=weights, history=make_history(closes[:1]))
    assert rule.permits(shared).tolist() == [True, True]


def test_it_names_its_instrument_and_its_past(after: After) -> None:
    assert Trend("XOM").symbols() == frozenset({"XOM"})
    assert Trend("XOM").needs() == Needs(history_sessions=200)
    # The close 200 sessions before the last is the 201st.
    assert Trend("XOM", past="close").needs() == Needs(history_sessions=201)
    with pytest.raises(
        ReadUnknown, match=r"^trend needs 4 sessions of price history, found 3: nothing"
    ):
        Trend("XOM", sessions=3, past="close").asks(after(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match=r"^trend names SPY, which is not among JPM, XOM$"):
        Trend("SPY", sessions=3).asks(after(1.0, 2.0, 3.0))


@given(
    closes=st.lists(st.floats(1, 100), min_size=5, max_size=5),
    narrow=st.floats(0, 0.2),
    more=st.floats(0, 0.2),
    side=st.sampled_from(["above", "below"]),
)
def test_a_wider_margin_never_permits_where_a_narrower_one_does_not(
    after: After, closes: list[float], narrow: float, more: float, side: str
) -> None:
    state = after(*closes)
    if Trend("XOM", sessions=4, side=side, margin=narrow + more).permits(state)[0]:
        assert Trend("XOM", sessions=4, side=side, margin=narrow).permits(state)[0]
