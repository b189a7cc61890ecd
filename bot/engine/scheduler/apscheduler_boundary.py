"""Where our types meet APScheduler's, which has none: the trigger, and a time zone that makes it read our clock.

Rule: APScheduler sees one time only, that of the Clock port, and always gets a next time.
Why: it asks the machine what time it is. The bot may run on a replayed day, or in virtual time
where the machine's clock stands still; two times would make looks early, late, double or never. And
when a trigger raises, APScheduler's timer is not set again: all later looks are lost without a
word.
Enforced by: `ClockZone`, which answers `datetime.now(zone)` from the port, and `SessionTrigger`,
which answers always.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

import structlog
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from typing_extensions import override

from bot.engine.scheduler.look_times import next_fire
from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.engine.scheduler.look_times import LookTime
    from bot.ports import Calendar, Clock

#: When the next time cannot be told, a look is made after this, and the look itself then says what
#: is wrong.
RETRY_AFTER: Final = timedelta(minutes=5)

#: What a calendar and arithmetic on dates can raise. Anything else is a bug, which the watchdog
#: reports.
_CALENDAR_FAILURES: Final = (BotError, ArithmeticError, LookupError, TypeError, ValueError)

_log = structlog.get_logger(__name__)


class ClockZone(tzinfo):
    """UTC, in which it is always what the clock port says.

    Python answers `datetime.now(zone)` by asking the zone to turn the machine's UTC into its own
    time; this zone gives the port's time instead. So no time may be converted into this zone by
    `astimezone`, which asks the same way: times enter it by `marked`. APScheduler does convert, and
    Python leaves a time alone that is in the zone already.

    Args:
        clock: Whose time it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    def utcoffset(self, moment: datetime | None, /) -> timedelta:
        """Return zero: the port's time is UTC."""
        return timedelta(0)

    @override
    def dst(self, moment: datetime | None, /) -> timedelta:
        """Return zero."""
        return timedelta(0)

    @override
    def tzname(self, moment: datetime | None, /) -> str:
        """Return ``UTC``."""
        return "UTC"

    @override
    def fromutc(self, moment: datetime, /) -> datetime:
        """Return the port's time, whatever the machine's is."""
        return self._clock.now().replace(tzinfo=self)

    def marked(self, moment: datetime) -> datetime:
        """Return `moment` (aware) as the same moment in this zone."""
        return moment.astimezone(UTC).replace(tzinfo=self)


class SessionTrigger(BaseTrigger):  # type: ignore[misc] # untyped base
    """APScheduler's trigger for looks: never raises for a calendar that fails, never returns None.

    Args:
        looks: At least one.
        calendar: The exchange's sessions.
        zone: The scheduler's zone, in which the answers are.
    """

    def __init__(self, looks: Sequence[LookTime], calendar: Calendar, zone: ClockZone) -> None:
        self._looks = tuple(looks)
        self._calendar = calendar
        self._zone = zone

    @override
    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first look strictly after `now` (aware).

        The previous fire time does not matter: a look that was missed is not made up for.
        """
        moment = now.astimezone(UTC)
        try:
            fire = next_fire(self._looks, self._calendar, moment)
        except _CALENDAR_FAILURES as error:
            _log.critical(
                "look_time_unknown", error=str(error), retry_s=RETRY_AFTER.total_seconds()
            )
            fire = moment + RETRY_AFTER
        return self._zone.marked(fire)
