"""What a fault is: something that happens at once, or a state of affairs that lasts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from bot.gateway.faults.parameters import EVERYBODY, number, whole
from bot.gateway.wire.outgoing import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.client import Call, Client, Line, Message
    from bot.gateway.venue import Venue


class Door(Protocol):
    """The port of the gateway."""

    def shut(self) -> None:
        """Listen no more: whoever connects is refused by the operating system."""

    def open(self) -> None:
        """Listen again, on the same port."""


class Stage(Protocol):
    """Where faults act.

    Attributes:
        venue: Everything behind the wire.
        door: The port.
    """

    venue: Venue
    door: Door

    def finish(self, fault: Fault) -> None:
        """End a fault that lasts."""

    def turn(self, fault: Condition, switch: str, position: object) -> None:
        """Turn a switch of the behaviour for as long as a fault lasts."""

    def turn_back(self, fault: Condition) -> None:
        """Put switches where they would be without a fault."""

    def active(self) -> tuple[Condition, ...]:
        """Return the faults that last."""
        ...

    def end(self, name: str) -> str:
        """End all faults of a name; returns what that did."""
        ...


@dataclass(kw_only=True, eq=False)
class Fault:
    """Something that can go wrong; its parameters are the fields with a meaning.

    Attributes:
        NAME: By which it is struck.
        stage: Where it acts; set before it begins.
    """

    NAME: ClassVar[str] = ""
    stage: Stage = field(init=False, repr=False)

    @property
    def venue(self) -> Venue:
        """Everything behind the wire."""
        return self.stage.venue

    def begin(self) -> str:
        """Let it happen, or start; returns what it did, in one line.

        Raises:
            FaultError: If it cannot be done now.
        """
        return ""

    def clients(self, client_id: int = EVERYBODY) -> list[Client]:
        """Return the connected clients that an id names."""
        clients = self.venue.publisher.clients
        return [client for number, client in clients.items() if client_id in (EVERYBODY, number)]

    def client_now(self, message: Message) -> Client | None:
        """Return who has the client id now that a message was for."""
        client_id = message.client.client_id
        return None if client_id is None else self.venue.publisher.clients.get(client_id)

    def deliver(self, messages: Iterable[Message]) -> None:
        """Send messages that were kept, each to whoever has the client id now."""
        for message in messages:
            client = self.client_now(message)
            if client is not None:
                client.deliver(message)

    def notify(self, code: int, text: str, request_id: int = -1, client: int = EVERYBODY) -> None:
        """Tell clients a code."""
        for each in self.clients(client):
            each.send(ERROR, request_id=request_id, code=code, text=text)


class Event(Fault):
    """A fault that is over as soon as it has happened."""


@dataclass(kw_only=True, eq=False)
class Condition(Fault):
    """A fault that lasts until its time is over or somebody ends it.

    While it lasts it is shown what it asks to be shown, by overriding `on_...`.
    """

    for_s: float = number("seconds until it ends by itself; 0: until somebody ends it", 0.0)

    def turn(self, switch: str, position: object) -> None:
        """Turn a switch of the behaviour; it is turned back when this ends."""
        self.stage.turn(self, switch, position)

    def finish(self) -> None:
        """Put back what it changed, but for switches, which are back already."""

    def on_request(self, call: Call) -> bool:
        """Look at a request before it is served; returns whether it goes on."""
        return call is not None

    def on_message(self, message: Message) -> Iterable[Message]:
        """Return what is sent instead of a message."""
        return (message,)

    def on_arrival(self, line: Line) -> None:
        """Look at a connection as it is made."""


@dataclass(kw_only=True, eq=False)
class Ambush(Condition):
    """A fault that waits for the next orders, cancels or messages of its kind, and then is over."""

    count: int = whole("how many times it happens; 0: every time", 1, high=1_000_000)
    _uses: int = field(default=0, init=False)

    def use(self) -> None:
        """Count that it happened, and end it after the last time."""
        self._uses += 1
        if self._uses == self.count:
            self.stage.finish(self)

    @property
    def is_used_up(self) -> bool:
        """Tell whether it is not to happen again."""
        return 0 < self.count <= self._uses
