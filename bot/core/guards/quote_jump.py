"""No order on a quote far from the look's own first one: one of the two is wrong, or nobody knows the price now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def quote_jump(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line whose mid is more than `quote_jump_max_bps` from the look's first, or unknown."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    first, mid, limit = (
        market.first_quote(line.con_id),
        market.mid(line.con_id),
        limits.quote_jump_max_bps,
    )
    before = None if first is None else first.mid
    if before is None or mid is None:
        statement = "this mid or the look's first one is unknown"
        return against("quote_jump", line, statement, None, limit, "bps")
    jump_bps = (mid - before) / before * 1e4
    if not is_beyond(abs(jump_bps), limit):
        return None
    statement = (
        f"the mid went from {before:g} to {mid:g} {line.currency} within this look, {jump_bps:+.1f} bps, "
        f"at most {limit:g} bps allowed"
    )
    return against("quote_jump", line, statement, jump_bps, limit, "bps")
