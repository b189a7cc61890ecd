"""Weights of asset classes that change with age, or as a date comes near.

Time is counted in years from one day: the birth, or the date that the money is for. Whole years end on the day's
anniversaries, parts of a year are days over the days from one anniversary to the next; the anniversary of 29 February
is 1 March where there is none. So the age on the thirtieth birthday is exactly 30, in any zone: the date is the
exchange's.

Worked: points at 30 (90 % equity) and at 60 (60 %), linear. On the fortieth birthday it is 0.9 + (40 - 30) / (60 - 30)
* (0.6 - 0.9) = 0.8 of what is not cash. Before the first point its weights hold, and after the last those of the last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - the settings read the fields' types
from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - the settings read the fields' types
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.core.domain.parameter import check_parameters, parameter
from bot.core.targets.classes import (
    check_classes,
    check_same_classes,
    check_sum,
    class_targets,
    in_words,
)
from bot.core.targets.source import TargetSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.targets.source import TargetState, Universe

#: The year before which nobody who is alive was born; an earlier one is a slip of the pen.
_BIRTH_YEAR_MIN: Final = 1900
#: The fewest and the most points of each shape.
_POINTS: Final = {"linear": (2, 2), "step": (1, 200), "table": (2, 200)}


def years_since(day: date, on: date) -> float:
    """Return the years from `day` to `on`, negative before it; whole on each anniversary of `day`."""
    years = on.year - day.year
    if on < _anniversary(day, on.year):
        years -= 1
    last, following = (_anniversary(day, day.year + years + after) for after in (0, 1))
    return years + (on - last).days / (following - last).days


def _anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, month=3, day=1)


@dataclass(frozen=True, slots=True)
class GlidePoint:
    """The weights of the classes at one age, or so many years before a date."""

    at_years: float = field(
        metadata=parameter(
            "The age; with target_on the years that are left to it, negative after it.",
            unit="years",
            wrong="The weights come too early or too late.",
            example="30",
            at_least=-150,
            at_most=150,
        )
    )
    weights: Mapping[str, float] = field(
        metadata=parameter(
            "The weight of each asset class then; all of them sum to 1.",
            unit="fraction of what is not cash",
            wrong="Too much equity late: a crash just before the money is needed.",
            example="{ equity = 0.9, bond = 0.1 }",
            at_least=0,
            at_most=1,
        )
    )

    def __post_init__(self) -> None:
        """Refuse a point that is out of range or whose weights do not sum to 1."""
        check_parameters(self)
        check_sum(f"the point at {self.at_years:g} years", self.weights)


@dataclass(frozen=True, slots=True)
class GlidePath(TargetSource):
    """Weights of asset classes by age, or by the years left to a date; inside a class as written."""

    kind: ClassVar[str] = "glide_path"

    points: tuple[GlidePoint, ...] = field(
        metadata=parameter(
            "The weights of the classes at certain ages, or at so many years before the date.",
            allowed="a list of tables with at_years and weights: two if linear, one or more if step, else two or more",
            wrong="Points far apart with a step between them: one large rebalance on one day.",
            example="[{ at_years = 30, weights = { equity = 0.9, bond = 0.1 } }]",
            count_max=200,
        )
    )
    shape: str = field(
        default="table",
        metadata=parameter(
            "What holds between points: linear is one line between two points, table is a line from each to the next, "
            "step keeps each point's weights until the next.",
            wrong="step moves a whole step on one day; the others move a little in every session.",
            choices=tuple(_POINTS),
        ),
    )
    birth_on: date | None = field(
        default=None,
        metadata=parameter(
            "The birth date, to go by age; either this or target_on.",
            wrong="The weights of another age.",
            example="1983-05-17",
        ),
    )
    target_on: date | None = field(
        default=None,
        metadata=parameter(
            "The date that the money is for, to go by the years left to it; either this or birth_on.",
            wrong="The risk is taken off too early or too late.",
            example="2045-01-01",
        ),
    )

    @override
    def check(self) -> None:
        if (self.birth_on is None) == (self.target_on is None):
            found = "neither" if self.birth_on is None else "both"
            message = f"a glide path needs either birth_on or target_on, found {found}"
            raise ValueError(message)
        self._check_birth()
        fewest, most = _POINTS[self.shape]
        if not fewest <= len(self.points) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            message = f"shape {self.shape} needs {wanted} points, found {len(self.points)}"
            raise ValueError(message)
        for years, count in Counter(point.at_years for point in self.points).items():
            if count > 1:
                message = f"{count} points are at {years:g} years, expected one"
                raise ValueError(message)
        check_same_classes(
            {f"the point at {each.at_years:g} years": each.weights for each in self.points}
        )

    def _check_birth(self) -> None:
        if self.birth_on is None:
            return
        if self.birth_on.year < _BIRTH_YEAR_MIN:
            message = f"birth_on must be {_BIRTH_YEAR_MIN}-01-01 or later, found {self.birth_on}"
            raise ValueError(message)
        for point in self.points:
            if point.at_years < 0:
                message = f"at_years must be at least 0 with birth_on, it is an age, found {point.at_years:g} (years)"
                raise ValueError(message)

    def _moment(self, on: date) -> float:
        """Return where `on` is on the path, growing with time: the age, or minus the years left."""
        if self.target_on is not None:
            return years_since(self.target_on, on)
        # One of the two is there, as `check` says.
        birth_on = self.birth_on or on
        if on < birth_on:
            message = f"birth_on must not be after today, found {birth_on} on {on}"
            raise ValueError(message)
        return years_since(birth_on, on)

    def _classes(self, on: date) -> dict[str, float]:
        """Return the weights of the classes on a date, summing to 1."""
        sign = 1 if self.target_on is None else -1
        path = sorted((sign * point.at_years, point.weights) for point in self.points)
        moment = self._moment(on)
        place = bisect_right([at for at, _ in path], moment)
        if place == 0 or place == len(path) or self.shape == "step":
            return dict(path[max(place - 1, 0)][1])
        (before_at, before), (after_at, after) = path[place - 1], path[place]
        part = (moment - before_at) / (after_at - before_at)
        # Both terms are at least 0: no rounding can bring a weight below 0.
        return {name: (1 - part) * before[name] + part * after[name] for name in before}

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        return class_targets(state.universe, self._classes(state.on))

    @override
    def statement(self, state: TargetState) -> str:
        classes = in_words(state.universe, self._classes(state.on))
        moment = self._moment(state.on)
        if self.target_on is None:
            return f"age {moment:.1f}: {classes}"
        passed = "to" if moment <= 0 else "after"
        return f"{abs(moment):.1f} years {passed} {self.target_on}: {classes}"

    @override
    def check_instruments(self, universe: Universe) -> None:
        check_classes(universe, self.asset_classes())

    @override
    def asset_classes(self) -> frozenset[str]:
        return frozenset(self.points[0].weights)

    @override
    def reads_weights(self) -> bool:
        return True
