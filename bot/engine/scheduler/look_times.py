"""Times of looks, told from a session's open and close: pure functions over the calendar port.

Rule: a look happens inside a session or not at all, strictly after the moment it is asked for.
Why: clock times and cron lines know no holiday, no half day and no change of daylight saving;
sessions know all three. A look that a half day is too short for ("open+5h") is left out on that
day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from bot.errors import ConfigError, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.domain.session import Session
    from bot.ports import Calendar

_FORM: Final = re.compile(r"(?P<anchor>open\+|close-|every )(?P<count>[0-9]{1,4})(?P<unit>[mh])")

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}

_DAY: Final = timedelta(days=1)

#: Sessions to try before a look is called impossible; no exchange has so many half days in a row.
_SESSIONS_MAX: Final = 10


class Anchor(Enum):
    """What a look's distance is counted from."""

    #: After the open.
    OPEN = "open+"
    #: Before the close.
    CLOSE = "close-"
    #: At the open and then again after every such distance.
    EVERY = "every "


@dataclass(frozen=True, slots=True)
class LookTime:
    """One parsed look, e.g. ``open+30m``.

    Attributes:
        anchor: What the distance is counted from.
        distance: Whole minutes, below a day; above zero except after the open.
    """

    anchor: Anchor
    distance: timedelta

    @override
    def __str__(self) -> str:
        """Return it as it would be written, in minutes."""
        return f"{self.anchor.value}{self.distance // _UNITS['m']}m"

    def first_after(self, moment: datetime, session: Session) -> datetime | None:
        """Return its first time strictly after `moment` (aware UTC) inside `session`, or None."""
        time = self._candidate(moment, session)
        return time if time > moment and session.contains(time) else None

    def _candidate(self, moment: datetime, session: Session) -> datetime:
        match self.anchor:
            case Anchor.OPEN:
                return session.opens_at + self.distance
            case Anchor.CLOSE:
                return session.closes_at - self.distance
            case Anchor.EVERY:
                passed = (moment - session.opens_at) // self.distance
                return session.opens_at + max(0, passed + 1) * self.distance


def parse_look(text: str) -> LookTime:
    """Return the look that a person wrote: ``open+30m``, ``close-1h`` or ``every 5m``.

    Raises:
        ValueError: If the text is none of these forms or its distance can lie in no session.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        message = f"a look is written open+30m, close-30m or every 5m (m or h), found {text!r}"
        raise ValueError(message)
    anchor = Anchor(found["anchor"])
    distance = int(found["count"]) * _UNITS[found["unit"]]
    if not distance and anchor is not Anchor.OPEN:
        message = (
            f"a look needs a distance above zero, found {text!r}: the close is outside the session"
        )
        raise ValueError(message)
    if distance >= _DAY:
        message = f"a look lies inside one session, so its distance is below 24h, found {text!r}"
        raise ValueError(message)
    return LookTime(anchor, distance)


def next_fire(looks: Sequence[LookTime], calendar: Calendar, now: datetime) -> datetime:
    """Return the first time of any of the looks that is strictly after `now`, aware UTC.

    Args:
        looks: At least one.
        calendar: The exchange's sessions.
        now: Aware UTC.

    Raises:
        ConfigError: If no look falls inside any of the next sessions, or the calendar does not
            reach that far.
    """
    require(bool(looks), "a schedule needs at least one look")
    session = calendar.session_at(now) or calendar.next_session(now)
    for _ in range(_SESSIONS_MAX):
        times = [time for look in looks if (time := look.first_after(now, session)) is not None]
        if times:
            return min(times)
        session = calendar.next_session(session.opens_at)
    written = ", ".join(map(str, looks))
    message = (
        f"the looks {written} fall inside none of the next {_SESSIONS_MAX} sessions of {session.exchange}"
        f" (the last: {session.opens_at:%H:%M} to {session.closes_at:%H:%M} UTC)"
    )
    raise ConfigError(message)
