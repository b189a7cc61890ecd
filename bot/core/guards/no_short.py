"""No order that could sell more than is held, if every working sell fills as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def no_short(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each sell that could leave fewer than 0 shares, or where the holding is unknown."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    if line.shares > 0:
        return None
    holding = market.standing.holdings.get(line.con_id)
    if holding is None:
        return against("no_short", line, "the holding is unknown", None, 0.0, "shares")
    selling = sum(min(order.working, 0.0) for order in market.standing.of(line.con_id))
    after = holding.shares + selling + line.shares
    if after >= 0:
        return None
    statement = f"{holding.shares:g} shares held, {-selling:g} being sold: {-line.shares} more would leave {after:g}"
    return against("no_short", line, statement, after, 0.0, "shares")
