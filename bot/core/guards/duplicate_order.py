"""No second order for an instrument while a first one may still fill: at most one at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def duplicate_order(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line whose instrument has another order, here, at the broker or in doubt."""
    counts = Counter(line.con_id for line in proposal.lines)
    found = (_judge(line, counts[line.con_id], market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, count: int, market: Market) -> Breach | None:
    if count > 1:
        return against(
            "duplicate_order", line, f"{count} orders are proposed at once", count, 1, "orders"
        )
    standing = market.standing
    refs = [order.order_ref for order in standing.of(line.con_id) if order.is_open]
    known = {order.order_ref for order in standing.orders}
    refs += [
        order.order_ref
        for order in market.open_orders
        if order.con_id == line.con_id
        and order.order_ref.startswith(market.own_prefix)
        and order.order_ref not in known
    ]
    if not refs:
        return None
    statement = f"{', '.join(refs)} may still fill, and this would be a second order"
    return against("duplicate_order", line, statement, len(refs) + 1, 1, "orders")
