"""No order while the broker's own hours say closed: two calendars must agree that an instrument trades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def broker_hours(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line whose instrument the broker does not say to be open now."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    hours = market.hours.get(line.con_id)
    if hours is None:
        return against("broker_hours", line, "the broker's trading hours are unknown")
    if any(opens_at <= market.now < closes_at for opens_at, closes_at in hours):
        return None
    return against("broker_hours", line, f"the broker has it closed at {market.now.isoformat()}")
