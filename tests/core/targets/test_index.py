"""Constituents from their effective dates on, their weights, the cap, the buffer of ranks, and files too old."""

from __future__ import annotations

from datetime import date, timedelta
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.targets.constituents import Constituent
from bot.core.targets.index import IndexWeights, capped
from bot.core.targets.source import TargetState, Universe
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND, THIRD = date(2020, 3, 23), date(2020, 6, 22), date(2020, 9, 21)


def index_of(lines: str, columns: str = "market_cap", **parameters: Any) -> IndexWeights:
    """Return an index of "date symbol numbers" in lines told apart by semicolons; F, S and T are the dates."""
    dates = {"F": FIRST, "S": SECOND, "T": THIRD}
    rows = [line.split() for line in lines.split(";")]
    text = [f"effective_on,symbol,{columns}"]
    text += [",".join([str(dates[day]), *rest]) for day, *rest in rows]
    return IndexWeights.from_text(
        "\n".join(text), file="own.csv", **{"weighting": "cap", **parameters}
    )


def weights_on(source: IndexWeights, on: date, **rest: Any) -> dict[str, float]:
    """Return the weights of a mandate without cash by symbol, those above 0."""
    names = source.instruments()
    universe = Universe(names, ("",) * len(names), (None,) * len(names), 0.0)
    source.check_universe(universe)
    held = np.full((1, len(names) + 1), 1 / (len(names) + 1))
    found = source.weights(TargetState(universe, on, held, **rest))[0]
    return {name: float(each) for name, each in zip(names, found, strict=False) if each > 0}


# --- weights


