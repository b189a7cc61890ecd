"""Faults of connections: their bytes, their beginning and their end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.faults.fault import Ambush, Condition
from bot.gateway.faults.parameters import EVERYBODY, choice, client, number, whole
from bot.gateway.wire.incoming import START_API
from bot.gateway.wire.order_reports import ORDER_STATUS
from bot.gateway.wire.outgoing import ERROR
from bot.gateway.wire.place_order import PLACE_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.client import Call, Client, Line, Message

ID_IN_USE: Final = (
    "Unable to connect as the client id is already in use. Retry with a unique client id."
)


@dataclass(kw_only=True, eq=False)
class DropConnection(Ambush):
    """Cut a connection now, or around the next order, or within the next frame."""

    NAME: ClassVar = "drop-connection"
    side: str = choice(
        "now; before the next order is accepted; accepted, but not acknowledged; after its first"
        " acknowledgement; or in the middle of the next frame that is sent",
        "now",
        "before-accept",
        "before-ack",
        "after-ack",
        "mid-frame",
    )
    client: int = client()
    _watched: list[Client] = field(default_factory=list, init=False)
    _silenced: list[Client] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Cut, or wait for the order."""
        if self.side not in ("now", "mid-frame"):
            return f"waits for the next order ({self.side})"
        clients = self.clients(self.client)
        lines: list[Line] = [client.line for client in clients]
        if self.client == EVERYBODY:
            lines = list(self.venue.hooks.lines)
        for line in lines:
            if self.side == "now":
                line.abort()
            else:
                line.cut_next_frame()
        for each in clients if self.side == "now" else ():
            each.abort()
        self.stage.finish(self)
        what = "cut" if self.side == "now" else "will be cut within the next frame"
        return f"{len(lines)} connections {what}"

    @override
    def on_request(self, call: Call) -> bool:
        """Cut around an order."""
        is_meant = call.number == PLACE_ORDER.number and not call.request.flag("what_if")
        is_meant = is_meant and self.client in (EVERYBODY, call.client.client_id)
        if not is_meant or self.is_used_up or self.side in ("now", "mid-frame"):
            return True
        if self.side == "after-ack":
            self._watched.append(call.client)
            return True
        self.use()
        self._abort(call.client)
        return self.side == "before-ack"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Let the first state of the order through, and nothing after it."""
        client = message.client
        if client in self._silenced:
            return ()
        if client in self._watched and message.is_report and message.answer is ORDER_STATUS:
            self._silenced.append(client)
            self.venue.turns.at_end(partial(self._hang_up, client))
        return (message,)

    def _hang_up(self, client: Client) -> None:
        """Send what was collected, then cut."""
        client.flush()
        self._abort(client)
        self._watched.remove(client)
        self._silenced.remove(client)
        self.use()

    def _abort(self, client: Client) -> None:
        """Cut the connection of a client; nothing more is said to it."""
        self.venue.publisher.clients.pop(client.owner_id, None)
        client.abort()


@dataclass(kw_only=True, eq=False)
class HalfOpen(Condition):
    """A connection that is neither read nor written any more, and that nobody closes."""

    NAME: ClassVar = "half-open"
    client: int = client()
    _dead: list[Line] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Let connections die."""
        self._dead = [each.line for each in self.clients(self.client)]
        for line in self._dead:
            line.die()
        return f"{len(self._dead)} connections are dead"

    @override
    def finish(self) -> None:
        """Let the other side know at last."""
        for line in self._dead:
            line.abort()


