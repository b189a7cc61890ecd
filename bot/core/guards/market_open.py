"""No order outside a session of the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def market_open(
    proposal: Proposal,  # noqa: ARG001 - every guard has this shape
    market: Market,
    limits: Limits,  # noqa: ARG001
) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if `now` is not inside the session."""
    session = market.session
    if session is not None and session.contains(market.now):
        return ()
    if session is None:
        statement = f"the exchange is closed at {market.now.isoformat()}"
    else:
        statement = (
            f"{session.exchange} is open from {session.opens_at.isoformat()} to {session.closes_at.isoformat()}, "
            f"it is {market.now.isoformat()}"
        )
    return (
        Breach(
            guard="market_open", statement=statement, con_id=None, found=None, limit=None, unit=""
        ),
    )
