"""No buy that makes one instrument too large a part of the base, counting the buys that are working."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


_UNIT: Final = "fraction of base"


def concentration(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each buy after which its instrument is worth more than `concentration_max`, or may be."""
    found = (_judge(line, proposal.base, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, base: float, market: Market, limits: Limits) -> Breach | None:
    if line.shares < 0:
        return None
    holding, limit = market.standing.holdings.get(line.con_id), limits.concentration_max
    if holding is None:
        return against("concentration", line, "the holding is unknown", None, limit, _UNIT)
    buying = sum(max(order.working, 0.0) for order in market.standing.of(line.con_id))
    part = (holding.shares + buying + line.shares) * line.price / base
    if not is_beyond(part, limit):
        return None
    statement = (
        f"with this order it would be {part * 100:.2f} % of base, at most {limit * 100:g} % allowed"
    )
    return against("concentration", line, statement, part, limit, _UNIT)
