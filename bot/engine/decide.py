"""From a valuation to a decision and a trade list: the pure core, called once a look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Decision
from bot.core.planner.legs import make_legs
from bot.core.planner.rebalance import rebalance
from bot.core.policy.destination import course_of
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.targets.source import TargetState
from bot.errors import require

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from bot.core.domain.plan import Leg
    from bot.core.domain.session import Session
    from bot.core.planner.base import Valuation
    from bot.core.policy.policy import Band
    from bot.engine.mandate import Mandate


def decide(
    mandate: Mandate,
    valuation: Valuation,
    session: Session,
    now: datetime,
    occurrences_done: frozenset[str],
) -> tuple[Decision, tuple[Leg, ...]]:
    """Ask the policy whether to trade, and the planner what that takes.

    Args:
        mandate: The rules.
        valuation: Weights of this look, fractions of base, cash last.
        session: The session of this look.
        now: The moment of this look, aware UTC.
        occurrences_done: Calendar occurrences that need nothing more.

    Returns:
        The decision with its reasons, and the legs, sells first; none if nothing is asked for or worth its while.
    """
    weights = valuation.weights
    targets = target_weights(mandate, valuation, session.held_on)
    state = PolicyState(
        weights=weights[np.newaxis],
        targets=targets,
        session=session,
        occurrences_done=occurrences_done,
        symbols=mandate.symbols,
        now=now,
        asset_classes=(*mandate.universe.asset_classes, "cash"),
        base=np.array([valuation.base]),
        prices=valuation.prices[np.newaxis],
    )
    ask = Ask(int(mandate.policy.asks(state)[0]))
    finding = mandate.policy.explain(state, 0)
    require(
        finding.asks == ask.name.lower(),
        f"{finding.rule} must explain what it asks: {ask.name.lower()}",
    )
    desired = weights
    legs: tuple[Leg, ...] = ()
    if ask is not Ask.NOTHING:
        course = course_of(mandate.policy, state, ask, mandate.destination)
        planned = rebalance(valuation.portfolios(), course, mandate.planner_rules)
        desired = planned.desired[0]
        legs = make_legs(
            instruments=valuation.instruments,
            trades=planned.trades[0],
            prices=valuation.prices,
            weights=weights,
            targets=targets[0],
            desired=desired,
        )
    band = mandate.policy.band(state)
    decision = Decision(
        rebalance=ask is not Ask.NOTHING,
        finding=finding,
        symbols=mandate.symbols,
        weights=tuple(weights.tolist()),
        targets=tuple(targets[0].tolist()),
        below=_widths(mandate, band, is_below=True),
        above=_widths(mandate, band, is_below=False),
        desired=tuple(desired.tolist()),
    )
    return decision, legs


def target_weights(mandate: Mandate, valuation: Valuation, on: date) -> NDArray[np.float64]:
    """Return the target weights (1, N+1) on a date (the exchange's zone), fractions of base, cash last."""
    return mandate.targets.weights(
        TargetState(
            universe=mandate.universe,
            on=on,
            weights=valuation.weights[np.newaxis],
            prices=valuation.prices[np.newaxis],
        )
    )


def _widths(mandate: Mandate, band: Band | None, *, is_below: bool) -> tuple[float | None, ...]:
    if band is None:
        return tuple(None for _ in mandate.symbols)
    widths: NDArray[np.float64] = (band.below if is_below else band.above)[0]
    return tuple(width if math.isfinite(width) else None for width in widths.tolist())
