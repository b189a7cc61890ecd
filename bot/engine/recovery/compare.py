"""Compare the broker's orders and holdings with what the journal adds up to, before anything is planned on them.

Rule: a holding of the mandate that our fills do not explain stops planning until a person accepts it: a trade by hand,
a split, a broker's view that lags behind its own fills, a journal from another account. Planning on it would trade the
difference, and if it is only a lag, trade it twice.
An order under this journal's own name that the journal does not know means that the journal is an old copy: halt.
A fill of an own order that is over is counted before holdings are compared: the broker may have corrected it since.
After a plan was worked the holdings are compared again, so that a look which ends well has left the account as it says.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.reading import known, rows
from bot.engine import events
from bot.errors import JournalBehind, PositionsDiffer

if TYPE_CHECKING:
    from bot.core.domain.account import Position
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.orders import OrderBooks
    from bot.core.domain.reading import Reading
    from bot.core.domain.snapshot import Snapshot
    from bot.engine.desk import Desk

#: How often holdings are read before a difference counts, and the pause between, seconds.
HOLDINGS_READS = 5
HOLDINGS_READ_PAUSE_S = 1.0


def check_against_journal(desk: Desk, look_id: str, snapshot: Snapshot) -> None:
    """Raise unless orders and holdings are what the journal says.

    Raises:
        JournalBehind: If the broker has an own order that the journal does not know.
        HaltRequired: If an order that is over was filled by more than it asked for, or was proven absent.
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
    if desk.lease is not None:
        _count_late_fills(desk, known(snapshot.orders))
    differences = _differences(desk, snapshot.instruments, snapshot.positions)
    if not differences:
        return
    desk.recorder.record(events.POSITIONS_DIFFER, {"positions": differences}, look_id=look_id)
    message = (
        f"{_told(differences)}; if that is right, `bot reconcile --acknowledge SYMBOL --reason TEXT`;"
        " nothing is planned until then"
    )
    raise PositionsDiffer(message)


async def check_holdings(desk: Desk, instruments: tuple[Instrument, ...]) -> None:
    """Raise unless the account holds what our fills add up to, now that nothing of ours is at work.

    The list of positions is behind the broker's own fills at times, so it is asked a few times.

    Args:
        desk: Ports and rules.
        instruments: Those of the mandate.

    Raises:
        HaltRequired: If a fill came meanwhile that must not be.
        PositionsDiffer: If a holding of the mandate is another one in every read.
        ReadUnknown: If the positions could not be read.
    """
    differences: list[dict[str, object]] = []
    for read in range(HOLDINGS_READS):
        if read:
            await desk.clock.sleep(HOLDINGS_READ_PAUSE_S)
        positions = await desk.broker.read_positions()
        await desk.drain()
        differences = _differences(desk, instruments, positions)
        if not differences:
            return
    message = f"{_told(differences)}: if the next look finds that too, it plans nothing"
    raise PositionsDiffer(message)


def _count_late_fills(desk: Desk, books: OrderBooks) -> None:
    """Count fills of orders that were over when nobody listened: corrected ones, and such as should not be."""
    for execution in books.executions:
        record = desk.recorder.ledger.order(execution.order_ref)
        # Of one that still works a fill may be in this list and not in the positions, which were read before it.
        if record is not None and record.is_final:
            desk.tracker.count(execution)


def _told(differences: list[dict[str, object]]) -> str:
    return ", ".join(
        f"{row['symbol']}: {row['found']} shares held, {row['expected']} explained by our fills"
        for row in differences
    )


def _own_orders_unknown(desk: Desk, books: OrderBooks) -> list[str]:
    references = [
        order.order_ref
        for orders in (books.open_orders, books.completed_orders, books.executions)
        for order in orders
        if order.order_ref.startswith(desk.own_prefix)
        and desk.recorder.ledger.order(order.order_ref) is None
    ]
    return sorted(set(references))


def _differences(
    desk: Desk, instruments: tuple[Instrument, ...], positions: Reading[tuple[Position, ...]]
) -> list[dict[str, object]]:
    held = {row.con_id: row.quantity for row in rows(positions)}
    expected = desk.recorder.ledger.expected
    return [
        {
            "symbol": instrument.symbol,
            "con_id": instrument.con_id,
            "expected": expected[instrument.con_id],
            "found": held.get(instrument.con_id, Decimal(0)),
        }
        for instrument in instruments
        if instrument.con_id in expected
        and expected[instrument.con_id] != held.get(instrument.con_id, Decimal(0))
    ]
