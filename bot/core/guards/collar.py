"""No limit price far through the mid, in no regime: a buy too high or a sell too low is a mistake at any hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def collar(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line more than `collar_max_bps` beyond the mid or the plan's mid, or without one."""
    found = (_judge(line, market, limits.collar_max_bps) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limit_bps: float) -> Breach | None:
    mid = market.mid(line.con_id)
    if mid is None:
        limit = f"the limit price of {line.price:g} {line.currency}"
        return _breach(line, f"no mid price to hold {limit} against", None, limit_bps)
    for reference, name in ((mid, "mid"), (line.arrival_price, "mid of the plan")):
        # Positive is aggressive: a buy above the reference, a sell below it.
        beyond_bps = (line.price - reference) / reference * 1e4 * (1 if line.shares > 0 else -1)
        if is_beyond(beyond_bps, limit_bps):
            side = "buy" if line.shares > 0 else "sell"
            statement = (
                f"the limit price of {line.price:g} {line.currency} to {side} is {beyond_bps:.1f} bps"
                f" beyond the {name} of {reference:g}, at most {limit_bps:g} bps allowed"
            )
            return _breach(line, statement, beyond_bps, limit_bps)
    return None


def _breach(line: Line, statement: str, found: float | None, limit_bps: float) -> Breach:
    return Breach(
        guard="collar",
        statement=f"{line.symbol}: {statement}",
        con_id=line.con_id,
        found=found,
        limit=limit_bps,
        unit="bps",
    )
