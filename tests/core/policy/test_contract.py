"""What every policy must satisfy.

The policies are found by the registry, and loaded from config/examples/policies: a new one needs no line here. An
example may hold its rule inside others; both the whole policy and the rule itself are tested.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.costs.model import CostModel
from bot.core.domain.history import History
from bot.core.domain.session import Session
from bot.core.domain.sums import WEIGHT_TOLERANCE
from bot.core.policy.calendar import occurrence_key
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.domain.decision import Finding
    from bot.core.domain.needs import Needs
    from tests.core.policy.conftest import Example

#: Fewer examples than elsewhere: each has several rows, and every test runs for every policy.
FEW, SOME = settings(max_examples=5), settings(max_examples=12)
#: How a number's name may end: its unit.
UNITS = {"fraction", "bps", "points", "ratio", "share", "count", "sessions", "days", "s"}
PERIODS = ("day", "week", "month", "quarter", "half", "year")
#: Fields that hold an array with a row for each portfolio, or one row for all.
ARRAYS = (
    "weights",
    "targets",
    "base",
    "prices",
    "values",
    "flows",
    "sessions_since_trade",
    "days_since_trade",
)


# --- states in which everything is known


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    day = date(2020, 3, 16)
    number_in = {every: draw(st.integers(1, 6)) for every in PERIODS}
    return Session(
        exchange="XNYS",
        held_on=day,
        opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
        closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
        is_half_day=False,
        number_in=number_in,
    )


def walk(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return prices or values (R, T, ...) that wander by up to three percent a session."""
    steps = generator.normal(0, generator.uniform(0.001, 0.03), shape)
    return 100 * np.exp(np.cumsum(steps, axis=1))


@st.composite
def states(draw: st.DrawFn, example: Example) -> PolicyState:
    """Draw portfolios near their targets of which everything is known; what may be shared is or is not."""
    needs, count = example.policy.needs(), len(example.symbols)
    rows = draw(st.integers(1, 6))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets_rows, prices_rows, history_rows, values_rows = (
        draw(st.sampled_from([1, rows])) for _ in range(4)
    )
    targets = generator.dirichlet(np.full(count + 1, 4.0), targets_rows)
    spread = draw(st.sampled_from([0.0, 0.005, 0.02, 0.1, 0.3]))
    noise = generator.uniform(-spread, spread, (rows, count + 1))
    weights = targets + noise - noise.mean(axis=1, keepdims=True)
    session = draw(sessions())
    past = max(needs.history_sessions, 2) + draw(st.integers(0, 3))
    since = np.array(
        [draw(st.sampled_from([0.0, 1.0, 5.0, 31.0, 90.0, math.inf])) for _ in range(rows)]
    )
    keys = frozenset(occurrence_key(every, session.held_on) for every in PERIODS)
    return PolicyState(
        weights=weights,
        targets=targets,
        session=session,
        occurrences_done=draw(st.sampled_from([frozenset[str](), keys])),
        symbols=(*example.symbols, "cash"),
        now=session.opens_at + timedelta(minutes=draw(st.integers(0, 389))),
        asset_classes=(*example.asset_classes, "cash"),
        base=generator.uniform(1e4, 1e7, rows),
        prices=generator.uniform(1, 500, (prices_rows, count)),
        history=History(
            sessions=tuple(session.held_on - timedelta(days=past - day) for day in range(past)),
            closes=walk(generator, (history_rows, past, count)),
            volumes=generator.uniform(1e5, 1e8, (history_rows, past, count)),
        ),
        values=walk(generator, (values_rows, max(needs.values_sessions, 1))),
        flows=generator.uniform(-0.05, 0.05, rows),
        sessions_since_trade=since,
        days_since_trade=since,
        levels={name: generator.uniform(10, 50, values_rows) for name in needs.levels | {"ANY"}},
        costs=CostModel(),
    )


def with_arrays(state: PolicyState, change: Any, **more: Any) -> PolicyState:
    """Return the state with `change` done to every array whose first axis is the portfolio."""
    changed = {name: change(getattr(state, name)) for name in ARRAYS}
    levels = {name: change(level) for name, level in state.levels.items()}
    history = replace(
        state.history, closes=change(state.history.closes), volumes=change(state.history.volumes)
    )
    return replace(state, **changed, levels=levels, history=history, **more)


def words(finding: Finding) -> dict[str, str]:
    return {name: value for name, value in finding.numbers.items() if isinstance(value, str)}


