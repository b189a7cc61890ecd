r"""Bytes to fields and back.

A frame is a big-endian length of four bytes and as many bytes of body. The body is UTF-8 text
whose fields are each ended by a NUL. The two exceptions are at the start of a connection: the
client's first four bytes are a bare `API\0`, and the version range behind it has no last NUL.
"""

from __future__ import annotations

import struct
from typing import Final

_LENGTH: Final = struct.Struct(">I")

#: The raw bytes that open every connection, before the first frame.
GREETING: Final = b"API\0"

#: The longest body that is read. The longest real request is an order of some 2,000 bytes; a larger
#: announced length is garbage or an attack, and buffering it would be the damage.
BODY_BYTES_MAX: Final = 1 << 20


class FramingError(ValueError):
    """The bytes are no frames: the connection that sent them has to be closed."""


def frame(body: bytes) -> bytes:
    """Return the body with its length in front."""
    return _LENGTH.pack(len(body)) + body


def join_fields(fields: list[str]) -> bytes:
    """Return the frame of some fields, none of which may contain a NUL."""
    return frame("".join(field + "\0" for field in fields).encode())


def split_fields(body: bytes) -> list[str]:
    """Return the fields of a body; bytes that are no UTF-8 become replacement characters.

    A last field without its NUL is a field all the same, as the version range shows.
    """
    fields = body.decode("utf-8", "replace").split("\0")
    if not fields[-1]:
        fields.pop()
    return fields


class FrameBuffer:
    """Collects the bytes of one connection and gives back whole frames, however they were cut."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Add received bytes and return the bodies that are complete now, in order.

        Raises:
            FramingError: If a length beyond `BODY_BYTES_MAX` is announced. Frames before it in the
                same chunk are lost with it, since the connection ends.
        """
        pending = self._pending
        pending += chunk
        bodies: list[bytes] = []
        start = 0
        while len(pending) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(pending, start)
            if length > BODY_BYTES_MAX:
                message = f"a frame of {length} bytes was announced, at most {BODY_BYTES_MAX}"
                raise FramingError(message)
            end = start + _LENGTH.size + length
            if len(pending) < end:
                break
            bodies.append(bytes(pending[start + _LENGTH.size : end]))
            start = end
        del pending[:start]
        return bodies
