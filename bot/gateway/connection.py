"""One TCP connection: bytes in, requests to their handlers, errors to whoever made them."""

from __future__ import annotations

import asyncio
import re
import socket
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from bot.gateway.client import Client
from bot.gateway.exchange.sessions import local
from bot.gateway.handlers.registry import HANDLERS, UNSERVED
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
    ) -> None:
        """Serve a connection.

        Args:
            venue: What there is to be served.
            received: Is told the client id and the fields of every request.
            closed: Is told when the connection is gone.
        """
        self._venue = venue
        self._received = received
        self._closed = closed
        self._greeting = b""
        self._frames = FrameBuffer()
        self._client: Client | None = None
        self._transport: asyncio.Transport | None = None

    def abort(self) -> None:
        """Cut the connection."""
        if self._client is not None:
            self._client.abort()
        elif self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; small answers must not wait for larger ones."""
        self._transport = cast("asyncio.Transport", transport)
        connected = transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @override
    def connection_lost(self, _error: Exception | None) -> None:
        """Let the client id be used again; orders and everything else stay."""
        self._venue.turns.take(self._leave)

    def _leave(self) -> None:
        """Forget the client."""
        client, clients = self._client, self._venue.publisher.clients
        client_id = None if client is None else client.client_id
        if client_id is not None and clients.get(client_id) is client:
            del clients[client_id]
        self._closed(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Serve every request that is complete."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if len(self._greeting) < len(GREETING):
            missing = len(GREETING) - len(self._greeting)
            self._greeting += data[:missing]
            data = data[missing:]
            if not GREETING.startswith(self._greeting):
                transport.abort()
                return
        try:
            bodies = self._frames.feed(data)
        except FramingError:
            transport.abort()
            return
        for body in bodies:
            if transport.is_closing():
                return
            self._venue.turns.take(partial(self._serve, transport, split_fields(body)))

    def _serve(self, transport: asyncio.Transport, fields: list[str]) -> None:
        """Serve one request, or tell what is wrong with it."""
        client = self._client
        if client is None:
            self._agree_on_version(transport, fields)
            return
        self._received(client.client_id, tuple(fields))
        kind = fields[0] if fields else ""
        known = HANDLERS.get(kind)
        try:
            if known is None:
                self._refuse_unknown(client, kind, fields)
            elif (kind == _START_API) is not (client.client_id is None):
                client.refuse(-1, 504, "Not connected: startApi comes first, and only once")
            else:
                layout, handler = known
                handler(self._venue, client, layout.decode(client.version, fields))
        except MalformedRequestError as error:
            client.refuse(-1, 320, f"Error reading request. {error}")

    def _agree_on_version(self, transport: asyncio.Transport, fields: list[str]) -> None:
        """Take the highest version that both sides speak; without one, hang up."""
        matched = _VERSION_RANGE.fullmatch(fields[0]) if len(fields) == 1 else None
        low, high = (0, 0) if matched is None else (int(matched[1]), int(matched[2] or matched[1]))
        version = min(high, VERSION_MAX)
        if version < max(low, VERSION_MIN):
            transport.abort()
            return
        now = local(self._venue.turns.now())
        moment = now.strftime("%Y%m%d %H:%M:%S Eastern Standard Time")
        self._client = Client(transport, version, self._venue.behaviour)
        transport.write(join_fields([str(version), moment]))

    @staticmethod
    def _refuse_unknown(client: Client, kind: str, fields: list[str]) -> None:
        """Answer a request that is not served, under its own id if it has one."""
        position = UNSERVED.get(kind)
        if position is None:
            client.refuse(-1, 505, f"Fatal Error: Unknown message id. ({kind[:20]!r})")
            return
        request_id = fields[position] if position < len(fields) else ""
        is_number = re.fullmatch(r"-?\d{1,9}", request_id, re.ASCII)
        text = "Error validating request.-'gw' : cause - The gateway does not serve this request"
        client.refuse(int(request_id) if is_number else -1, 321, text)
