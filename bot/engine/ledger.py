"""What the journal says of plans and orders: a fold over its events, the same after a crash as before it.

Rule: every fact about an order is journaled first and applied here second, and a restart applies the same facts in
the same order. So there is one way to learn the state of an order, and memory cannot know more than the disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.orders import REFUSALS, Consequence
from bot.core.domain.plan import PlanEnd
from bot.core.execution.ladder import Tried, next_step
from bot.core.execution.slippage import Slippage
from bot.core.machines import order as order_machine
from bot.core.machines import plan as plan_machine
from bot.core.machines.order import OrderEvent, OrderState
from bot.core.machines.plan import PlanState
from bot.engine import events, records
from bot.engine.order_record import ZERO, OrderRecord, fill_key
from bot.errors import InvariantBroken, require

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.event import Event
    from bot.core.domain.plan import Leg, Plan
    from bot.core.execution.ladder import GivenUp, Step


@dataclass(slots=True)
class PlanRecord:
    """An approved plan, the cash it started from, and its orders so far.

    Attributes:
        plan: What was approved.
        cash: Cash free for buys when the plan was fixed (less reserve and buffer), account currency.
        positions: Shares held by conId when the plan was fixed.
        orders: Every attempt, by order_ref, oldest first.
        settings: Digest of the configuration that it was made under.
        account_type: ``margin`` or ``cash``: in a cash account proceeds buy nothing before they have settled.
        volumes: Average daily volume in shares by conId when the plan was fixed; what nobody asked for is not there.
        trimmed: Shares of each leg that the cash did not allow, by leg.
        stopped: Why a leg gets no further order, by leg.
        fatal: Why nothing more is sent under it: the broker's words about its account or its API, or None.
        questions: What a person is asked about it before anything of it is sent; none: nobody is.
        turnover_max: A cap of its own instead of the limits' (fraction of base), or None.
        end: How it ended, or None while it is open.
    """

    plan: Plan
    cash: Decimal
    positions: dict[int, Decimal]
    settings: str = ""
    account_type: str = "margin"
    volumes: dict[int, float] = field(default_factory=dict)
    orders: dict[str, OrderRecord] = field(default_factory=dict)
    trimmed: dict[int, int] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    fatal: str | None = None
    questions: tuple[str, ...] = ()
    turnover_max: float | None = None
    end: str | None = None

    def attempts(self, leg: Leg) -> list[OrderRecord]:
        """Return the orders sent for `leg`, oldest first."""
        return [record for record in self.orders.values() if record.intent.leg == leg.index]

    def filled(self, leg: Leg) -> Decimal:
        """Return the signed shares filled of `leg`."""
        return sum((record.filled for record in self.attempts(leg)), ZERO)

    def remaining(self, leg: Leg) -> int:
        """Return the signed whole shares of `leg` that no order has filled or may still fill."""
        committed = sum((record.committed for record in self.attempts(leg)), ZERO)
        rest = int(Decimal(leg.shares - self.trimmed.get(leg.index, 0)) - committed)
        # More filled than approved is possible only by a broker's correction; it never flips the side.
        return rest if rest * leg.shares > 0 else 0

    def refusal(self, leg: Leg) -> str | None:
        """Return the broker's words if it refused an attempt of `leg`; such a leg is not tried again."""
        return next((record.refusal for record in self.attempts(leg) if record.refusal), None)

    def next_step(self, leg: Leg, rungs: int, tries: int) -> Step | GivenUp:
        """Return which order of `leg` comes next, whose orders are all final and which has shares left.

        Args:
            leg: One of the plan's.
            rungs: Styles on the ladder.
            tries: Orders of one style for one slice at the most.
        """
        tried = [
            Tried(
                slice_number=record.intent.slice_number,
                rung=record.intent.rung,
                shares=record.intent.shares,
                filled=int(record.filled),
                consequence=record.consequence,
            )
            for record in self.attempts(leg)
        ]
        return next_step(tried, rungs, tries)

    def slippages(self) -> tuple[Slippage, ...]:
        """Return what each order with a fill cost against its leg's arrival mid, oldest first."""
        return tuple(
            Slippage(
                order_ref=record.intent.order_ref,
                symbol=record.intent.instrument.symbol,
                shares=record.filled,
                average_price=record.average_price,
                arrival_price=self.plan.legs[record.intent.leg].arrival_price,
            )
            for record in self.orders.values()
            if record.filled
        )

    def open_orders(self) -> list[OrderRecord]:
        """Return the orders that are not final."""
        return [record for record in self.orders.values() if not record.is_final]

    def cash_now(self) -> Decimal:
        """Return the cash for buys that executions confirm: start + proceeds - spent - costs - working buys.

        The proceeds of sells are left out in a cash account.
        """
        confirmed = self.cash + sum((self._spendable(each) for each in self.orders.values()), ZERO)
        working = sum(
            (
                (record.committed - record.filled) * record.intent.limit_price
                for record in self.open_orders()
                if record.intent.shares > 0
            ),
            ZERO,
        )
        return confirmed - working

    def _spendable(self, record: OrderRecord) -> Decimal:
        is_unsettled = self.account_type == "cash" and record.intent.shares < 0
        return -record.costs if is_unsettled else record.cash_flow

    def notional_committed(self) -> float:
        """Return the notional at limit prices that was sent and is filled or may still be filled, account currency."""
        return float(
            sum(
                (
                    abs(record.committed) * record.intent.limit_price
                    for record in self.orders.values()
                ),
                ZERO,
            )
        )

    def expected_position(self, con_id: int) -> Decimal:
        """Return the shares of an instrument that the start and our fills add up to."""
        fills = (
            record.filled
            for record in self.orders.values()
            if record.intent.instrument.con_id == con_id
        )
        return self.positions.get(con_id, ZERO) + sum(fills, ZERO)


