"""The order desk by itself: sequences of reports, time, and that cash and shares are conserved."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.account.opening import open_ledger
from bot.gateway.clock import Timers
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS, Universe
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.prices import DailyCloses
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sessions import Sessions
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.orders.order import Status, Ticket
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.orders.order import Execution, Order
    from bot.gateway.orders.reports import Preview

#: Wall time between a moment of the replay and the alarm for it.
SOON = timedelta(seconds=0.02)


class Recorder:
    """A listener that writes down what it is told, and can be waited for."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.changed = asyncio.Event()

    def _note(self, text: str) -> None:
        self.told.append(text)
        self.changed.set()

    def opened(self, order: Order) -> None:
        charged = " charged" if order.commission else ""
        self._note(f"open {order.status.value}{charged}")

    def status_changed(self, order: Order, status: Status) -> None:
        self._note(f"status {status.value} {order.filled}/{order.quantity}")

    def executed(self, execution: Execution) -> None:
        self._note(f"execution {execution.shares} at {execution.price}")

    def charged(self, execution: Execution) -> None:
        self._note(f"commission {execution.commission}")

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        self._note(f"notice {client_id}/{order_id} {code}: {text}")

    def previewed(self, preview: Preview) -> None:
        self._note(f"preview {preview.commission}")

    def account_changed(self, symbol: str) -> None:
        self._note(f"account {symbol}")

    def quotes_changed(self) -> None:
        self._note("quotes")

    async def until(self, text: str) -> None:
        async with asyncio.timeout(5):
            while not any(text in line for line in self.told):
                self.changed.clear()
                await self.changed.wait()


class Bench:
    """A desk with everything it needs, at a moment that a test moves."""

    def __init__(self, at: str = "2020-06-01T14:30:00", **config: Any) -> None:
        self.config = GatewayConfig(**config)
        self.moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        history, universe = load_history(), Universe(KNOWN_INSTRUMENTS)
        board = QuoteBoard(universe, DailyCloses(history), half_spread_bps=Decimal(1), seed=1)
        self.market = Market(universe, board, Sessions(history), self.now)
        self.ledger = open_ledger(self.config, history)
        self.behaviour = Behaviour(fill_delay_s=0)
        self.timers = Timers(self)
        self.listener = Recorder()
        self.desk = OrderDesk(
            self.config, self.market, self.ledger, self.behaviour, self.timers, self.listener
        )

    @property
    def told(self) -> list[str]:
        return self.listener.told

    def now(self) -> datetime:
        return self.moment

    def ticket(self, **terms: Any) -> Ticket:
        values: dict[str, Any] = {
            "client_id": 1,
            "order_id": self.desk.numbering.next_order_id(1),
            "instrument": KNOWN_INSTRUMENTS["AAPL"],
            "exchange": "SMART",
            "action": "BUY",
            "quantity": Decimal(10),
            "order_type": "LMT",
            "limit": Decimal(80),
            "aux_price": None,
            "time_in_force": "DAY",
            "good_till_date": "",
            "account": "",
            "order_ref": "",
            "oca_group": "",
            "parent_id": 0,
            "outside_hours": False,
            "is_preview": False,
        }
        return Ticket(**(values | terms))

    def place(self, **terms: Any) -> Order | None:
        ticket = self.ticket(**terms)
        self.desk.place(ticket)
        return self.desk.orders.get((ticket.client_id, ticket.order_id))


@pytest.fixture
async def bench() -> Any:
    made = Bench()
    yield made
    made.timers.cancel_all()


@pytest.mark.parametrize("order_type", ["MKT", "LMT"])
async def test_an_order_that_trades_at_once_is_never_seen_as_submitted(
    bench: Bench, order_type: str
) -> None:
    bench.place(order_type=order_type)
    assert bench.told == [
        "open PreSubmitted",
        "status PreSubmitted 0/10",
        "execution 10 at 79.01",
        "open Filled",
        "status Filled 10/10",
        "open Filled charged",
        "commission 0.08",
        "account AAPL",
    ]


async def test_a_resting_order_is_submitted_and_its_cancel_is_confirmed(bench: Bench) -> None:
    bench.place(limit=Decimal(50))
    bench.desk.cancel(1, 1)
    assert bench.told == [
        "open PreSubmitted",
        "status PreSubmitted 0/10",
        "open Submitted",
        "status Submitted 0/10",
        "status PendingCancel 0/10",
        "status Cancelled 0/10",
        "notice 1/1 202: Order Canceled - reason:",
    ]


async def test_an_immediate_order_that_cannot_trade_is_cancelled(bench: Bench) -> None:
    bench.place(limit=Decimal(50), time_in_force="IOC")
    assert bench.told[2:] == ["status PendingCancel 0/10", "status Cancelled 0/10"]


async def test_the_rest_of_an_immediate_order_is_cancelled(bench: Bench) -> None:
    bench.behaviour.fill = "partial"
    order = bench.place(time_in_force="IOC")
    assert order is not None
    assert (order.status, order.filled) == (Status.CANCELLED, 5)


