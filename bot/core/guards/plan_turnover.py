"""No plan that trades too much of the base, counting what was already sent under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def plan_turnover(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if sent and proposed notional are more than `plan_turnover_max`."""
    # Smallest first: the sum does not depend on the order of the lines.
    notional = proposal.committed_notional + sum(sorted(line.notional for line in proposal.lines))
    turnover, limit = notional / proposal.base, limits.plan_turnover_max
    if not is_beyond(turnover, limit):
        return ()
    statement = (
        f"the plan trades {turnover * 100:.2f} % of base ({notional:.2f} of {proposal.base:.2f} {market.currency}), "
        f"at most {limit * 100:.2f} % allowed"
    )
    return (
        Breach(
            guard="plan_turnover",
            statement=statement,
            con_id=None,
            found=turnover,
            limit=limit,
            unit="fraction of base",
        ),
    )
