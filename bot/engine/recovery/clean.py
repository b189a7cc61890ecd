"""Is the account what the journal says? Asked before a person's word lets trading go on.

Rule: nothing may be unexplained. An order whose fate is not known, an order of ours that still works after a halt, an
order of this journal that the journal does not know, a holding that our fills do not explain: each refuses, and says
what to do. Why: whoever resumes believes that all is well, and the next look trades on it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.reading import known, rows
from bot.core.machines.order import OrderState
from bot.engine import events
from bot.engine.monitor.snapshot import resolve_mandate
from bot.engine.recovery.settle import settle

if TYPE_CHECKING:
    from bot.core.domain.orders import OrderBooks
    from bot.engine.desk import Desk


async def objections(desk: Desk, *, is_halted: bool) -> list[str]:
    """Return what speaks against trading, one line each; empty if nothing does.

    Args:
        desk: Connected, read-only.
        is_halted: Whether nobody trades: then orders that are not final are settled first, as a look would, and none
            may still work. Otherwise a bot may be at work on them, and they are its own affair.

    Raises:
        ReadUnknown: If something that this needs could not be read.
    """
    ledger = desk.recorder.ledger
    if is_halted and ledger.unsettled():
        await settle(desk, ledger.unsettled())
    books = known(await desk.broker.read_orders())
    found = [
        f"order {order_ref} is not in the journal, which is an old copy: restore the newest one"
        for order_ref in _not_in_journal(desk, books)
    ]
    for record in ledger.unsettled():
        if record.state is OrderState.UNKNOWN:
            found.append(
                f"what became of order {record.intent.order_ref} is not known: look it up at IB, then"
                f" `bot reconcile --acknowledge {record.intent.order_ref} --reason TEXT`"
            )
        elif is_halted:
            found.append(f"order {record.intent.order_ref} still works: cancel it at IB")
    if not is_halted and ledger.unsettled():
        return found  # fills may be on their way: holdings say nothing while orders work
    return found + await _unexplained(desk)


def _not_in_journal(desk: Desk, books: OrderBooks) -> list[str]:
    references = {
        row.order_ref
        for orders in (books.open_orders, books.completed_orders, books.executions)
        for row in orders
        if row.order_ref.startswith(desk.own_prefix)
    }
    return sorted(ref for ref in references if desk.recorder.ledger.order(ref) is None)


async def _unexplained(desk: Desk) -> list[str]:
    """Return the holdings of the mandate that our fills do not explain; journaled, so that they can be acknowledged."""
    instruments = await resolve_mandate(desk.broker, desk.mandate.specs)
    held = {row.con_id: row.quantity for row in rows(await desk.broker.read_positions())}
    expected = desk.recorder.ledger.expected
    differing = [
        {
            "symbol": instrument.symbol,
            "con_id": instrument.con_id,
            "expected": expected[instrument.con_id],
            "found": held.get(instrument.con_id, Decimal(0)),
        }
        for instrument in instruments
        if expected.get(instrument.con_id, held.get(instrument.con_id, Decimal(0)))
        != held.get(instrument.con_id, Decimal(0))
    ]
    if differing:
        desk.recorder.record(events.POSITIONS_DIFFER, {"positions": differing})
    return [
        f"{row['symbol']}: {row['found']} shares held, {row['expected']} explained by our fills; if that is right,"
        f" `bot reconcile --acknowledge {row['symbol']} --reason TEXT`"
        for row in differing
    ]
