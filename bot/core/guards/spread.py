"""No order into a wide spread: it pays too much, and a wide spread says that the mid means little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def spread(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line whose spread is unknown or wider than `spread_max_bps` of the mid."""
    found = (_judge(line, market, limits.spread_max_bps) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limit_bps: float) -> Breach | None:
    quote = market.quote(line.con_id)
    spread_bps = None if quote is None else quote.spread_bps
    if spread_bps is None:
        statement = f"the spread is unknown, at most {limit_bps:g} bps allowed"
    elif is_beyond(spread_bps, limit_bps):
        statement = f"the spread is {spread_bps:.1f} bps, at most {limit_bps:g} bps allowed"
    else:
        return None
    return Breach(
        guard="spread",
        statement=f"{line.symbol}: {statement}",
        con_id=line.con_id,
        found=spread_bps,
        limit=limit_bps,
        unit="bps",
    )
