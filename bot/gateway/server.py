"""The gateway itself: a TCP server, and the state that outlives its connections."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.gateway.behaviour import Behaviour
from bot.gateway.connection import Connection
from bot.gateway.control import answer
from bot.gateway.faults import script as scripts
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.strikes import Faults
from bot.gateway.recording.plain import plain
from bot.gateway.store.changes import Changes
from bot.gateway.store.state import state_of, take_over
from bot.gateway.truth import truth_of
from bot.gateway.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.account.ledger import Position
    from bot.gateway.clock import GatewayClock
    from bot.gateway.config import GatewayConfig
    from bot.gateway.orders.order import Execution, Order
    from bot.gateway.recording.recorder import Recorder

_ResultT = TypeVar("_ResultT")

#: Received messages that are remembered; the oldest ones are forgotten.
MESSAGES_MAX: Final = 20_000

#: Connections at the same time; most of them cannot have started the API, which 32 clients can.
CONNECTIONS_MAX: Final = 256

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
        complain: Is told, in one line, why a connection is cut off or a script's fault not struck.
        faults: What is going wrong. `strike` and `end_fault` are recorded, its own methods are not.
    """

    def __init__(
        self,
        config: GatewayConfig,
        clock: GatewayClock,
        behaviour: Behaviour | None = None,
        *,
        recorder: Recorder | None = None,
        state: Mapping[str, Any] | None = None,
        script: scripts.Script | None = None,
    ) -> None:
        """Open the account; nothing listens before `start`.

        Args:
            config: The account, the market and the replayed moment.
            clock: Tells the replayed time.
            behaviour: How clients are treated; as they should be if None.
            recorder: Records everything from the first `start` to the next `stop`.
            state: What another gateway left behind, or None to begin anew.
            script: Which faults are struck when, counted from `start`.

        Raises:
            StateError: If that cannot be taken over.
        """
        self.config = config
        self.behaviour = Behaviour() if behaviour is None else behaviour
        self.messages: deque[Received] = deque(maxlen=MESSAGES_MAX)
        self._venue = Venue(config, clock, self.behaviour)
        if state is not None:
            take_over(self._venue, state)
        self._has_told_of_waiting = False
        self._state = state
        self._script = script or scripts.Script()
        self.complain: Callable[[str], None] = lambda _words: None
        self.faults = Faults(self._venue, self)
        self.faults.complain = self._complain
        self._made_at = self._venue.turns.now()
        self._recorder = recorder
        self._connections: dict[int, Connection] = {}
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._address: tuple[str, int] | None = None
        self._opening: asyncio.Task[None] | None = None

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
        """Cash of the default account in its currency, without what it has in others."""
        return self._venue.accounts.of("").cash

    @property
    def accounts(self) -> Accounts:
        """The books of every account: the truth, whatever clients are shown."""
        return self._venue.accounts

    @property
    def client_ids(self) -> tuple[int, ...]:
        """The clients that are connected and have started the API."""
        return tuple(self._venue.publisher.clients)

    def closed_until(self) -> datetime | None:
        """Return when the exchange opens next, aware UTC; None while it is open."""
        market = self._venue.market
        return None if market.is_open() else market.session().opens_at

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
        self._server = await loop.create_server(self._accept, host, port)
        bound_port = int(self._server.sockets[0].getsockname()[1])
        self._address = (host, bound_port)
        self.begin()
        return bound_port

    async def stop(self) -> None:
        """Cut all connections and listen no more; the account stays, for another `start`."""
        if self._address is None:
            return
        self._address = None
        self.finish()
        if self._opening is not None:
            await self._opening
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    def shut(self) -> None:
        """Listen no more for a while: whoever connects is refused by the operating system."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def open(self) -> None:
        """Listen again, on the same port."""
        if self._address is not None and self._server is None and self._opening is None:
            self._opening = asyncio.ensure_future(self._listen_again(*self._address))

    async def _listen_again(self, host: str, port: int) -> None:
        """Take the port back."""
        loop = asyncio.get_running_loop()
        # If somebody else has taken it meanwhile, it stays shut.
        with suppress(OSError):
            self._server = await loop.create_server(self._accept, host, port)
        self._opening = None

    def begin(self) -> None:
        """Begin the day: timers run and switches act from now on. `start` does it, and listens."""
        if self._recorder is not None:
            self._recorder.begin(self._venue.turns, self._facts())
        self.behaviour.watch(self._behaviour_changed)
        self.behaviour.go_through(self._switch)
        self._happen("started", (), self._catch_up)

    def finish(self) -> None:
        """End the day and cut all connections."""
        self._happen("ended", (), lambda: None)
        if self._recorder is not None:
            self._recorder.end()
        self.behaviour.go_through(None)
        self.behaviour.unwatch(self._behaviour_changed)
        self._venue.turns.cancel_all()
        self._venue.desk.stop()
        self._cut_all()

    def strike(self, name: str, /, **parameters: object) -> str:
        """Let a fault happen, or begin; `bot/gateway/faults` has them all.

        Args:
            name: Which one.
            parameters: What it is told; what is left out keeps its default.

        Returns:
            What it did, in one line.

        Raises:
            FaultError: If there is no such fault, parameter or value, or if it cannot be done now.
        """
        told = json.dumps(plain(parameters), sort_keys=True)
        return self._happen("struck", (name, told), partial(self.faults.strike, name, **parameters))

    def end_fault(self, name: str) -> str:
        """End all faults of a name; returns what that did, in one line.

        Raises:
            FaultError: If there is no such fault.
        """
        return self._happen("calmed", (name,), partial(self.faults.end, name))

    def control(self, asked: Mapping[str, object]) -> dict[str, Any]:
        """Do what a line of the control port asks for, see `control.py`; never raises for its words."""
        return answer(self, asked)

    def truth(self) -> dict[str, Any]:
        """Return orders, executions, books and clients as they are, as plain values."""
        return truth_of(self._venue)

    def state(self) -> dict[str, Any]:
        """Return what outlives the program, as JSON has it."""
        return state_of(self._venue)

    def moment(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        return self._venue.turns.now()

    def changes(self) -> Changes:
        """Return what tells how the state changes from now on."""
        return Changes(self._venue)

    def seal(self, seal: Callable[[], None]) -> None:
        """Call back at the end of every turn, before any of its words leave."""
        self._venue.turns.seal = self._venue.hooks.seal = seal

    def drop_connections(self) -> None:
        """Cut the connections of all clients at once."""
        self._happen("dropped", (), self._cut_all)

    def new_connection(self) -> Connection:
        """Return what serves one more connection."""
        number = next(self._numbers)
        recorder = self._recorder
        connection = Connection(
            self._venue,
            self._remember,
            partial(self._forget, number),
            self._tell_of_choked,
            None if recorder is None else partial(recorder.frame, number),
        )
        self._connections[number] = connection
        return connection

    def _accept(self) -> Connection:
        """Serve one more connection; if there are too many, at the cost of one that only waits."""
        if len(self._connections) >= CONNECTIONS_MAX:
            waiting = (
                number for number, each in self._connections.items() if each.client_id is None
            )
            oldest = next(waiting, None)
            if oldest is not None:
                self._connections.pop(oldest).choke()
        return self.new_connection()

    def _complain(self, words: str) -> None:
        """Pass a complaint on to whoever is told of them by then."""
        self.complain(words)

    def _tell_of_choked(self, connection: Connection) -> None:
        """Say that a connection was cut off: its client only sees that it is gone."""
        client_id = connection.client_id
        if client_id is not None:
            self.complain(
                f"client {client_id} is cut off: it reads too slowly for what it asked for"
            )
        elif not self._has_told_of_waiting:
            self._has_told_of_waiting = True  # there may be thousands of them
            self.complain(f"{CONNECTIONS_MAX} connections: the oldest that only wait are cut off")

    def _forget(self, number: int, _connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._connections.pop(number, None)

    def _facts(self) -> dict[str, object]:
        """Return all that decides what the gateway says, but for what it is told."""
        return {
            "gateway": version("ibkr-rebalancer"),
            "at": self._made_at.isoformat(timespec="microseconds"),
            "seed": self.config.seed,
            "config": plain(self.config),
            "behaviour": plain(self.behaviour),
            "faults": plain(self._script.source),
            "state": self._state,
        }

    def _happen(self, kind: str, fields: Sequence[str], event: Callable[[], _ResultT]) -> _ResultT:
        """Give an event from outside its turn and its line; one that a turn brings about has both."""
        turns, recorder = self._venue.turns, self._recorder
        if turns.is_on:
            return event()
        results: list[_ResultT] = []
        refusals: list[FaultError] = []

        def happen() -> None:
            if recorder is not None:
                recorder.event(0, kind, fields)
            # A refusal is no failure of the turn: what is put off to its end has to happen.
            try:
                results.append(event())
            except FaultError as refusal:
                refusals.append(refusal)

        turns.take(happen)
        if refusals:
            raise refusals[0]
        return results[0]

    def _catch_up(self) -> None:
        """See what the market and the clock did before the gateway was opened."""
        self._venue.publisher.note_quotes()
        self._venue.diary.start()
        self._venue.desk.start()
        scripts.play(self._script, self.faults)

    def _cut_all(self) -> None:
        """Cut every connection."""
        for connection in tuple(self._connections.values()):
            connection.abort()

    def _remember(self, client_id: int | None, fields: tuple[str, ...]) -> None:
        """Keep a received message."""
        now_s = asyncio.get_running_loop().time()
        self.messages.append(Received(now_s, client_id, fields))

    def _switch(self, name: str, position: object, turn: Callable[[], None]) -> None:
        """Turn a switch."""
        self._happen("switched", (name, json.dumps(plain(position))), turn)

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
