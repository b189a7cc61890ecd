"""Strikes faults, keeps those that last, and shows them what they ask to see."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.gateway.faults.fault import Condition, Door, Fault
from bot.gateway.faults.parameters import FaultError, nearest, read_values
from bot.gateway.faults.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.gateway.client import Call, Line, Message
    from bot.gateway.turns import Timer
    from bot.gateway.venue import Venue


class NoDoor:
    """The port of a gateway that listens on none."""

    def shut(self) -> None:
        """Do nothing."""

    def open(self) -> None:
        """Do nothing."""


def make_fault(name: str, parameters: dict[str, object]) -> Fault:
    """Return a fault that has not been struck.

    Raises:
        FaultError: If there is no such fault, parameter or value; names the nearest.
    """
    kind = REGISTRY.get(name)
    if kind is None:
        message = f"there is no fault {name!r}{nearest(name, REGISTRY)}"
        raise FaultError(message)
    return kind(**read_values(kind, parameters, name))


class Faults:
    """The faults of one gateway.

    Attributes:
        venue: Everything behind the wire.
        door: The port.
        watch_call: Is shown every request first, if somebody asks for that.
        stop_script: Ends the script that is played, if there is one.
        complain: Is told, in one line, what a script could not do.
    """

    def __init__(self, venue: Venue, door: Door | None = None) -> None:
        self.venue = venue
        self.door: Door = NoDoor() if door is None else door
        self.watch_call: Callable[[Call], None] | None = None
        self.stop_script: Callable[[], None] = lambda: None
        self.complain: Callable[[str], None] = lambda _words: None
        self._active: dict[Condition, Timer | None] = {}
        self._turned: dict[str, dict[Condition | None, object]] = {}

    def strike(self, name: str, /, **parameters: object) -> str:
        """Let a fault happen, or begin.

        Args:
            name: Which one.
            parameters: What it is told; what is left out keeps its default.

        Returns:
            What it did, in one line.

        Raises:
            FaultError: If there is no such fault, parameter or value, or if it cannot be done now.
        """
        fault = make_fault(name, parameters)
        said: list[str] = []
        errors: list[FaultError] = []

        def event() -> None:
            try:
                said.append(self._begin(fault))
            except FaultError as error:
                errors.append(error)

        self.venue.turns.take(event)
        if errors:
            raise errors[0]
        return said[0]

    def active(self) -> tuple[Condition, ...]:
        """Return the faults that last, the oldest first."""
        return tuple(self._active)

    def end(self, name: str) -> str:
        """End all faults of a name.

        Returns:
            What that did, in one line.

        Raises:
            FaultError: If there is no such fault.
        """
        if name not in REGISTRY:
            message = f"there is no fault {name!r}{nearest(name, REGISTRY)}"
            raise FaultError(message)
        found = [fault for fault in self._active if name == fault.NAME]
        self.venue.turns.take(partial(self._finish_all, found))
        return f"{name}: ended" if found else f"{name}: was not on"

    def end_all(self) -> None:
        """End every fault."""
        self.venue.turns.take(partial(self._finish_all, self.active()))

    def _finish_all(self, faults: Iterable[Fault]) -> None:
        """End some faults."""
        for fault in faults:
            self.finish(fault)

    def finish(self, fault: Fault) -> None:
        """End a fault that lasts; one that is over already stays so."""
        if not isinstance(fault, Condition) or fault not in self._active:
            return
        timer = self._active.pop(fault)
        if timer is not None:
            self.venue.turns.cancel(timer)
        self.turn_back(fault)
        fault.finish()
        self.set_hooks()

    def turn(self, fault: Condition, switch: str, position: object) -> None:
        """Turn a switch of the behaviour for as long as a fault lasts; the last one to turn it wins."""
        positions = self._turned.setdefault(switch, {})
        if not positions:
            positions[None] = getattr(self.venue.behaviour, switch)
        positions.pop(fault, None)
        positions[fault] = position
        setattr(self.venue.behaviour, switch, position)

    def turn_back(self, fault: Condition) -> None:
        """Put switches where they would be without a fault."""
        for switch, positions in tuple(self._turned.items()):
            if fault not in positions:
                continue
            del positions[fault]
            last = tuple(positions)[-1]
            setattr(self.venue.behaviour, switch, positions[last])
            if last is None:
                del self._turned[switch]

    def set_hooks(self) -> None:
        """Stand in the way of clients only as long as there is a reason to."""
        hooks = self.venue.hooks
        asks = self.watch_call is not None or self._any_overrides("on_request")
        hooks.gate = self._on_call if asks else None
        hooks.filter = self._on_message if self._any_overrides("on_message") else None
        hooks.greeter = self._on_arrival if self._any_overrides("on_arrival") else None

    def _begin(self, fault: Fault) -> str:
        """Let a fault happen, and keep it if it lasts."""
        fault.stage = self
        if isinstance(fault, Condition):
            turns = self.venue.turns
            self._active[fault] = (
                turns.after(fault.for_s, partial(self.finish, fault)) if fault.for_s else None
            )
            self.set_hooks()
        try:
            said = fault.begin()
        except FaultError:
            self.finish(fault)
            raise
        return f"{fault.NAME}: {said}" if said else fault.NAME

    def _any_overrides(self, method: str) -> bool:
        """Tell whether a fault that lasts has a method of its own."""
        return any(
            getattr(type(it), method) is not getattr(Condition, method) for it in self._active
        )

    def _on_call(self, call: Call) -> bool:
        """Return whether a request is to be served."""
        if self.watch_call is not None:
            self.watch_call(call)
        return all(fault.on_request(call) for fault in self.active())

    def _on_message(self, message: Message) -> list[Message]:
        """Return what becomes of a message that all faults have seen."""
        messages = [message]
        for fault in self.active():
            messages = [made for each in messages for made in fault.on_message(each)]
        return messages

    def _on_arrival(self, line: Line) -> None:
        """Show a connection to all faults."""
        for fault in self.active():
            fault.on_arrival(line)
