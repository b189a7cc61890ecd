"""No more orders in a session than a person would believe: a loop is stopped by its count. Cancels are exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against_all

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def order_count(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if this session's orders and the proposed are more than the limit."""
    count, limit = len(market.standing.orders) + len(proposal.lines), limits.orders_per_day_max
    if count <= limit:
        return ()
    statement = f"these would make {count} orders in this session, at most {limit} allowed"
    return (against_all("order_count", statement, count, limit, "orders"),)