async def test_half_of_a_partially_filled_order_keeps_working(bench: Bench) -> None:
    bench.behaviour.fill = "partial"
    order = bench.place()
    assert order is not None
    assert (order.status, order.filled, order.remaining) == (Status.SUBMITTED, 5, 5)
    assert "status Submitted 5/10" in bench.told
    bench.behaviour.fill = "full"
    bench.desk.look_again()
    assert (order.status, order.filled) == (Status.FILLED, 10)
    assert [fill.cumulative for fill in bench.desk.executions] == [5, 10]
    assert len({fill.execution_id for fill in bench.desk.executions}) == 2


async def test_global_cancel_confirms_each_order_once(bench: Bench) -> None:
    for limit in (50, 51):
        bench.place(limit=Decimal(limit))
    told = len(bench.told)
    bench.desk.cancel_all()
    assert bench.told[told:] == ["status Cancelled 0/10"] * 2


async def test_cancels_of_unknown_foreign_and_final_orders_are_refused(bench: Bench) -> None:
    bench.place()
    bench.desk.cancel(1, 99)
    bench.desk.cancel(2, 1)
    bench.desk.cancel(1, 1)
    codes = [line.partition(":")[0] for line in bench.told[-3:]]
    assert codes == ["notice 1/99 10147", "notice 2/1 10147", "notice 1/1 10148"]
    assert bench.told[-1].endswith("state: Filled.")


async def test_order_ids_are_used_once_and_belong_to_their_client(bench: Bench) -> None:
    bench.place(order_id=5, limit=Decimal(50))
    bench.place(order_id=4, limit=Decimal(50))
    assert bench.told[-1] == "notice 1/4 103: Duplicate order id"
    assert bench.place(order_id=4, client_id=2, limit=Decimal(50)) is not None
    assert bench.desk.numbering.next_order_id(1) == 6
    permanent = [order.permanent_id for order in bench.desk.orders.values()]
    assert len(set(permanent)) == len(permanent) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "SELL"}, 105),
        ({"instrument": KNOWN_INSTRUMENTS["KO"]}, 105),
        ({"limit": Decimal("80.001")}, 110),
    ],
)
async def test_a_change_that_does_not_fit_leaves_the_order_alone(
    bench: Bench, change: dict[str, Any], code: int
) -> None:
    order = bench.place(order_id=1, limit=Decimal(50))
    bench.place(order_id=1, **{"limit": Decimal(51), **change})
    assert bench.told[-1].startswith(f"notice 1/1 {code}")
    assert order is not None
    assert (order.status, order.ticket.limit) == (Status.SUBMITTED, Decimal(50))


async def test_final_orders_cannot_be_changed(bench: Bench) -> None:
    bench.place(order_id=1)
    bench.place(order_id=1, limit=Decimal(81))
    assert bench.told[-1] == "notice 1/1 104: Cannot modify a filled order."


async def test_an_order_cannot_shrink_below_what_has_traded(bench: Bench) -> None:
    bench.behaviour.fill = "partial"
    bench.place(order_id=1)
    bench.place(order_id=1, quantity=Decimal(5))
    assert bench.told[-1].startswith("notice 1/1 105")


async def test_rejection_switch_keeps_the_order_as_inactive(bench: Bench) -> None:
    bench.behaviour.reject_code = 201
    order = bench.place()
    assert order is not None
    assert order.status is Status.INACTIVE
    assert len(bench.told) == 1
    assert bench.told[0].startswith("notice 1/1 201: Order rejected - reason:")


async def test_the_limit_of_open_purchases_is_the_margin(bench: Bench) -> None:
    """Available funds of 754,118.40 carry four times as much, that is 3,016,473 at 50 each."""
    assert bench.place(limit=Decimal(50), quantity=Decimal(60_000)) is not None
    bench.place(limit=Decimal(50), quantity=Decimal(330))
    assert "201: Order rejected" in bench.told[-1]
    bench.place(limit=Decimal(50), quantity=Decimal(329))
    assert bench.told[-1] == "status Submitted 0/329"


async def test_outside_regular_hours_is_said_to_be_ignored(bench: Bench) -> None:
    bench.place(outside_hours=True, limit=Decimal(50))
    assert any("notice 1/1 2109" in line for line in bench.told)


async def test_fills_come_after_the_delay(bench: Bench) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place()
    assert order is not None
    assert bench.told[-1] == "status Submitted 0/10"
    await bench.listener.until("account AAPL")
    assert order.status is Status.FILLED


async def test_an_order_that_is_cancelled_in_time_does_not_fill(bench: Bench) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place()
    bench.desk.cancel(1, 1)
    bench.place(instrument=KNOWN_INSTRUMENTS["KO"])
    await bench.listener.until("account KO")
    assert order is not None
    assert (order.status, order.filled) == (Status.CANCELLED, 0)


async def test_a_switch_that_is_turned_during_the_delay_counts(bench: Bench) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place(order_type="MKT", limit=None)
    bench.behaviour.fill = "none"
    await bench.listener.until("status Submitted")
    assert order is not None
    assert order.filled == 0


