"""Broker events to journaled facts about our orders.

Rule: quantities come from executions, counted once by execution id. A status line is at most a sign of life or a
reason to ask; what ended an order is decided from the broker's lists (`bot.engine.recovery`), never from a line.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.orders import (
    Commission,
    Consequence,
    Disconnected,
    Execution,
    OpenOrder,
    OrderError,
    OrderStatus,
    SystemMessage,
)
from bot.core.execution.echo import differences
from bot.core.machines.order import TABLE, OrderEvent, OrderState
from bot.engine import events, records
from bot.errors import HaltRequired

if TYPE_CHECKING:
    from bot.core.domain.orders import BrokerEvent
    from bot.engine.order_record import OrderRecord
    from bot.engine.recorder import Recorder

#: Wire statuses that say: the broker has the order and may still work it.
ALIVE = frozenset({"ApiPending", "PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel"})
#: Wire statuses that say: perhaps it is over. They are asked about, never believed.
CANCELLED = frozenset({"Cancelled", "ApiCancelled"})
PERHAPS_OVER = frozenset({"Filled", "Inactive"}) | CANCELLED

#: Commissions of unknown executions that are kept, in case the execution comes yet.
EARLY_MAX = 1000


class Tracker:
    """Takes what the broker says, journals it, and keeps the orders' states.

    Attributes:
        perhaps_over: Orders whose wire status says that they ended, with that status: to be confirmed.
        said_cancelled: Orders that the wire called cancelled.
        link_is_up: False between code 1100 and 1101 or 1102: the gateway lost IB.
        recheck: Why journal and broker are to be compared again, or None.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.perhaps_over: dict[str, str] = {}
        self.said_cancelled: set[str] = set()
        self.link_is_up = True
        self.recheck: str | None = None
        self._early: dict[str, Commission] = {}

    def move(self, record: OrderRecord, event: OrderEvent, evidence: str) -> None:
        """Journal and apply one step in an order's life, with the evidence for it.

        Raises:
            InvariantBroken: If the step is illegal; it is not journaled then, or no restart could read the journal.
        """
        TABLE.advance(record.state, event)
        self._recorder.record(
            events.ORDER_STATE,
            {"from": record.state.value, "event": event.value, "evidence": evidence},
            plan_id=record.intent.plan_id,
            order_ref=record.intent.order_ref,
        )
        if record.is_final:
            self.recheck = "an order ended"

    def take(self, event: BrokerEvent) -> None:
        """Take one event of the broker into account.

        Raises:
            HaltRequired: If more was filled than an order asked for, or an order that was proven absent; if the
                broker has an order of ours without a limit, or in another account.
        """
        match event:
            case Execution():
                self.count(event)
            case Commission():
                self._cost(event)
            case OrderStatus(order_ref=str(order_ref), status=status):
                self._sign_of_life(order_ref, status)
            case OpenOrder(order_ref=order_ref, status=status):
                self._sign_of_life(order_ref, status)
                self._compare(event)
            case OrderError():
                self._error(event)
            case SystemMessage() | Disconnected():
                self._line(event)
            case OrderStatus():
                pass

    def count(self, execution: Execution) -> None:
        """Count one fill of an own order, once; a fill of somebody else's order is none of ours."""
        record = self._recorder.ledger.order(execution.order_ref)
        if record is None or record.has(execution.execution_id):
            return
        self._take_for_sent(record, f"execution {execution.execution_id}")
        self._recorder.record(
            events.EXECUTION,
            records.body_of(execution),
            plan_id=record.intent.plan_id,
            order_ref=execution.order_ref,
        )
        self._cost_late(execution.execution_id)
        self._refuse_too_much(record, execution)
        if record.has_lost_shares:
            # The broker took back a part of what it had filled. The order is over all the same.
            return
        is_whole = record.filled == Decimal(record.intent.shares)
        step = OrderEvent.FILLED if is_whole else OrderEvent.PART_FILLED
        self.move(record, step, f"execution {execution.execution_id}")

    def _take_for_sent(self, record: OrderRecord, what: str) -> None:
        """Doubt an intent that the broker talks about: a process wrote it and died before it could say so."""
        if record.state is OrderState.INTENT:
            self.move(record, OrderEvent.DOUBTED, f"{what} came for it")

    def _refuse_too_much(self, record: OrderRecord, execution: Execution) -> None:
        """Halt on a fill that must not be: of more than was sent, or of what was proven not to be there."""
        wanted, filled = Decimal(record.intent.shares), record.filled
        plan = self._recorder.ledger.plans[record.intent.plan_id]
        leg = plan.plan.legs[record.intent.leg]
        if abs(filled) > abs(wanted) or abs(plan.filled(leg)) > abs(leg.shares):
            message = (
                f"order {execution.order_ref} asked for {wanted} shares and {filled} are filled, its"
                f" leg for {leg.shares} and {plan.filled(leg)} are: the broker fills more than was sent"
            )
            raise HaltRequired(message)
        if record.state is OrderState.NEVER_ARRIVED:
            message = (
                f"order {execution.order_ref} was in none of the broker's lists, twice, and has filled"
                f" {filled} shares all the same: the lists are later than [execution] settle_s, and another"
                " attempt of it may be at work; compare orders and holdings at IB before `bot resume`"
            )
            raise HaltRequired(message)

    def _cost(self, commission: Commission) -> None:
        if commission.amount is None:
            return
        record = self._filled_by(commission.execution_id)
        if record is None:
            # It came before its execution, or belongs to somebody else's order.
            if len(self._early) < EARLY_MAX:
                self._early[commission.execution_id] = commission
        elif commission.execution_id not in record.commissions:
            self._recorder.record(
                events.COMMISSION,
                records.body_of(commission),
                plan_id=record.intent.plan_id,
                order_ref=record.intent.order_ref,
            )

    def _filled_by(self, execution_id: str) -> OrderRecord | None:
        for plan in self._recorder.ledger.plans.values():
            for record in plan.orders.values():
                if any(fill.execution_id == execution_id for fill in record.fills.values()):
                    return record
        return None

    def _cost_late(self, execution_id: str) -> None:
        """Count a commission that came before its execution."""
        commission = self._early.pop(execution_id, None)
        if commission is not None:
            self._cost(commission)

    def _sign_of_life(self, order_ref: str, status: str) -> None:
        record = self._recorder.ledger.order(order_ref)
        if record is None or record.is_final:
            return
        self._take_for_sent(record, f"wire status {status}")
        if status in PERHAPS_OVER:
            self.perhaps_over[order_ref] = f"wire status {status}"
            if status in CANCELLED:
                self.said_cancelled.add(order_ref)
        elif status in ALIVE and record.state in {OrderState.SENT, OrderState.UNKNOWN}:
            self.move(record, OrderEvent.ACKNOWLEDGED, f"wire status {status}")

    def _compare(self, echo: OpenOrder) -> None:
        """Take note of an own order that is not at the broker what was sent: it is cancelled, its leg is stopped."""
        record = self._recorder.ledger.order(echo.order_ref)
        if record is None or record.altered is not None:
            return
        found = differences(record.intent, echo)
        if not found:
            return
        symbol = record.intent.instrument.symbol
        words = "; ".join(each.words for each in found)
        reason = (
            f"{symbol}: the broker has {echo.order_ref} with other terms than were sent ({words})"
        )
        self._recorder.record(
            events.ORDER_ALTERED,
            {"leg": record.intent.leg, "reason": reason},
            plan_id=record.intent.plan_id,
            order_ref=echo.order_ref,
        )
        if any(each.is_grave for each in found):
            message = f"{reason}: look at presets and accounts in the gateway before `bot resume`"
            raise HaltRequired(message)

    def _error(self, error: OrderError) -> None:
        record = self._recorder.ledger.order(error.order_ref)
        if record is None:
            return
        self._recorder.record(
            events.ORDER_ERROR,
            records.body_of(error),
            plan_id=record.intent.plan_id,
            order_ref=error.order_ref,
        )
        self._take_for_sent(record, f"error {error.code}")
        if error.consequence is not Consequence.INFORMATIONAL and not record.is_final:
            # A hint only: the order may live all the same, so it is asked about.
            self.perhaps_over.setdefault(error.order_ref, f"error {error.code}")

    def _line(self, event: SystemMessage | Disconnected) -> None:
        if isinstance(event, Disconnected):
            # What was said of the gateway's own line was said in a session that is over.
            self.link_is_up = True
            return
        body = {"code": event.code, "message": event.message}
        self._recorder.record(events.SYSTEM_MESSAGE, body)
        if event.code in {1100, 2110}:
            self.link_is_up = False
        elif event.code in {1101, 1102}:
            # What was filled meanwhile may be told late, or never: it is asked for.
            self.link_is_up = True
            self.recheck = f"code {event.code}"
