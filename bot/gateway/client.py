"""One connected client: what it has subscribed to, and the way to it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from bot.gateway.wire.outgoing import ERROR

if TYPE_CHECKING:
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.wire.answers import Answer
    from bot.gateway.wire.numbers import WireValue

#: A client that reads this little is cut off, before what it does not read fills the memory.
_UNREAD_BYTES_MAX: Final = 64 << 20

#: Reports held back for one client; more means that nobody ever turned the switch again.
_HELD_MAX: Final = 100_000


class Line(Protocol):
    """The part of a transport that a client needs; every asyncio transport has it."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def get_write_buffer_size(self) -> int:
        """Return the bytes that were written and not sent yet."""
        ...

    def close(self) -> None:
        """Close after everything is sent."""

    def abort(self) -> None:
        """Close at once."""


@dataclass(slots=True)
class Subscriptions:
    """What a client is kept up to date with.

    Attributes:
        tickers: Quotes, by request id.
        summaries: Account summaries, by request id, with the keys asked for.
        updates_multi: Account values by request id, with the model code asked for.
        has_account: The account with its portfolio.
        has_positions: Positions.
    """

    tickers: dict[int, Instrument] = field(default_factory=dict)
    summaries: dict[int, frozenset[str]] = field(default_factory=dict)
    updates_multi: dict[int, str] = field(default_factory=dict)
    has_account: bool = False
    has_positions: bool = False


class Client:
    """A client after the handshake.

    Messages are collected and written once in a turn of the event loop, so that a burst of answers
    is one segment.

    Attributes:
        version: Server version agreed on.
        client_id: What it calls itself, or None before it has said so.
        subscriptions: What it is kept up to date with.
    """

    def __init__(self, line: Line, version: int, behaviour: Behaviour) -> None:
        self.version = version
        self.client_id: int | None = None
        self.subscriptions = Subscriptions()
        self._line = line
        self._behaviour = behaviour
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
        if answer.number not in self._behaviour.muted:
            self._write(answer.encode(self.version, values))

    def report(self, answer: Answer, **values: WireValue) -> None:
        """Send a message about an order that the client did not just ask for; it may be held."""
        if answer.number in self._behaviour.muted:
            return
        message = answer.encode(self.version, values)
        if self._behaviour.hold_acks:
            self._held.append(message)
        else:
            self._write(message)

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
            self._line.write(b"".join(self._outbox))
            if self._line.get_write_buffer_size() > _UNREAD_BYTES_MAX:
                self.abort()
        self._outbox.clear()

    def close(self) -> None:
        """Send what was collected and close the connection."""
        self.flush()
        self._is_closed = True
        self._line.close()

    def abort(self) -> None:
        """Cut the connection; what was not sent is lost."""
        self._is_closed = True
        self._outbox.clear()
        self._line.abort()

    def _write(self, message: bytes) -> None:
        """Collect a message, and see to it that it is written soon."""
        if self._is_closed:
            return
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outbox.append(message)
