"""A plan's life, as a table: it is open until it ends, and it ends once.

An open plan keeps the policy from being asked, so a plan must not linger: it is DONE when every leg
is settled, EXPIRED when its session closes, ABANDONED when a person or a doubt gives it up. The
event is the end itself. There is no way back and no second end: a calendar occurrence is done when
its plan is DONE, and counting that twice, or turning an abandoned plan into a done one, would lose
a rebalance without a word.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bot.core.domain.plan import PlanEnd
from bot.core.machines.table import Table


class PlanState(Enum):
    """Where a plan stands; the words of the ends are those of `PlanEnd`."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"
    ABANDONED = "abandoned"


#: States in which nothing more is sent under the plan.
FINAL: Final = frozenset({PlanState.DONE, PlanState.EXPIRED, PlanState.ABANDONED})

TABLE: Final = Table[PlanState, PlanEnd](
    name="plan",
    transitions={
        PlanState.OPEN: {
            PlanEnd.DONE: PlanState.DONE,
            PlanEnd.EXPIRED: PlanState.EXPIRED,
            PlanEnd.ABANDONED: PlanState.ABANDONED,
        },
        PlanState.DONE: {},
        PlanState.EXPIRED: {},
        PlanState.ABANDONED: {},
    },
)
