"""A holding through own fills, other hands, plans, a word and restarts: a difference is exactly what is not ours.

The truth is kept beside: what own orders filled, and what came or went otherwise and nobody has accepted.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.domain.account import Position
from bot.core.domain.orders import Execution, OrderBooks
from bot.engine import events, records
from bot.engine.recorder import Recorder
from bot.engine.recovery.compare import compare
from bot.engine.recovery.differences import Kind
from bot.engine.recovery.seen import Before, Seen
from tests.engine.recovery.conftest import NOW, ListJournal, intend, open_plan

SYMBOLS = {1: "AAPL"}


class Holding(RuleBasedStateMachine):
    """One instrument, at rest after every step: no order of ours works when it is compared."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = ListJournal()
        self.recorder = Recorder(self.journal)
        self.held = 0
        self.strange = 0
        self.is_known = False
        self.fills = 0

    @initialize(start=st.integers(0, 50))
    def begin(self, start: int) -> None:
        self.held = start

    @rule(shares=st.integers(-20, 20).filter(bool), part=st.integers(0, 20))
    def plan_and_fill(self, shares: int, part: int) -> None:
        """A plan starts from what the broker reports, fills a part of its one leg, and ends."""
        plan_id = open_plan(self.recorder, {1: shares}, {1: self.held})
        self.is_known = True
        ref = intend(self.recorder, plan_id, 0, "sent")
        filled = min(part, abs(shares)) * (1 if shares > 0 else -1)
        if filled:
            self.fills += 1
            fill = Execution(
                f"e.{self.fills}.01", ref, 1, 1, 17, 1, "AAPL", Decimal(filled), Decimal(1), NOW
            )
            keys = {"plan_id": plan_id, "order_ref": ref}
            self.recorder.record(events.EXECUTION, records.body_of(fill), **keys)
            # The broker repeats what it said; it is counted once.
            self.recorder.record(events.EXECUTION, records.body_of(fill), **keys)
        step = "filled" if filled == shares else "cancel_confirmed"
        body = {"event": step, "evidence": "test"}
        self.recorder.record(events.ORDER_STATE, body, plan_id=plan_id, order_ref=ref)
        self.recorder.record(events.PLAN_ENDED, {"end": "expired"}, plan_id=plan_id)
        self.held += filled

    @rule(shares=st.integers(-20, 20))
    def another_hand(self, shares: int) -> None:
        self.held += shares
        if self.is_known:
            self.strange += shares

    @precondition(lambda self: self.is_known)
    @rule()
    def a_person_accepts(self) -> None:
        self.recorder.record(events.POSITION_ACCEPTED, {"con_id": 1, "shares": str(self.held)})
        self.strange = 0

    @rule()
    def restart(self) -> None:
        self.recorder = Recorder(self.journal)

    @invariant()
    def a_difference_is_what_nobody_explained(self) -> None:
        row = Position(1, "AAPL", "STK", "USD", Decimal(self.held), None)
        seen = Seen(SYMBOLS, (row,), OrderBooks((), (), ()), {}, Before())
        found = compare(self.recorder, seen, "a1b2c3-", NOW, is_working=False)
        assert [each.kind for each in found] == ([Kind.SHARES] if self.strange else [])
        for each in found:
            assert each.broker is not None
            assert each.journal is not None
            assert each.broker - each.journal == self.strange


TestHolding = Holding.TestCase
TestHolding.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
