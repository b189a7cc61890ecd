"""Portfolios for the planner's tests: one written by hand, and many that are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from bot.core.planner.portfolios import Portfolios
from bot.core.planner.rebalance import Rebalance, rebalance
from bot.core.planner.rules import Marks, PlannerRules
from bot.core.policy.destination import Course, Destination, Reach
from bot.core.policy.policy import Band

if TYPE_CHECKING:
    from numpy.typing import NDArray

FREELY = PlannerRules(minimum_trade=0.0, cash_buffer=0.0)
FREE = np.inf


def one(
    shares: list[int], prices: list[float], cash: float, tails: list[float] | None = None
) -> Portfolios:
    """Return one portfolio, whose base is what it holds; its con_ids are 100, 101 and so on."""
    held, tail = np.array([shares]), np.array([tails or [0.0] * len(shares)])
    return Portfolios(
        shares=held,
        prices=np.array([prices]),
        base=np.array([float(((held + tail) * prices).sum() + cash)]),
        cash=np.array([cash]),
        con_ids=np.arange(len(shares)) + 100,
        tails=tail,
    )


def marks(lots: list[float], no_buy: tuple[int, ...] = (), no_sell: tuple[int, ...] = ()) -> Marks:
    """Return marks: lots are int64 if all are whole, and the columns named may not be bought, or not be sold."""
    columns = np.arange(len(lots))
    is_whole = all(float(lot).is_integer() for lot in lots)
    return Marks(
        np.array(lots, dtype=np.int64 if is_whole else np.float64),
        ~np.isin(columns, no_buy),
        ~np.isin(columns, no_sell),
    )


def band(half_widths: list[float]) -> Band:
    """Return a band that is as wide below as above, cash last."""
    widths = np.array([half_widths])
    return Band(widths, widths)


@dataclass
class Case:
    """Portfolios, where they are to go, and what is allowed."""

    held: Portfolios
    course: Course
    rules: PlannerRules
    marks: Marks | None = None

    def plan(self, held: Portfolios | None = None) -> Rebalance:
        return rebalance(held or self.held, self.course, self.rules, self.marks)

    def trades(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return what the plan trades in shares: whole ones as such, so that they are counted exactly."""
        planned = self.plan()
        return planned.trades if self.is_whole else planned.shares

    @property
    def is_whole(self) -> bool:
        return self.marks is None or self.marks.is_whole


def _held(generator: np.random.Generator, rows: int, count: int, size: int) -> Portfolios:
    prices = np.round(generator.lognormal(4, 1.2, (rows, count)), 2) + 0.01
    shares = generator.integers(0, size, (rows, count))
    tails = generator.random((rows, count)) * generator.integers(0, 2)
    holdings = ((shares + tails) * prices).sum(axis=1)
    # From a debt of a tenth to two fifths in cash.
    base = np.maximum(holdings * (1 + generator.uniform(-0.1, 0.4, rows)), 100.0)
    cash = base - holdings
    return Portfolios(
        shares=shares,
        prices=prices,
        base=base,
        cash=cash,
        con_ids=generator.permutation(count) + 1,
        tails=tails,
        settled=cash - generator.uniform(0, 0.2, rows) * base
        if generator.integers(3) == 0
        else None,
        daily_volumes=np.floor(generator.lognormal(4, 2, (1, count))),
    )


def _targets(generator: np.random.Generator, held: Portfolios) -> NDArray[np.float64]:
    rows, count = held.shares.shape
    targets = generator.dirichlet(np.ones(count + 1), rows if generator.integers(2) else 1)
    if generator.integers(2):
        near = held.weights()[: len(targets)] * generator.uniform(0.8, 1.2, targets.shape)
        targets = np.clip(near, 0.001, 1.0)
    targets[:, -1] *= generator.integers(0, 2)
    return targets / targets.sum(axis=1, keepdims=True)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw portfolios from tiny to large, near their targets or far off, and every kind of rule but a turnover."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 8))
    held = _held(
        generator, draw(st.integers(1, 5)), count, draw(st.sampled_from([3, 20, 300, 5000]))
    )
    widths = np.full((1, count + 1), draw(st.sampled_from([0.005, 0.02, 0.05, 0.1])))
    widths[:, -1] = draw(st.sampled_from([FREE, 0.005, 0.05]))
    reach = draw(st.sampled_from([reach for reach in Reach if reach is not Reach.FRACTION]))
    destination = Destination(reach, 0.004 if reach is Reach.DISTANCE else None)
    rules = PlannerRules(
        minimum_trade=draw(st.sampled_from([0.0, 50.0, 500.0])),
        cash_buffer=draw(st.sampled_from([0.0, 0.005, 0.02])),
        minimum_drift=draw(st.sampled_from([0.0, 0.01])),
    )
    lots = draw(st.sampled_from([None, [1], [1, 5, 100], [0.001]]))
    marked = None
    if lots is not None:
        chosen = np.array(lots)[generator.integers(0, len(lots), count)]
        marked = Marks(chosen, generator.random(count) < 0.8, generator.random(count) < 0.8)
    return Case(
        held, Course(_targets(generator, held), destination, Band(widths, widths)), rules, marked
    )