class Ledger:
    """Plans and orders as the journal has them. `apply` is the only way in."""

    def __init__(self) -> None:
        self.plans: dict[str, PlanRecord] = {}
        #: Shares by conId that the account must hold: the last known start, plus our fills.
        self.expected: dict[int, Decimal] = {}
        self.occurrences_done: set[str] = set()

    def apply(self, event: Event) -> None:
        """Take one journaled fact into account; kinds that do not concern plans or orders change nothing."""
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(self, event)

    def open_plan(self) -> PlanRecord | None:
        """Return the plan that has no end yet, or None."""
        open_plans = [record for record in self.plans.values() if record.end is None]
        require(len(open_plans) <= 1, f"one open plan at the most, found {len(open_plans)}")
        return open_plans[0] if open_plans else None

    def order(self, order_ref: str) -> OrderRecord | None:
        """Return the record of an own order, or None if the journal does not know it."""
        for plan in self.plans.values():
            if order_ref in plan.orders:
                return plan.orders[order_ref]
        return None

    def orders_since(self, opens_at: datetime | None) -> list[OrderRecord]:
        """Return the orders made since `opens_at` (aware UTC; None: ever) or still open, plan by plan."""
        plans = (
            plan
            for plan in self.plans.values()
            if plan.end is None or opens_at is None or plan.plan.created_at >= opens_at
        )
        return [
            record
            for plan in plans
            for record in plan.orders.values()
            if opens_at is None or record.recorded_at >= opens_at or not record.is_final
        ]

    def plans_since(self, opens_at: datetime) -> list[PlanRecord]:
        """Return the plans made since `opens_at` (aware UTC), oldest first."""
        return [plan for plan in self.plans.values() if plan.plan.created_at >= opens_at]

    def shares_traded(self, opens_at: datetime) -> dict[int, Decimal]:
        """Return the shares that plans made since `opens_at` (aware UTC) traded, bought and sold together, by conId.

        What may still be filled counts as traded: it may be, a moment later.
        """
        traded: dict[int, Decimal] = {}
        for plan in self.plans_since(opens_at):
            for record in plan.orders.values():
                con_id = record.intent.instrument.con_id
                traded[con_id] = traded.get(con_id, ZERO) + abs(record.committed)
        return traded

    def unsettled(self) -> list[OrderRecord]:
        """Return every order that is not final, of any plan, oldest first."""
        return [record for plan in self.plans.values() for record in plan.open_orders()]

    def unknown(self) -> list[OrderRecord]:
        """Return the orders that only the broker's lists or a person can settle, oldest first."""
        return [record for record in self.unsettled() if record.state is OrderState.UNKNOWN]

    def _plan_opened(self, event: Event) -> None:
        plan = records.plan_from(event.body["plan"])
        positions = {int(key): Decimal(value) for key, value in event.body["positions"].items()}
        self.plans[plan.plan_id] = PlanRecord(
            plan=plan,
            cash=Decimal(event.body["cash"]),
            positions=positions,
            settings=event.body["settings"],
            account_type=event.body.get("account_type", "margin"),
            volumes={int(key): value for key, value in event.body.get("volumes", {}).items()},
            questions=tuple(event.body.get("questions", ())),
            turnover_max=event.body.get("turnover_max"),
        )
        for con_id, shares in positions.items():
            # A plan brings in what is new. What is known changes by fills and a person's word alone: a holding that
            # differs is held, and must still differ after a plan of the others.
            self.expected.setdefault(con_id, shares)

    def _plan_ended(self, event: Event) -> None:
        record = self.plans[str(event.plan_id)]
        end = PlanEnd(event.body["end"])
        record.end = plan_machine.TABLE.advance(PlanState(record.end or "open"), end).value
        if end is PlanEnd.DONE:
            self.occurrences_done.update(record.plan.occurrences)

    def _leg_trimmed(self, event: Event) -> None:
        record = self.plans[str(event.plan_id)]
        leg = event.body["leg"]
        record.trimmed[leg] = record.trimmed.get(leg, 0) + event.body["shares"]

    def _leg_stopped(self, event: Event) -> None:
        self.plans[str(event.plan_id)].stopped[event.body["leg"]] = event.body["reason"]

    def _order_intent(self, event: Event) -> None:
        intent = records.intent_from(event.body)
        self.plans[intent.plan_id].orders[intent.order_ref] = OrderRecord(
            intent=intent, state=OrderState.INTENT, recorded_at=event.recorded_at
        )

    def _order_state(self, event: Event) -> None:
        record = self._known(event)
        record.state = order_machine.TABLE.advance(record.state, OrderEvent(event.body["event"]))
        record.is_withheld = record.is_withheld or event.body["event"] == OrderEvent.WITHHELD.value
        if record.state is OrderState.REJECTED and record.refusal is None:
            record.refusal, record.consequence = event.body["evidence"], Consequence.ORDER_FATAL

    def _order_error(self, event: Event) -> None:
        body = event.body
        # The journals of older versions say only whether it is a refusal: such a leg is not tried again.
        told = body.get("consequence", "order_fatal" if body["is_refusal"] else "informational")
        if Consequence(told) not in REFUSALS:
            return
        record = self._known(event)
        record.refusal = f"error {body['code']}: {body['message']}"
        record.consequence = Consequence(told)
        if record.consequence is Consequence.RUN_FATAL:
            self.plans[record.intent.plan_id].fatal = record.refusal

    def _order_altered(self, event: Event) -> None:
        record = self._known(event)
        record.altered = event.body["reason"]
        self.plans[record.intent.plan_id].stopped[record.intent.leg] = event.body["reason"]

    def _execution(self, event: Event) -> None:
        execution = records.execution_from(event.body)
        record = self._known(event)
        if record.has(execution.execution_id):
            return
        before = record.filled
        record.fills[fill_key(execution.execution_id)[0]] = execution
        con_id = record.intent.instrument.con_id
        self.expected[con_id] = self.expected.get(con_id, ZERO) + record.filled - before

    def _position_accepted(self, event: Event) -> None:
        self.expected[event.body["con_id"]] = Decimal(event.body["shares"])

    def _commission(self, event: Event) -> None:
        commission = records.commission_from(event.body)
        self._known(event).commissions[commission.execution_id] = commission

    def _occurrences_done(self, event: Event) -> None:
        self.occurrences_done.update(event.body["occurrences"])

    def _known(self, event: Event) -> OrderRecord:
        record = self.order(str(event.order_ref))
        if record is None:
            message = f"the journal has no intent for order {event.order_ref}"
            raise InvariantBroken(message)
        return record


_HANDLERS = {
    events.PLAN_OPENED: Ledger._plan_opened,  # noqa: SLF001 - the table belongs to the class
    events.PLAN_ENDED: Ledger._plan_ended,  # noqa: SLF001
    events.LEG_TRIMMED: Ledger._leg_trimmed,  # noqa: SLF001
    events.LEG_STOPPED: Ledger._leg_stopped,  # noqa: SLF001
    events.ORDER_INTENT: Ledger._order_intent,  # noqa: SLF001
    events.ORDER_STATE: Ledger._order_state,  # noqa: SLF001
    events.ORDER_ERROR: Ledger._order_error,  # noqa: SLF001
    events.ORDER_ALTERED: Ledger._order_altered,  # noqa: SLF001
    events.EXECUTION: Ledger._execution,  # noqa: SLF001
    events.COMMISSION: Ledger._commission,  # noqa: SLF001
    events.POSITION_ACCEPTED: Ledger._position_accepted,  # noqa: SLF001
    events.OCCURRENCES_DONE: Ledger._occurrences_done,  # noqa: SLF001
}

#: The kinds that a ledger is folded from: what a restart reads of the journal.
LEDGER_KINDS = tuple(_HANDLERS)
