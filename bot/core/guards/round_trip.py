"""No order that undoes one of the same session: buying back what was just sold earns nobody but the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def round_trip(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line with more than `round_trips_max` orders of the other side in this session."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    others = [
        order for order in market.standing.of(line.con_id) if order.committed * line.shares < 0
    ]
    limit = limits.round_trips_max
    if len(others) <= limit:
        return None
    refs = ", ".join(order.order_ref for order in others)
    statement = f"{refs} traded its other side in this session: {len(others)} round trips, at most {limit} allowed"
    return against("round_trip", line, statement, len(others), limit, "round trips")
