"""Control of a running gateway: one JSON object asks, one answers.

    {"do": "status"}                                        the truth: orders, fills, books, clients
    {"do": "list"}                                          every fault with what it does
    {"do": "set", "quotes": "frozen"}                       turns switches
    {"do": "strike", "fault": "drop", …parameters…}         lets a fault happen
    {"do": "end", "fault": "drop"}                          ends it

An answer has `"ok": true` and what was asked for, or `"ok": false` and one line under `error`.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, get_args

from bot.gateway.behaviour import QuoteKind
from bot.gateway.config.reading import (
    TRUE_OR_FALSE,
    Reader,
    one_of,
    read_decimal,
    read_whole,
)
from bot.gateway.exchange.book import FillKind
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.registry import REGISTRY, describe, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.gateway.behaviour import Behaviour

#: The longest line that is read; a longer one ends the connection.
LINE_BYTES_MAX: Final = 1 << 16

#: Connections at the same time; one more is told so, and ended.
CONNECTIONS_MAX: Final = 32

#: The longest delay of a fill, in seconds, and the largest error code.
_DELAY_S_MAX: Final = 86_400
_CODE_MAX: Final = 99_999


def _read_delay(value: object) -> float:
    """Accept a number of seconds, from 0 to a day."""
    seconds = read_decimal(value)
    if not (seconds.is_finite() and 0 <= seconds <= _DELAY_S_MAX):
        raise ValueError
    return float(seconds)


def _read_ids(value: object) -> set[int]:
    """Accept a list of whole numbers."""
    if not isinstance(value, list):
        raise TypeError
    return {read_whole(item) for item in value}


def _read_code(value: object) -> int | None:
    """Accept an error code, or nothing."""
    if value is None:
        return None
    code = read_whole(value)
    if not 0 <= code <= _CODE_MAX:
        raise ValueError
    return code


#: The switches of the behaviour, and how each is read.
SWITCHES: Final[Mapping[str, Reader]] = {
    "quotes": one_of(*get_args(QuoteKind)),
    "fill": one_of(*get_args(FillKind)),
    "fill_delay_s": (f"a number of seconds from 0 to {_DELAY_S_MAX}", _read_delay),
    "muted": ("a list of message ids", _read_ids),
    "reject_code": (f"an error code from 0 to {_CODE_MAX}, or null", _read_code),
    "hold_acks": TRUE_OR_FALSE,
    "drop_on_place": TRUE_OR_FALSE,
}


class Controlled(Protocol):
    """What is controlled: a gateway."""

    @property
    def behaviour(self) -> Behaviour:
        """The switches."""
        ...

    def strike(self, name: str, /, **parameters: object) -> str:
        """Let a fault happen, or begin; returns what it did."""
        ...

    def end_fault(self, name: str) -> str:
        """End a fault; returns what that did."""
        ...

    def truth(self) -> dict[str, Any]:
        """Return what there is, as plain values."""
        ...


class ControlError(ValueError):
    """Something was asked for that there is not; the message is one line."""


def answer(gateway: Controlled, asked: Mapping[str, object]) -> dict[str, Any]:
    """Do what is asked for.

    Args:
        gateway: Whose control it is.
        asked: What to `do`, and what that needs to know.

    Returns:
        What there is to say, with `ok`.
    """
    what = asked.get("do")
    action = _ACTIONS.get(what) if isinstance(what, str) else None
    if action is None:
        return _refusal(f"do = {what!r}: expected one of {', '.join(_ACTIONS)}")
    try:
        done = action(gateway, {key: value for key, value in asked.items() if key != "do"})
    except (ControlError, FaultError) as error:
        return _refusal(str(error))
    return {"ok": True, **done}


def _refusal(text: str) -> dict[str, Any]:
    """Return the answer that something cannot be done, in one line."""
    return {"ok": False, "error": " ".join(text.split())}


def _strike(gateway: Controlled, asked: dict[str, Any]) -> dict[str, Any]:
    """Let a fault happen, or begin."""
    return {"did": gateway.strike(_fault(asked), **asked)}


def _end(gateway: Controlled, asked: dict[str, Any]) -> dict[str, Any]:
    """End a fault."""
    name = _fault(asked)
    if asked:
        message = f"end takes nothing but fault; found {', '.join(asked)}"
        raise ControlError(message)
    return {"did": gateway.end_fault(name)}


def _fault(asked: dict[str, Any]) -> str:
    """Take the name of a fault out of what is asked for."""
    name = asked.pop("fault", None)
    if not isinstance(name, str):
        message = f"fault = {name!r}: expected the name of a fault"
        raise ControlError(message)
    return name


def _set(gateway: Controlled, asked: dict[str, Any]) -> dict[str, Any]:
    """Turn switches, all of them or none."""
    if not asked:
        message = f"set what? There are {', '.join(SWITCHES)}"
        raise ControlError(message)
    positions = {name: _position(name, value) for name, value in asked.items()}
    for name, position in positions.items():
        setattr(gateway.behaviour, name, position)
    return {"set": sorted(positions)}


def _position(name: str, value: object) -> object:
    """Return the position of a switch as the behaviour has it."""
    if name not in SWITCHES:
        message = f"there is no switch {name!r}; there are {', '.join(SWITCHES)}"
        raise ControlError(message)
    expected, read = SWITCHES[name]
    try:
        return read(value)
    except (ArithmeticError, TypeError, ValueError):
        message = f"{name} = {value!r}: expected {expected}"
        raise ControlError(message) from None


def _status(gateway: Controlled, _asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the truth, whatever clients are shown."""
    return gateway.truth()


def _list(_gateway: Controlled, _asked: dict[str, Any]) -> dict[str, Any]:
    """Tell which faults there are."""
    return {
        "faults": {
            name: {"does": summary(kind), "parameters": describe(kind)}
            for name, kind in sorted(REGISTRY.items())
        }
    }


_ACTIONS: Final[Mapping[str, Callable[[Controlled, dict[str, Any]], dict[str, Any]]]] = {
    "status": _status,
    "list": _list,
    "set": _set,
    "strike": _strike,
    "end": _end,
}


class ControlPort:
    """A port that takes one JSON object a line and answers with one a line."""

    def __init__(self, gateway: Controlled) -> None:
        self._gateway = gateway
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, None] = {}

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which is any free one for 0.

        Raises:
            OSError: If the port cannot be had.
        """
        self._server = await asyncio.start_server(self._serve, host, port, limit=LINE_BYTES_MAX)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every line of one connection."""
        if len(self._writers) >= CONNECTIONS_MAX:
            error = f"there are {CONNECTIONS_MAX} connections already"
            with suppress(ConnectionError):
                await self._say(writer, json.dumps({"ok": False, "error": error}))
            writer.close()
            return
        self._writers[writer] = None
        try:
            while True:
                line = await reader.readline()
                if not line:
                    break
                if line.strip():
                    await self._say(writer, answer_line(self._gateway, line))
        except ValueError:
            error = f"a line of more than {LINE_BYTES_MAX} bytes"
            await self._say(writer, json.dumps({"ok": False, "error": error}))
        except ConnectionError:
            pass  # whoever asked has gone
        finally:
            del self._writers[writer]
            writer.close()

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, line: str) -> None:
        """Write one line."""
        writer.write(line.encode() + b"\n")
        await writer.drain()


def answer_line(gateway: Controlled, line: bytes) -> str:
    """Return the answer to one line, as one line."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        return json.dumps({"ok": False, "error": "expected one JSON object a line"})
    return json.dumps(answer(gateway, asked), default=str)
