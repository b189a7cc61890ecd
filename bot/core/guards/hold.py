"""No order for what is held: journal and broker do not agree on it, and what is not understood is not traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def hold(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each held instrument that is proposed, and one for the whole if everything is held."""
    if not proposal.lines:
        return ()
    proposed = {None, *(line.con_id for line in proposal.lines)}
    return tuple(
        Breach(
            guard="hold",
            statement=reason,
            con_id=con_id,
            found=None,
            limit=None,
            unit="",
        )
        for con_id, reason in market.holds.items()
        if con_id in proposed
    )
