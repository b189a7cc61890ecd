"""What stops this process, or keeps it from beginning: the switch, a request to end, silence of the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.errors import NotArmed, Stopped

if TYPE_CHECKING:
    from bot.ports import Switch

#: The shortest command that arms, for messages.
ARM = 'bot resume --reason "first start"'


class LatchingSwitch(Protocol):
    """The switch with what only a beginning asks of it."""

    def is_halted(self) -> bool:
        """Return whether nothing may leave."""

    def is_latched(self) -> bool:
        """Return whether somebody halted, other than by nobody's having armed it."""

    def lapse(self) -> str | None:
        """Return why what was armed is not good now, or None."""

    def silence(self) -> str | None:
        """Return that the owner was silent for too long, or None."""

    def reason(self) -> str:
        """Return why, for a person."""

    def halt(self, reason: str) -> None:
        """Stop trading, durably, now."""


def refuse_while_halted(switch: LatchingSwitch, arm: str = ARM) -> None:
    """Refuse to begin anything that trades while trading is halted or not armed.

    A silence of the owner that was too long becomes a halt here: it must not end by itself.

    Args:
        switch: The kill switch.
        arm: The command that arms it, in full.

    Raises:
        NotArmed: If nobody halted, but nobody allowed it either; with the command that does.
        Stopped: With the reason, and how a person ends it.
        HaltRequired: If the halt for a silence could not be written.
    """
    if not switch.is_halted():
        return
    lapse = switch.lapse()
    if lapse is not None and not switch.is_latched():
        message = f"trading is not armed: {lapse}; `{arm}` arms it"
        raise NotArmed(message)
    silence = switch.silence()
    if silence is not None and not switch.is_latched():
        switch.halt(silence)
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

    def is_paused(self) -> bool:
        """Return whether no plan may be opened."""
        return self._stopping or self._inner.is_paused()

    def reason(self) -> str:
        """Return why, for a person."""
        if self._stopping and not self._inner.is_halted():
            return "this process is stopping; the plan goes on after the next start"
        return self._inner.reason()

    def halt(self, reason: str) -> None:
        """Engage the kill switch, durably."""
        self._inner.halt(reason)
