"""What is excluded has no weight, and the others take over exactly what it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot.core.domain.needs import Needs
from bot.core.targets.current import CurrentWeights
from bot.core.targets.defence import Defence
from bot.core.targets.exclusions import Exclusions
from bot.core.targets.ranges import Range, Ranges
from bot.core.targets.static import StaticWeights

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    return universe_of("A B C D", "x y y z", [0.5, 0.3, 0.15, 0.0], cash=0.05)


def without(**parameters: Any) -> Exclusions:
    return Exclusions(**{"source": StaticWeights(), **parameters})


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        # 0.15 in proportion to 0.5 and 0.3: 0.09375 and 0.05625.
        ({"exclude": ("C",)}, [0.59375, 0.35625, 0.0, 0.0, 0.05]),
        # 0.15 in equal parts to the two that have a weight: D has none and gets none.
        ({"exclude": ("C",), "redistribute": "equal"}, [0.575, 0.375, 0.0, 0.0, 0.05]),
        # 0.45 all to the one that is left.
        ({"exclude": ("B", "C"), "redistribute": "equal"}, [0.95, 0.0, 0.0, 0.0, 0.05]),
        # 0.15 to its class y, of which only B is left.
        ({"exclude": ("C",), "redistribute": "class"}, [0.5, 0.45, 0.0, 0.0, 0.05]),
        ({"exclude": ("C",), "redistribute": "cash"}, [0.5, 0.3, 0.0, 0.0, 0.2]),
        # 0.45 of class y, all to A.
        ({"exclude_classes": ("y",)}, [0.95, 0.0, 0.0, 0.0, 0.05]),
        ({"exclude_classes": ("y",), "exclude": ("D",)}, [0.95, 0.0, 0.0, 0.0, 0.05]),
        # What has no weight loses none.
        ({"exclude": ("D",)}, [0.5, 0.3, 0.15, 0.0, 0.05]),
        ({"exclude": ("D",), "redistribute": "equal"}, [0.5, 0.3, 0.15, 0.0, 0.05]),
    ],
)
def test_the_others_take_over_the_weight(
    universe: Universe,
    state_of: Callable[..., TargetState],
    parameters: dict[str, Any],
    wanted: list[float],
) -> None:
    source = without(**parameters)
    source.check_universe(universe)
    assert source.weights(state_of(universe))[0] == pytest.approx(wanted, abs=1e-15)


def test_each_row_goes_by_its_own_weights(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    state = state_of(universe_of("A B C"), [[0.5, 0.25, 0.25, 0.0], [0.0, 0.5, 0.5, 0.0]])
    found = without(source=CurrentWeights(), exclude=("C",)).weights(state)
    # 0.5 : 0.25 is two thirds and one.
    assert found == pytest.approx(np.array([[2 / 3, 1 / 3, 0, 0], [0, 1, 0, 0]]), abs=1e-15)


@pytest.mark.parametrize("redistribute", ["proportional", "equal"])
def test_a_row_in_which_nobody_is_left_is_refused(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState], redistribute: str
) -> None:
    state = state_of(universe_of("A B"), [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])
    source = without(source=CurrentWeights(), exclude=("B",), redistribute=redistribute)
    with pytest.raises(
        ValueError,
        match=r"^nothing is left to take over the 1 \(fraction of base\) of what is excluded in row 1$",
    ):
        source.weights(state)


def test_a_row_in_which_nobody_of_the_class_is_left_is_refused(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    state = state_of(universe_of("A B C", "x y y"), [[0.5, 0.0, 0.5, 0.0]])
    source = without(source=CurrentWeights(), exclude=("C",), redistribute="class")
    with pytest.raises(ValueError, match=r"^nothing is left of y to take over the 0\.5 \(fraction"):
        source.weights(state)


@pytest.mark.parametrize(
    ("redistribute", "way"),
    [
        ("proportional", "in proportion to the others"),
        ("equal", "in equal parts to the others"),
        ("class", "in proportion to the others of the class"),
        ("cash", "to cash"),
    ],
)
def test_it_says_what_was_left_out_and_where_it_went(
    universe: Universe, state_of: Callable[..., TargetState], redistribute: str, way: str
) -> None:
    source = without(exclude=("C", "D"), redistribute=redistribute)
    assert source.statement(state_of(universe)) == (
        f"without C, D (15.00 %, {way}): the weights as written, 5.00 % cash"
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"exclude": ("A", "B", "C"), "exclude_classes": ("z",)},
            "^every instrument is excluded: nothing is left",
        ),
        (
            {"exclude": ("B", "C"), "redistribute": "class"},
            "^every instrument of y is excluded: nothing is left to take over the weight$",
        ),
        ({"exclude": ("E",)}, "^E is no instrument of this mandate; there are: A, B, C, D$"),
        ({"exclude_classes": ("w",)}, "^w is no asset class of this mandate; there are: x, y, z$"),
    ],
)
def test_an_exclusion_that_cannot_be_is_refused(
    universe: Universe, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        without(**parameters).check_universe(universe)


def test_instruments_without_a_class_are_one_of_their_own(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    universe = universe_of("A B C", "x - -", [0.5, 0.3, 0.2])
    source = without(exclude=("C",), redistribute="class")
    source.check_universe(universe)
    assert source.weights(state_of(universe))[0] == pytest.approx([0.5, 0.5, 0, 0], abs=1e-15)
    with pytest.raises(ValueError, match=r"^every instrument of no class is excluded"):
        without(exclude=("B", "C"), redistribute="class").check_universe(universe)


def test_everything_may_go_to_cash(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    source = without(exclude=("A", "B", "C", "D"), redistribute="cash")
    source.check_universe(universe)
    assert source.weights(state_of(universe))[0] == pytest.approx([0, 0, 0, 0, 1], abs=1e-15)


def test_nothing_to_exclude_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^exclusions needs exclude or exclude_classes, found neither$"
    ):
        without()
    with pytest.raises(
        ValueError, match=r"^redistribute must be one of proportional, equal, class, cash"
    ):
        without(exclude=("A",), redistribute="all")


def test_it_is_asked_for_what_the_source_inside_is(universe: Universe) -> None:
    inside = Defence(StaticWeights(), StaticWeights(), enter=0.2, leave=0.1, peak_sessions=50)
    source = without(source=inside, exclude=("A",), exclude_classes=("x",))
    assert source.needs() == Needs(values_sessions=5 * 50)
    assert source.reads_weights() is True
    assert source.symbols() == {"A"}
    assert source.asset_classes() == {"x"}
    assert source.instruments() == ()
    ranges = without(source=Ranges((Range("B", 0, 1),)), exclude=("A",))
    assert ranges.symbols() == {"A", "B"}
    assert ranges.reads_weights() is False
    with pytest.raises(ValueError, match=r"^A has a weight of 0.5 beside it"):
        ranges.check_universe(universe)


def test_what_the_source_inside_lacks_is_refused(universe_of: Callable[..., Universe]) -> None:
    with pytest.raises(ValueError, match=r"^B has no target weight: write one beside it$"):
        without(exclude=("A",)).check_universe(universe_of("A B", written=[1.0, None]))
