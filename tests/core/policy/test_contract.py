"""What every policy must satisfy. A new policy adds one line to EXAMPLES."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.registry import REGISTRY
from bot.core.policy.state import Policy, PolicyState

MONTHLY = Calendar(every="month", nth_session=11, catch_up_sessions=3)
NARROW, WIDE = AbsoluteBand(width=0.02, cash_width=0.01), AbsoluteBand(width=0.1)
EXAMPLES: dict[str, Policy] = {
    "absolute_band": NARROW,
    "calendar": MONTHLY,
    "any_of": AnyOf((WIDE, MONTHLY)),
    "all_of": AllOf((MONTHLY, AnyOf((NARROW, WIDE)))),
}


def test_every_registered_policy_has_an_example_here() -> None:
    assert {name: type(policy) for name, policy in EXAMPLES.items()} == REGISTRY


@pytest.fixture(params=list(EXAMPLES), scope="module")
def policy(request: pytest.FixtureRequest) -> Policy:
    return EXAMPLES[request.param]


def session(number: int) -> Session:
    return Session(
        exchange="XNYS",
        held_on=date(2020, 3, 16),
        opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
        closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
        is_half_day=False,
        number_in={"day": 1, "week": 1, "month": number, "quarter": 52, "half": 52, "year": 52},
    )


@st.composite
def states(draw: st.DrawFn) -> PolicyState:
    """Draw portfolios near their targets, some of them on a band's edge, on one session of March 2020."""
    count = draw(st.integers(1, 6))
    rows = draw(st.integers(1, 8))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = generator.dirichlet(np.ones(count + 1))
    spread = draw(st.sampled_from([0.0, 0.005, 0.02, 0.1, 0.3]))
    weights = targets + generator.uniform(-spread, spread, (rows, count + 1))
    return PolicyState(
        weights=weights,
        targets=targets,
        session=session(draw(st.integers(9, 16))),
        occurrences_done=draw(st.sampled_from([frozenset[str](), frozenset({"month:2020-03"})])),
        symbols=(*(f"S{index}" for index in range(count)), "cash"),
    )


@given(state=states())
def test_it_explains_what_it_does_in_every_row(policy: Policy, state: PolicyState) -> None:
    fires = policy.fires(state)
    assert fires.shape == state.weights.shape[:1]
    assert fires.dtype == np.bool_
    for row, fired in enumerate(fires.tolist()):
        finding = policy.explain(state, row)
        assert finding.fired == fired
        assert finding.statement
        assert "\n" not in finding.statement
        assert finding.numbers


@given(state=states())
def test_a_row_alone_decides_as_among_many(policy: Policy, state: PolicyState) -> None:
    fires = policy.fires(state)
    for row in range(len(fires)):
        alone = PolicyState(
            weights=state.weights[row : row + 1],
            targets=state.targets,
            session=state.session,
            occurrences_done=state.occurrences_done,
            symbols=state.symbols,
        )
        assert policy.fires(alone).tolist() == [fires[row]]
        assert policy.explain(alone, 0) == policy.explain(state, row)


@given(state=states(), data=st.data())
def test_another_order_of_instruments_decides_and_tells_the_same(
    policy: Policy, state: PolicyState, data: st.DataObject
) -> None:
    count = len(state.symbols) - 1
    order = [*data.draw(st.permutations(range(count))), count]
    shuffled = PolicyState(
        weights=state.weights[:, order],
        targets=state.targets[order],
        session=state.session,
        occurrences_done=state.occurrences_done,
        symbols=tuple(state.symbols[index] for index in order),
    )
    assert policy.fires(shuffled).tolist() == policy.fires(state).tolist()
    assert policy.explain(shuffled, 0) == policy.explain(state, 0)
