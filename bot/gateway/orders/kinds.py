"""The order types and times in force: which go together, and when an order of them trades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.gateway.exchange.calendars import NEW_YORK

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Empty is DAY. OPG is the auction at the open.
TIMES_IN_FORCE: Final = frozenset({"", "DAY", "GTC", "GTD", "IOC", "OPG"})

_NOT_AUCTION: Final = frozenset({"", "DAY", "GTC", "GTD"})
_DAY: Final = frozenset({"", "DAY"})


@dataclass(frozen=True, slots=True)
class Kind:
    """An order type.

    Attributes:
        times_in_force: Those that go with it.
        wrong_time_code: Error code for another one.
        wrong_time_text: In the words of TWS.
        needs_limit: Whether it must have a limit.
        is_at_close: Whether it trades in the auction at the close only.
        is_inside: Whether it trades at the middle of the quote.
    """

    times_in_force: frozenset[str]
    wrong_time_code: int = 111
    wrong_time_text: str = "The TIF (Tif type) and the order type are incompatible."
    needs_limit: bool = False
    is_at_close: bool = False
    is_inside: bool = False


_AT_CLOSE: Final = "The Tif option should be set to DAY for MOC and LOC orders."

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "MKT": Kind(TIMES_IN_FORCE),
        "LMT": Kind(TIMES_IN_FORCE, needs_limit=True),
        "MOC": Kind(_DAY, 113, _AT_CLOSE, is_at_close=True),
        "LOC": Kind(_DAY, 113, _AT_CLOSE, needs_limit=True, is_at_close=True),
        "MIDPRICE": Kind(_NOT_AUCTION, is_inside=True),
    }
)


@dataclass(frozen=True, slots=True)
class Priority:
    """How an Adaptive order is worked: it waits inside the spread, and may trade there.

    Attributes:
        patience: How long it waits, in multiples of the configured time.
        inside_chance: How likely it trades at the middle and not at the far side, 0 to 1.
    """

    patience: float
    inside_chance: float


ADAPTIVE: Final = "Adaptive"
PRIORITY_TAG: Final = "adaptivePriority"

#: The figures are assumptions: what the real algorithm does is not published.
PRIORITIES: Final[Mapping[str, Priority]] = MappingProxyType(
    {
        "Urgent": Priority(0.2, 0.25),
        "Normal": Priority(1.0, 0.5),
        "Patient": Priority(5.0, 0.75),
    }
)


def priority_of(parameters: tuple[tuple[str, str], ...]) -> Priority | None:
    """Return the priority that the parameters of an Adaptive order name, or None if it is none."""
    if any(tag != PRIORITY_TAG for tag, _ in parameters):
        return None
    return PRIORITIES.get(dict(parameters).get(PRIORITY_TAG, "Normal"))


def read_moment(text: str) -> datetime | None:
    """Return the moment in an order's good-till or good-after field, aware UTC; None if it is none.

    TWS takes `20200601 15:00:00` with or without a zone behind it, and `20200601-19:00:00` in UTC.
    Without a zone it is the exchange's.
    """
    zone: tzinfo
    date_and_time, _, zone_name = text.strip().partition(" ")
    if "-" in date_and_time:
        pattern, zone = "%Y%m%d-%H:%M:%S", UTC
    else:
        time_text, _, zone_name = zone_name.strip().partition(" ")
        date_and_time = f"{date_and_time} {time_text}"
        pattern, zone = "%Y%m%d %H:%M:%S", NEW_YORK
    try:
        if zone_name:
            zone = ZoneInfo(zone_name)
        moment = datetime.strptime(date_and_time, pattern).replace(tzinfo=zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):  # a folder of zones is no zone
        return None
    return moment.astimezone(UTC)
