"""An order desk with everything it needs but clients, at a moment that a test moves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.orders.order import Ticket
from bot.gateway.venue import Venue

if TYPE_CHECKING:
    from bot.gateway.orders.assessment import Preview
    from bot.gateway.orders.order import Execution, Order, Status


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
        self.behaviour = Behaviour(fill_delay_s=0)
        venue = Venue(self.config, self, self.behaviour)
        self.market, self.accounts, self.turns = venue.market, venue.accounts, venue.turns
        self.ledger = self.accounts.of("")
        self.listener = Recorder()
        self.changed: set[tuple[int, int]] = set()
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

    def go(self, moment: str | None = None, *, seconds: float = 0) -> None:
        """Let time pass, to a moment in UTC or by some seconds, and happen what is due."""
        if moment is not None:
            self.moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self.moment += timedelta(seconds=seconds)
        self.turns.take(lambda: None)

    def skip(self, seconds: float) -> None:
        """Let time pass without a turn."""
        self.moment += timedelta(seconds=seconds)

    def change(self, order: Order, **terms: Any) -> None:
        """Send an order again, with other terms."""
        self.desk.place(replace(order.ticket, **terms))

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
