"""No session that trades too much of the base over all its plans, counting what may still fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against_all, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def day_turnover(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if this session's orders and the proposed are worth more than the limit."""
    # Smallest first: the sum does not depend on the order of the lines.
    sent = sum(sorted(order.notional for order in market.standing.orders))
    notional = sent + sum(sorted(line.notional for line in proposal.lines))
    turnover, limit = notional / proposal.base, limits.day_turnover_max
    if not is_beyond(turnover, limit):
        return ()
    statement = (
        f"this session would trade {turnover * 100:.2f} % of base ({notional:.2f} of {proposal.base:.2f} "
        f"{market.currency}), at most {limit * 100:.2f} % allowed"
    )
    return (against_all("day_turnover", statement, turnover, limit, "fraction of base"),)
