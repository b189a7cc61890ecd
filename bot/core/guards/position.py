"""No order that could carry a holding out of what its plan approved, counting every order that may still fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def position(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line after which the holding would leave the way from the plan's start to its target."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    holding = market.standing.holdings.get(line.con_id)
    if holding is None:
        return against("position", line, "the holding is unknown", unit="shares")
    working = sum(order.working for order in market.standing.of(line.con_id))
    after = holding.shares + working + line.shares
    target = holding.start + holding.approved
    if min(holding.start, target) <= after <= max(holding.start, target):
        return None
    statement = (
        f"{holding.shares:g} shares held, {working:+g} working and this order for {line.shares:+} make {after:g}, "
        f"approved is the way from {holding.start:g} to {target:g}"
    )
    return against("position", line, statement, after, target, "shares")
