"""No faster stream of orders than the rules can explain. Cancels are exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against_all

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


#: What the rate is counted in, seconds.
WINDOW_S: Final = 60.0


def order_rate(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if the last minute's orders and the proposed are more than the limit."""
    recent = sum(
        1
        for order in market.standing.orders
        if (market.now - order.made_at).total_seconds() < WINDOW_S
    )
    count, limit = recent + len(proposal.lines), limits.orders_per_minute_max
    if count <= limit:
        return ()
    statement = f"these would make {count} orders within {WINDOW_S:g} s, at most {limit} allowed"
    return (against_all("order_rate", statement, count, limit, "orders a minute"),)
