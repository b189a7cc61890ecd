"""One TCP connection: bytes in, requests to their handlers, errors to whoever made them."""

from __future__ import annotations

import asyncio
import re
import socket
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from bot.gateway.client import Call, Client, Tap
from bot.gateway.exchange.sessions import local
from bot.gateway.faults.line import Line
from bot.gateway.handlers.registry import HANDLERS
from bot.gateway.handlers.unserved import refuse_unserved
from bot.gateway.wire.framing import (
    GREETING,
    FrameBuffer,
    FramingError,
    join_fields,
    split_fields,
)
from bot.gateway.wire.requests import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.gateway.venue import Venue

#: The server versions that are spoken. Above the last one, ib_insync and ib_async would not follow.
VERSION_MIN: Final = 157
VERSION_MAX: Final = 178

#: `v157..176`, with connection options behind it.
_VERSION_RANGE: Final = re.compile(r"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: .*)?")

_START_API: Final = "71"


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(
        self,
        venue: Venue,
        received: Callable[[int | None, tuple[str, ...]], None],
        closed: Callable[[Connection], None],
        choked: Callable[[Connection], None],
        tap: Tap | None = None,
    ) -> None:
        """Serve a connection.

        Args:
            venue: What there is to be served.
            received: Is told the client id and the fields of every request.
            closed: Is told when the connection is gone.
            choked: Is told when it is cut off because its client reads too little, or only waits.
            tap: Is told every event and every frame.
        """
        self._venue = venue
        self._received = received
        self._closed = closed
        self._choked = choked
        self._tap = tap
        self._greeting = b""
        self._frames = FrameBuffer()
        self._client: Client | None = None
        self._line: Line | None = None

    @property
    def client_id(self) -> int | None:
        """The client that has started the API through it, or None."""
        return None if self._client is None else self._client.client_id

    def choke(self) -> None:
        """Cut off a client that reads too little."""
        self._venue.turns.take(self._cut_off)

    def _cut_off(self) -> None:
        """Cut the connection in a turn of its own."""
        self._tell("choked")
        self._choked(self)
        self.abort()

    def _tell(self, kind: str, frame: bytes = b"") -> None:
        """Tell the tap, if there is one."""
        if self._tap is not None:
            self._tap(kind, frame)

    def abort(self) -> None:
        """Cut the connection."""
        if self._client is not None:
            self._client.abort()
        elif self._line is not None:
            self._line.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; small answers must not wait for larger ones."""
        self._line = Line(cast("asyncio.Transport", transport), self._venue.turns)
        connected = transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._venue.turns.take(partial(self._arrive, self._line))

    def _arrive(self, line: Line) -> None:
        """Take note of the connection."""
        self._tell("opened")
        self._venue.hooks.arrive(line)

    @override
    def connection_lost(self, _error: Exception | None) -> None:
        """Let the client id be used again; orders and everything else stay."""
        self._venue.turns.take(self._leave)

    def _leave(self) -> None:
        """Forget the client."""
        self._tell("closed")
        client, clients = self._client, self._venue.publisher.clients
        if self._line is not None:
            self._venue.hooks.lines.pop(self._line, None)
        client_id = None if client is None else client.client_id
        if client_id is not None and clients.get(client_id) is client:
            del clients[client_id]
        self._closed(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Serve every request that is complete."""
        line = self._line
        if line is None or line.is_closing():
            return
        data = line.received(data)
        if len(self._greeting) < len(GREETING):
            missing = len(GREETING) - len(self._greeting)
            self._greeting += data[:missing]
            data = data[missing:]
            if not GREETING.startswith(self._greeting):
                line.abort()
                return
        try:
            bodies = self._frames.feed(data)
        except FramingError:
            line.abort()
            return
        for body in bodies:
            if line.is_closing():
                return
            self.take_frame(body)

    def take_frame(self, body: bytes) -> None:
        """Serve a received frame, whatever became of the connection meanwhile."""
        if self._line is not None:
            self._venue.turns.take(partial(self._serve, self._line, body))

    def _serve(self, line: Line, body: bytes) -> None:
        """Serve one request, or tell what is wrong with it."""
        self._tell("in", body)
        fields = split_fields(body)
        client = self._client
        if client is None:
            self._agree_on_version(line, fields)
            return
        self._received(client.client_id, tuple(fields))
        kind = fields[0] if fields else ""
        known = HANDLERS.get(kind)
        try:
            if known is None:
                refuse_unserved(client, kind, fields)
            elif (kind == _START_API) is not (client.client_id is None):
                client.refuse(-1, 504, "Not connected: startApi comes first, and only once")
            else:
                layout, handler = known
                request = layout.decode(client.version, fields)
                serve = partial(handler, self._venue, client, request)
                gate = self._venue.hooks.gate
                if gate is None or gate(Call(client, layout.number, request, serve)):
                    serve()
        except MalformedRequestError as error:
            client.refuse(-1, 320, f"Error reading request. {error}")

    def _agree_on_version(self, line: Line, fields: list[str]) -> None:
        """Take the highest version that both sides speak; without one, hang up."""
        matched = _VERSION_RANGE.fullmatch(fields[0]) if len(fields) == 1 else None
        low, high = (0, 0) if matched is None else (int(matched[1]), int(matched[2] or matched[1]))
        version = min(high, VERSION_MAX)
        if version < max(low, VERSION_MIN):
            line.abort()
            return
        now = local(self._venue.turns.now())
        moment = now.strftime("%Y%m%d %H:%M:%S Eastern Standard Time")
        self._client = Client(
            line,
            version,
            self._venue.behaviour,
            self._venue.hooks,
            tap=self._tap,
            choked=self.choke,
        )
        answer = join_fields([str(version), moment])
        self._tell("out", answer)
        line.write(answer)
