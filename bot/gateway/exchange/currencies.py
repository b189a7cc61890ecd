"""When currencies trade against each other: from Sunday 17:15 to Friday 17:00 in New York.

Every day has a pause from 17:00 to 17:15. Holidays are not kept: some bank is always open.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import NEW_YORK, local_moment
from bot.gateway.exchange.phases import Phase, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A trading day has the date on which it ends.
DAY_BEGINS: Final = time(17, 15)
DAY_ENDS: Final = time(17, 0)

_FRIDAY: Final = 4
_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)

#: Over the weekend, the bells are this many days apart at most.
_BELL_DAYS: Final = 3


def currencies_stretch(now: datetime) -> Stretch:
    """Return the phase of currencies at an aware moment, with its begin and its end."""
    today = now.astimezone(NEW_YORK).date()
    days = range(-_BELL_DAYS, _BELL_DAYS + 1)
    bells = [bell for offset in days for bell in _bells(today + timedelta(days=offset))]
    begun = [bell for bell in bells if bell[0] <= now]
    begins_at, phase = begun[-1]
    return Stretch(phase, begins_at, bells[len(begun)][0])


def _bells(day: date) -> Iterator[tuple[datetime, Phase]]:
    """Give the moments of a date at which trading ends and begins."""
    if day.weekday() <= _FRIDAY:
        yield local_moment(day, DAY_ENDS, NEW_YORK), Phase.CLOSED
    if day.weekday() not in (_FRIDAY, _SATURDAY):
        yield local_moment(day, DAY_BEGINS, NEW_YORK), Phase.CONTINUOUS


def currencies_hours(day: date) -> tuple[datetime, datetime] | None:
    """Return the begin and the end of the trading day of a date, in New York time, or None."""
    if day.weekday() > _FRIDAY:
        return None
    begins_at = datetime.combine(day - _ONE_DAY, DAY_BEGINS, NEW_YORK)
    return begins_at, datetime.combine(day, DAY_ENDS, NEW_YORK)
