"""The tiny thing that all state machines share: a table of legal transitions, and one way to use it.

Rule: a pair of state and event that is not in the table cannot happen; if it does, the program's
picture of the world is wrong, and it stops there instead of guessing. So `advance` has no default and no "ignore".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.errors import InvariantBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

StateT = TypeVar("StateT", bound=Enum)
EventT = TypeVar("EventT", bound=Enum)


# No slots: before Python 3.12 a frozen, slotted generic cannot be made by its subscripted name.
@dataclass(frozen=True)
class Table(Generic[StateT, EventT]):
    """A state machine as data.

    Attributes:
        name: What the states are states of, e.g. ``order``.
        transitions: For each state the events that are legal there, and where each leads. Every state has a row.
    """

    name: str
    transitions: Mapping[StateT, Mapping[EventT, StateT]]

    def advance(self, state: StateT, event: EventT) -> StateT:
        """Return the state that `event` leads to from `state`.

        Raises:
            InvariantBroken: If the pair is not in the table; the message names both.
        """
        following = self.transitions[state].get(event)
        if following is None:
            legal = ", ".join(known.name for known in self.transitions[state]) or "nothing"
            message = (
                f"{self.name}: the event {event.name} is illegal in the state {state.name}; "
                f"legal there: {legal}"
            )
            raise InvariantBroken(message)
        return following
