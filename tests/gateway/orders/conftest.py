"""An order desk with everything it needs but clients, at a moment that a test moves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.account.accounts import Accounts
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS, Universe
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.prices import DailyCloses
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sessions import Sessions
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.orders.order import Ticket
from bot.gateway.turns import Turns
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.orders.order import Execution, Order, Status
    from bot.gateway.orders.reports import Preview


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
        self.accounts = Accounts(self.config, history)
        self.ledger = self.accounts.of("")
        self.behaviour = Behaviour(fill_delay_s=0)
        self.turns = Turns(self)
        self.listener = Recorder()
        self.desk = OrderDesk(
            self.config, self.market, self.accounts, self.behaviour, self.turns, self.listener
        )

    @property
    def told(self) -> list[str]:
        return self.listener.told

    @property
    def speed(self) -> float:
        return 1.0

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


@pytest.fixture(scope="session")
def bench_class() -> type[Bench]:
    """For tests that need more than one, or another moment."""
    return Bench


@pytest.fixture
async def bench() -> Any:
    made = Bench()
    yield made
    made.turns.cancel_all()
