"""How long: how far back a request for bars reaches, and how long a bar is, as clients spell it.

Weeks and months as bar sizes are those of the price sources.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.gateway.exchange.prices import ONE_DAY, ONE_MONTH, ONE_WEEK

_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_DURATION: Final = re.compile(r"([0-9]{1,9}) ([SDWMYsdwmy])", re.ASCII)

_SECONDS_MIN: Final = 30

_NOT_IN_THIS_UNIT: Final = MappingProxyType(
    {
        "S": (86_400, "Historical data request for greater than 86400 seconds rejected."),
        "D": (
            365,
            "Historical data requests for durations longer than 365 days must be made in years.",
        ),
        "W": (
            52,
            "Historical data request for durations longer than 52 weeks must be made in years.",
        ),
        "M": (
            12,
            "Historical data request for durations longer than 12 months must be made in years.",
        ),
        "Y": (100, "Historical data requested duration is invalid."),
    }
)

_MONTHS_A_YEAR: Final = 12

_SECONDS: Final = {f"{count} secs": timedelta(seconds=count) for count in (1, 5, 10, 15, 30)}
_MINUTES: Final = {"1 min": timedelta(minutes=1)} | {
    f"{count} mins": timedelta(minutes=count) for count in (2, 3, 5, 10, 15, 20, 30)
}
_HOURS: Final = {"1 hour": timedelta(hours=1)} | {
    f"{count} hours": timedelta(hours=count) for count in (2, 3, 4, 8)
}

#: Every spelling that TWS takes, in lower case. `1 sec`, `1 mins` and `1 hours` are none.
SIZES: Final = MappingProxyType(
    _SECONDS
    | _MINUTES
    | _HOURS
    | {"1 day": ONE_DAY}
    | dict.fromkeys(("1w", "1 w", "1 week"), ONE_WEEK)
    | dict.fromkeys(("1m", "1 m", "1 month"), ONE_MONTH)
)

#: The list in the text of TWS's refusal.
LEGAL_SIZES: Final = ", ".join([*_SECONDS, *_MINUTES, *_HOURS, "1 day", "1W", "1M"])


class DurationError(ValueError):
    """TWS refuses the duration; the message is its own."""


@dataclass(frozen=True, slots=True)
class Duration:
    """How far a request reaches back.

    Attributes:
        count: How many units, 1 or more.
        unit: S for seconds on the clock, D for sessions, and W, M, Y for calendar time.
    """

    count: int
    unit: str

    def before(self, end: datetime) -> datetime:
        """Return the moment that lies one duration before another one, on the same local clock.

        Days are calendar days here. A day of the month that does not exist is the last one.
        """
        if self.unit == "S":
            return end - timedelta(seconds=self.count)
        if self.unit in ("D", "W"):
            return end - timedelta(days=self.count * (7 if self.unit == "W" else 1))
        months = self.count * (_MONTHS_A_YEAR if self.unit == "Y" else 1)
        return datetime.combine(_months_before(end.date(), months), end.timetz())


def _months_before(day: date, months: int) -> date:
    """Return the same day some months before, or the last one of that month."""
    total = day.year * _MONTHS_A_YEAR + day.month - 1 - months
    year, month = total // _MONTHS_A_YEAR, total % _MONTHS_A_YEAR + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def read_duration(text: str) -> Duration:
    """Read a duration such as `2 W`; a number alone is seconds.

    Raises:
        DurationError: If TWS would refuse it, with TWS's reason.
    """
    if not text:
        message = "Historical data request duration not specified."
        raise DurationError(message)
    matched = _DURATION.fullmatch(f"{text} S" if _NUMBER.fullmatch(text) else text)
    if matched is None:
        message = (
            "When specifying a unit, historical data request duration format is"
            " integer{SPACE}unit (S|D|W|M|Y)."
        )
        raise DurationError(message)
    count, unit = int(matched[1]), matched[2].upper()
    if count < (_SECONDS_MIN if unit == "S" else 1):
        message = "Historical data requested duration is invalid."
        raise DurationError(message)
    count_max, reason = _NOT_IN_THIS_UNIT[unit]
    if count > count_max:
        raise DurationError(reason)
    return Duration(count, unit)


def read_size(text: str) -> timedelta | None:
    """Return the length of the bars that a client means, in any case; None if TWS has none such."""
    return SIZES.get(text.lower())


def is_intraday(size: timedelta) -> bool:
    """Tell whether bars of a length have a time of day."""
    return size < ONE_DAY
