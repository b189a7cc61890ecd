"""Rebalance, or look closely, once in every day, week, month, quarter, half-year or year.

An occurrence is one due date, e.g. ``month:2020-03``. It is due from the n-th session of its period
on and stays due for some sessions more, so that a bot that was down on the day catches up; it is
due no longer once it is among the occurrences done. It never reaches into the next period, which
has an occurrence of its own. In a period with fewer sessions than `nth_session` (a week with a
holiday) nothing is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.decision import Finding

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

# The most weekdays that a period can have: a later session never comes.
_SESSIONS_MAX: Final = {"day": 1, "week": 5, "month": 23, "quarter": 66, "half": 132, "year": 262}


def occurrence_key(every: str, day: date) -> str:
    """Return the occurrence of the period `every` that `day` is in, e.g. ``week:2020-W12`` (ISO weeks)."""
    return f"{every}:{_KEYS[every](day)}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Fires once in every period.

    Attributes:
        every: ``day``, ``week``, ``month``, ``quarter``, ``half`` or ``year``.
        nth_session: From which session of the period it is due, from 1.
        catch_up_sessions: For how many sessions more it stays due if it was not done, at least 0.

    Raises:
        ValueError: If `every` is unknown, or a number is out of range.
    """

    every: str
    nth_session: int = 1
    catch_up_sessions: int = 5

    def __post_init__(self) -> None:
        if self.every not in _KEYS:
            message = f"every must be one of {', '.join(_KEYS)}, found {self.every!r}"
            raise ValueError(message)
        last = _SESSIONS_MAX[self.every]
        if not 1 <= self.nth_session <= last:
            message = (
                f"nth_session of a {self.every} must be from 1 to {last}, found {self.nth_session}"
            )
            raise ValueError(message)
        if self.catch_up_sessions < 0:
            message = f"catch_up_sessions must be at least 0, found {self.catch_up_sessions}"
            raise ValueError(message)

    def _number(self, session: Session) -> int:
        return 1 if self.every == "day" else session.number_in[self.every]

    def _is_due(self, state: PolicyState) -> bool:
        number = self._number(state.session)
        in_window = self.nth_session <= number <= self.nth_session + self.catch_up_sessions
        return in_window and self._key(state) not in state.occurrences_done

    def _key(self, state: PolicyState) -> str:
        return occurrence_key(self.every, state.session.held_on)

    def fires(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return for each row (B,) whether the occurrence is due: the same for all rows."""
        return np.full(state.weights.shape[0], self._is_due(state), dtype=np.bool_)

    def explain(self, state: PolicyState, row: int) -> Finding:  # noqa: ARG002 - the same for all rows
        """Return the finding, which names the occurrence when it is due."""
        due, key, number = self._is_due(state), self._key(state), self._number(state.session)
        return Finding(
            rule="calendar",
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
