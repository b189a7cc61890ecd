"""From a valuation to a decision and a trade list: the pure core, called once a look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.decision import Decision
from bot.core.planner.legs import make_legs
from bot.core.planner.shares import plan_shares
from bot.core.policy.destination import Destination, desired_weights
from bot.core.policy.state import PolicyState
from bot.errors import InvariantBroken

if TYPE_CHECKING:
    from bot.core.domain.plan import Leg
    from bot.core.domain.session import Session
    from bot.core.planner.base import Valuation
    from bot.engine.mandate import Mandate


def decide(
    mandate: Mandate, valuation: Valuation, session: Session, occurrences_done: frozenset[str]
) -> Decision:
    """Ask the policy whether to trade, and the destination how far.

    Args:
        mandate: The rules.
        valuation: Weights of this look, fractions of base, cash last.
        session: The session of this look.
        occurrences_done: Calendar occurrences that need nothing more.
    """
    weights = valuation.weights[np.newaxis, :]
    state = PolicyState(
        weights=weights,
        targets=mandate.targets,
        session=session,
        occurrences_done=occurrences_done,
        symbols=mandate.symbols,
    )
    fires = bool(mandate.policy.fires(state)[0])
    finding = mandate.policy.explain(state, 0)
    if finding.fired != fires:
        message = f"{finding.rule} fires and explains differently: {fires}, {finding.fired}"
        raise InvariantBroken(message)
    desired = weights
    if fires:
        desired = desired_weights(
            weights, mandate.targets, mandate.half_width, mandate.destination
        )
    return Decision(
        rebalance=fires,
        finding=finding,
        symbols=mandate.symbols,
        weights=tuple(weights[0].tolist()),
        targets=tuple(mandate.targets.tolist()),
        half_width=_bands(mandate),
        desired=tuple(desired[0].tolist()),
    )


def trades_for(mandate: Mandate, valuation: Valuation, decision: Decision) -> tuple[Leg, ...]:
    """Return the legs that a decision asks for, sells first; empty if none is worth its while."""
    if not decision.rebalance:
        return ()
    desired = np.array([decision.desired], dtype=np.float64)
    lower = upper = None
    if mandate.destination is Destination.EDGE and mandate.half_width is not None:
        lower, upper = mandate.targets - mandate.half_width, mandate.targets + mandate.half_width
    trades = plan_shares(
        shares=valuation.whole_shares[np.newaxis, :],
        prices=valuation.prices[np.newaxis, :],
        base=np.array([valuation.base]),
        cash=np.array([valuation.cash]),
        desired=desired,
        rules=mandate.planner_rules,
        lower=lower,
        upper=upper,
    )
    return make_legs(
        instruments=valuation.instruments,
        trades=trades[0],
        prices=valuation.prices,
        weights=valuation.weights,
        targets=mandate.targets,
        desired=desired[0],
    )


def _bands(mandate: Mandate) -> tuple[float | None, ...]:
    if mandate.half_width is None:
        return tuple(None for _ in mandate.symbols)
    return tuple(
        width if math.isfinite(width) else None for width in mandate.half_width.tolist()
    )
