"""What every source of target weights must satisfy.

The sources are found by the registry and loaded from config/examples/targets: a new one needs no line here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, is_dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.domain.needs import Needs
from bot.core.domain.parameter import parameters_of
from bot.core.targets.registry import REGISTRY
from bot.core.targets.source import TargetSource, TargetState, Universe
from bot.errors import ReadUnknown
from bot.settings import convert, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[3] / "config" / "examples" / "targets"
KINDS = sorted(REGISTRY)
# The example index holds from then on, and is believed for 120 days.
FIRST_ON = date(2020, 3, 23)


@dataclass(frozen=True)
class Example:
    source: TargetSource
    universe: Universe


@cache
def example_of(kind: str) -> Example:
    loaded = load_settings(EXAMPLES / f"{kind}.toml", {})
    return Example(convert.target_source(loaded), convert.universe(loaded))


def without(state: TargetState, **unknown: None) -> TargetState:
    changed: Any = unknown
    return replace(state, **changed)


@st.composite
def states(draw: st.DrawFn, example: Example) -> TargetState:
    """Draw portfolios of which everything is known; what may be shared is or is not."""
    count = len(example.universe.symbols)
    rows = draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prices_rows, values_rows = (draw(st.sampled_from([1, rows])) for _ in range(2))
    held = generator.uniform(0, 1, (rows, count + 1)) ** draw(st.sampled_from([0.5, 1, 4]))
    steps = generator.normal(0, 0.05, (values_rows, draw(st.integers(1, 80))))
    return TargetState(
        universe=example.universe,
        on=FIRST_ON + timedelta(days=draw(st.integers(0, 120))),
        weights=held / held.sum(axis=1, keepdims=True),
        prices=np.exp(generator.normal(4, 1, (prices_rows, count))),
        values=100 * np.exp(np.cumsum(steps, axis=1)),
    )


def row_of(values: np.ndarray | None, row: int) -> np.ndarray | None:
    return None if values is None else values[[min(row, len(values) - 1)]]


def only(state: TargetState, row: int) -> TargetState:
    weights = state.weights[[row]]
    return replace(
        state, weights=weights, prices=row_of(state.prices, row), values=row_of(state.values, row)
    )


def reordered(state: TargetState, order: np.ndarray) -> TargetState:
    universe = state.universe
    assert state.prices is not None
    return replace(
        state,
        universe=Universe(
            symbols=tuple(universe.symbols[i] for i in order),
            asset_classes=tuple(universe.asset_classes[i] for i in order),
            written=tuple(universe.written[i] for i in order),
            cash=universe.cash,
        ),
        weights=state.weights[:, np.append(order, len(order))],
        prices=state.prices[:, order],
    )


def test_every_kind_has_an_example_and_every_example_a_kind() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.toml")) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_its_example_shows(kind: str) -> None:
    source = example_of(kind).source
    assert type(source) is REGISTRY[kind]
    assert source.kind == kind
    assert source.reads_file == ("file" in parameters_of(type(source)))


@pytest.mark.parametrize("kind", KINDS)
def test_its_first_line_is_one_sentence_for_the_settings(kind: str) -> None:
    first = (REGISTRY[kind].__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    assert first.count(". ") == 0


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=40)
def test_weights_are_whole_rows_of_fractions(kind: str, data: st.DataObject) -> None:
    example = example_of(kind)
    state = data.draw(states(example))
    weights = example.source.weights(state)
    assert weights.shape[0] in {1, len(state.weights)}
    assert weights.shape[1:] == state.weights.shape[1:]
    assert weights.dtype == np.float64
    assert (weights >= 0).all()
    assert [math.fsum(row) for row in weights] == pytest.approx([1.0] * len(weights), abs=1e-12)
    if kind != "ranges":
        # Cash is what the mandate says, unless the source has a range for it.
        assert weights[:, -1] == pytest.approx(state.universe.cash, abs=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25)
def test_a_row_alone_is_bit_for_bit_the_row_among_many(kind: str, data: st.DataObject) -> None:
    example = example_of(kind)
    state = data.draw(states(example))
    together = example.source.weights(state)
    for row in range(len(state.weights)):
        alone = example.source.weights(only(state, row))
        assert alone[0].tobytes() == together[min(row, len(together) - 1)].tobytes()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25)
def test_another_order_of_the_instruments_changes_nothing(kind: str, data: st.DataObject) -> None:
    example = example_of(kind)
    state = data.draw(states(example))
    order = np.array(data.draw(st.permutations(range(len(state.universe.symbols)))))
    there = example.source.weights(reordered(state, order))
    here = example.source.weights(state)[:, np.append(order, len(order))]
    assert there == pytest.approx(here, abs=1e-12)
    assert example.source.statement(reordered(state, order)) == example.source.statement(state)
    example.source.check_universe(reordered(state, order).universe)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25)
def test_once_there_it_wants_nothing_else(kind: str, data: st.DataObject) -> None:
    example = example_of(kind)
    state = data.draw(states(example))
    wanted = example.source.weights(state)
    there = replace(state, weights=np.broadcast_to(wanted, state.weights.shape))
    assert example.source.weights(there) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=10)
def test_it_needs_what_it_says_and_nothing_else(kind: str, data: st.DataObject) -> None:
    source = example_of(kind).source
    state = data.draw(states(example_of(kind)))
    if source.needs().values_sessions:
        with pytest.raises(
            ReadUnknown, match=f"^{kind} needs the account's value in the past, which"
        ):
            source.weights(without(state, values=None))
    else:
        assert source.needs() == Needs()
        unknown = without(state, values=None)
        assert source.weights(unknown).tobytes() == source.weights(state).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=10)
def test_it_says_in_one_line_with_numbers_where_the_weights_come_from(
    kind: str, data: st.DataObject
) -> None:
    example = example_of(kind)
    said = example.source.statement(data.draw(states(example)))
    assert "\n" not in said
    assert any(character.isdigit() for character in said)


@pytest.mark.parametrize("kind", KINDS)
def test_an_instrument_or_a_class_that_it_names_must_be_there(kind: str) -> None:
    example = example_of(kind)
    example.source.check_universe(example.universe)
    other = replace(
        example.universe,
        symbols=tuple(f"{symbol}X" for symbol in example.universe.symbols),
        asset_classes=tuple(f"{name} X" for name in example.universe.asset_classes),
    )
    if example.source.symbols() or example.source.asset_classes():
        with pytest.raises(ValueError, match=r" is no (instrument|asset class) of this mandate"):
            example.source.check_universe(other)
    else:
        example.source.check_universe(other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_that_it_does_not_use_is_refused(kind: str) -> None:
    example = example_of(kind)
    first = example.universe.symbols[0]
    universe = replace(example.universe, written=(0.125, *example.universe.written[1:]))
    if example.source.reads_weights():
        assert None not in example.universe.written
    else:
        with pytest.raises(
            ValueError, match=f"^{first} has a weight of 0.125 beside it, which {kind} does"
        ):
            example.source.check_universe(universe)


def numbers_of(rule: Any) -> Iterator[tuple[Any, str, Any]]:
    """Yield each dataclass with parameters in `rule`, itself included, with the name and range of each number in it."""
    for name, about in parameters_of(type(rule)).items():
        value = getattr(rule, name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield rule, name, about
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts[:1]:
            if is_dataclass(part):
                yield from numbers_of(part)


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_out_of_its_range_is_refused_by_name(kind: str) -> None:
    for owner, name, about in numbers_of(example_of(kind).source):
        beyond = [float("nan"), float("inf")]
        beyond += [] if about.above is None else [about.above]
        beyond += [] if about.below is None else [about.below]
        beyond += [] if about.at_least is None else [about.at_least - 1e-9]
        beyond += [] if about.at_most is None else [about.at_most + 1e-9]
        assert about.bounds(), f"{name} of {kind} has no range"
        for bad in beyond:
            with pytest.raises(ValueError, match=f"^{name} must be "):
                replace(owner, **{name: bad})


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_says_what_it_is_and_what_goes_wrong(kind: str) -> None:
    for name, about in parameters_of(REGISTRY[kind]).items():
        assert about.meaning.endswith("."), name
        assert about.wrong.endswith("."), name
        assert not about.bounds() or about.unit, name
