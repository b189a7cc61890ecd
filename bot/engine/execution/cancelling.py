"""Cancel our own working orders without a look: after a halt nothing of ours is to stay at work.

It asks and does not wait: what became of them is settled before the next plan, from the broker's lists. It needs no
journal, since the journal may be why we halt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.engine.desk import Desk


async def cancel_own_orders(desk: Desk) -> tuple[list[str], list[str]]:
    """Ask the broker to cancel every own order that may still work.

    Returns:
        The references asked for, and those that could not be asked for: the line is down or the order has no id here.
    """
    asked, left = [], []
    for record in desk.recorder.ledger.unsettled():
        order_ref = record.intent.order_ref
        order_id = desk.broker.order_id_of(order_ref)
        try:
            if order_id is None:
                left.append(order_ref)
                continue
            await desk.broker.cancel_order(order_ref, order_id)
        except BrokerUnavailable:
            left.append(order_ref)
        else:
            asked.append(order_ref)
    return asked, left
