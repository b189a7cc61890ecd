"""What happens to the bytes of one connection on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from bot.gateway.turns import Turns


class Line:
    """A transport that can be cut in a frame, fall silent, or pass its bytes on in other pieces.

    Left alone it passes everything on at once.
    """

    def __init__(self, transport: asyncio.Transport, turns: Turns) -> None:
        self._transport = transport
        self._turns = turns
        self._is_dead = False
        self._is_to_be_cut = False
        self._is_to_be_closed = False
        self._pieces: tuple[int, float] | None = None
        self._pending = bytearray()
        self._is_waiting = False

    # -- What a client uses

    def is_closing(self) -> bool:
        """Tell whether the connection is at its end."""
        return self._transport.is_closing() or self._is_to_be_closed

    def write(self, data: bytes) -> None:
        """Send bytes, or do with them what is asked for."""
        if self._is_dead:
            return
        if self._is_to_be_cut:
            self._cut_within(data)
        elif self._pieces is None and not self._pending:
            self._transport.write(data)
        else:
            self._pending += data
            self._wait()

    def received(self, data: bytes) -> bytes:
        """Return what gets through of some bytes from the client."""
        return b"" if self._is_dead else data

    def get_write_buffer_size(self) -> int:
        """Return the bytes that were written and not sent yet."""
        return self._transport.get_write_buffer_size() + len(self._pending)

    def close(self) -> None:
        """Close after everything is sent."""
        if self._is_dead:
            return
        if self._pending:
            self._is_to_be_closed = True
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._pending.clear()
        self._transport.abort()

    # -- What can happen to it

    def die(self) -> None:
        """Neither read nor write any more, without closing: the peer is not told."""
        if not self._is_dead:
            self._is_dead = True
            self._pending.clear()
            self._transport.pause_reading()

    def cut_next_frame(self) -> None:
        """Send half of the next frame that is written, then cut the connection."""
        self._is_to_be_cut = True

    def pace(self, piece_bytes: int, step_s: float) -> None:
        """Send in pieces from now on.

        Args:
            piece_bytes: Longest piece; 0 is as long as what has come together.
            step_s: Seconds from one piece to the next, > 0.
        """
        self._pieces = (piece_bytes, step_s)

    def hurry(self) -> None:
        """Send everything at once again."""
        self._pieces = None
        if self._pending and not self._is_dead and not self._transport.is_closing():
            self._transport.write(bytes(self._pending))
            self._pending.clear()
            self._close_if_asked()

    def _cut_within(self, data: bytes) -> None:
        """Send less than the first frame of some bytes, its length included, and hang up."""
        length = 4 + int.from_bytes(data[:4], "big")
        self._transport.write(data[: length // 2])
        self._is_dead = True
        self.abort()

    def _wait(self) -> None:
        """See to it that the next piece is sent."""
        if not self._is_waiting and self._pieces is not None:
            self._is_waiting = True
            self._turns.after(self._pieces[1], self._send_piece)

    def _send_piece(self) -> None:
        """Send the next piece."""
        self._is_waiting = False
        if self._is_dead or self._pieces is None or self._transport.is_closing():
            return
        length = self._pieces[0] or len(self._pending)
        self._transport.write(bytes(self._pending[:length]))
        del self._pending[:length]
        if self._pending:
            self._wait()
        else:
            self._close_if_asked()

    def _close_if_asked(self) -> None:
        """Close once nothing is left to be sent."""
        if self._is_to_be_closed and not self._pending:
            self._transport.close()
