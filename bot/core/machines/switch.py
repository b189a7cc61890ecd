"""The kill switch, as a table: easy to throw, hard to put back.

HALT is legal everywhere and idempotent, because whoever is in doubt must be able to throw it
without looking first. RESUME is legal only when halted: resuming what runs means that somebody
believes in a halt that is not there, and that is worth an error. That a resume needs a person and a
reason is checked where it is asked for.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bot.core.machines.table import Table


class SwitchState(Enum):
    """Whether orders may leave."""

    ACTIVE = "active"
    HALTED = "halted"


class SwitchEvent(Enum):
    """What can be done to the switch."""

    HALT = "halt"
    RESUME = "resume"


TABLE: Final = Table[SwitchState, SwitchEvent](
    name="switch",
    initial=SwitchState.ACTIVE,
    transitions={
        SwitchState.ACTIVE: {
            SwitchEvent.HALT: SwitchState.HALTED,
        },
        SwitchState.HALTED: {
            SwitchEvent.HALT: SwitchState.HALTED,
            SwitchEvent.RESUME: SwitchState.ACTIVE,
        },
    },
)
