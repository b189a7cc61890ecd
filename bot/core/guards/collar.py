"""No limit price far through the mid, in no regime: a buy too high or a sell too low is a mistake at any hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.proposal import Limits, Line, Market, Proposal


def collar(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line whose price is more than `collar_max_bps` beyond the mid, or has no mid."""
    found = (_judge(line, market, limits.collar_max_bps) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limit_bps: float) -> Breach | None:
    mid = market.mid(line.con_id)
    is_buy = line.shares > 0
    beyond_bps = None
    if mid is None:
        statement = (
            f"no mid price to hold the limit price of {line.price:g} {line.currency} against"
        )
    else:
        # Positive is aggressive: a buy above the mid, a sell below it.
        beyond_bps = (line.price - mid) / mid * 1e4 * (1 if is_buy else -1)
        if not is_beyond(beyond_bps, limit_bps):
            return None
        statement = (
            f"the limit price of {line.price:g} {line.currency} to {'buy' if is_buy else 'sell'} is "
            f"{beyond_bps:.1f} bps beyond the mid of {mid:g}, at most {limit_bps:g} bps allowed"
        )
    return Breach(
        guard="collar",
        statement=f"{line.symbol}: {statement}",
        con_id=line.con_id,
        found=beyond_bps,
        limit=limit_bps,
        unit="bps",
    )
