"""No order while the exchange keeps an instrument from trading: its quotes are no prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def halted(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line whose instrument is halted, or whose quote is unknown."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    quote = market.quote(line.con_id)
    if quote is None:
        return against("halted", line, "no quote tells whether it is halted")
    # IB tells of a halt, and of its end; of what never was halted it may say nothing.
    return against("halted", line, "it is halted") if quote.is_halted else None
