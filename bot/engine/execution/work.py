"""Work a plan: sells first, then buys from the proceeds that executions confirm."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.breach import Breach
from bot.core.domain.reading import known
from bot.core.execution.ladder import Step
from bot.core.machines.order import OrderState
from bot.core.planner.budget import affordable
from bot.engine import events, records
from bot.engine.execution.following import Next
from bot.engine.execution.judging import judge
from bot.engine.execution.proposals import order_at
from bot.engine.execution.send import Refused, send
from bot.engine.execution.waiting import Waiting
from bot.errors import MarketClosed, ReadUnknown, Stopped

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.orders import OrderIntent
    from bot.core.domain.plan import Leg
    from bot.core.guards.proposal import Market
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord

#: How often the broker's cash is read before its figure is taken as it is, and the pause between, seconds.
CASH_READS = 5
CASH_READ_PAUSE_S = 1.0


@dataclass(slots=True)
class Work:
    """Works one plan in one look.

    Attributes:
        desk: Ports and rules.
        plan: The plan and its orders so far.
        market: What guards know of the world; its quotes are renewed before every round of orders.
        held: Legs that a guard held in this look, by leg.
        short_of_cash: Why buys were cut although our fills pay for them, or None.
    """

    desk: Desk
    plan: PlanRecord
    market: Market
    held: dict[int, tuple[Breach, ...]] = field(default_factory=dict)
    short_of_cash: str | None = None

    async def run(self) -> None:
        """Send and work orders until every leg is filled, held, refused or out of attempts.

        Raises:
            MarketClosed: If the session is about to end; the plan stays open until it does.
            Stopped: If trading was halted; own working orders have been cancelled as far as the broker confirmed.
            BrokerUnavailable, ReadUnknown: If the broker was lost, or an order that was written left no trace there;
                what is open is UNKNOWN and the plan stays open.
        """
        waiting = Waiting(self.desk)
        try:
            await self._until_final(waiting)  # orders of an earlier look or process
            self._give_up()
            await self._side(waiting, self._sells())
            await self._side(waiting, [leg for leg in self.plan.plan.legs if leg.shares > 0])
        except (Stopped, MarketClosed):
            await waiting.until_final(self.plan)  # it sees the halt and cancels what works
            raise

    def stuck(self) -> dict[int, str]:
        """Return the legs that this plan can do nothing more for, with the reason, by leg."""
        return self._next.stuck()

    @property
    def _next(self) -> Next:
        return Next(self.desk, self.plan)

    async def _side(self, waiting: Waiting, legs: list[Leg]) -> None:
        """Work the legs of one side in rounds: an order of each, and when all of them are final the next."""
        idle_rounds = 0
        while idle_rounds < self.desk.mandate.execution.attempts_max:
            if not self.desk.tracker.link_is_up or self.plan.open_orders():
                return  # the gateway lost IB (1100), or an order's end is not known: nothing new
            pending = self._pending(legs)
            if not pending:
                return
            due, waits_until = self._due(pending)
            if not due:
                await waiting.pause(self.plan, waits_until)
                continue
            await self._renew_quotes([leg for leg, _ in due])
            intents = self._judge(self._price(due))
            if intents and intents[0].shares > 0:
                intents = await self._within_cash(intents)
            for intent in intents:
                await self._send(intent)
            idle_rounds += not intents
            await self._until_final(waiting)
            self._give_up()

    def _give_up(self) -> None:
        """Journal each leg that nothing more can be done for, as soon as that is so: somebody is to hear of it."""
        for index, reason in self.stuck().items():
            if index not in self.plan.stopped:
                body = {"leg": index, "reason": reason}
                self.desk.recorder.record(events.LEG_STOPPED, body, plan_id=self.plan.plan.plan_id)

    def _due(self, pending: list[tuple[Leg, Step]]) -> tuple[list[tuple[Leg, Step]], datetime]:
        """Return the legs whose next order may be made now, and until when to wait if there is none."""
        now = self.desk.clock.now()
        times = [self._next.due_at(leg, step) or now for leg, step in pending]
        due = [each for each, time in zip(pending, times, strict=True) if time <= now]
        return due, min(times)

    async def _until_final(self, waiting: Waiting) -> None:
        """Wait for the end of what is open. A leg whose order left no trace at the broker gets no other one.

        The line was up all the while, so the order did arrive. That two reads did not find it says that it was lost
        there, or that the lists are later than `settle_s`: a further attempt would be sent on the same word.
        """
        open_orders = self.plan.open_orders()
        await waiting.until_final(self.plan)
        lost = [
            record.intent
            for record in open_orders
            if record.state is OrderState.NEVER_ARRIVED and record.refusal is None
        ]
        for intent in lost:
            reason = (
                f"{intent.instrument.symbol}: {intent.order_ref} was sent and left no trace at the broker,"
                " look for it at IB"
            )
            body = {"leg": intent.leg, "reason": reason}
            self.desk.recorder.record(events.LEG_STOPPED, body, plan_id=intent.plan_id)
        if lost:
            refs = ", ".join(intent.order_ref for intent in lost)
            message = (
                f"{refs}: sent, and neither refused nor in any list of the broker:"
                " nothing more is sent in this look"
            )
            raise ReadUnknown(message)

    def _pending(self, legs: list[Leg]) -> list[tuple[Leg, Step]]:
        """Return the legs that may get an order, each with the step that comes next."""
        stuck = self.stuck()
        ready = [
            (leg, self._next.step(leg))
            for leg in legs
            if self.plan.remaining(leg) != 0
            and leg.index not in stuck
            and leg.index not in self.held
            and all(attempt.is_final for attempt in self.plan.attempts(leg))
        ]
        return [(leg, step) for leg, step in ready if isinstance(step, Step)]

    async def _renew_quotes(self, legs: list[Leg]) -> None:
        quotes = await self.desk.broker.read_quotes([leg.instrument for leg in legs])
        now = self.desk.clock.now()
        self.market = replace(
            self.market,
            quotes={**self.market.quotes, **quotes},
            now=now,
            holds=self.desk.recorder.holds.reasons(),
        )

    def _price(self, due: list[tuple[Leg, Step]]) -> list[OrderIntent]:
        priced = []
        for leg, step in due:
            quote = self.market.quote(leg.instrument.con_id)
            shares = self._next.shown(leg, self._next.shares(leg, step), quote)
            if shares == 0:
                self._hold(leg, (_no_size(leg),))
                continue
            intent = order_at(self.desk, self.plan, leg, self.market, step, shares)
            if intent is None:
                self._hold(leg, (_no_price(leg),))
            else:
                priced.append(intent)
        return priced

    async def _within_cash(self, buys: list[OrderIntent]) -> list[OrderIntent]:
        """Cut buys to the cash that our executions confirm and that the broker's own figure does not contradict."""
        confirmed = self.plan.cash_now()
        cash = await self._broker_cash(confirmed)
        available = min(confirmed, cash)
        wanted = np.array([buy.shares for buy in buys], dtype=np.int64)
        granted = affordable(wanted, tuple(buy.limit_price for buy in buys), available)
        minimum = Decimal(str(self.desk.mandate.planner_rules.minimum_trade))
        kept = []
        # What executions do not pay for, no later look of this plan can pay for either, once the sells are over.
        final = cash >= confirmed and self._sells_are_over()
        if cash < confirmed and tuple(granted) != tuple(wanted):
            self.short_of_cash = (
                f"the broker says that {cash} {self.plan.plan.currency} are free, our fills add up to {confirmed}:"
                " buys wait for the difference, and the plan ends with the session"
            )
        for buy, shares in zip(buys, granted, strict=True):
            # What is cut is cut to whole lots, and to nothing below the minimum trade.
            lot = self.desk.mandate.lot_of(buy.instrument.symbol)
            whole = shares if shares == buy.shares else shares - shares % lot
            if whole < buy.shares and whole * buy.limit_price < minimum:
                whole = 0
            if whole < buy.shares and final:
                self._trim(buy, buy.shares - whole)
            if whole > 0:
                kept.append(replace(buy, shares=whole))
        return kept

    async def _broker_cash(self, confirmed: Decimal) -> Decimal:
        """Return the broker's cash less reserve and buffer; it lags its own fills, so it is asked a few times."""
        free = Decimal(0)
        for read in range(CASH_READS):
            if read:
                await self.desk.clock.sleep(CASH_READ_PAUSE_S)
            account = known(await self.desk.broker.read_account())
            free = self.desk.mandate.free_cash(account, self.plan.plan.base)
            if free >= confirmed:
                break
        return free

    def _sells(self) -> list[Leg]:
        return [leg for leg in self.plan.plan.legs if leg.shares < 0]

    def _sells_are_over(self) -> bool:
        """Return whether no sell of this plan can bring cash any more: a held one still may, in a later look."""
        stuck = self.stuck()
        return not self.plan.open_orders() and all(
            self.plan.remaining(leg) == 0 or leg.index in stuck for leg in self._sells()
        )

    def _trim(self, buy: OrderIntent, shares: int) -> None:
        body = {
            "leg": buy.leg,
            "shares": shares,
            "reason": f"{buy.instrument.symbol}: the cash allows {shares} shares fewer",
        }
        self.desk.recorder.record(events.LEG_TRIMMED, body, plan_id=buy.plan_id)

    def _judge(self, intents: list[OrderIntent]) -> list[OrderIntent]:
        """Return the orders that the guards let through; the legs of the others are held in this look."""
        if not intents:
            return []
        breaches = judge(self.desk, self.plan, intents, self.market)
        allowed = []
        for intent in intents:
            against = tuple(
                breach for breach in breaches if breach.con_id in {None, intent.instrument.con_id}
            )
            if against:
                self._hold(self.plan.plan.legs[intent.leg], against)
            else:
                allowed.append(intent)
        return allowed

    async def _send(self, intent: OrderIntent) -> None:
        result = await send(self.desk, self.plan, intent, self.market)
        if isinstance(result, Refused):
            self._hold(self.plan.plan.legs[intent.leg], result.breaches)

    def _hold(self, leg: Leg, breaches: tuple[Breach, ...]) -> None:
        self.held[leg.index] = breaches
        body = {"leg": leg.index, "symbol": leg.instrument.symbol}
        body["breaches"] = [records.body_of(breach) for breach in breaches]
        self.desk.recorder.record(events.BREACHES, body, plan_id=self.plan.plan.plan_id)


def _no_size(leg: Leg) -> Breach:
    """Return why a leg is held of which the quote shows too little, or nobody said how much."""
    statement = f"{leg.instrument.symbol}: no lot is within [execution] order_displayed_max of what is shown"
    return Breach("spread", statement, leg.instrument.con_id, None, None, "shares")


def _no_price(leg: Leg) -> Breach:
    """Return why a leg without a mid is held: an order cannot be made, so no guard is asked about it."""
    return Breach(
        guard="quote_age",
        statement=f"{leg.instrument.symbol}: no mid price to make an order with",
        con_id=leg.instrument.con_id,
        found=None,
        limit=None,
        unit="s",
    )
