"""What the broker's three lists say of one order. Pure: lists in, verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.domain.orders import CompletedOrder, OrderBooks
    from bot.engine.order_record import OrderRecord


class Found(Enum):
    """Where an order was found."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNCLEAR = "unclear"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it was found, and the words for the journal."""

    found: Found
    statement: str


def evidence_of(record: OrderRecord, books: OrderBooks) -> Evidence:
    """Return what the lists say of an order whose executions are counted already.

    Executions beat everything; an order in the open list is open whatever else is said; a completed one counts only
    if its filled quantity is the one that we counted, else an execution is still missing.
    """
    order_ref, wanted = record.intent.order_ref, Decimal(record.intent.shares)
    if record.filled == wanted:
        return Evidence(Found.FILLED, f"executions add up to {wanted} shares")
    for open_order in books.open_orders:
        if open_order.order_ref == order_ref and open_order.status == "Inactive":
            return _inactive(record)
        if open_order.order_ref == order_ref:
            return Evidence(Found.OPEN, f"in the list of open orders as {open_order.status}")
    for completed in books.completed_orders:
        if completed.order_ref == order_ref:
            return _completed(record, completed)
    if record.filled:
        # It did arrive, so its absence proves nothing about the rest.
        partly = (
            f"{record.filled} of {wanted} shares filled, and in neither open nor completed orders"
        )
        return Evidence(Found.UNCLEAR, partly)
    return Evidence(Found.ABSENT, "in none of open orders, completed orders and executions")


def _inactive(record: OrderRecord) -> Evidence:
    """Return what Inactive in the open list means: refused if IB said so too, else it may come to life again."""
    if record.refusal is not None:
        return Evidence(Found.REJECTED, f"in the list of open orders as Inactive; {record.refusal}")
    return Evidence(Found.UNCLEAR, "in the list of open orders as Inactive: refused, or held")


def _completed(record: OrderRecord, completed: CompletedOrder) -> Evidence:
    """Return what the list of completed orders says: it counts only with the filled quantity that we counted."""
    words = f"completed as {completed.status}: {completed.completed_status}".strip(": \n")
    there = completed.filled
    if there is None or abs(there) != abs(record.filled) or completed.status == "Filled":
        said = "an unknown number of" if there is None else there
        missing = f"{words}; {said} shares filled there, {record.filled} counted"
        return Evidence(Found.UNCLEAR, missing)
    text = completed.completed_status.lower()
    if completed.status == "Inactive" or "reject" in text:
        return Evidence(Found.REJECTED, words)
    return Evidence(Found.EXPIRED if "expired" in text else Found.CANCELLED, words)
