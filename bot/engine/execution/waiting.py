"""Wait until orders are final, within stated times; what stays unclear is UNKNOWN and goes to recovery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.domain.orders import Disconnected
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine.recovery.settle import confirm, settle
from bot.engine.recovery.watch import reconcile_if_due
from bot.errors import BrokerUnavailable, Stopped

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.orders import BrokerEvent
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord
    from bot.engine.order_record import OrderRecord

#: How long one wait for an event lasts at the most: how soon a halt is noticed, seconds.
POLL_S = 0.1
#: How long a final order's commission report is waited for: it arrives after the fill, seconds.
COMMISSION_WAIT_S = 1.0


#: How often the broker's lists are asked about orders that went UNKNOWN in one look.
SETTLE_ROUNDS = 2


@dataclass(slots=True)
class Watch:
    """When things happened to one order, monotonic seconds."""

    since_s: float
    cancel_at_s: float | None = None


@dataclass(slots=True)
class Waiting:
    """Works the open orders of one plan to their end.

    Attributes:
        desk: Ports and rules.
        watches: Times of each order that was seen open, by order_ref.
    """

    desk: Desk
    watches: dict[str, Watch] = field(default_factory=dict)

    async def until_final(self, plan: PlanRecord) -> None:
        """Return when no order of `plan` can fill any more, or its end is UNKNOWN and recovery could not tell.

        Raises:
            BrokerUnavailable: If the line breaks; every open order is UNKNOWN then.
            ReadUnknown: If a list that decides could not be read.
        """
        for _ in range(SETTLE_ROUNDS):
            await self._work_known(plan)
            unknown = plan.open_orders()
            if not unknown:
                break
            await settle(self.desk, unknown)
            for record in unknown:  # one that was found open is worked with its full time again
                self.watches.pop(record.intent.order_ref, None)
        await self._commissions(plan)
        if not plan.open_orders():
            await reconcile_if_due(self.desk, is_working=True, is_over=True)

    async def pause(self, plan: PlanRecord, until: datetime) -> None:
        """Let time pass up to `until` (aware UTC), with what the broker says taken into account.

        Raises:
            Stopped: As soon as trading is halted.
            BrokerUnavailable: If the line breaks.
        """
        while self.desk.clock.now() < until:
            if self.desk.switch.is_halted():
                raise Stopped(self.desk.switch.reason())
            await self._take_events(plan)

    async def _work_known(self, plan: PlanRecord) -> None:
        while open_orders := [
            record for record in plan.open_orders() if record.state is not OrderState.UNKNOWN
        ]:
            for record in open_orders:
                await self._keep_time(record)
            await self._take_events(plan)
            await self._confirm(plan)
            await reconcile_if_due(self.desk, is_working=True)

    async def _take_events(self, plan: PlanRecord) -> None:
        event = await self.desk.broker.next_event(POLL_S)
        while event is not None:
            self._take(event, plan)
            event = await self.desk.broker.next_event(0)

    def _take(self, event: BrokerEvent, plan: PlanRecord) -> None:
        if isinstance(event, Disconnected):
            for record in plan.open_orders():
                if record.state is not OrderState.UNKNOWN:
                    self.desk.tracker.move(record, OrderEvent.DOUBTED, event.reason)
            raise BrokerUnavailable(event.reason)
        self.desk.tracker.take(event)

    async def _keep_time(self, record: OrderRecord) -> None:
        rules, now_s = self.desk.mandate.execution, self.desk.clock.monotonic()
        watch = self.watches.setdefault(record.intent.order_ref, Watch(now_s))
        waited_s = now_s - watch.since_s
        if record.state is OrderState.SENT and waited_s > rules.acknowledge_timeout_s:
            self.desk.tracker.move(
                record, OrderEvent.DOUBTED, f"no sign of life for {waited_s:.0f} s after sending"
            )
        elif watch.cancel_at_s is not None:
            if now_s - watch.cancel_at_s > rules.acknowledge_timeout_s:
                self.desk.tracker.move(
                    record, OrderEvent.DOUBTED, "the cancel was not confirmed in time"
                )
        elif self._is_to_end(record, waited_s) or self.desk.switch.is_halted():
            await self._cancel(record, watch)

    def _is_to_end(self, record: OrderRecord, waited_s: float) -> bool:
        """Return whether an order's time is over, or what the broker has is not what was sent."""
        if record.altered is not None:
            return True
        rules, now = self.desk.mandate.execution, self.desk.clock.now()
        plan = self.desk.recorder.ledger.plans[record.intent.plan_id].plan
        if (
            record.intent.order_type == "LOC"
        ):  # the auction is at the close; the report of it comes after
            return now >= plan.expires_at + timedelta(seconds=rules.acknowledge_timeout_s)
        deadline = plan.expires_at - timedelta(seconds=rules.no_trade_before_close_s)
        return waited_s > rules.order_timeout_s or now >= deadline

    async def _cancel(self, record: OrderRecord, watch: Watch) -> None:
        order_id = self.desk.broker.order_id_of(record.intent.order_ref)
        if order_id is None:
            self.desk.tracker.move(record, OrderEvent.DOUBTED, "no order id to cancel by")
            return
        watch.cancel_at_s = self.desk.clock.monotonic()
        await self.desk.broker.cancel_order(record.intent.order_ref, order_id)

    async def _confirm(self, plan: PlanRecord) -> None:
        said = {
            record.intent.order_ref: self.desk.tracker.perhaps_over.pop(record.intent.order_ref)
            for record in plan.open_orders()
            if record.intent.order_ref in self.desk.tracker.perhaps_over
        }
        if said:
            await confirm(self.desk, said)

    async def _commissions(self, plan: PlanRecord) -> None:
        deadline_s = self.desk.clock.monotonic() + COMMISSION_WAIT_S
        while self.desk.clock.monotonic() < deadline_s and any(
            len(record.commissions) < len(record.fills) for record in plan.orders.values()
        ):
            event = await self.desk.broker.next_event(POLL_S)
            if event is not None:
                self._take(event, plan)
