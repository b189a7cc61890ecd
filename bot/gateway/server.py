"""The gateway itself: a TCP server, and the state that outlives its connections."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.behaviour import Behaviour
from bot.gateway.connection import Connection
from bot.gateway.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bot.gateway.account.ledger import Position
    from bot.gateway.clock import GatewayClock
    from bot.gateway.config import GatewayConfig
    from bot.gateway.orders.order import Execution, Order

#: Received messages that are remembered; the oldest ones are forgotten.
MESSAGES_MAX: Final = 20_000

#: The only host that is listened on unless another one is asked for: whoever reaches the port can
#: trade.
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in.

    Attributes:
        received_s: When, in seconds of the event loop's clock.
        client_id: From whom; None before the client has said so.
        fields: All of it, the message id first.
    """

    received_s: float
    client_id: int | None
    fields: tuple[str, ...]


class Gateway:
    """A paper broker that speaks the TWS protocol.

    Attributes:
        config: What it was started with.
        behaviour: The switches; setting one acts at once.
        messages: What clients sent, the newest last, at most `MESSAGES_MAX`.
    """

    def __init__(
        self,
        config: GatewayConfig,
        clock: GatewayClock,
        behaviour: Behaviour | None = None,
    ) -> None:
        """Open the account; nothing listens before `start`."""
        self.config = config
        self.behaviour = Behaviour() if behaviour is None else behaviour
        self.messages: deque[Received] = deque(maxlen=MESSAGES_MAX)
        self._venue = Venue(config, clock, self.behaviour)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every order ever taken, of every client, in the order of arrival."""
        return tuple(self._venue.desk.orders.values())

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every fill, in order."""
        return tuple(self._venue.desk.executions)

    @property
    def positions(self) -> Mapping[str, Position]:
        """What is held, by symbol."""
        return MappingProxyType(self._venue.accounts.of("").positions)

    @property
    def cash(self) -> Decimal:
        """Total cash, in the account's currency."""
        return self._venue.accounts.of("").cash

    @property
    def client_ids(self) -> tuple[int, ...]:
        """The clients that are connected and have started the API."""
        return tuple(self._venue.publisher.clients)

    async def start(self, host: str = LOOPBACK, port: int = 0) -> int:
        """Listen.

        Args:
            host: Address of the interface.
            port: 0 takes any that is free.

        Returns:
            The port that is listened on.

        Raises:
            OSError: If the port cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_connection, host, port)
        self.behaviour.watch(self._behaviour_changed)
        self._venue.publisher.note_quotes()
        self._venue.turns.take(self._venue.desk.start)
        sockets = self._server.sockets
        return int(sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cut all connections and listen no more; the account stays, for another `start`."""
        server, self._server = self._server, None
        if server is None:
            return
        self.behaviour.unwatch(self._behaviour_changed)
        self._venue.turns.cancel_all()
        self._venue.desk.stop()
        server.close()
        self.drop_connections()
        await server.wait_closed()

    def drop_connections(self) -> None:
        """Cut the connections of all clients at once."""
        for connection in tuple(self._connections):
            connection.abort()

    def _new_connection(self) -> Connection:
        """Return what serves one more connection."""
        connection = Connection(self._venue, self._remember, self._connections.discard)
        self._connections.add(connection)
        return connection

    def _remember(self, client_id: int | None, fields: tuple[str, ...]) -> None:
        """Keep a received message."""
        now_s = asyncio.get_running_loop().time()
        self.messages.append(Received(now_s, client_id, fields))

    def _behaviour_changed(self, name: str) -> None:
        """Act on a switch that was turned."""
        self._venue.turns.take(partial(self._act_on, name))

    def _act_on(self, name: str) -> None:
        """Do what a switch asks for as soon as it is turned."""
        if name == "quotes":
            self._venue.publisher.repeat_quotes()
        elif name == "hold_acks" and not self.behaviour.hold_acks:
            for client in self._venue.publisher.clients.values():
                client.release()
        elif name in ("fill", "fill_delay_s"):
            self._venue.desk.look_again()
