"""No order for an instrument on which somebody else's order is working: two hands on one position do not add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.breach import Breach

if TYPE_CHECKING:
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


def foreign_order(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each open order that is not ours, on an instrument of the mandate that is proposed."""
    proposed = {line.con_id for line in proposal.lines} & market.mandate
    return tuple(
        Breach(
            guard="foreign_order",
            statement=(
                f"{order.symbol}: an order for {order.shares} shares is working that this bot did not place "
                f"(reference {order.order_ref or 'none'!r}, client {order.client_id}, permId {order.perm_id})"
            ),
            con_id=order.con_id,
            found=None,
            limit=None,
            unit="",
        )
        for order in market.open_orders
        if order.con_id in proposed and not order.order_ref.startswith(market.own_prefix)
    )
