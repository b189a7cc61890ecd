"""An order's life, as a table.

    INTENT -> SENT -> {WORKING, PARTIAL, UNKNOWN} -> {FILLED, CANCELLED, REJECTED, EXPIRED, NEVER_ARRIVED}

What counts as evidence is decided by the engine; what may follow from it, only here. Why the table looks as it does:

* An intent is on the disk before a byte leaves. If the process dies between the two, nobody knows
  whether the order left: INTENT is DOUBTED into UNKNOWN, never quietly dropped and never sent
  again. Only the process that knows that it did not call the broker may say WITHHELD.
* UNKNOWN is a state. No time-out leads out of it, only evidence does, and evidence may lead
  anywhere. It may be doubted again and stays what it is.
* Nothing is proven absent unless it was doubted first: ABSENCE_CONFIRMED is legal in UNKNOWN only.
  An order that was just seen working cannot "never have arrived".
* SENT happens once. A second SENT for the same order would be an order sent twice.
* Final states are final, but the broker's fills are facts: a fill that arrives after CANCELLED,
  REJECTED or EXPIRED is counted (the state stays for a part, and becomes FILLED for the whole). A
  fill after NEVER_ARRIVED means that the proof of absence was wrong, and perhaps that the next
  attempt is out as well: that is illegal, and stops.
* FILLED accepts only its own repetition: the broker repeats status lines. The other final states accept theirs.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bot.core.machines.table import Table


class OrderState(Enum):
    """Where an order stands."""

    #: Durable in the journal; the broker has not been called.
    INTENT = "intent"
    #: The broker was called; no sign of life yet.
    SENT = "sent"
    #: The broker has it and nothing is filled.
    WORKING = "working"
    #: The broker has it and a part is filled.
    PARTIAL = "partial"
    #: It may be anywhere; evidence will tell, time will not.
    UNKNOWN = "unknown"
    #: The whole is filled.
    FILLED = "filled"
    #: The broker took it off; what was filled before stays filled.
    CANCELLED = "cancelled"
    #: The broker refused it.
    REJECTED = "rejected"
    #: Its time in force ran out.
    EXPIRED = "expired"
    #: Proven absent from every list of the broker, twice.
    NEVER_ARRIVED = "never_arrived"


class OrderEvent(Enum):
    """What can happen to an order; each is a conclusion from evidence, not a raw message."""

    #: The broker was called with it.
    SENT = "sent"
    #: We know that we did not call the broker: the switch, the lease or a guard said no after the intent.
    WITHHELD = "withheld"
    #: The broker's own words show it working.
    ACKNOWLEDGED = "acknowledged"
    #: Executions add up to less than the whole.
    PART_FILLED = "part_filled"
    #: Executions add up to the whole.
    FILLED = "filled"
    #: We lost track: a crash, a dropped line, no answer in time.
    DOUBTED = "doubted"
    #: The broker says it is cancelled.
    CANCEL_CONFIRMED = "cancel_confirmed"
    #: The broker says it is refused.
    REJECT_CONFIRMED = "reject_confirmed"
    #: The broker says that its time in force ran out.
    EXPIRY_CONFIRMED = "expiry_confirmed"
    #: Two equal reads of all lists, a settle window apart, do not have it.
    ABSENCE_CONFIRMED = "absence_confirmed"


#: States in which the broker can do nothing more with the order.
FINAL: Final = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
        OrderState.NEVER_ARRIVED,
    }
)

# What the broker can say of an order that reached it; the same from every state in which it may be alive.
_EVIDENCE: Final = {
    OrderEvent.FILLED: OrderState.FILLED,
    OrderEvent.CANCEL_CONFIRMED: OrderState.CANCELLED,
    OrderEvent.REJECT_CONFIRMED: OrderState.REJECTED,
    OrderEvent.EXPIRY_CONFIRMED: OrderState.EXPIRED,
}

TABLE: Final = Table[OrderState, OrderEvent](
    name="order",
    transitions={
        OrderState.INTENT: {
            OrderEvent.SENT: OrderState.SENT,
            OrderEvent.WITHHELD: OrderState.NEVER_ARRIVED,
            OrderEvent.DOUBTED: OrderState.UNKNOWN,
        },
        OrderState.SENT: {
            OrderEvent.ACKNOWLEDGED: OrderState.WORKING,
            OrderEvent.PART_FILLED: OrderState.PARTIAL,
            OrderEvent.DOUBTED: OrderState.UNKNOWN,
            **_EVIDENCE,
        },
        OrderState.WORKING: {
            OrderEvent.ACKNOWLEDGED: OrderState.WORKING,
            OrderEvent.PART_FILLED: OrderState.PARTIAL,
            OrderEvent.DOUBTED: OrderState.UNKNOWN,
            **_EVIDENCE,
        },
        OrderState.PARTIAL: {
            OrderEvent.ACKNOWLEDGED: OrderState.PARTIAL,
            OrderEvent.PART_FILLED: OrderState.PARTIAL,
            OrderEvent.DOUBTED: OrderState.UNKNOWN,
            **_EVIDENCE,
        },
        OrderState.UNKNOWN: {
            OrderEvent.ACKNOWLEDGED: OrderState.WORKING,
            OrderEvent.PART_FILLED: OrderState.PARTIAL,
            OrderEvent.DOUBTED: OrderState.UNKNOWN,
            OrderEvent.ABSENCE_CONFIRMED: OrderState.NEVER_ARRIVED,
            **_EVIDENCE,
        },
        OrderState.FILLED: {
            OrderEvent.FILLED: OrderState.FILLED,
        },
        OrderState.CANCELLED: {
            OrderEvent.PART_FILLED: OrderState.CANCELLED,
            OrderEvent.FILLED: OrderState.FILLED,
            OrderEvent.CANCEL_CONFIRMED: OrderState.CANCELLED,
        },
        OrderState.REJECTED: {
            OrderEvent.PART_FILLED: OrderState.REJECTED,
            OrderEvent.FILLED: OrderState.FILLED,
            OrderEvent.REJECT_CONFIRMED: OrderState.REJECTED,
        },
        OrderState.EXPIRED: {
            OrderEvent.PART_FILLED: OrderState.EXPIRED,
            OrderEvent.FILLED: OrderState.FILLED,
            OrderEvent.EXPIRY_CONFIRMED: OrderState.EXPIRED,
        },
        OrderState.NEVER_ARRIVED: {
            OrderEvent.ABSENCE_CONFIRMED: OrderState.NEVER_ARRIVED,
        },
    },
)
