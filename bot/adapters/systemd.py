"""What the supervisor of the machine is told: ready, alive, stopping. One datagram each; no library is needed.

Without NOTIFY_SOCKET (a terminal, a container) every call does nothing. A message that cannot be
delivered is not an error here either: a watchdog message that is missing makes systemd restart us,
which is what it is for.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Systemd:
    """The line to systemd, or to nobody.

    Args:
        environment: The process's environment; NOTIFY_SOCKET is read.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _socket_address(environment.get("NOTIFY_SOCKET", ""))

    def ready(self) -> bool:
        """Say that start-up is complete. Returns whether the message was delivered."""
        return self._send("READY=1")

    def stopping(self) -> bool:
        """Say that an orderly stop began. Returns whether the message was delivered."""
        return self._send("STOPPING=1")

    def alive(self) -> bool:
        """Feed the watchdog; for a health check that passed, never for a timer. Returns whether it was delivered."""
        return self._send("WATCHDOG=1")

    def _send(self, message: str) -> bool:
        if self._address is None:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            # A full queue must not hold up the loop.
            line.settimeout(0)
            try:
                line.sendto(message.encode(), self._address)
            except OSError:
                return False
        return True


def _socket_address(text: str) -> str | None:
    """Return the address as the socket call takes it; None for none and for kinds that we do not speak."""
    if text.startswith("@"):
        # Abstract: a name outside the file system, written with a zero byte in front.
        return "\0" + text[1:]
    return text if text.startswith("/") else None
