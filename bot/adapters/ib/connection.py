"""The line to the gateway: handshake, account check, writing, doubt.

What a connection costs: one TCP connect and two round trips (protocol versions, then start-up, which answers with
accounts and next order id), some milliseconds on loopback. Nothing else is sent before the accounts are checked.

Two things the library does not tell its receiver are caught here. Its decoder swallows what it cannot read and logs
it: the decoder gets a logger of ours, which makes the session doubtful. Its throttle queues what it does not let
through: its events say so, and `write` refuses meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any, Final, Protocol

from typing_extensions import override

from bot.adapters.ib.accounts import check_accounts
from bot.adapters.ib.client import OLDEST_PROTOCOL, load_library, use_running_loop
from bot.adapters.ib.limiter import Lane, Limiter, Place
from bot.adapters.ib.receiver import Receiver
from bot.adapters.ib.session import Session
from bot.core.domain.orders import Disconnected
from bot.errors import BrokerUnavailable, WrongAccount

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.adapters.ib.client import Library, LibraryClient
    from bot.adapters.ib.events import EventQueue
    from bot.adapters.ib.settings import IbSettings
    from bot.ports import Clock

#: Longest wait for the socket to close when we close it, seconds.
CLOSE_TIMEOUT_S: Final = 2.0
#: After this long without an acknowledgement of what was written the system drops the line, milliseconds.
UNACKNOWLEDGED_MS: Final = 20_000
#: How much of an unreadable message is shown.
_SHOWN: Final = 200


class Sending(Protocol):
    """One message, to be handed to the library's client."""

    def __call__(self, client: LibraryClient, /) -> None:
        """Call one of the client's request methods."""


