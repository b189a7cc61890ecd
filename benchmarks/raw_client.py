"""A client of raw frames: the load that costs least, so that the gateway is what is measured."""

from __future__ import annotations

import socket
import struct
from typing import Final

SERVER_VERSION: Final = 176

_NEXT_VALID_ID: Final = b"9\x001\x00"
_COMMISSION_REPORT: Final = b"59\x001\x00"

#: An order as ib_insync sends it at server version 176, with three places left open: order id,
#: action and limit price.
_ORDER: Final = (
    "3|{order_id}|265598|AAPL|STK||0.0|||SMART|NASDAQ|USD|AAPL|NMS|||{action}|1|LMT|{limit}||DA"
    "Y|||O|0|bench|1|0|0|0|0|0|0|0||0.0||||||||0||-1|0|||0|||0|0||0||||||0|||||0|||||||||||0|||"
    "0|0|||0||0|0|0|0|||||||0|||||||||0|0|0|0|||0|||"
)


def frame(text: str) -> bytes:
    """Return the frame of fields that are written with bars between and after them."""
    body = text.replace("|", "\0").encode()
    return struct.pack(">I", len(body)) + body


def order_frame(order_id: int, action: str, limit: str) -> bytes:
    """Return the frame of a limit order for one share of AAPL."""
    return frame(_ORDER.format(order_id=order_id, action=action, limit=limit))


class RawClient:
    """A blocking connection that counts commission reports instead of decoding."""

    def __init__(self, port: int, client_id: int) -> None:
        """Connect and start the API."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        versions = f"v157..{SERVER_VERSION}".encode()
        self._socket.sendall(b"API\0" + struct.pack(">I", len(versions)) + versions)
        self._socket.recv(1 << 16)
        self._socket.sendall(frame(f"71|2|{client_id}||"))

    def wait_until_ready(self) -> None:
        """Wait for the next valid order id, after which a client may trade."""
        pending = b""
        while _NEXT_VALID_ID not in pending:
            received = self._socket.recv(1 << 16)
            if not received:
                message = "the gateway hung up before it sent an order id"
                raise ConnectionError(message)
            pending += received

    def round_trips(self, frames: list[bytes], in_flight: int) -> None:
        """Send orders, a fixed number ahead of the commission reports that have come back."""
        pending, sent, answered = b"", 0, 0
        while answered < len(frames):
            ahead = min(len(frames), answered + in_flight)
            if sent < ahead:
                self._socket.sendall(b"".join(frames[sent:ahead]))
                sent = ahead
            pending += self._socket.recv(1 << 20)
            count, pending = self._count(pending)
            answered += count

    @staticmethod
    def _count(pending: bytes) -> tuple[int, bytes]:
        """Count the commission reports among whole frames; return them and the unfinished rest."""
        found, start = 0, 0
        while start + 4 <= len(pending):
            (length,) = struct.unpack_from(">I", pending, start)
            if start + 4 + length > len(pending):
                break
            found += pending.startswith(_COMMISSION_REPORT, start + 4)
            start += 4 + length
        return found, pending[start:]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
