"""Times of day in some zone, as windows of aware UTC around a moment: the broker's hours, the gateway's restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from bot.core.domain.instrument import Instrument

Window = tuple[datetime, datetime]

#: One session in IB's words: 20221201:0930-20221201:1600, or 20221201:0930-1600 from older gateways.
_SESSION: Final = re.compile(r"(\d{8}):(\d{4})-(?:(\d{8}):)?(\d{4})")
_CLOSED: Final = re.compile(r"\d{8}:CLOSED")
#: Zones that older gateways name by letters, which mean something else to everybody else: they have summer time.
_LETTERS: Final = {"EST": "America/New_York", "CST": "America/Chicago", "MET": "Europe/Berlin"}


def broker_hours(instrument: Instrument) -> tuple[Window, ...] | None:
    """Return the sessions that the broker names for an instrument, or None if its words cannot be read for sure."""
    zone = _zone(instrument.time_zone)
    if zone is None or not instrument.liquid_hours.strip():
        return None
    windows = []
    for words in re.split(r"[;,]", instrument.liquid_hours.strip().strip(";")):
        if _CLOSED.fullmatch(words.strip()):
            continue
        found = _SESSION.fullmatch(words.strip())
        if found is None:
            return None
        day, opens, last_day, closes = found.groups()
        window = (_moment(day, opens, zone), _moment(last_day or day, closes, zone))
        if window[0] is None or window[1] is None:
            return None
        windows.append((window[0], window[1]))
    return tuple(windows)


def _zone(name: str) -> ZoneInfo | None:
    letters = name.split(" (", maxsplit=1)[0]
    try:
        return ZoneInfo(_LETTERS.get(letters, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _moment(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(day + clock, "%Y%m%d%H%M").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A part of every day in one zone; it may go over midnight.

    Attributes:
        begins: By the clocks of the zone.
        ends: By the same clocks, not before `begins` but on the next day where it is smaller.
        zone: Its name, e.g. ``America/New_York``.
    """

    begins: time
    ends: time
    zone: str

    @classmethod
    def read(cls, text: str) -> DailyWindow:
        """Return the window that ``23:40-00:15 America/New_York`` means."""
        clocks, zone = text.split()
        begins, ends = (time.fromisoformat(clock) for clock in clocks.split("-"))
        return cls(begins, ends, zone)

    def around(self, now: datetime) -> tuple[Window, ...]:
        """Return the windows that begin on the day before, the day and the day after `now` (aware UTC)."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        windows = []
        for days in (-1, 0, 1):
            day = today + timedelta(days=days)
            last_day = day + timedelta(days=1) if self.ends <= self.begins else day
            begins_at = datetime.combine(day, self.begins, zone)
            ends_at = datetime.combine(last_day, self.ends, zone)
            windows.append((begins_at.astimezone(UTC), ends_at.astimezone(UTC)))
        return tuple(windows)
