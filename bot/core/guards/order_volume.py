"""No order that is a large part of what an instrument trades in a day: it would move the price that it is judged by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


_UNIT: Final = "fraction of the average daily volume"


def order_volume(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line of more than `order_volume_max` of the daily volume, or where that is unknown."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    volume, limit = market.volumes.get(line.con_id), limits.order_volume_max
    if volume is None or not (math.isfinite(volume) and volume > 0):
        reason = market.past_unknown.get(line.con_id)
        why = f": {reason}" if reason else ""
        return against(
            "order_volume", line, f"the daily volume is unknown{why}", None, limit, _UNIT
        )
    part = abs(line.shares) / volume
    if not is_beyond(part, limit):
        return None
    statement = (
        f"an order for {abs(line.shares)} shares is {part * 100:.3f} % of the average daily volume of {volume:.0f}, "
        f"at most {limit * 100:g} % allowed"
    )
    return against("order_volume", line, statement, part, limit, _UNIT)
