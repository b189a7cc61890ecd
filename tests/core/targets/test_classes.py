"""Weights of classes become weights of instruments in the proportions that were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.targets.classes import (
    check_classes,
    check_same_classes,
    check_sum,
    class_targets,
    in_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import Universe

CLASSES = frozenset({"x", "y"})


def test_inside_a_class_the_written_weights_keep_their_proportions(
    universe_of: Callable[..., Universe],
) -> None:
    # x has 0.8 x 0.75 = 0.6, in 1 : 2; y has 0.8 x 0.25 = 0.2, all in one, whatever stands beside it.
    universe = universe_of("A B C", "x y x", [0.2, 0.9, 0.4], cash=0.2)
    found = class_targets(universe, {"x": 0.75, "y": 0.25})
    assert found[0] == pytest.approx([0.2, 0.2, 0.4, 0.2], abs=1e-15)
    assert found.shape == (1, 4)


def test_an_instrument_may_have_no_part_of_its_class(universe_of: Callable[..., Universe]) -> None:
    universe = universe_of("A B", "x x", [0.5, 0.0])
    assert class_targets(universe, {"x": 1.0}).tolist() == [[1.0, 0.0, 0.0]]


def test_the_words_are_fractions_of_base(universe_of: Callable[..., Universe]) -> None:
    universe = universe_of("A B", "x y", [0.5, 0.0], cash=0.01)
    # 0.99 x 0.72 = 0.7128, 0.99 x 0.28 = 0.2772
    assert in_words(universe, {"x": 0.72, "y": 0.28}) == "71.3 % x, 27.7 % y, 1.0 % cash"


@pytest.mark.parametrize(
    ("classes", "written", "message"),
    [
        ("x -", [1.0, 1.0], "^B must have one of the asset classes x, y, found none$"),
        ("x z", [1.0, 1.0], "^B must have one of the asset classes x, y, found z$"),
        ("y y", [0.5, None], "^B has no weight: write its share of the class y beside it$"),
        ("y y", [0.0, 0.0], "beside the instruments of y must sum to more than 0, found 0$"),
    ],
)
def test_an_instrument_without_a_part_in_a_class_is_refused(
    universe_of: Callable[..., Universe], classes: str, written: list[float | None], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_classes(universe_of("A B C", f"{classes} x", [*written, 0.1]), CLASSES)


def test_only_the_weights_of_its_own_class_are_asked_for(
    universe_of: Callable[..., Universe],
) -> None:
    check_classes(universe_of("A B C", "y x x", [None, 0.1, 0.2]), CLASSES)


def test_a_billionth_off_is_noise_and_two_are_not() -> None:
    check_sum("it", {"x": 0.5, "y": 0.5 + 0.9e-9})
    check_sum("it", {"x": 0.5, "y": 0.5 - 0.9e-9})
    with pytest.raises(
        ValueError,
        match=r"^the weights of it must sum to 1 within 1e-09 .* found 1\.000000002 \(off by \+2e-09\)$",
    ):
        check_sum("it", {"x": 0.5, "y": 0.5 + 2e-9})
    with pytest.raises(ValueError, match=r"found 0 \(off by -1\)$"):
        check_sum("it", {})


def test_all_places_name_the_same_classes() -> None:
    check_same_classes({"one": {"x": 1.0, "y": 0.0}, "two": {"y": 0.5, "x": 0.5}})
    with pytest.raises(
        ValueError, match=r"^two must name the same classes as one \(x, y\), found none$"
    ):
        check_same_classes({"one": {"y": 1.0, "x": 0.0}, "two": {}})
