"""A request to end this process, seen by the send path as a switch that is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Stopped

if TYPE_CHECKING:
    from bot.ports import Switch


def refuse_while_halted(switch: Switch) -> None:
    """Refuse to begin anything that trades while trading is halted.

    Raises:
        Stopped: With the reason, and how a person ends it.
    """
    if switch.is_halted():
        message = f"trading is halted: {switch.reason()}; `bot resume --reason TEXT` ends it"
        raise Stopped(message)


class StoppableSwitch:
    """The kill switch, or the end of this process: either stops new orders and cancels working ones.

    A stop request is not durable: after a restart the open plan goes on. A halt is the inner switch's and stays.
    """

    def __init__(self, inner: Switch) -> None:
        self._inner = inner
        self._stopping = False

    def request_stop(self) -> None:
        """Stop sending from now on, in this process only."""
        self._stopping = True

    def is_halted(self) -> bool:
        """Return whether nothing may be sent: by request, or because the kill switch is engaged."""
        return self._stopping or self._inner.is_halted()

    def reason(self) -> str:
        """Return why, for a person."""
        if self._inner.is_halted():
            return self._inner.reason()
        return (
            "this process is stopping; the plan goes on after the next start"
            if self._stopping
            else ""
        )

    def halt(self, reason: str) -> None:
        """Engage the kill switch, durably."""
        self._inner.halt(reason)
