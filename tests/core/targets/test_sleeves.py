"""Weights multiply down the groups, and a slot's weight goes to its symbols by rank, by what is held and avoided."""

from __future__ import annotations

from datetime import date
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.targets.sleeves import Sleeve, Sleeves
from bot.core.targets.source import TargetState, Universe

if TYPE_CHECKING:
    from collections.abc import Callable

STOCKS = Sleeve("stocks", 0.6)
HOME = Sleeve("home", 0.5, inside="stocks", symbols=("VTI", "ITOT", "SCHB"))
ABROAD = Sleeve("abroad", 0.5, inside="stocks", symbols=("VXUS",))
BONDS = Sleeve("bonds", 0.4, symbols=("BND", "AGG"))
EVERY = (STOCKS, HOME, ABROAD, BONDS)


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    return universe_of("VTI ITOT SCHB VXUS BND AGG", cash=0.01)


@pytest.mark.parametrize(
    ("held", "parameters", "wanted"),
    [
        # 0.99 x 0.6 x 0.5 = 0.297 each at home and abroad, 0.99 x 0.4 = 0.396 in bonds.
        ([0, 0, 0, 0, 0, 0, 1], {}, [0.297, 0, 0, 0.297, 0.396, 0]),
        # Of ITOT 10 % is held: it stands for VTI, which is wanted for the rest.
        ([0, 0.1, 0, 0, 0, 0, 0.9], {}, [0.197, 0.1, 0, 0.297, 0.396, 0]),
        # Too much in the slot: the first choice is sold before a substitute is, and ITOT goes before SCHB.
        ([0.2, 0.2, 0.05, 0, 0, 0, 0.55], {}, [0.047, 0.2, 0.05, 0.297, 0.396, 0]),
        ([0.2, 0.2, 0.2, 0, 0, 0, 0.4], {}, [0, 0.2, 0.097, 0.297, 0.396, 0]),
        ([0, 0.3, 0.2, 0, 0, 0.4, 0.1], {}, [0, 0.297, 0, 0.297, 0, 0.396]),
        # VTI is avoided: what is held of it goes, and ITOT is the first choice.
        ([0.2, 0, 0.05, 0, 0, 0, 0.75], {"avoid": ("VTI",)}, [0, 0.247, 0.05, 0.297, 0.396, 0]),
        # An avoided substitute does not keep what it has.
        ([0, 0.1, 0.05, 0, 0, 0, 0.85], {"avoid": ("ITOT",)}, [0.247, 0, 0.05, 0.297, 0.396, 0]),
        (
            [0, 0.1, 0, 0, 0, 0.1, 0.8],
            {"avoid": ("VTI", "ITOT", "BND")},
            [0, 0, 0.297, 0.297, 0, 0.396],
        ),
        # Every substitute is sold for the first choice.
        (
            [0, 0.1, 0.1, 0, 0, 0.4, 0.4],
            {"keep_substitutes": False},
            [0.297, 0, 0, 0.297, 0.396, 0],
        ),
        # What is owed is nothing to keep.
        ([0, -0.1, 0, 0, 0, 0, 1.1], {}, [0.297, 0, 0, 0.297, 0.396, 0]),
    ],
)
def test_the_weight_of_a_slot_goes_to_its_symbols(
    universe: Universe,
    state_of: Callable[..., TargetState],
    held: list[float],
    parameters: dict[str, Any],
    wanted: list[float],
) -> None:
    source = Sleeves(EVERY, **parameters)
    source.check_universe(universe)
    found = source.weights(state_of(universe, [held]))
    assert found[0] == pytest.approx([*wanted, 0.01], abs=1e-15)


