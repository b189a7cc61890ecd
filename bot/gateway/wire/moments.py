"""Moments as TWS prints and reads them: `20200601 10:30:00 US/Eastern`, or with a hyphen in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

#: First server version that says the zone of every time.
ZONES_SINCE: Final = 174

#: `20200601-14:30:00`, which is UTC.
_IN_UTC: Final = re.compile(r"([0-9]{8})-([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})", re.ASCII)

#: `20200601 10:30:00 US/Eastern`, of which the date and the zone may be missing.
_LOCAL: Final = re.compile(
    r"(?:([0-9]{8}) +)?([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})(?: +([A-Za-z][A-Za-z0-9_/+-]{0,39}))?",
    re.ASCII,
)

#: Without letters for a zone and without the hyphen that means UTC.
_WITHOUT_ZONE: Final = re.compile(r"[0-9 :]*", re.ASCII)

_UP_TO_SECONDS: Final = len("2020-06-01 10:30:00")


def moment_text(moment: datetime, zone_id: str, version: int) -> str:
    """Return a moment with its zone, or with two blanks as before there was one.

    Args:
        moment: In the zone that is named.
        zone_id: What TWS calls it.
        version: Server version agreed on.
    """
    # Many times faster than `strftime`, and every fill has a moment.
    text = moment.isoformat(" ", "seconds")[:_UP_TO_SECONDS].replace("-", "")
    return f"{text} {zone_id}" if version >= ZONES_SINCE else text.replace(" ", "  ")


def utc_text(moment: datetime) -> str:
    """Return a moment as it stands where TWS tells UTC, or a zone beside it."""
    return f"{moment:%Y%m%d-%H:%M:%S}"


def has_zone(text: str) -> bool:
    """Tell whether the text of a moment says which zone it means."""
    return not _WITHOUT_ZONE.fullmatch(text)


def read_moment(text: str, zone: tzinfo, now: datetime | None = None) -> datetime | None:
    """Return the moment that a text means, aware UTC; None if it is none.

    Args:
        text: As a client sent it.
        zone: That of a text that names none.
        now: Its date is that of a text that names none; without it, such a text is no moment.
    """
    text = text.strip()
    in_utc = _IN_UTC.fullmatch(text)
    matched = in_utc or _LOCAL.fullmatch(text)
    if matched is None:
        return None
    day, time = matched[1], matched[2]
    try:
        if in_utc is not None:
            zone = UTC
        elif matched[3] is not None:
            zone = ZoneInfo("UTC" if matched[3].upper() in ("UTC", "GMT") else matched[3])
        if day is None and now is not None:
            day = f"{now.astimezone(zone):%Y%m%d}"
        moment = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone)
        return moment.astimezone(UTC)
    # There is no such day or zone; its name may be a folder of the zone database, or lead out of it.
    except (KeyError, ValueError, OSError, OverflowError):
        return None
