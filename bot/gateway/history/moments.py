"""Moments as clients and TWS spell them: the end of a request, the time of a bar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.history.sizes import is_intraday

if TYPE_CHECKING:
    from datetime import timedelta, tzinfo

#: First server version that says the zone of every time.
ZONES_SINCE: Final = 174

#: `20200601-14:30:00`, which is UTC.
_IN_UTC: Final = re.compile(r"([0-9]{8})-([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})", re.ASCII)

#: `20200601 10:30:00 US/Eastern`, of which the date and the zone may be missing.
_WITH_ZONE: Final = re.compile(
    r"(?:([0-9]{8}) +)?([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})(?: +([A-Za-z][A-Za-z0-9_/+-]{0,39}))?",
    re.ASCII,
)

#: Date formats: as a text, as seconds since 1970, as a text without the year.
DATE_FORMATS: Final = (1, 2, 3)
_AS_SECONDS: Final = 2
_WITHOUT_YEAR: Final = 3
_YEAR_DIGITS: Final = 4

#: The years that TWS reads.
_YEAR_MIN: Final = 1978
_YEAR_MAX: Final = 3000

UNREADABLE: Final = (
    "End Date/Time: The date, time, or time-zone entered is invalid. The correct format is"
    " yyyymmdd hh:mm:ss xx/xxxx where yyyymmdd and xx/xxxx are optional. E.g.: 20031126 15:59:00"
    " US/Eastern Note that there is a space between the date and time, and between the time and"
    " time-zone. If no date is specified, current date is assumed. If no time-zone is specified,"
    " local time-zone is assumed(deprecated). You can also provide yyyymmddd-hh:mm:ss time is in"
    " UTC. Note that there is a dash between the date and time in UTC notation."
)

IMPLIED_ZONE: Final = (
    "Warning: You submitted request with date-time attributes without explicit time zone."
    " Please switch to use yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern."
    " Implied time zone functionality will be removed in the next API release"
)


class MomentError(ValueError):
    """A text is no moment that TWS can read."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of a request.

    Attributes:
        at: The moment, aware UTC; not later than now.
        is_given: Whether the client named it; otherwise it is now.
        has_zone: Whether the client named its zone, or there was no need to.
    """

    at: datetime
    is_given: bool
    has_zone: bool


def read_end(text: str, now: datetime) -> End:
    """Read the end of a request.

    A text without a zone is New York time, the gateway's own; one without a date is of today.

    Raises:
        MomentError: If it has none of the forms of TWS, or names a date or a zone that is none.
    """
    text = text.strip()
    if not text:
        return End(now, is_given=False, has_zone=True)
    in_utc = _IN_UTC.fullmatch(text)
    if in_utc is not None:
        return End(min(_moment(in_utc[1], in_utc[2], UTC), now), is_given=True, has_zone=True)
    matched = _WITH_ZONE.fullmatch(text)
    if matched is None:
        raise MomentError(text)
    zone = NEW_YORK if matched[3] is None else _zone(matched[3])
    day = matched[1] or f"{now.astimezone(zone):%Y%m%d}"
    at = min(_moment(day, matched[2], zone), now)
    return End(at, is_given=True, has_zone=matched[3] is not None)


def _zone(name: str) -> tzinfo:
    """Return the zone of a name.

    Raises:
        MomentError: If there is none.
    """
    try:
        return ZoneInfo("UTC" if name.upper() in ("UTC", "GMT") else name)
    # A name may be a folder of the zone database, or lead out of it.
    except (KeyError, ValueError, OSError):
        raise MomentError(name) from None


def _moment(day: str, time: str, zone: tzinfo) -> datetime:
    """Return a moment from its parts, in UTC.

    Raises:
        MomentError: If there is no such moment.
    """
    try:
        parsed = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise MomentError(day) from None
    if not _YEAR_MIN <= parsed.year <= _YEAR_MAX:
        raise MomentError(day)
    return parsed.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints moments for one client.

    Attributes:
        version: Server version agreed on.
        zone: Of the instrument.
        zone_id: What TWS calls it.
    """

    version: int
    zone: ZoneInfo
    zone_id: str

    def moment(self, moment: datetime) -> str:
        """Return a moment with its zone, or with two blanks as before there was one."""
        there = moment.astimezone(self.zone)
        if self.version >= ZONES_SINCE:
            return f"{there:%Y%m%d %H:%M:%S} {self.zone_id}"
        return f"{there:%Y%m%d  %H:%M:%S}"

    def bar(self, moment: datetime, size: timedelta, date_format: int) -> str:
        """Return the time of a bar; bars of a day or more have a date, whatever the format."""
        if not is_intraday(size):
            return f"{moment.astimezone(self.zone):%Y%m%d}"
        if date_format == _AS_SECONDS:
            return str(int(moment.timestamp()))
        text = self.moment(moment)
        return text[_YEAR_DIGITS:] if date_format == _WITHOUT_YEAR else text

    def head(self, moment: datetime, date_format: int) -> str:
        """Return the first moment of an instrument, always in UTC."""
        if date_format == _AS_SECONDS:
            return str(int(moment.timestamp()))
        form = "%Y%m%d-%H:%M:%S" if self.version >= ZONES_SINCE else "%Y%m%d  %H:%M:%S"
        return moment.astimezone(UTC).strftime(form)