def test_each_row_keeps_its_own_substitutes(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    rows = [[0, 0.1, 0, 0, 0, 0, 0.9], [0, 0, 0.2, 0, 0, 0, 0.8]]
    found = Sleeves(EVERY).weights(state_of(universe, rows))
    assert found[:, :3] == pytest.approx(np.array([[0.197, 0.1, 0], [0.097, 0, 0.2]]), abs=1e-15)
    # Without keeping, what is held means nothing: one row for all.
    assert Sleeves(EVERY, keep_substitutes=False).weights(state_of(universe, rows)).shape == (1, 7)


def test_groups_may_be_inside_groups(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    source = Sleeves(
        (
            Sleeve("leaf", 0.5, inside="inner", symbols=("A",)),
            Sleeve("inner", 0.5, inside="outer"),
            Sleeve("rest", 0.5, inside="inner", symbols=("B",)),
            Sleeve("outer", 1.0),
            Sleeve("none", 0.0, inside="outer", symbols=("C",)),
            Sleeve("half", 0.5, inside="outer", symbols=("D",)),
        )
    )
    # 1 x 0.5 x 0.5 = 0.25 twice, 1 x 0 = 0, 1 x 0.5 = 0.5
    universe = universe_of("A B C D")
    source.check_universe(universe)
    assert source.weights(state_of(universe)).tolist() == [[0.25, 0.25, 0.0, 0.5, 0.0]]


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(any))
def test_a_slot_has_its_weight_whatever_is_held(drawn: list[float]) -> None:
    names = ("VTI", "ITOT", "SCHB", "VXUS", "BND", "AGG")
    universe = Universe(names, ("",) * 6, (None,) * 6, 0.01)
    held = np.array([drawn]) / fsum(drawn)
    found = Sleeves(EVERY).weights(TargetState(universe, date(2020, 6, 1), held))[0]
    slots = [fsum(found[:3]), found[3], fsum(found[4:6])]
    assert slots == pytest.approx([0.297, 0.297, 0.396], abs=1e-15)
    # No substitute is bought.
    assert (found[[1, 2, 5]] <= held[0, [1, 2, 5]]).all()


def test_it_says_what_each_slot_has(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    held = [[0, 0.1, 0, 0, 0, 0, 0.9]]
    assert Sleeves(EVERY).statement(state_of(universe, held)) == (
        "home 29.70 % (VTI 19.70 %, ITOT 10.00 %); abroad 29.70 % (VXUS 29.70 %); bonds 39.60 % (BND 39.60 %); "
        "cash 1.00 %"
    )


def test_it_says_what_is_avoided_and_which_slot_is_empty(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    slots = (Sleeve("all", 1, symbols=("A", "B", "D")), Sleeve("zero", 0, symbols=("C",)))
    source = Sleeves(slots, avoid=("A", "D"))
    assert source.statement(state_of(universe_of("A B C D"))) == (
        "all 100.00 % (B 100.00 %); zero 0.00 % (none); cash 0.00 %; avoided: A, D"
    )


@pytest.mark.parametrize(
    ("sleeves", "message"),
    [
        ((*EVERY, Sleeve("home", 0, symbols=("X",))), "^2 sleeves are named home, expected one$"),
        (
            (STOCKS, HOME, Sleeve("abroad", 0.5, "stocks", ("VTI",)), BONDS),
            "^2 slots hold VTI, expected one$",
        ),
        ((*EVERY, Sleeve("x", 0, "nowhere", ("X",))), "^x is inside nowhere, which is no sleeve$"),
        (
            (Sleeve("stocks", 0.6, symbols=("X",)), HOME, ABROAD, BONDS),
            "^stocks must have either symbols or other sleeves inside it, found both$",
        ),
        (
            (*EVERY, Sleeve("x", 0)),
            "^x must have either symbols or other sleeves inside it, found neither$",
        ),
        (
            (*EVERY, Sleeve("p", 1, "q"), Sleeve("q", 1, "p"), Sleeve("r", 0, "p", ("X",))),
            "^p is inside sleeves that are inside each other: one must be outside of all others$",
        ),
        (
            (STOCKS, HOME, BONDS),
            r"^the weights of the sleeves inside stocks must sum to 1, found 0\.5$",
        ),
        (
            (*EVERY, Sleeve("x", 0.1, symbols=("X",))),
            r"^the weights of the sleeves outside any other must sum to 1, found 1\.1$",
        ),
    ],
)
def test_groups_that_make_no_sense_are_refused(sleeves: tuple[Sleeve, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sleeves(sleeves)


def test_a_parent_that_is_no_sleeve_is_refused_whoever_names_it() -> None:
    # x is looked at first; its parent y is a sleeve, whose own parent is none.
    with pytest.raises(ValueError, match=r"^y is inside nowhere, which is no sleeve$"):
        Sleeves((Sleeve("x", 1, "y", ("A",)), Sleeve("y", 1, "nowhere"), BONDS))


def test_a_billionth_off_is_noise_and_two_are_not() -> None:
    def slots(weight: float) -> tuple[Sleeve, Sleeve]:
        return Sleeve("x", 0.5, symbols=("A",)), Sleeve("y", weight, symbols=("B",))

    assert len(Sleeves(slots(0.5 + 0.9e-9)).sleeves) == 2
    assert len(Sleeves(slots(0.5 - 0.9e-9)).sleeves) == 2
    with pytest.raises(ValueError, match=r"must sum to 1, found 1\.000000002$"):
        Sleeves(slots(0.5 + 2e-9))


@pytest.mark.parametrize(
    ("avoid", "message"),
    [
        (("VXUS",), "^every symbol of abroad is avoided: VXUS$"),
        (("AGG", "BND"), "^every symbol of bonds is avoided: BND, AGG$"),
        (("XXX",), "^avoid must name instruments of the sleeves, found XXX$"),
    ],
)
def test_what_cannot_be_avoided_is_refused(avoid: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sleeves(EVERY, avoid=avoid)


def test_an_instrument_in_no_sleeve_is_refused(universe_of: Callable[..., Universe]) -> None:
    with pytest.raises(
        ValueError, match=r"^QQQ is in no sleeve: write it into one, or take it out"
    ):
        Sleeves(EVERY).check_universe(universe_of("VTI ITOT SCHB VXUS QQQ BND AGG"))
