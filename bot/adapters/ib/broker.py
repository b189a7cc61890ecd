"""`ports.Broker` over a gateway's wire."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.adapters.ib import account, books, history
from bot.adapters.ib.asking import Asking
from bot.adapters.ib.connection import Connection
from bot.adapters.ib.contracts import Contracts
from bot.adapters.ib.events import QUEUE_SIZE, EventQueue
from bot.adapters.ib.orders import Orders
from bot.adapters.ib.quotes import Quotes
from bot.core.domain.endpoint import is_loopback, is_paper
from bot.core.domain.reading import Known
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from bot.adapters.ib.settings import IbSettings
    from bot.core.domain.account import AccountState, Position
    from bot.core.domain.history import History
    from bot.core.domain.instrument import Instrument, InstrumentSpec, Unresolved
    from bot.core.domain.orders import BrokerEvent, OpenOrder, OrderBooks, OrderIntent
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.ports import FollowableClock

#: The gateway's time comes in whole seconds: a smaller difference is no difference, and following it would set the
#: clock back at every reconnect.
SAME_TIME_S: Final = 1.5


class IbBroker:
    """One account at one gateway, over one connection at a time.

    A doubtful connection, or one in which an answer never ended, counts as not connected: `connect` makes it anew.
    Cancels still leave over it, as long as its socket is open.
    """

    def __init__(
        self, settings: IbSettings, clock: FollowableClock, *, queue_size: int = QUEUE_SIZE
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._events = EventQueue(queue_size)
        self._connection = Connection(settings, clock, self._events)
        self._asking = Asking(self._connection)
        self._contracts = Contracts(self._asking)
        self._quotes = Quotes(self._asking)
        self._orders = Orders(self._asking)
        self._offset = timedelta(0)
        # A look and a heartbeat may find the line down in the same moment; one connection is made.
        self._turn = asyncio.Lock()

    @property
    def is_connected(self) -> bool:
        """Whether the line is up, its handshake complete, and what it says can be believed."""
        return self._connection.needs_renewal is None

    @property
    def doubt(self) -> str | None:
        """Why the line has to be made anew, or None."""
        return self._connection.needs_renewal

    async def connect(self) -> None:
        """Connect, check the account, and set the clock to a paper gateway's where that is asked for.

        Does nothing if the line is up and believed.

        Raises:
            BrokerUnavailable: If the gateway refuses, does not answer in time, or the client id is in use.
            WrongAccount: If the gateway's accounts do not fit the settings; nothing was asked of it then.
            ConfigError: If the port is the other mode's, or the client library is not installed.
        """
        async with self._turn:
            if self.is_connected:
                return
            await self._quotes.settle()
            self._contracts.forget()
            await self._connection.connect()
            if self._settings.follow_gateway_time:
                await self._follow_gateway_time()

    async def disconnect(self) -> None:
        """Close the line; does nothing if it is closed."""
        async with self._turn:
            await self._quotes.settle()
            await self._connection.disconnect()

    async def read_time(self) -> Reading[datetime]:
        """Read the broker's clock (aware UTC, whole seconds): the health check, a full round trip."""
        return await account.read_time(self._asking)

    async def read_account(self) -> Reading[AccountState]:
        """Read cash and net liquidation; known only if this very download ended."""
        return await account.read_account(self._asking)

    async def read_positions(self) -> Reading[tuple[Position, ...]]:
        """Read every position of the account; confirmed empty only if the read ended without any."""
        return await account.read_positions(self._asking)

    async def read_orders(self) -> Reading[OrderBooks]:
        """Read open orders of all clients, completed orders and executions; known only if all three ended."""
        return await books.read_orders(self._asking)

    async def read_open_orders(self) -> Reading[tuple[OpenOrder, ...]]:
        """Read the open orders of all clients alone; for what cancels them."""
        return await books.read_open_orders(self._asking)

    async def resolve(self, specs: Sequence[InstrumentSpec]) -> tuple[Instrument | Unresolved, ...]:
        """Turn what a person wrote into instruments, in the same order; one that is unknown is a value."""
        return await self._contracts.resolve(specs)

    async def read_quotes(self, instruments: Iterable[Instrument]) -> dict[int, Reading[Quote]]:
        """Ask for a new quote of each instrument; one reading for each, by conId."""
        return await self._quotes.read(instruments)

    async def read_levels(self, names: Iterable[str]) -> dict[str, Reading[float]]:
        """Ask for the level of each market index; one reading for each, by name."""
        return await self._quotes.read_levels(names)

    async def read_fall(self, index: str) -> Reading[float]:
        """Ask how far a market index is below its prior close, a fraction; negative is a rise."""
        return await self._quotes.read_fall(index)

    async def read_history(
        self, instruments: Sequence[Instrument], sessions: Sequence[date]
    ) -> Reading[History]:
        """Read the adjusted closes and the volumes of finished sessions; known only if none is missing."""
        return await history.read_history(self._asking, instruments, sessions)

    async def ready_to_send(self) -> None:
        """Wait until the limiter lets one more order message through, and take that place.

        Raises:
            BrokerUnavailable: If the line is down, doubtful, or the gateway has lost IB.
        """
        await self._orders.ready_to_send()

    def place_order(self, intent: OrderIntent) -> None:
        """Send one order now, without waiting. Only `engine/execution/send.py` calls this.

        Raises:
            BrokerUnavailable: If the line is down or doubtful, or no place is free; nothing was written then.
            InvariantBroken: If this connection may not send this order.
        """
        self._orders.place(intent)

    async def cancel_order(self, order_ref: str, order_id: int) -> None:
        """Ask to cancel an own order; the places kept for cancels are used if need be. Not a confirmation.

        Raises:
            BrokerUnavailable: If the line is down.
            InvariantBroken: If this connection may not send, or the id is another order's.
        """
        await self._orders.cancel(order_ref, order_id)

    async def cancel_everything(self) -> None:
        """Ask to cancel every order of the login, whoever sent it. Only for a person who asks for just that.

        Raises:
            BrokerUnavailable: If the line is down.
            InvariantBroken: If this connection may not send.
        """
        await self._orders.cancel_everything()

    def order_id_of(self, order_ref: str) -> int | None:
        """Return the order id under which `order_ref` was sent or seen in this connection, or None."""
        return self._orders.order_id_of(order_ref)

    async def next_event(self, timeout_s: float) -> BrokerEvent | None:
        """Return the next event of the bounded queue, or None after `timeout_s` seconds without one."""
        return await self._events.get(timeout_s)

    async def _follow_gateway_time(self) -> None:
        """Run our clock by the gateway's, if it can only be a paper gateway of this machine."""
        here = is_loopback(self._settings.host)
        if not (here and all(map(is_paper, self._connection.accounts))):
            return
        reading = await self.read_time()
        if not isinstance(reading, Known):
            await self._connection.disconnect()
            message = f"the gateway at {self._settings.endpoint} did not tell its time: {reading}"
            raise BrokerUnavailable(message)
        behind = reading.value - self._clock.now()
        if abs(behind.total_seconds()) < SAME_TIME_S:
            return
        # `follow` counts from the machine's own clock, and ours may be ahead of that already.
        self._offset += behind
        self._clock.follow(self._offset)