def numbers(finding: Finding) -> dict[str, float]:
    return {name: value for name, value in finding.numbers.items() if not isinstance(value, str)}


def same(found: Finding, expected: Finding) -> bool:
    """Return whether two findings say the same, numbers to 1e-12."""
    return (
        replace(found, numbers={}, parts=()) == replace(expected, numbers={}, parts=())
        and words(found) == words(expected)
        and numbers(found) == pytest.approx(numbers(expected), rel=1e-12, abs=1e-12)
        and len(found.parts) == len(expected.parts)
        and all(same(one, other) for one, other in zip(found.parts, expected.parts, strict=True))
    )


# --- what it says


def findings_in(finding: Finding) -> Iterator[Finding]:
    yield finding
    for part in finding.parts:
        yield from findings_in(part)


def check_words(finding: Finding, ask: str) -> None:
    assert finding.asks == ask
    for each in findings_in(finding):
        assert each.fired == (each.asks != "nothing")
        assert re.fullmatch(r"\S.*\d.*", each.statement), "one line with a number in it"
        assert each.numbers


@SOME
@given(data=st.data())
def test_it_explains_what_it_asks_for_in_every_row(example: Example, data: st.DataObject) -> None:
    state = data.draw(states(example))
    asks = example.policy.asks(state)
    assert asks.shape == state.weights.shape[:1]
    assert asks.dtype == np.int8
    for row, ask in enumerate(asks.tolist()):
        finding = example.policy.explain(state, row)
        assert finding.rule == example.policy.kind
        check_words(finding, Ask(ask).name.lower())


@FEW
@given(data=st.data())
def test_the_whole_of_its_example_explains_what_it_asks_for(
    whole: Example, data: st.DataObject
) -> None:
    state = data.draw(states(whole))
    for row, ask in enumerate(whole.policy.asks(state).tolist()):
        check_words(whole.policy.explain(state, row), Ask(ask).name.lower())


@SOME
@given(data=st.data())
def test_its_numbers_say_their_unit_and_can_be_journaled(
    example: Example, data: st.DataObject
) -> None:
    finding = example.policy.explain(data.draw(states(example)), 0)
    for each in findings_in(finding):
        assert {type(value) for value in numbers(each).values()} <= {float}
        assert [name for name in numbers(each) if name.rpartition("_")[2] not in UNITS] == []
        assert [name for name, value in numbers(each).items() if not math.isfinite(value)] == []
        assert [name for name in each.numbers if "distance" in name] != []


@SOME
@given(data=st.data())
def test_whoever_fires_has_no_distance_left(example: Example, data: st.DataObject) -> None:
    state = data.draw(states(example))
    for row in range(len(state.weights)):
        for each in findings_in(example.policy.explain(state, row)):
            # A distance that has a word of its own before it, such as `soft_`, is that to one of several limits.
            left = {name: n for name, n in numbers(each).items() if name.startswith("distance_")}
            assert (
                not each.fired or [name for name, n in left.items() if n > WEIGHT_TOLERANCE] == []
            )


# --- one row, many rows, another order


