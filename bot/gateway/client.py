"""One connected client: what it has subscribed to, the way to it, and what may stand in that way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bot.gateway.subscriptions import Subscriptions
from bot.gateway.wire.outgoing import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.gateway.behaviour import Behaviour
    from bot.gateway.wire.answers import Answer
    from bot.gateway.wire.numbers import WireValue
    from bot.gateway.wire.requests import Request

#: Is told what happens on one connection, in the turn in which it happens: `opened`, `in` with the
#: body of a frame, `out` with a whole frame, `choked` when a client reads too little, `closed`.
Tap: TypeAlias = Callable[[str, bytes], None]

#: A client that reads this little is cut off, before what it does not read fills the memory.
_UNREAD_BYTES_MAX: Final = 64 << 20

#: Reports held back for one client; more means that nobody ever turned the switch again.
_HELD_MAX: Final = 100_000


class Line(Protocol):
    """The way to a client, and what can happen to it."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def get_write_buffer_size(self) -> int:
        """Return the bytes that were written and not sent yet."""
        ...

    def close(self) -> None:
        """Close after everything is sent."""

    def abort(self) -> None:
        """Close at once."""

    def die(self) -> None:
        """Neither read nor write any more, without closing."""

    def cut_next_frame(self) -> None:
        """Send half of the next frame that is written, then close at once."""

    def pace(self, piece_bytes: int, step_s: float) -> None:
        """Send in pieces (0: of any length), with some seconds between them."""

    def hurry(self) -> None:
        """Send everything at once again."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is about to be served.

    Attributes:
        client: Who asks.
        number: The message id.
        request: What is asked.
        serve: Serves it; may be called later, too.
    """

    client: Client
    number: int
    request: Request
    serve: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Message:
    """An answer or a report that is about to be sent.

    Attributes:
        client: To whom.
        answer: What kind of message.
        values: Its values, by the names of its layout.
        is_report: Whether it is about an order, and was not just asked for.
    """

    client: Client
    answer: Answer
    values: Mapping[str, WireValue]
    is_report: bool


@dataclass(slots=True)
class Hooks:
    """What stands between the clients and the rest of the gateway; as a rule, nothing.

    Attributes:
        gate: Is shown every request before it is served; returns whether to serve it.
        filter: Is shown every message before it is sent; returns what to send instead.
        greeter: Is shown every connection as it is made.
        lines: The connections that there are, the oldest first.
        seal: Is called before words leave within a turn: what they tell has to be kept first.
    """

    gate: Callable[[Call], bool] | None = None
    filter: Callable[[Message], Iterable[Message]] | None = None
    greeter: Callable[[Line], None] | None = None
    lines: dict[Line, None] = field(default_factory=dict)
    seal: Callable[[], None] | None = None

    def arrive(self, line: Line) -> None:
        """Take note of a connection."""
        self.lines[line] = None
        if self.greeter is not None:
            self.greeter(line)


class Client:
    """A client after the handshake.

    Messages are collected and written once in a turn of the event loop, so that a burst of answers
    is one segment.

    Attributes:
        version: Server version agreed on.
        client_id: What it calls itself, or None before it has said so.
        subscriptions: What it is kept up to date with.
        line: The way to it.
    """

    def __init__(
        self,
        line: Line,
        version: int,
        behaviour: Behaviour,
        hooks: Hooks,
        *,
        tap: Tap | None = None,
        choked: Callable[[], None] | None = None,
    ) -> None:
        """Take the way to a client.

        Args:
            line: The way to it.
            version: Server version agreed on.
            behaviour: The switches.
            hooks: What stands in the way.
            tap: Is told every frame that is sent.
            choked: Is told when the client reads too little, and cuts it off.
        """
        self.version = version
        self.client_id: int | None = None
        self.subscriptions = Subscriptions()
        self.line = line
        self._behaviour = behaviour
        self._hooks = hooks
        self._tap = tap
        self._choked = choked or self.abort
        self._outbox: list[bytes] = []
        self._held: deque[bytes] = deque(maxlen=_HELD_MAX)
        self._is_closed = False

    @property
    def owner_id(self) -> int:
        """The client id, once it is known; requests are served only then."""
        if self.client_id is None:
            message = "the client has not started the API"
            raise RuntimeError(message)
        return self.client_id

    def send(self, answer: Answer, **values: WireValue) -> None:
        """Send a message, unless its id is muted."""
        if self._hooks.filter is not None:
            self._send_filtered(Message(self, answer, values, is_report=False))
        elif answer.number not in self._behaviour.muted:
            self._write(answer.encode(self.version, values))

    def report(self, answer: Answer, values: Mapping[str, WireValue]) -> None:
        """Send a message about an order that the client did not just ask for; it may be held."""
        if self._hooks.filter is not None:
            self._send_filtered(Message(self, answer, values, is_report=True))
        else:
            self._report(answer, values)

    def deliver(self, message: Message) -> None:
        """Send a message past all filters, to this client, whoever it was for."""
        if message.is_report:
            self._report(message.answer, message.values)
        elif message.answer.number not in self._behaviour.muted:
            self._write(message.answer.encode(self.version, message.values))

    def refuse(self, request_id: int, code: int, text: str) -> None:
        """Send an error or a notice about a request; -1 is about the connection."""
        self.send(ERROR, request_id=request_id, code=code, text=text)

    def release(self) -> None:
        """Send the reports that were held."""
        while self._held:
            self._write(self._held.popleft())

    def flush(self) -> None:
        """Write what was collected."""
        if self._outbox and not self._is_closed:
            self.line.write(b"".join(self._outbox))
            if self.line.get_write_buffer_size() > _UNREAD_BYTES_MAX:
                self._choked()
        self._outbox.clear()

    def close(self) -> None:
        """Send what was collected and close the connection."""
        if self._hooks.seal is not None:
            self._hooks.seal()
        self.flush()
        self._is_closed = True
        self.line.close()

    def abort(self) -> None:
        """Cut the connection; what was not sent is lost."""
        self._is_closed = True
        self._outbox.clear()
        self.line.abort()

    def _send_filtered(self, message: Message) -> None:
        """Send what the filter makes of a message."""
        let_through = self._hooks.filter
        messages = (message,) if let_through is None else let_through(message)
        for each in messages:
            self.deliver(each)

    def _report(self, answer: Answer, values: Mapping[str, WireValue]) -> None:
        """Send a message about an order now or when reports are released."""
        if answer.number in self._behaviour.muted:
            return
        message = answer.encode(self.version, values)
        if self._behaviour.hold_acks:
            self._held.append(message)
        else:
            self._write(message)

    def _write(self, message: bytes) -> None:
        """Collect a message, and see to it that it is written soon."""
        if self._is_closed:
            return
        if self._tap is not None:
            self._tap("out", message)
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outbox.append(message)
