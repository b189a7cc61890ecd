"""What a recording looks like: one JSON object a line, the first one the header.

    {"format": 1, "gateway": "0.1.0", "at": …, "seed": 1, "config": {…}, "behaviour": {…}, …}
    {"at": "2020-06-01T14:30:00.001200+00:00", "connection": 1, "kind": "in", "fields": ["49", "1"]}

`at` is the moment of the turn. `connection` counts from 1; 0 is the gateway itself. Of the kinds,
`out` is what the gateway did, and all others are what happened to it: `started`, `opened`, `in`,
`choked`, `closed`, `switched`, `struck`, `calmed`, `dropped` and `ended`. Bytes that are no
UTF-8 stand as lone surrogates, as Python's `surrogateescape` has them. A frame whose last field has
no NUL, as that of the handshake, says so with `"open": true`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Is raised with every change after which older recordings can no longer be read.
FORMAT: Final = 1

#: How every recording begins, of whatever format.
HEADER_START: Final = b'{"format": '

#: Length of the length in front of a frame.
_LENGTH_BYTES: Final = 4

_EVENT_KEYS: Final = frozenset({"at", "connection", "kind", "fields"})


class RecordingError(ValueError):
    """A file is no recording that can be played; the message is one line."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line after the header.

    Attributes:
        at: The moment of its turn, aware UTC.
        connection: Number of the connection, from 1; 0 for the gateway itself.
        kind: What happened.
        fields: What was sent, said or asked for.
        is_open: Whether the last field came without its NUL.
    """

    at: datetime
    connection: int
    kind: str
    fields: tuple[str, ...] = ()
    is_open: bool = False


def event_line(at: datetime, connection: int, kind: str, fields: Sequence[str]) -> str:
    """Return the line of an event that is no frame."""
    event = {"at": _moment(at), "connection": connection, "kind": kind, "fields": list(fields)}
    return json.dumps(event)


def frame_line(at: datetime, connection: int, kind: str, body: bytes) -> str:
    """Return the line of a frame, given by its body."""
    fields = body.decode("utf-8", "surrogateescape").split("\0")
    event: dict[str, object] = {"at": _moment(at), "connection": connection, "kind": kind}
    if fields[-1] or not body:
        event |= {"fields": fields, "open": True}
    else:
        event["fields"] = fields[:-1]
    return json.dumps(event)


def body_of_frame(message: bytes) -> bytes:
    """Return a frame without the length in front of it."""
    return message[_LENGTH_BYTES:]


def body_of(event: Event) -> bytes:
    """Return the body of the frame that an event has."""
    text = "\0".join(event.fields)
    return (text if event.is_open else text + "\0").encode("utf-8", "surrogateescape")


def header_line(facts: Mapping[str, object]) -> str:
    """Return the first line of a recording."""
    return json.dumps({"format": FORMAT, **facts})


def read_header(line: str) -> dict[str, Any]:
    """Return the facts of the first line.

    Raises:
        RecordingError: If it is not the header of a recording that this version can play.
    """
    found = _object(line)
    if found is None or "format" not in found or "config" not in found:
        message = "it is no recording of a paper gateway"
        raise RecordingError(message)
    if found["format"] != FORMAT:
        message = f"it has format {found['format']!r}, and this gateway plays format {FORMAT}"
        raise RecordingError(message)
    return found


def read_event(line: str) -> Event:
    """Return the event of a line.

    Raises:
        RecordingError: If the line is none.
    """
    found = _object(line)
    if found is None or not found.keys() >= _EVENT_KEYS:
        message = f"no event: {line[:80]!r}"
        raise RecordingError(message)
    try:
        at = datetime.fromisoformat(found["at"])
        fields = tuple(map(str, found["fields"]))
        connection = int(found["connection"])
    except (TypeError, ValueError):
        message = f"no event: {line[:80]!r}"
        raise RecordingError(message) from None
    if at.tzinfo is None:
        message = f"no event, its moment has no zone: {line[:80]!r}"
        raise RecordingError(message)
    return Event(at, connection, str(found["kind"]), fields, bool(found.get("open")))


def _object(line: str) -> dict[str, Any] | None:
    """Return the JSON object of a line, or None if it has none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _moment(at: datetime) -> str:
    """Return a moment to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