@pytest.mark.parametrize(
    ("weighting", "wanted"),
    [
        # Market values 60, 30 and 10.
        ("cap", {"A": 0.6, "B": 0.3, "C": 0.1}),
        # 60 x 0.5 = 30, 30 x 1, 10 x 0.4 = 4: of 64.
        ("float", {"A": 30 / 64, "B": 30 / 64, "C": 4 / 64}),
        ("equal", {"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}),
    ],
)
def test_weights_are_in_proportion_to_the_size(weighting: str, wanted: dict[str, float]) -> None:
    source = index_of(
        "F A 60 0.5;F B 30 1;F C 10 0.4", "market_cap,float_factor", weighting=weighting
    )
    # No price is needed where the file has market values only.
    assert weights_on(source, FIRST) == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize(
    ("weighting", "wanted"),
    [
        # 10 shares at 3, 5 at 8: 30 and 40; the market value of the date is not asked.
        ("cap", {"A": 30 / 70, "B": 40 / 70}),
        # 10 x 3 x 0.5 = 15 and 5 x 8 x 1 = 40.
        ("float", {"A": 15 / 55, "B": 40 / 55}),
    ],
)
def test_shares_follow_the_prices_of_now(weighting: str, wanted: dict[str, float]) -> None:
    columns = "shares,market_cap,float_factor"
    source = index_of("F A 10 99 0.5;F B 5 1 1", columns, weighting=weighting)
    found = weights_on(source, FIRST, prices=np.array([[3.0, 8.0]]))
    assert found == pytest.approx(wanted, abs=1e-15)


def test_each_row_has_its_own_prices_and_cash_its_target(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    source = index_of("F A 10;F B 5", "shares")
    prices = np.array([[3.0, 8.0], [2.0, 4.0]])
    found = source.weights(
        state_of(universe_of("B A", cash=0.3), np.full((2, 3), 1 / 3), prices=prices)
    )
    # B 5 x 3 = 15, A 10 x 8 = 80; then B 10, A 40; of 0.7 each.
    wanted = [[0.7 * 15 / 95, 0.7 * 80 / 95, 0.3], [0.7 * 0.2, 0.7 * 0.8, 0.3]]
    assert found == pytest.approx(np.array(wanted), abs=1e-15)


def test_without_prices_nothing_is_decided() -> None:
    with pytest.raises(ReadUnknown, match=r"^index needs prices, which is unknown"):
        weights_on(index_of("F A 10;F B 5", "shares"), FIRST)
    equal = index_of("F A 10;F B 5", "shares", weighting="equal")
    assert weights_on(equal, FIRST) == {"A": 0.5, "B": 0.5}


# --- the cap


@pytest.mark.parametrize(
    ("sizes", "weight_max", "wanted"),
    [
        ([60, 25, 15], 0.4, [0.4, 0.375, 0.225]),  # 0.6 for 25 : 15
        ([60, 30, 10], 0.4, [0.4, 0.4, 0.2]),  # the second would get 0.45
        ([60, 25, 15], 0.6, [0.6, 0.25, 0.15]),  # at the cap is not above it
        ([50, 30, 20], 0.5, [0.5, 0.3, 0.2]),
        ([98, 1, 1], 0.34, [0.34, 0.33, 0.33]),
        ([5, 3, 1, 1], 0.25, [0.25, 0.25, 0.25, 0.25]),  # there is no other way
    ],
)
def test_none_is_above_the_cap_and_the_excess_goes_to_the_others(
    sizes: list[int], weight_max: float, wanted: list[float]
) -> None:
    lines = ";".join(f"F {name} {size}" for name, size in zip("ABCD", sizes, strict=False))
    found = weights_on(index_of(lines, weight_max=weight_max), FIRST)
    assert list(found.values()) == pytest.approx(wanted, abs=1e-15)


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=12), st.floats(0, 1))
def test_the_cap_keeps_the_sum_and_the_order(drawn: list[float], part: float) -> None:
    shares = np.array([drawn]) / fsum(drawn)
    weight_max = 1 / len(drawn) + part * (1 - 1 / len(drawn))
    found = capped(shares, weight_max)[0]
    assert fsum(found) == pytest.approx(1, abs=1e-12)
    assert found.max() <= weight_max + 1e-12
    # Who is below the cap has gained, all by the same factor.
    free = found < weight_max - 1e-9
    gains = found[free] / shares[0, free]
    assert gains == pytest.approx(np.full(gains.shape, gains.max(initial=0)), rel=1e-6)
    assert (np.diff(found[np.argsort(shares[0])]) >= -1e-12).all()


@given(st.lists(st.floats(1e-6, 1), min_size=2, max_size=12), st.floats(0, 1), st.floats(0, 1))
def test_a_looser_cap_moves_no_more(drawn: list[float], one: float, other: float) -> None:
    shares = np.array([drawn]) / fsum(drawn)
    tight, loose = (1 / len(drawn) + part * (1 - 1 / len(drawn)) for part in sorted((one, other)))
    moved = [fsum(np.abs(capped(shares, cap) - shares)[0]) for cap in (tight, loose)]
    assert moved[1] <= moved[0] + 1e-9


def test_a_row_that_is_done_before_the_others_stays_as_it_is() -> None:
    # Rounds: none, one, two.
    rows = np.array([[0.3, 0.3, 0.4], [0.6, 0.25, 0.15], [0.6, 0.3, 0.1]])
    together = capped(rows, 0.4)
    assert together[0].tolist() == rows[0].tolist()
    for row in range(3):
        assert capped(rows[[row]], 0.4).tobytes() == together[[row]].tobytes()


def test_a_cap_that_cannot_be_kept_is_refused_with_the_date() -> None:
    assert index_of("F A 2;F B 1", weight_max=0.5).weight_max == 0.5
    with pytest.raises(
        ValueError,
        match=r"found 0\.4 for 2 from 2020-06-22 on, which sum to 0\.8$",
    ):
        index_of("F A 2;F B 1;F C 1;S A 1;S B 1", weight_max=0.4)


# --- dates


def test_from_the_effective_date_on_the_new_constituents_hold() -> None:
    source = index_of("S B 1;S C 3;F A 1;F B 1;T C 1", stale_days_max=100)
    assert weights_on(source, FIRST) == {"A": 0.5, "B": 0.5}
    assert weights_on(source, SECOND - timedelta(days=1)) == {"A": 0.5, "B": 0.5}
    # A is deleted: it stays among the instruments, with a target of 0.
    assert weights_on(source, SECOND) == {"B": 0.25, "C": 0.75}
    assert weights_on(source, THIRD) == {"C": 1.0}
    assert source.instruments() == ("B", "C", "A")
    assert source.symbols() == {"A", "B", "C"}
    assert [(each.added, each.deleted) for each in source.compositions] == [
        ((), ()),
        (("C",), ("A",)),
        ((), ("B",)),
    ]


def test_before_the_first_date_nothing_is_known() -> None:
    with pytest.raises(
        ReadUnknown,
        match=r"^the constituents of own.csv hold from 2020-06-22 on, unknown on 2020-06-21: nothing",
    ):
        weights_on(index_of("T A 1;S A 1"), SECOND - timedelta(days=1))


def test_a_file_that_is_too_old_is_not_believed() -> None:
    source = index_of("F A 1;T A 1", stale_days_max=30)
    assert weights_on(source, FIRST + timedelta(days=30)) == {"A": 1.0}
    with pytest.raises(
        ReadUnknown,
        match=r"^the constituents of own.csv are of 2020-03-23, 31 days before 2020-04-23, at most 30 days",
    ):
        weights_on(source, FIRST + timedelta(days=31))


# --- ranks

# Ranks at the first date: A B C D; at the second: A D B C; at the third: D C A B.
RANKED = "F A 9;F B 8;F C 7;F D 6;S A 9;S D 8;S B 7;S C 6;T D 9;T C 8;T A 7;T B 7"


@pytest.mark.parametrize(
    ("ranks", "members"),
    [
        ({}, ["ABCD", "ABCD", "ABCD"]),
        ({"enter_rank": 2}, ["AB", "AD", "CD"]),
        # B is third at the second date and stays; at the third A is third and B fourth: A stays, before it by name.
        ({"enter_rank": 2, "keep_rank": 3}, ["AB", "ABD", "ACD"]),
        ({"enter_rank": 2, "keep_rank": 4}, ["AB", "ABD", "ABCD"]),
        ({"enter_rank": 9}, ["ABCD", "ABCD", "ABCD"]),
    ],
)
def test_who_is_in_stays_until_it_falls_below_the_rank_to_keep(
    ranks: dict[str, int], members: list[str]
) -> None:
    source = index_of(RANKED, **ranks)
    assert ["".join(sorted(each.members)) for each in source.compositions] == members


def test_who_fell_out_comes_back_only_at_the_rank_to_enter() -> None:
    lines = "F A 2;F B 1;S B 3;S C 2;S A 1;T B 3;T A 2;T C 1"
    source = index_of(lines, enter_rank=1, keep_rank=2)
    assert ["".join(sorted(each.members)) for each in source.compositions] == ["A", "B", "B"]


# --- refused


@pytest.mark.parametrize(
    ("lines", "columns", "parameters", "message"),
    [
        ("F A 1", "market_cap", {"keep_rank": 5}, "found 5 and none$"),
        (
            "F A 1",
            "market_cap",
            {"enter_rank": 5, "keep_rank": 4},
            r"^keep_rank must be at least enter_rank \(ranks\), found 4 and 5$",
        ),
        (
            "F A 1",
            "market_cap",
            {"weighting": "float"},
            "^own.csv needs the column float_factor for weighting float, A of 2020-03-23 has none$",
        ),
        (
            "F A 1",
            "shares",
            {"enter_rank": 5},
            "^own.csv needs the column market_cap for weighting cap and enter_rank, A of",
        ),
        (
            "F A 1",
            "market_cap",
            {"weighting": "size"},
            "^weighting must be one of cap, float, equal",
        ),
        (
            "F A x",
            "market_cap",
            {},
            "^line 2: market_cap must be a number above 0 and at most 1e[+]18, found 'x'$",
        ),
    ],
)
def test_parameters_that_the_file_cannot_serve_are_refused(
    lines: str, columns: str, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        index_of(lines, columns, **parameters)


def test_constituents_without_any_size_are_refused() -> None:
    bare = Constituent(FIRST, "A")
    with pytest.raises(ValueError, match=r"^own.csv needs the column shares or market_cap for"):
        IndexWeights((bare,), file="own.csv", weighting="cap")
    assert IndexWeights((bare,), file="own.csv", weighting="equal").instruments() == ("A",)
    with pytest.raises(ValueError, match=r"^own.csv has no constituents$"):
        IndexWeights((), file="own.csv")


def test_what_is_left_out_is_as_documented() -> None:
    source = IndexWeights((Constituent(FIRST, "A", 1.0, None, 1.0),), file="own.csv")
    assert (source.weighting, source.stale_days_max) == ("float", 120)
    assert (source.weight_max, source.enter_rank, source.keep_rank) == (None, None, None)
    assert source.reads_file is True


def test_enter_and_keep_may_be_the_same_rank() -> None:
    assert index_of("F A 1", enter_rank=5, keep_rank=5).keep_rank == 5


def test_an_instrument_that_is_not_in_the_file_is_refused(
    universe_of: Callable[..., Universe],
) -> None:
    with pytest.raises(
        ValueError, match=r"^C is not in own.csv: take it out of the holdings, or write"
    ):
        index_of("F A 1;S B 1").check_universe(universe_of("C B A"))
    with pytest.raises(ValueError, match=r"^B is no instrument of this mandate; there are: A$"):
        index_of("F A 1;S B 1").check_universe(universe_of("A"))


# --- words


def test_it_says_the_date_the_largest_and_who_came_and_went(
    universe_of: Callable[..., Universe], state_of: Callable[..., TargetState]
) -> None:
    universe = universe_of("C B A", cash=0.01)
    source = index_of("F A 1;F B 1;S B 2;S C 2", weight_max=0.75)
    assert source.statement(state_of(universe, on=date(2020, 4, 1))) == (
        "own.csv of 2020-03-23, 9 days old: 2 constituents by cap, none above 75.00 % of them, "
        "the largest A 49.50 %, cash 1.00 %"
    )
    uncapped = index_of("F A 1;F B 1;S B 2;S C 2")
    assert uncapped.statement(state_of(universe, on=SECOND)) == (
        "own.csv of 2020-06-22, 0 days old: 2 constituents by cap, the largest B 49.50 %, cash 1.00 %; "
        "added: C; deleted: A"
    )