async def test_day_orders_end_at_the_close_and_others_do_not(bench: Bench) -> None:
    bench.moment = datetime(2020, 6, 1, 20, tzinfo=UTC) - SOON
    bench.desk.start()
    day = bench.place(limit=Decimal(50))
    stays = bench.place(limit=Decimal(50), time_in_force="GTC")
    bench.moment += SOON
    await bench.listener.until("202: Order Canceled - reason:The time in force has expired")
    assert day is not None
    assert stays is not None
    assert (day.status, stays.status) == (Status.CANCELLED, Status.SUBMITTED)
    assert day.end_text == "Cancelled by System"


@pytest.mark.parametrize(
    "text", ["20200601 10:30:01", "20200601-14:30:01", "20200601 14:30:01 UTC"]
)
async def test_orders_end_at_the_moment_of_their_own(bench: Bench, text: str) -> None:
    bench.moment += timedelta(seconds=1) - SOON
    bench.desk.start()
    order = bench.place(limit=Decimal(50), time_in_force="GTD", good_till_date=text)
    bench.moment += SOON
    await bench.listener.until("202: Order Canceled")
    assert order is not None
    assert order.status is Status.CANCELLED


async def test_before_the_open_orders_wait_and_say_so() -> None:
    bench = Bench("2020-06-01T13:30:00")
    bench.moment -= SOON
    bench.desk.start()
    order = bench.place(order_type="MKT", limit=None)
    late = bench.place(limit=Decimal(80), time_in_force="IOC")
    assert order is not None
    assert late is not None
    assert (order.status, late.status) == (Status.PRE_SUBMITTED, Status.CANCELLED)
    assert any("399: Order Message" in line for line in bench.told)
    assert any("until 2020-06-01 09:30:00 US/Eastern" in line for line in bench.told)
    bench.moment += SOON
    await bench.listener.until("account AAPL")
    assert order.status is Status.FILLED
    bench.timers.cancel_all()


async def test_a_resting_order_fills_once_the_quote_reaches_it() -> None:
    """AAPL closes at 78.998 on Monday and at 79.364 on Tuesday."""
    bench = Bench()
    order = bench.place(action="SELL", limit=Decimal("79.30"), time_in_force="GTC")
    assert order is not None
    assert order.status is Status.SUBMITTED
    bench.moment = datetime(2020, 6, 2, 12, tzinfo=UTC)  # another price, but closed
    bench.desk.look_again()
    assert order.status is Status.SUBMITTED
    bench.moment = datetime(2020, 6, 2, 14, tzinfo=UTC)
    bench.desk.look_again()
    assert order.status is Status.FILLED
    assert order.average_price == Decimal("79.35")
    assert bench.desk.executions[0].was_resting
    bench.timers.cancel_all()


PLACES = st.tuples(
    st.sampled_from(["BUY", "SELL"]),
    st.sampled_from(["AAPL", "GE", "KO"]),
    st.integers(1, 600),
    st.sampled_from([None, "20", "42", "79.00", "200"]),
    st.sampled_from(["DAY", "IOC", "GTC"]),
)
ACTIONS = st.lists(
    st.one_of(
        PLACES,
        st.tuples(st.just("cancel"), st.integers(1, 12)),
        st.tuples(st.just("fill"), st.sampled_from(["full", "partial", "none"])),
        st.tuples(st.just("cancel all"), st.just(0)),
    ),
    max_size=12,
)


@given(ACTIONS)
@settings(max_examples=60, deadline=None)
def test_whatever_clients_do_cash_and_shares_are_conserved(actions: list[tuple[Any, ...]]) -> None:
    asyncio.run(do_all(actions))


async def do_all(actions: list[tuple[Any, ...]]) -> None:
    bench = Bench()
    cash = bench.ledger.cash
    held = {symbol: position.shares for symbol, position in bench.ledger.positions.items()}
    for action in actions:
        act(bench, action)
    for fill in bench.desk.executions:
        signed = fill.order.side.value * fill.shares
        cash -= signed * fill.price + fill.commission
        held[fill.order.instrument.symbol] += signed
    assert bench.ledger.cash == cash
    assert {symbol: bench.ledger.shares(symbol) for symbol in held} == held
    assert min(held.values()) >= 0
    for order in bench.desk.orders.values():
        fills = [fill.shares for fill in bench.desk.executions if fill.order is order]
        assert sum(fills) == order.filled <= order.quantity
        assert (order.status is Status.FILLED) is (order.remaining == 0)
        assert (order in bench.desk.working()) is order.is_working
    bench.timers.cancel_all()


def act(bench: Bench, action: tuple[Any, ...]) -> None:
    """Do one thing that a client or a test can do."""
    if action[0] == "cancel":
        bench.desk.cancel(1, action[1])
    elif action[0] == "cancel all":
        bench.desk.cancel_all()
    elif action[0] == "fill":
        bench.behaviour.fill = action[1]
        bench.desk.look_again()
    else:
        side, symbol, quantity, limit, time_in_force = action
        bench.place(
            action=side,
            instrument=KNOWN_INSTRUMENTS[symbol],
            quantity=Decimal(quantity),
            order_type="MKT" if limit is None else "LMT",
            limit=None if limit is None else Decimal(limit),
            time_in_force=time_in_force,
        )
