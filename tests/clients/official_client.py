"""The official client as a walk uses it: every callback recorded, every field of every message counted.

Nothing of the installed package is changed: `Decoder.interpret` is wrapped in this process, and the
callbacks are recorded by a wrapper of its own, whose methods have the names that the package's has.
"""

from __future__ import annotations

import inspect
import operator
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibapi.client
from ibapi.client import EClient
from ibapi.connection import Connection
from ibapi.decoder import Decoder
from ibapi.wrapper import EWrapper
from steps import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tally import Tally

#: Nothing that a step waits for may take longer.
TIMEOUT_S = 6.0

#: Codes of errors that are news, about the connection and about data, and end nothing.
NEWS = frozenset({399, 2104, 2106, 2107, 2108, 2109, 2119, 2158, 10089, 10090, 10167, 10349})


class Watched(tuple):  # noqa: SLOT001 - it has to keep the iterators somewhere
    """The fields of one message, which remember the iterators that were made of them."""

    def __iter__(self) -> Iterator[Any]:
        iterator = super().__iter__()
        self.__dict__.setdefault("iterators", []).append(iterator)
        return iterator

    def left(self) -> int:
        """Return how many fields nobody took; by position all are taken, or the library says so."""
        iterators = self.__dict__.get("iterators", [])
        return min((operator.length_hint(it) for it in iterators), default=0)


def watch(tallies: list[Tally]) -> None:
    """Count, in the last tally, what is sent and what the decoder does with every message."""
    interpret = Decoder.interpret
    known = Decoder.msgId2handleInfo

    def interpret_watched(self: Decoder, fields: Any, *number_behind: int) -> None:
        if not fields and not any(number_behind):
            return  # the loop that waits for the handshake
        # Until 10.19 the message id is the first field, later it stands beside the fields.
        number = number_behind[0] if number_behind else int(fields[0])
        tally = tallies[-1]
        tally.saw(number, len(fields) + len(number_behind))
        if number not in known:
            tally.fail(number, "the client does not know this message")
            return
        watched = Watched(fields)
        try:
            interpret(self, watched, *number_behind)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            cause = error.__context__
            tally.fail(number, f"{error!r} {'' if cause is None else repr(cause)} in {fields!r}")
        else:
            tally.leave(number, watched.left())

    Decoder.interpret = interpret_watched
    send = Connection.sendMsg

    def send_watched(self: Connection, message: bytes) -> Any:
        # What comes before the first request has no number.
        number = message[4:].partition(b"\0")[0].decode(errors="replace")
        tallies[-1].asked.add(number)
        return send(self, message)

    Connection.sendMsg = send_watched


@dataclass(frozen=True)
class Event:
    """One call of the wrapper: its name, and its arguments by name."""

    name: str
    arguments: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.arguments[name]
        except KeyError:
            raise AttributeError(name) from None


def _recorder(name: str, method: Any) -> Any:
    """Return a callback that records its arguments under the names that the package has for them."""
    signature = inspect.signature(method)

    def record(self: Recorder, *arguments: Any, **named: Any) -> None:
        bound = signature.bind(self, *arguments, **named)
        bound.apply_defaults()
        found = dict(bound.arguments)
        found.pop("self")
        self.events.put(Event(name, found))

    return record


class Recorder(EWrapper):
    """A wrapper that puts every callback into a queue.

    Attributes:
        events: What was called and not looked at yet.
        kept: What one step leaves for a later one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.kept: dict[str, int] = {}


for _name, _method in inspect.getmembers(EWrapper, inspect.isfunction):
    if not _name.startswith("_") and _name != "logAnswer":
        setattr(Recorder, _name, _recorder(_name, _method))


class Client:
    """One connection of the official client.

    Attributes:
        api: The client itself.
        log: Every event so far.
        version: The highest server version that is offered.
    """

    def __init__(self, port: int, version: int, client_id: int) -> None:
        """Prepare a connection that offers at most one server version."""
        self.recorder = Recorder()
        self.api = EClient(self.recorder)
        self.log: list[Event] = []
        self.version = version
        self.port = port
        self.client_id = client_id
        self._thread: threading.Thread | None = None
        self._request_id = 100
        self._order_id = 0

    def connect(self) -> list[Event]:
        """Connect; returns what comes back until the last data farm has reported."""
        ibapi.client.MIN_CLIENT_VER = min(self.version, ibapi.client.MIN_CLIENT_VER)
        ibapi.client.MAX_CLIENT_VER = self.version
        self.api.connect("127.0.0.1", self.port, self.client_id)
        self._thread = threading.Thread(target=self.api.run, daemon=True)
        self._thread.start()
        events = self.until(lambda event: event.name == "error" and event.errorCode == 2158)
        self._order_id = max(event.orderId for event in events if event.name == "nextValidId")
        return events

    def close(self) -> None:
        """Hang up."""
        self.api.disconnect()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S)

    def next_request(self) -> int:
        """Return a request id of its own."""
        self._request_id += 1
        return self._request_id

    def next_order(self) -> int:
        """Return an order id of its own."""
        self._order_id += 1
        return self._order_id - 1

    def until(
        self, is_last: Callable[[Event], Any], *, refusable: int | None = None
    ) -> list[Event]:
        """Return the events up to and including the one that is waited for.

        Args:
            is_last: Tells which one that is.
            refusable: A request id or an order id: an error about it ends the wait.

        Raises:
            Wrong: If it does not come, or an error does instead.
        """
        found: list[Event] = []
        while True:
            try:
                event = self.recorder.events.get(timeout=TIMEOUT_S)
            except queue.Empty:
                names = [item.name for item in found]
                message = f"it did not come; after {names[-8:]}"
                raise Wrong(message) from None
            found.append(event)
            self.log.append(event)
            if is_last(event):
                return found
            is_error = event.name == "error" and event.errorCode not in NEWS
            if is_error and refusable is not None and event.reqId == refusable:
                message = f"refused: {event.errorCode} {event.errorString}"
                raise Wrong(message)

    def until_name(self, name: str, *, refusable: int | None = None) -> list[Event]:
        """Return the events up to and including the first of a name."""
        return self.until(lambda event: event.name == name, refusable=refusable)

    def until_error(self, request_id: int, code: int) -> list[Event]:
        """Return the events up to and including an error with a code about a request."""
        return self.until(
            lambda event: (
                event.name == "error" and event.reqId == request_id and event.errorCode == code
            ),
            refusable=request_id,
        )

    def settled(self) -> list[Event]:
        """Return the events up to the answer of a question that is put now."""
        self.api.reqCurrentTime()
        return self.until_name("currentTime")[:-1]
