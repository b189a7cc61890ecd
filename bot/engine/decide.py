"""From a valuation to a decision and a trade list: the pure core, called once a look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Decision
from bot.core.planner.legs import make_legs
from bot.core.planner.rebalance import rebalance
from bot.core.policy.state import PolicyState
from bot.errors import require

if TYPE_CHECKING:
    from bot.core.domain.plan import Leg
    from bot.core.domain.session import Session
    from bot.core.planner.base import Valuation
    from bot.engine.mandate import Mandate


def decide(
    mandate: Mandate, valuation: Valuation, session: Session, occurrences_done: frozenset[str]
) -> tuple[Decision, tuple[Leg, ...]]:
    """Ask the policy whether to trade, and the planner what that takes.

    Args:
        mandate: The rules.
        valuation: Weights of this look, fractions of base, cash last.
        session: The session of this look.
        occurrences_done: Calendar occurrences that need nothing more.

    Returns:
        The decision with its reasons, and the legs, sells first; none if nothing is asked for or worth its while.
    """
    weights = valuation.weights
    state = PolicyState(
        weights=weights[np.newaxis],
        targets=mandate.course.targets,
        session=session,
        occurrences_done=occurrences_done,
        symbols=mandate.symbols,
    )
    fires = bool(mandate.policy.fires(state)[0])
    finding = mandate.policy.explain(state, 0)
    require(finding.fired == fires, f"{finding.rule} must explain what it does, fired: {fires}")
    desired = weights
    legs: tuple[Leg, ...] = ()
    if fires:
        planned = rebalance(valuation.portfolios(), mandate.course, mandate.planner_rules)
        desired = planned.desired[0]
        legs = make_legs(
            instruments=valuation.instruments,
            trades=planned.trades[0],
            prices=valuation.prices,
            weights=weights,
            targets=mandate.course.targets,
            desired=desired,
        )
    decision = Decision(
        rebalance=fires,
        finding=finding,
        symbols=mandate.symbols,
        weights=tuple(weights.tolist()),
        targets=tuple(mandate.course.targets.tolist()),
        half_width=_bands(mandate),
        desired=tuple(desired.tolist()),
    )
    return decision, legs


def _bands(mandate: Mandate) -> tuple[float | None, ...]:
    if mandate.course.half_width is None:
        return tuple(None for _ in mandate.symbols)
    return tuple(
        width if math.isfinite(width) else None for width in mandate.course.half_width.tolist()
    )