class _DoubtHandler(logging.Handler):
    """Hears what a decoder logs: something that it could not read, or that our receiver refused."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    @override
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        words = (
            f"{record.getMessage()[:_SHOWN]} ({error!r})" if error else record.getMessage()[:_SHOWN]
        )
        self._session.become_doubtful(f"a message of the gateway could not be read: {words}")


class Connection:
    """At most one session at a time; `connect` makes a new one."""

    def __init__(self, settings: IbSettings, clock: Clock, events: EventQueue) -> None:
        self.settings = settings
        self.clock = clock
        self.limiter = Limiter(clock)
        self._events = events
        self._library: Library | None = None
        self._client: LibraryClient | None = None
        self._session: Session | None = None
        self._highest_order_id = 0

    @property
    def is_up(self) -> bool:
        """Whether the handshake is complete and the socket open."""
        session, client = self._session, self._client
        if session is None or client is None or not session.is_ready or session.down.is_set():
            return False
        transport = client.conn.transport
        return transport is not None and not transport.is_closing()

    @property
    def trouble(self) -> str | None:
        """Why no read can be believed and no order may leave now, or None."""
        if self._session is None:
            return "not connected"
        if self._session.trouble is None and not self.is_up:
            return "the line to the gateway is opening or closing"
        return self._session.trouble

    @property
    def needs_renewal(self) -> str | None:
        """Why only a new connection helps, or None."""
        if self._session is None or not self.is_up:
            return "not connected"
        if self._session.doubt is not None:
            return self._session.doubt
        if self._session.pending.owed:
            return f"never ended: {', '.join(sorted(self._session.pending.owed))}"
        return None

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that the gateway manages, once connected."""
        return tuple(self._client.getAccounts()) if self._client is not None and self.is_up else ()

    @property
    def session(self) -> Session:
        """The session of the open line.

        Raises:
            BrokerUnavailable: If there is none.
        """
        if self._session is None:
            message = f"not connected to {self.settings.endpoint}"
            raise BrokerUnavailable(message)
        return self._session

    def is_in(self, session: Session) -> bool:
        """Return whether `session` is the open one."""
        return self.is_up and self._session is session

    @property
    def library(self) -> Library:
        """The client library; imported when it is first needed, since that takes some 0.2 s."""
        if self._library is None:
            self._library = load_library(self.settings.library)
        return self._library

    async def connect(self) -> None:
        """Make a new session, up to the account check.

        Raises:
            BrokerUnavailable: If the gateway refuses, does not answer in time, or the client id is in use.
            WrongAccount: If its accounts do not fit the settings; nothing was asked of it then.
            ConfigError: If the port is the other mode's, or the library is not installed.
        """
        self.settings.check_port()
        use_running_loop()
        library = self.library
        if self.is_up:  # what is in flight is lost, and whoever waits for it must know
            self._events.put(Disconnected(f"the line is made anew: {self.needs_renewal}"))
        await self.disconnect()
        session = Session(self.settings, self.clock, self._events, self._highest_order_id)
        client = library.new_client(Receiver(session))
        self._session, self._client = session, client
        self._listen(client, session)
        try:
            await self._handshake(client, session)
            check_accounts(self.settings, client.getAccounts())
            session.become_ready()
        except (BrokerUnavailable, WrongAccount, asyncio.CancelledError):
            await self.disconnect()
            raise
        _watch_silence(client)

    async def disconnect(self) -> None:
        """Close the line and wait until it is closed; does nothing without one."""
        session, client = self._session, self._client
        self._session = self._client = None
        if session is None or client is None:
            return
        self._highest_order_id = session.own_orders.highest_id
        session.close()
        has_socket = client.conn.transport is not None
        client.disconnect()
        if has_socket:
            await _until_closed(client, session)

    def next_id(self) -> int:
        """Return an id for a request or an order, above every order id seen."""
        client = self._open_client()
        client.updateReqId(self.session.own_orders.highest_id + 1)
        return client.getReqId()

    def write(self, place: Place, sending: Sending) -> None:
        """Hand one message over, now.

        Raises:
            BrokerUnavailable: If the line is down or the place has lapsed; nothing was written then.
        """
        client = self._open_client()
        if not self.limiter.renew(place):
            message = "the place that the limiter gave has lapsed and no other is free; nothing was written"
            raise BrokerUnavailable(message)
        try:
            sending(client)
        except ConnectionError as error:
            message = f"the line to {self.settings.endpoint} is down ({error}); nothing was written"
            raise BrokerUnavailable(message) from error
        self.limiter.renew(place)

    def _open_client(self) -> LibraryClient:
        client = self._client
        if client is None or not self.is_up:
            message = f"the line to {self.settings.endpoint} is down; nothing was written"
            raise BrokerUnavailable(message)
        return client

    def _listen(self, client: LibraryClient, session: Session) -> None:
        client.MinClientVersion = OLDEST_PROTOCOL
        # A logger outside the logging tree: it hears this connection's decoder, and no other's.
        logger = logging.Logger("bot.adapters.ib.decoder")  # noqa: LOG001 - on purpose, see above
        logger.addHandler(_DoubtHandler(session))
        client.decoder.logger = logger
        client.apiError.connect(session.take_last_words, keep_ref=True)
        client.throttleStart.connect(lambda: _throttled(session, now=True), keep_ref=True)
        client.throttleEnd.connect(lambda: _throttled(session, now=False), keep_ref=True)
        # eventkit swallows what its listeners raise; here that is the library's own framing code.
        client.conn.hasData.error_event.connect(_doubtful(session), keep_ref=True)
        client.conn.disconnected.error_event.connect(_doubtful(session), keep_ref=True)

    async def _handshake(self, client: LibraryClient, session: Session) -> None:
        # Start-up is a message too, and the library's throttle counts it.
        place = await self.limiter.acquire(Lane.URGENT)
        settings = self.settings
        timeout_s = settings.connect_timeout_s
        attempt = asyncio.ensure_future(
            client.connectAsync(settings.host, settings.port, settings.client_id, 2 * timeout_s)
        )
        try:
            ends: set[asyncio.Future[Any]] = {attempt, session.refused}
            await asyncio.wait(ends, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            self._judge(attempt, session)
        finally:
            self.limiter.renew(place)
            await _end(attempt)

    def _judge(self, attempt: asyncio.Future[None], session: Session) -> None:
        """Raise unless the attempt succeeded."""
        endpoint = self.settings.endpoint
        if session.refused.done():
            message = f"{endpoint}: {session.refused.result()}"
            raise BrokerUnavailable(message)
        if not attempt.done():
            message = (
                f"the gateway at {endpoint} did not finish the handshake within "
                f"{self.settings.connect_timeout_s:g} s: is it logged in, and is its API enabled?"
            )
            raise BrokerUnavailable(message)
        error = attempt.exception()
        if isinstance(error, ConnectionRefusedError):
            message = (
                f"no gateway listens at {endpoint}: start IB Gateway, or "
                f"`bot gateway --port {self.settings.port}` for the paper one"
            )
            raise BrokerUnavailable(message) from error
        if error is not None:
            message = f"cannot reach the gateway at {endpoint}: {error!r}"
            raise BrokerUnavailable(message) from error


def _throttled(session: Session, *, now: bool) -> None:
    session.is_throttled = now


def _doubtful(session: Session) -> Callable[..., None]:
    def hear(_event: object, error: BaseException) -> None:
        session.become_doubtful(f"the client library failed on what came in: {error!r}")

    return hear


async def _until_closed(client: LibraryClient, session: Session) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await session.down.wait()
    except TimeoutError:  # the peer does not take what is left to write
        if client.conn.transport is not None:
            client.conn.transport.abort()


async def _end(attempt: asyncio.Future[None]) -> None:
    """Cancel an attempt that is under way and take its outcome, so that nothing is left behind."""
    attempt.cancel()
    await asyncio.wait({attempt})
    if not attempt.cancelled():
        attempt.exception()


def _watch_silence(client: LibraryClient) -> None:
    """Let the system notice a peer that is gone without a word, where it can: heartbeats are the other half."""
    transport = client.conn.transport
    raw = transport.get_extra_info("socket") if transport is not None else None
    if raw is None:  # an in-memory line, as in virtual time
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
