"""Compare the broker's orders and holdings with what the journal adds up to, before anything is planned on them.

Rule: a holding of the mandate that our fills do not explain stops planning until a person accepts it: a trade by hand,
a split, a broker's view that lags behind its own fills, a journal from another account. Planning on it would trade the
difference, and if it is only a lag, trade it twice.
An order under this journal's own name that the journal does not know means that the journal is an old copy: halt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.reading import known, rows
from bot.engine import events
from bot.errors import JournalBehind, PositionsDiffer

if TYPE_CHECKING:
    from bot.core.domain.orders import OrderBooks
    from bot.core.domain.snapshot import Snapshot
    from bot.engine.desk import Desk


def check_against_journal(desk: Desk, look_id: str, snapshot: Snapshot) -> None:
    """Raise unless orders and holdings are what the journal says.

    Raises:
        JournalBehind: If the broker has an own order that the journal does not know.
        PositionsDiffer: If a holding of the mandate is not what our fills add up to; the differences are journaled.
        ReadUnknown: If orders or positions are unknown.
    """
    strangers = _own_orders_unknown(desk, known(snapshot.orders))
    if strangers:
        message = (
            f"the broker has orders of this journal that the journal does not know: {', '.join(strangers)};"
            " it is an old copy: restore the newest one"
        )
        raise JournalBehind(message)
    differences = _differences(desk, snapshot)
    if not differences:
        return
    desk.recorder.record(events.POSITIONS_DIFFER, {"positions": differences}, look_id=look_id)
    told = ", ".join(
        f"{row['symbol']}: {row['found']} shares held, {row['expected']} explained by our fills"
        for row in differences
    )
    message = (
        f"{told}; if that is right, `bot reconcile --acknowledge SYMBOL --reason TEXT`;"
        " nothing is planned until then"
    )
    raise PositionsDiffer(message)


def _own_orders_unknown(desk: Desk, books: OrderBooks) -> list[str]:
    references = [
        order.order_ref
        for orders in (books.open_orders, books.completed_orders, books.executions)
        for order in orders
        if order.order_ref.startswith(desk.own_prefix)
        and desk.recorder.ledger.order(order.order_ref) is None
    ]
    return sorted(set(references))


def _differences(desk: Desk, snapshot: Snapshot) -> list[dict[str, object]]:
    held = {row.con_id: row.quantity for row in rows(snapshot.positions)}
    expected = desk.recorder.ledger.expected
    return [
        {
            "symbol": instrument.symbol,
            "con_id": instrument.con_id,
            "expected": expected[instrument.con_id],
            "found": held.get(instrument.con_id, Decimal(0)),
        }
        for instrument in snapshot.instruments
        if instrument.con_id in expected
        and expected[instrument.con_id] != held.get(instrument.con_id, Decimal(0))
    ]
