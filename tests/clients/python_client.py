"""A client of ib_insync or ib_async as a walk uses it: every field of every message counted.

Nothing of the installed package is changed: `Decoder.interpret` is wrapped in this process. The
handlers unpack lists; what they leave of a message stands in their local variables when they return,
which is looked at with a profile function.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from steps import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from tally import Tally

#: Whichever of the two is installed.
LIBRARY = importlib.import_module(
    "ib_async" if importlib.util.find_spec("ib_async") else "ib_insync"
)
DECODER = importlib.import_module(f"{LIBRARY.__name__}.decoder").Decoder

#: Nothing that a step waits for may take longer.
TIMEOUT_S = 6.0

#: After an error, an answer that has not come by then is not waited for.
PATIENCE_S = 0.5

#: Handlers that unpack the rest of a message exactly, and keep its list.
_EXACT_REST = frozenset({"tickOptionComputation", "tickByTick"})

#: Codes of errors that are news, about the connection and about data, and end nothing.
NEWS = frozenset({202, 399, 2104, 2106, 2107, 2108, 2109, 2119, 2158, 10089, 10090, 10167, 10349})


def left_over(name: str, found: dict[str, Any], message: Sequence[str]) -> int:
    """Return how many fields a handler did not take.

    Args:
        name: The handler.
        found: Its local variables at its end.
        message: All fields that it was given.
    """
    rest = found.get("fields", ())
    if "types" in found and "skip" in found:
        # The wrapper of the simple messages takes pairs until either list ends.
        return abs(len(message) - found["skip"] - len(found["types"]))
    if "get" in found:
        return int(found["get"].__self__.__length_hint__())
    is_unpacked = rest is message or name in _EXACT_REST
    return 0 if is_unpacked else len(rest)


def watch(tallies: list[Tally]) -> None:
    """Count, in the last tally, what is sent and what the decoder does with every message."""
    interpret = DECODER.interpret

    def interpret_watched(self: Any, fields: list[str]) -> None:
        number = int(fields[0])
        tally = tallies[-1]
        tally.saw(number, len(fields))
        if number not in self.handlers:
            tally.fail(number, "the client does not know this message")
        handlers: list[FrameType] = []

        def profile(frame: FrameType, event: str, _value: object) -> None:
            caller = frame.f_back
            if caller is None or caller.f_code is not interpret.__code__:
                return
            if event == "call" and not handlers:
                handlers.append(frame)
            elif event == "return" and handlers[:1] == [frame]:
                found = dict(frame.f_locals)
                tally.leave(number, left_over(frame.f_code.co_name, found, fields))

        sys.setprofile(profile)
        try:
            interpret(self, fields)
        finally:
            sys.setprofile(None)

    DECODER.interpret = interpret_watched
    send = LIBRARY.Client.send

    def send_watched(self: Any, *fields: Any, **options: Any) -> None:
        tallies[-1].asked.add(str(fields[0]))
        send(self, *fields, **options)

    LIBRARY.Client.send = send_watched


class Client:
    """One connection of the library.

    Attributes:
        ib: The library's own client.
        errors: Request id, code and text of every error so far.
        kept: What one step leaves for a later one.
    """

    def __init__(self, port: int, version: int, client_id: int) -> None:
        """Prepare a connection that offers at most one server version."""
        self.ib = LIBRARY.IB()
        self.ib.RaiseRequestErrors = True
        self.version = version or self.ib.client.MaxClientVersion
        self.ib.client.MaxClientVersion = self.version
        self.port = port
        self.client_id = client_id
        self.errors: list[tuple[int, int, str]] = []
        self.kept: dict[str, Any] = {}
        self.ib.errorEvent += self._note

    def _note(self, request_id: int, code: int, text: str, _contract: object) -> None:
        """Keep an error."""
        self.errors.append((request_id, code, text))

    async def connect(self) -> None:
        """Connect, with all requests that the library makes then."""
        await self.ib.connectAsync("127.0.0.1", self.port, self.client_id, timeout=TIMEOUT_S)

    async def until(self, is_so: Callable[[], Any], *, refusable: int | None = None) -> Any:
        """Wait until something is so, and return it.

        Args:
            is_so: Is asked after every batch of messages.
            refusable: A request id or an order id: an error about it ends the wait.

        Raises:
            Wrong: If it never is.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while True:
                    found = is_so()
                    if found:
                        return found
                    for request_id, code, text in self.errors:
                        if request_id == refusable and code not in NEWS:
                            message = f"refused: {code} {text}"
                            raise Wrong(message)
                    await self.ib.updateEvent
        except TimeoutError:
            message = f"it did not come; errors {self.errors[-3:]}"
            raise Wrong(message) from None

    async def settle(self) -> None:
        """Wait for the answer of a question that is put now."""
        await self.ask(self.ib.reqCurrentTimeAsync())

    async def ask(self, question: Any) -> Any:
        """Wait for an answer of the library, but not for ever.

        ib_async takes 321 for a warning, and would wait for an answer after it.

        Raises:
            Wrong: If there is none.
        """
        before = len(self.errors)
        task = asyncio.ensure_future(question)
        for _ in range(int(TIMEOUT_S / PATIENCE_S)):
            await asyncio.wait([task], timeout=PATIENCE_S)
            new = [error for error in self.errors[before:] if error[1] not in NEWS]
            if task.done():
                return task.result()
            if new:
                break
        task.cancel()
        message = f"it did not come; errors {self.errors[before:]}"
        raise Wrong(message)

    async def caught(self, name: str, send: Callable[[], Any]) -> list[Any]:
        """Return the arguments of a callback of the library while something is asked.

        The library is told as well, if it has the callback.
        """
        found: list[Any] = []
        known = getattr(self.ib.wrapper, name, None)

        def catch(*arguments: Any) -> None:
            found.append(arguments)
            if known is not None:
                known(*arguments)

        setattr(self.ib.wrapper, name, catch)
        send()
        await self.settle()
        delattr(self.ib.wrapper, name)
        return found

    def codes(self, request_id: int) -> list[int]:
        """Return the codes of the errors about a request so far."""
        return [code for number, code, _ in self.errors if number == request_id]
