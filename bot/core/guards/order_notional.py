"""No order above its size limit; it is refused, not cut: a size that surprises is a sign, not a detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def order_notional(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line worth more than `order_notional_max` at its limit price."""
    limit = limits.order_notional_max
    return tuple(
        Breach(
            guard="order_notional",
            statement=(
                f"{line.symbol}: an order for {abs(line.shares)} shares is worth {line.notional:.2f} "
                f"{line.currency}, at most {limit:.2f} {market.currency} allowed"
            ),
            con_id=line.con_id,
            found=line.notional,
            limit=limit,
            unit=market.currency,
        )
        for line in proposal.lines
        if is_beyond(line.notional, limit)
    )
