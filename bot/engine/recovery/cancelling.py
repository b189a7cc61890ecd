"""Cancel our own working orders without a look: after a halt nothing of ours is to stay at work.

It asks and does not wait: what became of them is settled before the next plan, from the broker's lists. It needs no
journal, since the journal may be why we halt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.reading import Known
from bot.engine.recovery.lost import may_still_fill
from bot.errors import BrokerUnavailable, InvariantBroken

if TYPE_CHECKING:
    from bot.engine.desk import Desk


async def cancel_own_orders(desk: Desk) -> tuple[list[str], list[str]]:
    """Ask the broker to cancel every own order that may still work.

    Returns:
        The references asked for, and those that could not be asked for: the line is down or the order has no id here.
    """
    # An order whose session is over works no more: there is nothing to cancel, and nothing left at work.
    unsettled = [record.intent.order_ref for record in may_still_fill(desk)]
    known_ids = {order_ref: desk.broker.order_id_of(order_ref) for order_ref in unsettled}
    asked = [ref for ref, order_id in known_ids.items() if await _cancel(desk, ref, order_id)]
    if None in known_ids.values():
        # Orders of an earlier connection have an id here once the list of open orders has named them. Those whose id
        # is known do not wait for it.
        listed = await _listed(desk)
        asked += [
            order_ref
            for order_ref, order_id in known_ids.items()
            if order_id is None and await _cancel(desk, order_ref, listed.get(order_ref))
        ]
    return asked, [order_ref for order_ref in unsettled if order_ref not in asked]


async def _listed(desk: Desk) -> dict[str, int | None]:
    reading = await desk.broker.read_orders()
    if not isinstance(reading, Known):
        return {}
    return {order.order_ref: order.order_id for order in reading.value.open_orders}


async def _cancel(desk: Desk, order_ref: str, order_id: int | None) -> bool:
    if order_id is None:
        return False
    try:
        await desk.broker.cancel_order(order_ref, order_id)
    except (BrokerUnavailable, InvariantBroken):
        return False
    return True
