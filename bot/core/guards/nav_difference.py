"""No plan while the broker's net liquidation and our own count of the base disagree: one of the two is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def nav_difference(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if the difference is larger than `nav_difference_max`, either way."""
    found, limit = market.nav_difference, limits.nav_difference_max
    if not is_beyond(abs(found), limit):
        return ()
    statement = (
        f"the broker's net liquidation differs from our count by {found * 100:+.3f} % of base "
        f"({found * proposal.base:+.2f} {market.currency}), at most {limit * 100:g} % allowed"
    )
    return (
        Breach(
            guard="nav_difference",
            statement=statement,
            con_id=None,
            found=found,
            limit=limit,
            unit="fraction of base",
        ),
    )
