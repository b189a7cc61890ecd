"""Weights of classes by age or by the years left: whole on birthdays, a line or a step between points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.targets.glide_path import GlidePath, GlidePoint, years_since

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.targets.source import TargetState, Universe

BIRTH_ON = date(1980, 6, 1)
AT_30 = GlidePoint(at_years=30, weights={"equity": 0.9, "bond": 0.1})
AT_50 = GlidePoint(at_years=50, weights={"equity": 0.7, "bond": 0.3})
AT_65 = GlidePoint(at_years=65, weights={"equity": 0.4, "bond": 0.6})


def path(*points: GlidePoint, **rest: Any) -> GlidePath:
    return GlidePath(points=points or (AT_30, AT_50, AT_65), **{"birth_on": BIRTH_ON, **rest})


@pytest.fixture(name="universe")
def _universe(universe_of: Callable[..., Universe]) -> Universe:
    # Inside equity 3 : 1, inside bond all in one, for which no weight need be written.
    return universe_of("A B C", "equity equity bond", [0.3, 0.1, None], cash=0.1)


def equity_of(source: GlidePath, state: TargetState) -> float:
    """Return the weight of equity as a fraction of what is not cash."""
    weights = source.weights(state)[0]
    return float((weights[0] + weights[1]) / (1 - weights[-1]))


# --- years


@pytest.mark.parametrize(
    ("day", "on", "years"),
    [
        (date(1980, 6, 1), date(2020, 6, 1), 40.0),
        # 31 May is day 365 of the 366 from 1 June 2019 to 1 June 2020.
        (date(1980, 6, 1), date(2020, 5, 31), 39 + 365 / 366),
        (date(1980, 6, 1), date(2020, 6, 2), 40 + 1 / 365),
        (date(1980, 6, 1), date(1980, 6, 1), 0.0),
        # Before the day: 1 March is 273 of the 365 days from 1 June 2044 to 1 June 2045.
        (date(2045, 6, 1), date(2045, 3, 1), -1 + 273 / 365),
        (date(2045, 6, 1), date(2035, 6, 1), -10.0),
        # Born on 29 February: in other years the anniversary is 1 March.
        (date(2000, 2, 29), date(2021, 3, 1), 21.0),
        (date(2000, 2, 29), date(2021, 2, 28), 20 + 365 / 366),
        (date(2000, 2, 29), date(2024, 2, 29), 24.0),
        # From 1 March 2023 to 29 February 2024 are 365 days.
        (date(2000, 2, 29), date(2024, 2, 28), 23 + 364 / 365),
    ],
)
def test_years_are_whole_on_anniversaries(day: date, on: date, years: float) -> None:
    assert years_since(day, on) == pytest.approx(years, abs=1e-12)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_every_day_is_later_than_the_one_before(day: date, on: date) -> None:
    step = years_since(day, date.fromordinal(on.toordinal() + 1)) - years_since(day, on)
    assert 1 / 367 < step < 1 / 364


# --- weights


@pytest.mark.parametrize(
    ("on", "equity"),
    [
        (date(2000, 6, 1), 0.9),  # 20: before the first point
        (date(2010, 6, 1), 0.9),  # 30
        (date(2020, 6, 1), 0.8),  # 40: half of the way from 0.9 to 0.7
        (date(2030, 6, 1), 0.7),  # 50
        (date(2035, 6, 1), 0.6),  # 55: a third of the way from 0.7 to 0.4
        (date(2045, 6, 1), 0.4),  # 65
        (date(2070, 6, 1), 0.4),  # 90: after the last point
    ],
)
def test_a_table_is_a_line_from_point_to_point(
    universe: Universe, state_of: Callable[..., TargetState], on: date, equity: float
) -> None:
    source = path()
    weights = source.weights(state_of(universe, on=on))[0]
    # 90 % are not cash; in equity 0.3 : 0.1 is three quarters and one.
    wanted = [0.9 * equity * 0.75, 0.9 * equity * 0.25, 0.9 * (1 - equity), 0.1]
    assert weights == pytest.approx(wanted, abs=1e-12)


def test_the_order_of_the_points_does_not_matter(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    state = state_of(universe, on=date(2020, 6, 1))
    assert path(AT_65, AT_30, AT_50).weights(state).tolist() == path().weights(state).tolist()


def test_linear_is_one_line_between_two_points(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    # 40 is 10 of the 35 years from 0.9 to 0.4.
    state = state_of(universe, on=date(2020, 6, 1))
    found = equity_of(path(AT_30, AT_65, shape="linear"), state)
    assert found == pytest.approx(0.9 - 0.5 * 10 / 35, abs=1e-12)


@pytest.mark.parametrize(
    ("on", "equity"),
    [
        (date(2000, 6, 1), 0.9),
        (date(2010, 6, 1), 0.9),
        (date(2030, 5, 31), 0.9),  # the day before the fiftieth birthday
        (date(2030, 6, 1), 0.7),
        (date(2045, 5, 31), 0.7),
        (date(2045, 6, 1), 0.4),
    ],
)
def test_a_step_holds_until_the_next_point(
    universe: Universe, state_of: Callable[..., TargetState], on: date, equity: float
) -> None:
    found = equity_of(path(shape="step"), state_of(universe, on=on))
    assert found == pytest.approx(equity, abs=1e-12)


@pytest.mark.parametrize(
    ("on", "equity"),
    [
        (date(2010, 6, 1), 0.8),  # 35 years left: before the first
        (date(2025, 6, 1), 0.8),  # 20 years left
        (date(2035, 6, 1), 0.5),  # 10 years left: half of the way from 0.8 to 0.2
        (date(2045, 6, 1), 0.2),
        (date(2050, 6, 1), 0.1),  # 5 years after: half of the way from 0.2 to 0
        (date(2060, 6, 1), 0.0),
    ],
)
def test_a_target_date_counts_the_years_that_are_left(
    universe: Universe, state_of: Callable[..., TargetState], on: date, equity: float
) -> None:
    source = GlidePath(
        target_on=date(2045, 6, 1),
        points=tuple(
            GlidePoint(at_years=years, weights={"equity": equity, "bond": 1 - equity})
            for years, equity in ((20, 0.8), (0, 0.2), (-10, 0.0))
        ),
    )
    assert equity_of(source, state_of(universe, on=on)) == pytest.approx(equity, abs=1e-12)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_from_day_to_day_it_moves_a_little_and_never_back(on: date) -> None:
    source = path()
    here, there = (source._classes(date.fromordinal(on.toordinal() + days)) for days in (0, 1))
    # The steepest line falls by 0.3 in 15 years, that is by less than 0.00006 a day.
    assert 0 <= here["equity"] - there["equity"] < 0.00006


# --- words


@pytest.mark.parametrize(
    ("source", "on", "words"),
    [
        # 40 years and 73 of 365 days are 40.2: 0.9 x (0.8 - 0.01 x 0.2) = 0.7182; 0.9 x 0.202 = 0.1818.
        (path(), date(2020, 8, 13), "age 40.2: 71.8 % equity, 18.2 % bond, 10.0 % cash"),
        (
            path(birth_on=None, target_on=date(2060, 6, 1)),
            date(2020, 6, 1),
            "40.0 years to 2060-06-01: 72.0 % equity, 18.0 % bond, 10.0 % cash",
        ),
        (
            path(birth_on=None, target_on=date(2020, 6, 1)),
            date(2020, 6, 1),
            "0.0 years to 2020-06-01: 81.0 % equity, 9.0 % bond, 10.0 % cash",
        ),
        (
            path(birth_on=None, target_on=date(2010, 6, 1)),
            date(2020, 6, 1),
            "10.0 years after 2010-06-01: 81.0 % equity, 9.0 % bond, 10.0 % cash",
        ),
    ],
)
def test_it_says_the_age_and_the_weights_of_the_classes(
    universe: Universe,
    state_of: Callable[..., TargetState],
    source: GlidePath,
    on: date,
    words: str,
) -> None:
    assert source.statement(state_of(universe, on=on)) == words


# --- refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"birth_on": None}, "either birth_on or target_on, found neither$"),
        ({"target_on": date(2045, 1, 1)}, "either birth_on or target_on, found both$"),
        (
            {"birth_on": date(1899, 12, 31)},
            "^birth_on must be 1900-01-01 or later, found 1899-12-31$",
        ),
        (
            {"points": (replace(AT_30, at_years=-1), AT_50)},
            r"^at_years must be at least 0 with birth_on, it is an age, found -1 \(years\)$",
        ),
        ({"shape": "linear"}, "^shape linear needs 2 points, found 3$"),
        ({"points": (AT_30,)}, "^shape table needs 2 to 200 points, found 1$"),
        ({"points": (AT_30, AT_50, AT_30)}, "^2 points are at 30 years, expected one$"),
        ({"shape": "curve"}, "^shape must be one of linear, step, table, found 'curve'$"),
        (
            {"points": (AT_30, GlidePoint(60, {"equity": 1.0}))},
            r"^the point at 60 years must name the same classes as the point at 30 years \(bond, equity\), found",
        ),
    ],
)
def test_a_path_that_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    parameters: dict[str, Any] = {"points": (AT_30, AT_50, AT_65), "birth_on": BIRTH_ON, **change}
    with pytest.raises(ValueError, match=message):
        GlidePath(**parameters)


def test_the_earliest_birth_and_the_age_of_0_are_taken() -> None:
    path(replace(AT_30, at_years=0), AT_50, birth_on=date(1900, 1, 1))


def test_one_point_is_enough_for_a_step(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    found = equity_of(path(AT_50, shape="step"), state_of(universe, on=date(2020, 6, 1)))
    assert found == pytest.approx(0.7, abs=1e-12)


def test_a_point_whose_weights_do_not_sum_to_1_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"^the weights of the point at 30 years must sum .* found 1\.1 \(off by \+0\.1\)$",
    ):
        GlidePoint(at_years=30, weights={"equity": 0.9, "bond": 0.2})


def test_a_weight_that_is_no_fraction_is_refused_with_its_class() -> None:
    with pytest.raises(
        ValueError, match=r"^weights of bond must be at least 0 and at most 1 .*found -0.1$"
    ):
        GlidePoint(at_years=30, weights={"equity": 1.1, "bond": -0.1} | {"equity": 1.0})


def test_a_birth_in_the_future_is_refused(
    universe: Universe, state_of: Callable[..., TargetState]
) -> None:
    source = path(birth_on=date(2020, 6, 2))
    assert source.weights(state_of(universe, on=date(2020, 6, 2)))[0, -1] == 0.1
    with pytest.raises(
        ValueError, match=r"^birth_on must not be after today, found 2020-06-02 on 2020-06-01$"
    ):
        source.weights(state_of(universe, on=date(2020, 6, 1)))


def test_it_knows_its_classes_and_takes_the_weights_as_proportions(universe: Universe) -> None:
    assert path().asset_classes() == {"equity", "bond"}
    assert path().reads_weights() is True
    path().check_universe(universe)