@dataclass(kw_only=True, eq=False)
class _Paced(Condition):
    """A fault that sends bytes in other pieces."""

    client: int = client()
    _lines: list[Line] = field(default_factory=list, init=False)

    @property
    def pieces(self) -> tuple[int, float]:
        """Longest piece in bytes, 0 for any length, and the seconds between two."""
        return (0, 0.0)

    @override
    def begin(self) -> str:
        """Send in pieces from now on."""
        lines = list(self.venue.hooks.lines)
        if self.client != EVERYBODY:
            lines = [each.line for each in self.clients(self.client)]
        for line in lines:
            self._pace(line)
        return f"{len(lines)} connections"

    @override
    def on_arrival(self, line: Line) -> None:
        """Do the same to new connections, of which nobody knows yet whose they are."""
        if self.client == EVERYBODY:
            self._pace(line)

    @override
    def finish(self) -> None:
        """Send everything at once again."""
        for line in self._lines:
            line.hurry()

    def _pace(self, line: Line) -> None:
        """Send in pieces on one connection."""
        self._lines.append(line)
        line.pace(*self.pieces)


@dataclass(kw_only=True, eq=False)
class SlowFrames(_Paced):
    """Bytes to a client trickle: a few of them, then a pause, whatever the frames are."""

    NAME: ClassVar = "slow-frames"
    piece_bytes: int = whole("bytes in a piece", 64, low=1, high=1 << 20)
    step_s: float = number("seconds between two pieces", 0.05, low=0.0001)

    @property
    @override
    def pieces(self) -> tuple[int, float]:
        return (self.piece_bytes, self.step_s)


@dataclass(kw_only=True, eq=False)
class SplitFrames(_Paced):
    """Frames are cut into pieces of a few bytes that arrive right after one another."""

    NAME: ClassVar = "split-frames"
    piece_bytes: int = whole("bytes in a piece", 3, low=1, high=1 << 20)

    @property
    @override
    def pieces(self) -> tuple[int, float]:
        return (self.piece_bytes, 1e-6)


@dataclass(kw_only=True, eq=False)
class GluedFrames(_Paced):
    """Frames are held together for a while and then leave in one piece."""

    NAME: ClassVar = "glued-frames"
    step_s: float = number("seconds for which frames come together", 0.25, low=0.0001)

    @property
    @override
    def pieces(self) -> tuple[int, float]:
        return (0, self.step_s)


@dataclass(kw_only=True, eq=False)
class RefuseConnections(Condition):
    """Nobody listens on the port; connections that there are live on."""

    NAME: ClassVar = "refuse-connections"

    @override
    def begin(self) -> str:
        """Shut the port."""
        self.stage.door.shut()
        return "the port is shut"

    @override
    def finish(self) -> None:
        """Open the port again."""
        self.stage.door.open()


@dataclass(kw_only=True, eq=False)
class SilentHandshake(Condition):
    """New connections are accepted, but nothing that comes through them is ever answered."""

    NAME: ClassVar = "silent-handshake"
    style: str = choice("what a new connection finds: silence, or its end", "hang", "close")
    _hanging: list[Line] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Answer no new connection."""
        return "new connections get no answer"

    @override
    def on_arrival(self, line: Line) -> None:
        """Say nothing, or hang up."""
        if self.style == "hang":
            self._hanging.append(line)
            line.die()
        else:
            line.abort()

    @override
    def finish(self) -> None:
        """Hang up on those who still wait: they have to begin again."""
        for line in self._hanging:
            line.abort()


@dataclass(kw_only=True, eq=False)
class ClientIdInUse(Condition):
    """A client id is refused with 326, as if a forgotten session still had it."""

    NAME: ClassVar = "client-id-in-use"
    client: int = client()

    @override
    def begin(self) -> str:
        """Refuse the id from now on."""
        return f"client id {self.client} is refused" if self.client >= 0 else "every id is refused"

    @override
    def on_request(self, call: Call) -> bool:
        """Refuse to start the API."""
        asked = call.request.integer("client_id") if call.number == START_API.number else None
        if asked is None or self.client not in (EVERYBODY, asked):
            return True
        call.client.send(ERROR, request_id=-1, code=326, text=ID_IN_USE)
        call.client.close()
        return False


FAULTS: Final = (
    DropConnection,
    HalfOpen,
    SlowFrames,
    SplitFrames,
    GluedFrames,
    RefuseConnections,
    SilentHandshake,
    ClientIdInUse,
)
