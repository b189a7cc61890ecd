"""A gateway whose time a test moves, a client of bare frames, and orders as the library sends them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.gateway import Behaviour, Gateway

#: Monday, 10:30 in New York: the exchange is open, and KO's close, 39.91, is its price all day.
AT = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


@dataclass
class Rig:
    """A gateway, its clock, and one client of bare frames."""

    gateway: Gateway
    port: int
    clock: Any
    raw: Any
    library: Any

    @property
    def behaviour(self) -> Behaviour:
        return self.gateway.behaviour

    def strike(self, name: str, **parameters: object) -> str:
        return self.gateway.strike(name, **parameters)

    def end(self, name: str) -> str:
        return self.gateway.end_fault(name)

    def pass_s(self, seconds: float) -> None:
        """Let time pass; what is due happens before the next request is served."""
        self.clock.moment += timedelta(seconds=seconds)

    def place(
        self,
        order_id: int = 1,
        action: str = "SELL",
        quantity: int = 10,
        limit: float = 1,
        raw: Any = None,
        **terms: Any,
    ) -> None:
        """Place an order for KO: at a limit of 1 a sale trades at once, at one of 1000 it rests."""
        raw = raw or self.raw
        order = self.library.LimitOrder(action, quantity, limit, tif="DAY", **terms)
        tap = self.library.client.Client(None)
        tap.serverVersion = lambda: raw.version
        tap.isConnected = lambda: True
        sent: list[str] = []
        tap.sendMsg = sent.append
        tap.placeOrder(order_id, self.library.Stock("KO", "SMART", "USD"), order)
        raw.send(*sent[0].split("\0")[:-1])

    async def redial(self, dial: Any) -> Any:
        """Connect another client as soon as the port is open again."""
        async with asyncio.timeout(5):
            while True:
                try:
                    return await dial(self.port)
                except ConnectionRefusedError:
                    # Lets the event loop go round.
                    await asyncio.get_running_loop().run_in_executor(None, bool)

    async def placed(self, **terms: Any) -> list[str]:
        """Place an order; returns the ids of the messages that it is answered with."""
        self.place(**terms)
        return [message[0] for message in await self.raw.answers()]

    def cancel(self, order_id: int = 1) -> None:
        self.raw.send(4, 1, order_id, "")

    def subscribe(self, request_id: int = 9, symbol: str = "KO", *, snapshot: int = 0) -> None:
        """Ask for quotes."""
        contract = (0, symbol, "STK", "", 0.0, "", "", "SMART", "", "USD", "", "")
        self.raw.send(1, 11, request_id, *contract, 0, "", snapshot, 0, "")

    async def quotes(self, request_id: int = 9, symbol: str = "KO") -> dict[str, str]:
        """Subscribe; returns the prices by tick type."""
        self.subscribe(request_id, symbol)
        return self.prices(await self.raw.answers())

    @staticmethod
    def prices(messages: list[list[str]]) -> dict[str, str]:
        """Return the prices of ticks by their type."""
        return {message[3]: message[4] for message in messages if message[0] == "1"}

    @staticmethod
    def codes(messages: list[list[str]]) -> list[tuple[str, str]]:
        """Return id and code of all errors and notices."""
        return [(message[2], message[3]) for message in messages if message[0] == "4"]


@pytest.fixture
async def rig(
    start_gateway: Callable[..., Awaitable[Any]], hand_clock: Any, dial: Any, library: Any
) -> Rig:
    """A gateway that stands at 10:30, and client 77."""
    clock = hand_clock(AT)
    running = await start_gateway(clock=clock)
    raw = await dial(running.port)
    await raw.start(client_id=77)
    return Rig(running.gateway, running.port, clock, raw, library)
