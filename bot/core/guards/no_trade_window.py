"""No order while prices are still being found, too near the close to be worked, or while the gateway may restart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.guards.proposal import against_all

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def no_trade_window(
    proposal: Proposal,  # noqa: ARG001 - every guard has this shape
    market: Market,
    limits: Limits,
) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if `now` is in a window without trading; outside a session it is silent."""
    statement = _restarting(market) or _edge(market, limits)
    return () if statement is None else (against_all("no_trade_window", statement),)


def _restarting(market: Market) -> str | None:
    if market.restarts is None:
        return "it is unknown when the gateway restarts"
    for begins_at, ends_at in market.restarts:
        if begins_at <= market.now < ends_at:
            return (
                f"the gateway may restart from {begins_at.isoformat()} to {ends_at.isoformat()}, "
                f"it is {market.now.isoformat()}"
            )
    return None


def _edge(market: Market, limits: Limits) -> str | None:
    session = market.session
    if session is None:
        return None  # the guard of the session speaks
    begins_at = session.opens_at + timedelta(seconds=limits.no_trade_after_open_s)
    ends_at = session.closes_at - timedelta(seconds=limits.no_trade_before_close_s)
    if begins_at <= market.now < ends_at:
        return None
    return (
        f"orders leave from {begins_at.isoformat()} to {ends_at.isoformat()} only, "
        f"it is {market.now.isoformat()}"
    )
