"""Rebalance, or look closely, once in every day, week, month, quarter, half-year or year.

An occurrence is one due date, e.g. ``month:2020-03``. It is due from the n-th session of its period
on and stays due for some sessions more, so that a bot that was down on the day catches up; it is
due no longer once it is among the occurrences done. It never reaches into the next period, which
has an occurrence of its own. In a period with fewer sessions than `nth_session` (a week with a
holiday) nothing is due.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.parameter import parameter
from bot.core.policy.policy import Ask, Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from bot.core.domain.session import Session
    from bot.core.policy.state import PolicyState


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


_KEYS: Final[dict[str, Callable[[date], str]]] = {
    "day": lambda day: day.isoformat(),
    "week": _week,
    "month": lambda day: f"{day.year:04d}-{day.month:02d}",
    "quarter": lambda day: f"{day.year:04d}-Q{(day.month - 1) // 3 + 1}",
    "half": lambda day: f"{day.year:04d}-H{(day.month - 1) // 6 + 1}",
    "year": lambda day: f"{day.year:04d}",
}

#: Sessions that a period surely has, by holidays and closings such as September 2001 (15 sessions). A later one would
#: silently skip the short periods.
NTH_SESSION_MAX: Final = {"day": 1, "week": 3, "month": 15, "quarter": 55, "half": 115, "year": 240}


def occurrence_key(every: str, day: date) -> str:
    """Return the occurrence of the period `every` that `day` is in, e.g. ``week:2020-W12`` (ISO weeks)."""
    return f"{every}:{_KEYS[every](day)}"


@dataclass(frozen=True, slots=True)
class Calendar(Policy):
    """Trade on a certain session of every period, whatever the drift."""

    kind: ClassVar[str] = "calendar"

    every: str = field(
        metadata=parameter(
            "The period.",
            wrong="Too often: costs for nothing.",
            example='"quarter"',
            choices=tuple(_KEYS),
        )
    )
    nth_session: int = field(
        default=1,
        metadata=parameter(
            "Which session of the period, 1 is the first.",
            unit="sessions",
            allowed="a whole number, at least 1; at most 1 in a day, 3 in a week, 15 in a month, 55 in a quarter, "
            "115 in a half, 240 in a year",
            wrong="A session that short periods do not have would skip them.",
            at_least=1,
            at_most=240,
        ),
    )
    catch_up_sessions: int = field(
        default=5,
        metadata=parameter(
            "How many sessions later a missed date is still made up for.",
            unit="sessions",
            wrong="0: a bot that was down on that one day waits a whole period.",
            at_least=0,
            at_most=20,
        ),
    )

    @override
    def check(self) -> None:
        last = NTH_SESSION_MAX[self.every]
        if self.nth_session > last:
            message = (
                f"nth_session {self.nth_session} of every {self.every} does not exist in each {self.every}: expected "
                f"at most {last} (sessions), because holidays make some shorter"
            )
            raise ValueError(message)

    def _number(self, session: Session) -> int:
        return 1 if self.every == "day" else session.number_in[self.every]

    def _is_due(self, state: PolicyState) -> bool:
        number = self._number(state.session)
        in_window = self.nth_session <= number <= self.nth_session + self.catch_up_sessions
        return in_window and self._key(state) not in state.occurrences_done

    def _key(self, state: PolicyState) -> str:
        return occurrence_key(self.every, state.session.held_on)

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether the occurrence is due: the same for all rows."""
        ask = Ask.ANYTHING if self._is_due(state) else Ask.NOTHING
        return np.full(state.weights.shape[0], ask, dtype=np.int8)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding, which names the occurrence when it is due."""
        due, key, number = self._is_due(state), self._key(state), self._number(state.session)
        return Finding(
            rule=self.kind,
            fired=due,
            statement=self._statement(state, number),
            numbers={
                "occurrence": key,
                "session_count": float(number),
                "due_from_session_count": float(self.nth_session),
                "due_to_session_count": float(self.nth_session + self.catch_up_sessions),
                # Sessions until it is due; negative once it is or was.
                "distance_session_count": float(self.nth_session - number),
            },
            occurrence=key if due else None,
            asks=(Ask.ANYTHING if due else Ask.NOTHING).name.lower(),
        )

    def _statement(self, state: PolicyState, number: int) -> str:
        key = self._key(state)
        where = f"session {number} of the {self.every}"
        last = self.nth_session + self.catch_up_sessions
        if key in state.occurrences_done:
            return f"{key} is done; today is {where}"
        if number < self.nth_session:
            return f"{key} is due from session {self.nth_session}; today is {where}"
        if number > last:
            return f"{key} was due until session {last} and is past; today is {where}"
        return f"{key} is due: {where}, due from session {self.nth_session} to {last}"