@SOME
@given(data=st.data())
def test_a_row_alone_is_the_same_as_among_many_to_the_last_bit(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    asks, band, measure = policy.asks(state), policy.band(state), policy.measure(state)
    for row in range(len(asks)):
        alone = with_arrays(
            state, lambda values, row=row: values[row : row + 1] if len(values) > 1 else values
        )
        assert policy.asks(alone).tolist() == [asks[row]]
        assert policy.explain(alone, 0) == policy.explain(state, row)
        if band is not None:
            for many, one in zip(
                (band.below, band.above), vars_of(policy.band(alone)), strict=True
            ):
                assert one[0].tolist() == many[min(row, len(many) - 1)].tolist()
        if measure is not None:
            assert policy.measure(alone).tolist() == [measure[row]]


def vars_of(band: Any) -> tuple[np.ndarray, np.ndarray]:
    return band.below, band.above


@SOME
@given(data=st.data())
def test_what_all_rows_share_may_be_said_for_each(example: Example, data: st.DataObject) -> None:
    policy, state = example.policy, data.draw(states(example))
    rows = len(state.weights)
    spread = with_arrays(
        state, lambda values: np.repeat(values, rows if len(values) == 1 else 1, 0)
    )
    assert policy.asks(spread).tolist() == policy.asks(state).tolist()
    for row in range(rows):
        assert policy.explain(spread, row) == policy.explain(state, row)


@SOME
@given(data=st.data())
def test_another_order_of_instruments_decides_and_tells_the_same(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    count = len(state.symbols) - 1
    instruments = data.draw(st.permutations(range(count)))
    order = [*instruments, count]
    assert state.history is not None
    assert state.history.volumes is not None
    assert state.prices is not None
    shuffled = replace(
        state,
        weights=state.weights[:, order],
        targets=state.targets[:, order],
        prices=state.prices[:, instruments],
        history=replace(
            state.history,
            closes=state.history.closes[:, :, instruments],
            volumes=state.history.volumes[:, :, instruments],
        ),
        symbols=tuple(state.symbols[index] for index in order),
        asset_classes=tuple(state.asset_classes[index] for index in order),
    )
    assert policy.asks(shuffled).tolist() == policy.asks(state).tolist()
    for row in range(len(state.weights)):
        assert same(policy.explain(shuffled, row), policy.explain(state, row))


# --- what it needs


def without(state: PolicyState, need: str) -> PolicyState:
    if need.startswith("level "):
        levels = {name: level for name, level in state.levels.items() if name != need[6:]}
        return replace(state, levels=levels)
    unknown: dict[str, Any] = {
        "history": {"history": None},
        "values": {"values": None},
        "flows": {"flows": None},
        "last trade": {"sessions_since_trade": None, "days_since_trade": None},
        "costs": {"costs": None},
    }
    return replace(state, **unknown[need])


def named(needs: Needs) -> set[str]:
    whether = {
        "history": needs.history_sessions > 0,
        "values": needs.values_sessions > 0,
        "flows": needs.has_flows,
        "last trade": needs.has_last_trade,
        "costs": needs.has_costs,
    }
    return {name for name, is_needed in whether.items() if is_needed} | {
        f"level {name}" for name in needs.levels
    }


EVERY_NEED = {"history", "values", "flows", "last trade", "costs", "level ANY"}


@FEW
@given(data=st.data())
def test_it_decides_without_what_it_says_it_does_not_need(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    bare = state
    for need in sorted(EVERY_NEED - named(policy.needs())):
        bare = without(bare, need)
    assert policy.asks(bare).tolist() == policy.asks(state).tolist()
    assert policy.explain(bare, 0) == policy.explain(state, 0)


@FEW
@given(data=st.data())
def test_it_refuses_to_decide_without_what_it_says_it_needs(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    for need in named(policy.needs()):
        with pytest.raises(ReadUnknown, match=r" needs .*: nothing is decided without"):
            policy.asks(without(state, need))
        with pytest.raises(ReadUnknown, match=r" needs .*: nothing is decided without"):
            policy.explain(without(state, need), 0)


def shorter(history: History, count: int) -> History:
    return History(history.sessions[-count:], history.closes[:, -count:], history.volumes)


@FEW
@given(data=st.data())
def test_older_values_than_it_says_it_needs_change_nothing(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    assert state.values is not None
    # A peak three times as high, and then all that was there before.
    older = replace(state, values=np.concatenate([state.values * 3, state.values], axis=1))
    assert policy.asks(older).tolist() == policy.asks(state).tolist()
    assert policy.explain(older, 0) == policy.explain(state, 0)


@FEW
@given(data=st.data())
def test_it_sees_as_many_sessions_as_it_says_it_needs(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    count = policy.needs().history_sessions
    history = state.history
    assert history is not None
    bare = replace(history, volumes=None)
    if count > 0:
        enough = replace(state, history=shorter(bare, count))
        assert policy.asks(enough).tolist() == policy.asks(state).tolist()
        assert policy.explain(enough, 0) == policy.explain(state, 0)
        with pytest.raises(ReadUnknown, match=rf"{count} sessions"):
            policy.asks(replace(state, history=shorter(bare, count - 1)))


# --- its bands and measures


@SOME
@given(data=st.data())
def test_it_has_a_band_and_a_measure_exactly_if_it_says_so(
    example: Example, data: st.DataObject
) -> None:
    policy, state = example.policy, data.draw(states(example))
    band, measure = policy.band(state), policy.measure(state)
    assert (band is not None) == policy.has_band()
    assert (measure is not None) == policy.has_measure()
    if band is not None:
        for widths in vars_of(band):
            assert widths.shape in {(1, len(state.symbols)), state.weights.shape}
            assert (widths > 0).all()
    if measure is not None:
        assert measure.shape == state.weights.shape[:1]
        assert (measure >= 0).all()
