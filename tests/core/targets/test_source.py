"""The checks that all sources pass: the universe, the sums, and what a source may be given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from typing_extensions import override

from bot.core.domain.needs import Needs
from bot.core.targets.source import TargetSource, TargetState, Universe, checked, with_cash

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Plain(TargetSource):
    """Weights from nowhere."""

    kind: ClassVar[str] = "plain"
    named: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    @override
    def weights(self, state: TargetState) -> Any:
        return state.weights

    @override
    def statement(self, state: TargetState) -> str:
        return "1"

    @override
    def symbols(self) -> frozenset[str]:
        return self.named

    @override
    def asset_classes(self) -> frozenset[str]:
        return self.classes


def test_a_source_needs_brings_and_reads_nothing_unless_it_says_so() -> None:
    source = Plain()
    assert source.needs() == Needs()
    assert source.instruments() == ()
    assert TargetSource.symbols(source) == frozenset()
    assert TargetSource.asset_classes(source) == frozenset()
    assert source.reads_weights() is False
    assert source.reads_file is False
    with pytest.raises(ValueError, match=r"^plain reads no file$"):
        Plain.from_text("a,b")


def test_an_unknown_instrument_is_refused_with_those_that_there_are(
    universe_of: Callable[..., Universe],
) -> None:
    universe = universe_of("B A", "x -")
    Plain(named=frozenset("AB")).check_universe(universe)
    with pytest.raises(ValueError, match=r"^C is no instrument of this mandate; there are: A, B$"):
        Plain(named=frozenset("ADC")).check_universe(universe)


def test_an_unknown_class_is_refused_with_those_that_there_are(
    universe_of: Callable[..., Universe],
) -> None:
    Plain(classes=frozenset("x")).check_universe(universe_of("B A", "x -"))
    with pytest.raises(ValueError, match=r"^y is no asset class of this mandate; there are: x$"):
        Plain(classes=frozenset("y")).check_universe(universe_of("B A", "x -"))
    with pytest.raises(ValueError, match=r"^y is no asset class of this mandate; there are: none$"):
        Plain(classes=frozenset("y")).check_universe(universe_of("B A"))


def test_a_weight_that_is_not_used_is_refused_even_if_it_is_0(
    universe_of: Callable[..., Universe],
) -> None:
    with pytest.raises(
        ValueError, match=r"^A has a weight of 0 beside it, which plain does not use: leave it out$"
    ):
        Plain().check_universe(universe_of("B A", written=[None, 0.0]))


def test_a_mandate_without_an_instrument_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^plain needs at least one instrument, found none$"):
        Plain().check_universe(Universe((), (), (), 0.0))


def test_levels_are_none_unless_they_are_given() -> None:
    state = TargetState(Universe((), (), (), 0.0), date(2020, 6, 1), np.ones((1, 1)))
    assert state.levels == {}
    assert (state.prices, state.history, state.values) == (None, None, None)


def test_a_universe_knows_its_columns_and_what_is_not_cash(
    universe_of: Callable[..., Universe],
) -> None:
    universe = universe_of("B A", cash=0.25)
    assert universe.invested == 0.75
    assert [universe.column("A"), universe.column("B")] == [1, 0]


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ("A B A", "^A stands 2 times among the instruments, expected once$"),
        ("A cash", "^cash stands 2 times among the instruments, expected once$"),
    ],
)
def test_an_instrument_stands_once_and_none_is_called_cash(
    universe_of: Callable[..., Universe], symbols: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        universe_of(symbols)


@pytest.mark.parametrize("bad", [-1e-9, 1.0000001, float("nan")])
def test_a_written_weight_is_a_fraction(universe_of: Callable[..., Universe], bad: float) -> None:
    assert universe_of("A B", written=[0.0, 1.0]).written == (0.0, 1.0)
    with pytest.raises(
        ValueError, match=f"^the target weight of B must be from 0 to 1, found {bad:g}$"
    ):
        universe_of("A B", written=[None, bad])


@pytest.mark.parametrize("bad", [-1e-9, 1.0, float("nan")])
def test_the_cash_weight_is_from_0_to_below_1(
    universe_of: Callable[..., Universe], bad: float
) -> None:
    assert universe_of("A", cash=0.999).cash == 0.999
    with pytest.raises(
        ValueError, match=f"^the target weight of cash must be from 0 to below 1, found {bad:g}$"
    ):
        universe_of("A", cash=bad)


def test_every_instrument_has_a_place_for_class_and_weight() -> None:
    with pytest.raises(ValueError, match=r"a class and a weight, or none; found \(2, 1, 2\)$"):
        Universe(("A", "B"), ("",), (None, None), 0.0)
    with pytest.raises(ValueError, match=r"found \(2, 2, 3\)$"):
        Universe(("A", "B"), ("", ""), (None, None, None), 0.0)


# --- the state


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.5]], r"^weights must be \(B, 3\), cash last, found \(1, 2\)$"),
        ([0.5, 0.25, 0.25], r"^weights must be \(B, 3\), cash last, found \(3,\)$"),
        (
            [[1, 0, 0], [0.5, float("nan"), 0.5]],
            "^a weight must be a number, found nan at row 1, column 1$",
        ),
        ([[float("inf"), 0, 0]], "^a weight must be a number, found inf at row 0, column 0$"),
        (
            [[1, 0, 0], [0.5, 0.5, 2e-9]],
            r"^weights must sum to 1 within 1e-09 .*, found 1 at row 1$",
        ),
        ([[0.5, 0.3, 0.1]], r"^weights must sum to 1 within 1e-09 .*, found 0\.9 at row 0$"),
    ],
)
def test_current_weights_are_rows_of_numbers_that_sum_to_1(
    universe_of: Callable[..., Universe],
    state_of: Callable[..., TargetState],
    rows: Any,
    message: str,
) -> None:
    # Borrowed cash is a weight below 0; a billionth is noise.
    assert state_of(universe_of("A B"), [[0.6, 0.5, -0.1 + 0.9e-9]]).weights[0, 0] == 0.6
    with pytest.raises(ValueError, match=message):
        state_of(universe_of("A B"), rows)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_prices_and_values_are_numbers_above_0(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState], bad: float
) -> None:
    for noun in ("price", "value"):
        with pytest.raises(
            ValueError,
            match=f"^a {noun} must be a number above 0, found {bad:g} at row 0, column 1$",
        ):
            state_of(universe_of("A B"), **{f"{noun}s": np.array([[1.0, bad]])})


@pytest.mark.parametrize("shape", [(3, 2), (2,), (1, 2, 1), (2, 3)])
def test_prices_have_a_row_for_all_or_one_for_each(
    universe_of: Callable[..., Universe],
    state_of: Callable[..., TargetState],
    shape: tuple[int, ...],
) -> None:
    rows = [[1, 0, 0], [0, 1, 0]]
    for good in ((1, 2), (2, 2)):
        assert state_of(universe_of("A B"), rows, prices=np.ones(good)).prices is not None
    with pytest.raises(ValueError, match=r"^prices must be \(R, 2\) with R one of \[1, 2\], found"):
        state_of(universe_of("A B"), rows, prices=np.ones(shape))


@pytest.mark.parametrize("shape", [(3, 5), (5,), (1, 5, 1)])
def test_a_path_of_values_is_as_long_as_it_is(
    universe_of: Callable[..., Universe],
    state_of: Callable[..., TargetState],
    shape: tuple[int, ...],
) -> None:
    rows = [[1, 0, 0], [0, 1, 0]]
    for good in ((1, 0), (2, 7)):
        assert state_of(universe_of("A B"), rows, values=np.ones(good)).values is not None
    with pytest.raises(ValueError, match=r"^values must be \(R, T\) with R one of \[1, 2\], found"):
        state_of(universe_of("A B"), rows, values=np.ones(shape))


# --- the sums


def test_a_sum_that_is_off_is_refused_with_the_sum_and_the_difference() -> None:
    # 0.6 + 0.3 + 0.05 = 0.95
    with pytest.raises(
        ValueError, match=r"must sum to 1 within 1e-09, found 0\.95 \(off by -0\.05\)$"
    ):
        checked(np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.05]]))


def test_a_billionth_off_is_noise_and_two_are_not() -> None:
    assert checked(np.array([[0.5, 0.5 + 0.9e-9]]))[0, 1] > 0.5
    with pytest.raises(ValueError, match=r"found 1\.000000002 \(off by \+2e-09\)$"):
        checked(np.array([[0.5, 0.5 + 2e-9]]))


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_weight_that_is_no_fraction_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(
        ValueError,
        match=f"^a target weight must be from 0 to 1, found {bad:g} at row 1, column 2$",
    ):
        checked(np.array([[0.5, 0.5, 0.0], [0.5, 0.5, bad]]))


def test_what_has_it_all_may_be_above_1_by_its_last_bit() -> None:
    # Such as the one that takes over from all others in proportion.
    assert checked(np.array([[np.nextafter(1, 2), 0.0]]))[0, 0] > 1
    assert checked(np.array([[1 + 0.9e-9, 0.0]]))[0, 0] > 1
    with pytest.raises(ValueError, match=r"^a target weight must be from 0 to 1, found 1 at"):
        checked(np.array([[1 + 2e-9, 0.0]]))


@pytest.mark.parametrize("shape", [(1, 1), (2,), (1, 2, 2)])
def test_targets_without_an_instrument_are_refused(shape: tuple[int, ...]) -> None:
    assert checked(np.array([[1.0, 0.0]])).tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="rows of at least one instrument and cash, found "):
        checked(np.ones(shape))


def test_cash_comes_last() -> None:
    found = with_cash(np.array([[0.75, 0.125], [0.5, 0.375]]), 0.125)
    assert found.tolist() == [[0.75, 0.125, 0.125], [0.5, 0.375, 0.125]]
