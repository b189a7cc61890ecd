"""What clients are shown of the truth: without a lag the truth, with one the truth of earlier."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Ticket
from bot.gateway.venue import Venue

AT = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)
LAG_S = 5.0


class Stand:
    """Everything behind the wire, at a moment that a test moves."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.venue = Venue(GatewayConfig(), clock, Behaviour(fill_delay_s=0))
        self.view = self.venue.view

    def place(self, order_id: int, *, rests: bool = False) -> None:
        """Sell ten KO at once, or never."""
        ticket = Ticket(
            client_id=1,
            order_id=order_id,
            instrument=KNOWN_INSTRUMENTS["KO"],
            exchange="SMART",
            action="SELL",
            quantity=Decimal(10),
            order_type="LMT",
            limit=Decimal(44 if rests else 1),
            aux_price=None,
            time_in_force="DAY",
            good_till_date="",
            account="",
            order_ref="",
            oca_group="",
            parent_id=0,
            outside_hours=False,
            is_preview=False,
        )
        self.venue.turns.take(lambda: self.venue.desk.place(ticket))

    def cancel(self, order_id: int) -> None:
        self.venue.turns.take(lambda: self.venue.desk.cancel(1, order_id))

    def pass_s(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)
        self.venue.turns.take(lambda: None)

    def shown(self) -> tuple[Any, ...]:
        """Return everything that the view shows, as values."""
        view, today = self.view, AT.date()
        return (
            [(order.key, order.status, order.filled) for order in view.orders()],
            [order.key for order in view.working()],
            [order.key for order in view.working(1)],
            [order.key for order in view.completed_on(today)],
            [execution.execution_id for execution in view.executions()],
            [execution.execution_id for execution in view.executed_on(today)],
            dict(view.positions("")),
            view.cash(""),
        )


@pytest.fixture
async def stand(hand_clock: Any) -> Any:
    made = Stand(hand_clock(AT))
    yield made
    made.venue.turns.cancel_all()


async def test_without_a_lag_the_truth_is_shown_at_once(stand: Any) -> None:
    stand.place(1)
    stand.place(2, rests=True)
    keys, working, *_ = stand.shown()
    assert ([key for key, *_ in keys], working) == ([(1, 1), (1, 2)], [(1, 2)])
    assert stand.view.books("") is stand.venue.accounts.of("")


async def test_what_was_true_before_the_lag_stays_visible(stand: Any) -> None:
    stand.place(1)
    before = stand.shown()
    stand.view.lag("why", LAG_S)
    assert stand.shown() == before
    stand.place(2)
    assert stand.shown() == before
    stand.pass_s(LAG_S)
    assert stand.shown() != before


async def test_the_longest_of_several_lags_counts(stand: Any) -> None:
    stand.view.lag("short", 1)
    stand.view.lag("for ever", math.inf)
    before = stand.shown()
    stand.place(1)
    stand.pass_s(1000)
    assert stand.shown() == before
    stand.view.catch_up("for ever")
    assert stand.shown() != before
    stand.view.catch_up("short")
    stand.view.catch_up("nobody")
    assert stand.view.lag_s == 0


async def test_holdings_are_told_again_when_they_are_shown(stand: Any) -> None:
    told: list[tuple[str, str]] = []
    stand.view.attach(stand.venue.desk, lambda account, symbol: told.append((account, symbol)))
    stand.view.lag("why", LAG_S)
    stand.place(1)
    stand.pass_s(LAG_S - 1)
    assert told == []
    stand.pass_s(1)
    assert told == [("DU1234567", "KO")]
    stand.place(2)
    stand.view.catch_up("why")
    assert told == [("DU1234567", "KO")] * 2


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["sell", "rest", "cancel"]), st.integers(0, 4)), max_size=12
)


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_what_is_shown_is_the_truth_of_a_lag_ago(hand_clock: Any, actions: Any) -> None:
    """Two gateways do the same; the one with a lag shows at every second what the other showed."""

    async def run() -> None:
        stands = [Stand(hand_clock(AT)) for _ in range(2)]
        true, late = stands
        late.view.lag("why", LAG_S)
        shown = [true.shown()] * (int(LAG_S) + 1)
        for number, (kind, pause_s) in enumerate(actions, start=1):
            for stand in stands:
                if kind == "cancel":
                    stand.cancel(number - 1)
                else:
                    stand.place(number, rests=kind == "rest")
            shown[-1] = true.shown()
            for _ in range(pause_s):
                for stand in stands:
                    stand.pass_s(1)
                shown.append(true.shown())
                assert late.shown() == shown[-1 - int(LAG_S)]
        late.view.catch_up("why")
        assert late.shown() == true.shown()
        for stand in stands:
            stand.venue.turns.cancel_all()

    asyncio.run(run())
