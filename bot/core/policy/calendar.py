"""Rebalance, or look closely, once in every day, week, month, quarter, half-year or year.

An occurrence is one due date, e.g. ``month:2020-03``. It is due from the n-th session of its period
on and stays due for some sessions more, so that a bot that was down on the day catches up; it is
due no longer once it is among the occurrences done. It never reaches into the next period, which
has an occurrence of its own. In a period with fewer sessions than `nth_session` (a week with a
holiday) nothing is due.

Within a session it may be due only from a moment on, counted from that session's own open or close, so that
``close-30m`` is half an hour before an early close too.

Two dates in one period, such as the first and the eleventh session of a month, are two occurrences: what is not the
first session or the open is part of the name, ``month:2020-03/11@close-30m``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.domain.needs import needed
from bot.core.domain.parameter import parameter
from bot.core.policy.policy import Ask, Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

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

_MOMENT: Final = re.compile(r"(open\+|close-)([1-9][0-9]{0,2})m")
#: Half days are as short as 210 minutes (New York): with more, nothing would be due on them.
MINUTES_MAX: Final = 180


def occurrence_key(every: str, day: date, nth_session: int = 1, at: str = "open") -> str:
    """Return the occurrence of the period `every` that `day` is in, e.g. ``week:2020-W12`` (ISO weeks)."""
    session = "" if nth_session == 1 else f"/{nth_session}"
    moment = "" if at == "open" else f"@{at}"
    return f"{every}:{_KEYS[every](day)}{session}{moment}"


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
    at: str = field(
        default="open",
        metadata=parameter(
            "From which moment of the session on.",
            unit="minutes",
            allowed="open, or minutes after the open as open+30m, or before the close as close-30m; 1 to 180 minutes",
            wrong="At the open spreads are wide; close to the close there may be no look left.",
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
        moment = _MOMENT.fullmatch(self.at)
        if self.at != "open" and (moment is None or int(moment[2]) > MINUTES_MAX):
            message = (
                f"at must be open, open+<minutes>m or close-<minutes>m with 1 to {MINUTES_MAX} minutes, "
                f"found {self.at!r}"
            )
            raise ValueError(message)

    def _number(self, session: Session) -> int:
        return 1 if self.every == "day" else session.number_in[self.every]

    def _from_at(self, session: Session) -> datetime | None:
        """Return the moment of `session` that it is due from, aware UTC; None from the open on."""
        moment = _MOMENT.fullmatch(self.at)
        if moment is None:
            return None
        minutes = timedelta(minutes=int(moment[2]))
        return session.opens_at + minutes if moment[1] == "open+" else session.closes_at - minutes

    def _wait_s(self, state: PolicyState) -> float:
        """Return how long it is until that moment, seconds; at most 0 from it on.

        The look is inside the session, so that the open needs no clock.
        """
        from_at = self._from_at(state.session)
        if from_at is None:
            return 0.0
        now = needed(state.now, "the time of day", self.kind)
        return (from_at - now).total_seconds()

    def _is_due(self, state: PolicyState) -> bool:
        number = self._number(state.session)
        is_time = self._wait_s(state) <= 0
        in_window = self.nth_session <= number <= self.nth_session + self.catch_up_sessions
        return is_time and in_window and self._key(state) not in state.occurrences_done

    def _key(self, state: PolicyState) -> str:
        return occurrence_key(self.every, state.session.held_on, self.nth_session, self.at)

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return for each row (B,) whether the occurrence is due: the same for all rows.

        Raises:
            ReadUnknown: If it is due from a moment on, and the time of the look is not known.
        """
        ask = Ask.ANYTHING if self._is_due(state) else Ask.NOTHING
        return np.full(state.weights.shape[0], ask, dtype=np.int8)

    @override
    def explain(self, state: PolicyState, row: int) -> Finding:
        """Return the finding, which names the occurrence when it is due.

        Raises:
            ReadUnknown: If it is due from a moment on, and the time of the look is not known.
        """
        due, key, number = self._is_due(state), self._key(state), self._number(state.session)
        numbers: dict[str, float | str] = {
            "occurrence": key,
            "session_count": float(number),
            "due_from_session_count": float(self.nth_session),
            "due_to_session_count": float(self.nth_session + self.catch_up_sessions),
            # Sessions until it is due; negative once it is or was.
            "distance_sessions": float(self.nth_session - number),
        }
        if self.at != "open":
            numbers |= {"at": self.at, "distance_s": self._wait_s(state)}
        return Finding(
            rule=self.kind,
            fired=due,
            statement=self._statement(state, number),
            numbers=numbers,
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
        from_at = self._from_at(state.session)
        if from_at is not None and self._wait_s(state) > 0:
            return f"{key} is due from {from_at:%H:%M} UTC ({self.at}) on; today is {where}"
        return f"{key} is due: {where}, due from session {self.nth_session} to {last}"
