"""The three lists that decide what became of an order.

They are asked for one after the other, and in this order for a reason: an order goes from open to completed, and its
executions are there by then. Asked for at once, an order that fills in between could be missing from every list -
and absent from all of them means that it never arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.adapters.ib import keys
from bot.adapters.ib.pending import Failed
from bot.core.domain.orders import OrderBooks
from bot.core.domain.reading import Known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.adapters.ib.asking import Asking
    from bot.core.domain.orders import OpenOrder
    from bot.core.domain.reading import Reading

SOURCE: Final = "ib:orders"

#: Wire states in which an order is over. A live update can say so while the list is being read; the order is in the
#: completed list then, which is read afterwards.
_OVER: Final = frozenset({"Filled", "Cancelled", "ApiCancelled"})


async def read_orders(asking: Asking) -> Reading[OrderBooks]:
    """Read open orders of all clients, completed orders, executions; known only if all three ended."""
    opened = await asking.ask(keys.OPEN_ORDERS, lambda client: client.reqAllOpenOrders())
    if isinstance(opened, Failed):
        return asking.unknown(SOURCE, opened.reason)
    completed = await asking.ask(
        keys.COMPLETED_ORDERS,
        lambda client: client.reqCompletedOrders(False),  # noqa: FBT003 - theirs: not only the API's
    )
    if isinstance(completed, Failed):
        return asking.unknown(SOURCE, completed.reason)
    trouble = asking.connection.trouble
    if trouble is not None:
        return asking.unknown(SOURCE, trouble)
    request_id = asking.connection.next_id()
    every_one = asking.connection.library.new_execution_filter()
    executed = await asking.ask(
        keys.executions(request_id),
        lambda client: client.reqExecutions(request_id, every_one),
        request_id=request_id,
    )
    if isinstance(executed, Failed):
        return asking.unknown(SOURCE, executed.reason)
    books = OrderBooks(
        open_orders=_still_open(opened.rows),
        completed_orders=completed.rows,
        executions=executed.rows,
    )
    return Known(books, SOURCE, asking.connection.clock.now())


async def read_open_orders(asking: Asking) -> Reading[tuple[OpenOrder, ...]]:
    """Read the open orders of all clients alone: enough to cancel, too little to decide what became of one."""
    opened = await asking.ask(keys.OPEN_ORDERS, lambda client: client.reqAllOpenOrders())
    if isinstance(opened, Failed):
        return asking.unknown(SOURCE, opened.reason)
    return Known(_still_open(opened.rows), SOURCE, asking.connection.clock.now())


def _still_open(rows: Iterable[OpenOrder]) -> tuple[OpenOrder, ...]:
    """Return the newest row of each order that is not over; orders made by hand have no order id."""
    newest = {
        (row.client_id, row.order_id) if row.order_id > 0 else row.perm_id: row for row in rows
    }
    return tuple(row for row in newest.values() if row.status not in _OVER)
