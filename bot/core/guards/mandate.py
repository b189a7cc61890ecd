"""No order for what has no target, nor in another currency than the account's: the mandate is the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def mandate(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line outside the mandate or in another currency."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    if line.con_id not in market.mandate:
        statement = f"conId {line.con_id} has no target, only holdings with a target are traded"
    elif line.currency != market.currency:
        statement = f"the order is in {line.currency}, expected the account's {market.currency}"
    else:
        return None
    return Breach(
        guard="mandate",
        statement=f"{line.symbol}: {statement}",
        con_id=line.con_id,
        found=None,
        limit=None,
        unit="",
    )
