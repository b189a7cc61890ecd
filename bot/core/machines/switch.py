"""The switch, as a table: may a plan be opened, may an order leave?

    ACTIVE   plans are made and orders leave
    PAUSED   no new plan; the open one and its working orders finish
    HALTED   own working orders are cancelled, and nothing leaves

Why the table looks as it does:

* HALTED is left by RESUMED alone, which is a person's command. Nothing that happens by itself, no
  restart and no later pause leads out of it.
* A pause never weakens a halt, and a halt always ends a pause.
* DOUBTED is everything that cannot be read, has run out, or was allowed under other terms. It leads
  where a halt leads: nobody can tell a switch that is off from one that is gone.
* Everything may be said twice: a person in a hurry presses twice.

The state is nowhere stored as such. What is on the disk are facts, each of which is an event here;
`standing` folds them, and the worst one wins whatever the order they are found in.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from bot.core.machines.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable


class SwitchState(Enum):
    """What trading may do."""

    ACTIVE = "active"
    PAUSED = "paused"
    HALTED = "halted"


class SwitchEvent(Enum):
    """What can happen to the switch."""

    #: Somebody wants no new plan.
    PAUSED = "paused"
    #: Somebody, or the bot itself, wants nothing to leave.
    HALTED = "halted"
    #: It cannot be told that trading is allowed: nothing was armed, or not this, or it cannot be read.
    DOUBTED = "doubted"
    #: A person allowed trading, with a reason and after a clean reconciliation.
    RESUMED = "resumed"


TABLE: Final = Table[SwitchState, SwitchEvent](
    name="switch",
    transitions={
        SwitchState.ACTIVE: {
            SwitchEvent.PAUSED: SwitchState.PAUSED,
            SwitchEvent.HALTED: SwitchState.HALTED,
            SwitchEvent.DOUBTED: SwitchState.HALTED,
            SwitchEvent.RESUMED: SwitchState.ACTIVE,
        },
        SwitchState.PAUSED: {
            SwitchEvent.PAUSED: SwitchState.PAUSED,
            SwitchEvent.HALTED: SwitchState.HALTED,
            SwitchEvent.DOUBTED: SwitchState.HALTED,
            SwitchEvent.RESUMED: SwitchState.ACTIVE,
        },
        SwitchState.HALTED: {
            SwitchEvent.PAUSED: SwitchState.HALTED,
            SwitchEvent.HALTED: SwitchState.HALTED,
            SwitchEvent.DOUBTED: SwitchState.HALTED,
            SwitchEvent.RESUMED: SwitchState.ACTIVE,
        },
    },
)


def standing(found: Iterable[SwitchEvent]) -> SwitchState:
    """Return the state that the facts on the disk add up to, in whatever order they were found."""
    state = SwitchState.ACTIVE
    for event in found:
        state = TABLE.advance(state, event)
    return state
