"""An order's life in any order of events: machine, tracker, ledger and recovery against a broker that keeps the truth.

The broker here is a fake that implements the port. It fills, cancels, rejects, corrects and loses orders; what it
says of that arrives late, twice, in any order or never, its lists are behind by less than the settle window, and the
process is killed in between. After every step the invariants are asked of the truth, not of what the bot believes:

I2  at most one live attempt of a leg, and what the ledger calls final is dead
I4  filled and working together never exceed what was approved
I5  every fill is counted once, in its newest revision, and the fills are the position's difference
I6  what could not be read decides nothing
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.app import mandate_of
from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import (
    Commission,
    Consequence,
    Execution,
    OrderError,
    OrderIntent,
    OrderStatus,
)
from bot.core.domain.plan import Leg, Plan
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events, records
from bot.engine.desk import Desk
from bot.engine.order_record import fill_key
from bot.engine.recorder import Recorder
from bot.engine.recovery.settle import confirm, settle
from bot.engine.tracker import Tracker
from bot.errors import ReadUnknown
from bot.settings import load_settings
from tests.engine.execution.truth import (
    HELD,
    START,
    FakeBroker,
    HandClock,
    ListJournal,
    Quiet,
    Truth,
    as_json,
    done,
    echo_of,
)

DEMO = Path(__file__).parents[3] / "bot" / "cli" / "demo.toml"
MSFT = Instrument(1, "MSFT", "USD", "SMART", "NASDAQ", (PriceBand(0, 0.01),), "US/Eastern", "")
KO = replace(MSFT, con_id=2, symbol="KO")
LEGS = (Leg(0, MSFT, -100, 50.0, ""), Leg(1, KO, 60, 50.0, ""))
PLAN = Plan("P1", "L1", "DU1", "USD", 1e6, LEGS, (), START, START + timedelta(hours=6))
PRICE = Decimal(50)


MANDATE = mandate_of(load_settings(DEMO, {}))
RULES = replace(MANDATE, execution=replace(MANDATE.execution, settle_s=30.0))
MESSAGES = st.integers(0, 10**6)


class OrderLife(RuleBasedStateMachine):
    """Everything that can happen to the orders of a plan with a sell and a buy."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock()
        self.journal = ListJournal(self.clock)
        self.broker = FakeBroker(self.clock)
        self.said: list[Any] = []
        self.ids = 0
        self.start()
        body = {"plan": records.body_of(PLAN), "cash": "100000", "positions": HELD, "settings": ""}
        self.desk.recorder.record(events.PLAN_OPENED, as_json(body), plan_id=PLAN.plan_id)

    def start(self) -> None:
        """A process begins: everything that it knows is what the journal has."""
        recorder = Recorder(self.journal)
        tracker = Tracker(recorder)
        parts: Any = (RULES, self.clock, None, self.broker, recorder, tracker, Quiet(), None)
        self.desk = Desk(*parts)

    @initialize(lag_s=st.sampled_from([0.0, 5.0, 29.0]))
    def choose(self, lag_s: float) -> None:
        self.broker.lag_s = lag_s

    @property
    def plan(self) -> Any:
        return self.desk.recorder.ledger.plans[PLAN.plan_id]

    def live(self) -> list[Truth]:
        return [truth for truth in self.broker.truths.values() if truth.rest]

    # -- what the bot does

    @rule(
        leg=st.sampled_from(LEGS),
        part=st.integers(1, 100),
        fate=st.sampled_from(["sent", "lost", "killed", "killed and lost"]),
    )
    def send(self, leg: Leg, part: int, fate: str) -> None:
        """Send an order as `send()` may: every earlier one of the leg is final, and there is room."""
        attempts, room = self.plan.attempts(leg), self.plan.remaining(leg)
        if not room or any(not record.is_final for record in attempts):
            return
        if any(record.has_lost_shares for record in attempts):
            return
        shares = max(1, abs(room) * part // 100) * (1 if room > 0 else -1)
        number = len(attempts) + 1
        ref = f"abc123-{PLAN.plan_id}-{leg.index}-{number}"
        intent = OrderIntent(ref, "P1", leg.index, number, leg.instrument, shares, PRICE, "DU1")
        body = as_json(records.body_of(intent))
        self.desk.recorder.record(events.ORDER_INTENT, body, plan_id="P1", order_ref=ref)
        if "lost" in fate:
            self.broker.truths[ref] = Truth(intent, None)
        else:
            self.broker.place_order(intent)
        if "killed" in fate:
            self.start()
        else:
            self.desk.tracker.move(self.plan.orders[ref], OrderEvent.SENT, "written")

    @rule()
    def look(self) -> None:
        """Settle whatever is open; what is said to be over is asked about first."""
        self._confirm()
        done(settle(self.desk, self.desk.recorder.ledger.unsettled()))

    @rule()
    def ask(self) -> None:
        self._confirm()

    def _confirm(self) -> None:
        said = dict(self.desk.tracker.perhaps_over)
        self.desk.tracker.perhaps_over.clear()
        if said:
            done(confirm(self.desk, said))

    @rule()
    def look_blindly(self) -> None:
        """I6: the lists could not be read; nothing becomes final by that."""
        before = {ref for ref, record in self.plan.orders.items() if record.is_final}
        self.broker.is_blind = True
        if self.desk.recorder.ledger.unsettled():
            with pytest.raises(ReadUnknown):
                done(settle(self.desk, self.desk.recorder.ledger.unsettled()))
        self.broker.is_blind = False
        assert {ref for ref, record in self.plan.orders.items() if record.is_final} == before

    @rule()
    def lose_patience(self) -> None:
        """No answer in time: the order is in doubt, and no more than that."""
        for record in self.plan.open_orders():
            if record.state is not OrderState.INTENT:
                self.desk.tracker.move(record, OrderEvent.DOUBTED, "no answer in time")
                assert record.state is OrderState.UNKNOWN

    @rule()
    def restart(self) -> None:
        before = self.desk.recorder.ledger.plans
        self.start()
        assert self.desk.recorder.ledger.plans == before

    @rule(seconds=st.sampled_from([0.1, 10.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    # -- what the broker does

    @precondition(lambda self: self.live())
    @rule(which=MESSAGES, part=st.integers(1, 100))
    def fill(self, which: int, part: int) -> None:
        truth = self.live()[which % len(self.live())]
        shares = max(1, truth.rest * part // 100)
        truth.traded += shares
        self.ids += 1
        side = 1 if truth.intent.shares > 0 else -1
        execution = self._execution(truth, f"ab.{self.ids:04d}.01", side * shares)
        truth.fills.append((self.clock.now(), execution))
        if truth.traded == abs(truth.intent.shares):
            truth.ended_at, truth.end = self.clock.now(), "Filled"
        word = truth.end or "Submitted"
        self.said += [execution, self._status(truth, word), echo_of(truth, word)]
        self.said.append(Commission(execution.execution_id, Decimal(1), "USD"))

    @precondition(lambda self: any(truth.fills for truth in self.broker.truths.values()))
    @rule(which=MESSAGES, part=st.integers(0, 99))
    def correct_or_bust(self, which: int, part: int) -> None:
        """A fill is told anew with fewer shares, .01 as .02 and so on; with none left it is a bust."""
        traded = [truth for truth in self.broker.truths.values() if truth.fills]
        truth = traded[which % len(traded)]
        newest = list(truth.booked(self.clock.now()).values())[-1]
        name, revision = fill_key(newest.execution_id)
        shares = (
            int(newest.shares) * part // 100
            if newest.shares > 0
            else -(-int(newest.shares) * part // 100)
        )
        correction = self._execution(truth, f"{name}.{revision + 1:02d}", shares)
        truth.fills.append((self.clock.now(), correction))
        self.said.append(correction)

    @precondition(lambda self: self.live())
    @rule(which=MESSAGES, word=st.sampled_from(["Cancelled", "Inactive", "Expired"]))
    def end(self, which: int, word: str) -> None:
        truth = self.live()[which % len(self.live())]
        truth.ended_at, truth.end = self.clock.now(), word
        told = "Cancelled" if word == "Expired" else word
        self.said += [self._status(truth, "PendingCancel"), self._status(truth, told)]
        if word == "Inactive":
            error = OrderError(
                truth.intent.order_ref,
                201,
                "no",
                is_refusal=True,
                consequence=Consequence.ORDER_FATAL,
            )
            self.said.append(error)

    @precondition(lambda self: self.live())
    @rule(
        which=MESSAGES,
        word=st.sampled_from(["Cancelled", "Inactive", "Filled", "Submitted"]),
        code=st.sampled_from([0, 201, 10349]),
    )
    def say_what_is_not_so(self, which: int, word: str, code: int) -> None:
        """A status or a refusal of an order that works on: what libraries make of 10349, and races make of a cancel."""
        truth = self.live()[which % len(self.live())]
        self.said.append(self._status(truth, word))
        if code:
            kind = Consequence.ORDER_FATAL if code == 201 else Consequence.INFORMATIONAL
            error = OrderError(truth.intent.order_ref, code, "?", code == 201, kind)
            self.said.append(error)

    @precondition(lambda self: self.said)
    @rule(which=MESSAGES, is_kept=st.booleans())
    def hear(self, which: int, *, is_kept: bool) -> None:
        """One message of those that are on their way arrives, in any order; kept, it will arrive again."""
        index = which % len(self.said)
        event = self.said[index] if is_kept else self.said.pop(index)
        self.desk.tracker.take(event)

    # -- what must always be

    @invariant()
    def at_most_one_attempt_of_a_leg_is_live_and_what_is_final_is_dead(self) -> None:
        """I2 on the truth."""
        legs = Counter(truth.intent.leg for truth in self.live())
        assert all(count == 1 for count in legs.values())
        for truth in self.live():
            assert not self.plan.orders[truth.intent.order_ref].is_final

    @invariant()
    def filled_and_working_stay_within_what_was_approved(self) -> None:
        """I4 on the truth, and on what is believed."""
        now = self.clock.now()
        for leg in LEGS:
            mine = [t for t in self.broker.truths.values() if t.intent.leg == leg.index]
            assert sum(abs(t.shares(now)) + t.rest for t in mine) <= abs(leg.shares)
            committed = sum(abs(record.committed) for record in self.plan.attempts(leg))
            assert committed <= abs(leg.shares)
            assert 0 <= self.plan.remaining(leg) / leg.shares <= 1
        assert self.plan.notional_committed() <= float(PRICE) * sum(abs(leg.shares) for leg in LEGS)

    @invariant()
    def every_fill_is_counted_once_in_one_revision(self) -> None:
        """I5: what is believed are facts of the truth, one for each fill, and they make up the expected position."""
        expected = dict(HELD)
        for ref, record in self.plan.orders.items():
            facts = [execution for _, execution in self.broker.truths[ref].fills]
            assert all(fill in facts for fill in record.fills.values())
            names = [fill_key(fill.execution_id)[0] for fill in record.fills.values()]
            assert len(names) == len(set(names))
            expected[record.intent.instrument.con_id] += record.filled
        assert {key: self.desk.recorder.ledger.expected[key] for key in HELD} == expected

    @invariant()
    def nothing_that_was_not_proven_absent_never_arrived(self) -> None:
        """I6 for orders: absence is a proof, and the truth agrees with it."""
        for ref, record in self.plan.orders.items():
            if record.state is OrderState.NEVER_ARRIVED:
                assert self.broker.truths[ref].arrived_at is None

    def teardown(self) -> None:
        """In the end, with everything heard and shown, every fill is counted and the positions are explained."""
        for event in self.said:
            self.desk.tracker.take(event)
        self.clock.at += timedelta(seconds=60)
        done(settle(self.desk, self.desk.recorder.ledger.unsettled()))
        books = done(self.broker.read_orders()).value
        for execution in books.executions:
            self.desk.tracker.count(execution)
        now = self.clock.now()
        for ref, truth in self.broker.truths.items():
            assert self.plan.orders[ref].filled == truth.shares(now)
        assert self.desk.recorder.ledger.expected == self.broker.positions(now)

    def _execution(self, truth: Truth, execution_id: str, shares: int) -> Execution:
        intent = truth.intent
        return Execution(
            execution_id=execution_id,
            order_ref=intent.order_ref,
            perm_id=1,
            order_id=1,
            client_id=17,
            con_id=intent.instrument.con_id,
            symbol=intent.instrument.symbol,
            shares=Decimal(shares),
            price=PRICE,
            executed_at=self.clock.now(),
        )

    def _status(self, truth: Truth, word: str) -> OrderStatus:
        ref, rest = truth.intent.order_ref, Decimal(truth.rest)
        return OrderStatus(ref, 1, 17, 1, word, Decimal(truth.traded), rest)


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=40, deadline=None
)
