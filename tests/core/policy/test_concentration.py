"""One holding above its limit fires, or all large ones together; at the limit they do not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.policy.concentration import Concentration
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
ONE = Concentration(weight_max=0.25)
# 5/10/40: none above 10 %, those above 5 % at most 40 % together.
FUND = Concentration(weight_max=0.1, large_above=0.05, large_total_max=0.4)


def state(weights: list[list[float]], targets: list[list[float]]) -> PolicyState:
    """Return portfolios of A, B, ... and cash."""
    return PolicyState(
        weights=np.array(weights),
        targets=np.array(targets),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=(*"ABCDEFGHIJ"[: len(weights[0]) - 1], "cash"),
    )


def row(weights: list[float], targets: list[float]) -> PolicyState:
    """Return one portfolio, cash being the rest."""
    return state([[*weights, 1 - sum(weights)]], [[*targets, 1 - sum(targets)]])


@pytest.mark.parametrize(
    ("weight", "ask"),
    [(0.25, Ask.NOTHING), (0.25 + 5e-13, Ask.NOTHING), (0.25 + 2e-12, Ask.REBALANCE)],
)
def test_one_holding_above_its_limit_fires_and_at_it_does_not(weight: float, ask: Ask) -> None:
    assert ONE.asks(row([0.2, weight], [0.2, 0.2])).tolist() == [ask]


def test_cash_is_no_holding() -> None:
    assert ONE.asks(row([0.1, 0.1], [0.1, 0.1])).tolist() == [Ask.NOTHING]


@pytest.mark.parametrize(("weight", "ask"), [(0.3, Ask.NOTHING), (0.31, Ask.REBALANCE)])
def test_up_to_its_target_no_holding_is_too_large(weight: float, ask: Ask) -> None:
    assert ONE.asks(row([weight, 0.2], [0.3, 0.2])).tolist() == [ask]


def test_beyond_the_limit_it_says_by_how_much() -> None:
    found = ONE.explain(row([0.2, 0.28], [0.2, 0.2]), 0)
    assert (found.rule, found.fired, found.asks) == ("concentration", True, "rebalance")
    assert found.statement == "B is 28.00 % of base, limit 25.00 %"
    assert found.numbers == pytest.approx(
        {
            "symbol": "B",
            "weight_fraction": 0.28,
            "limit_fraction": 0.25,
            "distance_fraction": -0.03,
        }
    )


def test_inside_it_says_what_is_left_and_ties_go_by_name() -> None:
    found = ONE.explain(row([0.2, 0.2], [0.2, 0.2]), 0)
    assert (found.fired, found.asks) == (False, "nothing")
    assert found.statement == "A is 20.00 % of base, limit 25.00 %"
    assert found.numbers["distance_fraction"] == pytest.approx(0.05)


# Five at 0.08 are 0.40 and at the limit; with one at 0.09 they are 0.41. What is exactly 0.05 is not large.
@pytest.mark.parametrize(
    ("weights", "ask"),
    [
        ([0.08, 0.08, 0.08, 0.08, 0.08, 0.05], Ask.NOTHING),
        ([0.08, 0.08, 0.08, 0.08, 0.09, 0.05], Ask.REBALANCE),
        ([0.08, 0.08, 0.08, 0.08, 0.08, 0.051], Ask.REBALANCE),
    ],
)
def test_large_ones_together_above_their_limit_fire(weights: list[float], ask: Ask) -> None:
    assert FUND.asks(row(weights, [0.05] * 6)).tolist() == [ask]


def test_large_ones_of_the_targets_may_be_as_large_as_these() -> None:
    # The targets' own large ones are 6 x 0.08 = 0.48: that is the limit then.
    targets = [0.08] * 6
    assert FUND.asks(row([0.08] * 6, targets)).tolist() == [Ask.NOTHING]
    assert FUND.asks(row([0.09, *[0.08] * 5], targets)).tolist() == [Ask.REBALANCE]


def test_it_tells_of_the_large_ones_together() -> None:
    # Five at 0.08 and one at 0.07: 0.47 together, 0.07 beyond; each alone has 0.02 left.
    found = FUND.explain(row([0.08] * 5 + [0.07], [0.05] * 6), 0)
    assert found.statement == (
        "A is 8.00 % of base, limit 10.00 %; those above 5.00 % are 47.00 % together, limit 40.00 %"
    )
    assert found.numbers == pytest.approx(
        {
            "symbol": "A",
            "weight_fraction": 0.08,
            "limit_fraction": 0.1,
            "large_fraction": 0.47,
            "large_limit_fraction": 0.4,
            "distance_fraction": -0.07,
        }
    )
    assert found.fired


def test_each_row_has_limits_of_its_own_targets() -> None:
    weights = [[0.3, 0.2, 0.5], [0.3, 0.2, 0.5]]
    targets = [[0.3, 0.2, 0.5], [0.2, 0.3, 0.5]]
    portfolios = state(weights, targets)
    assert ONE.asks(portfolios).tolist() == [Ask.NOTHING, Ask.REBALANCE]
    assert ONE.explain(portfolios, 1).numbers["limit_fraction"] == 0.25


@given(weights=st.lists(st.floats(0, 0.2), min_size=5, max_size=5), low=st.floats(0.06, 0.2))
def test_a_wider_limit_fires_no_more_often(weights: list[float], low: float) -> None:
    portfolio = row(weights, [0.05] * 5)
    narrow = Concentration(weight_max=low, large_above=0.05, large_total_max=low)
    wide = Concentration(weight_max=low + 0.05, large_above=0.05, large_total_max=low + 0.05)
    assert wide.asks(portfolio)[0] <= narrow.asks(portfolio)[0]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"large_above": 0.05}, "go together, found only large_above$"),
        ({"large_total_max": 0.4}, "go together, found only large_total_max$"),
        (
            {"large_above": 0.25, "large_total_max": 0.4},
            r"^large_above must be less than weight_max \(fraction of base\), found 0.25 and 0.25$",
        ),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Concentration(weight_max=0.25, **parameters)
