"""Write `xnys.txt` from the exchange_calendars package: `python -m bot.gateway.exchange.make_calendar`.

Run by a person when the test that compares the two says so: a day of mourning is announced days
before. The output is the same byte for byte for the same version of the package.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.gateway.exchange.calendars import (
    SHIPPED,
    SHIPPED_CLOSES,
    SHIPPED_FILE,
    SHIPPED_FIRST_ON,
    SHIPPED_LAST_ON,
    SHIPPED_OPENS,
    PackageCalendar,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_SATURDAY = 5


def lines() -> Iterator[str]:
    """Give the lines of the table: weekdays without a session, and closes before 16:00.

    Raises:
        ValueError: If a day has hours that the table cannot tell.
    """
    yield f"# Trading days of {SHIPPED} from {SHIPPED_FIRST_ON} to {SHIPPED_LAST_ON}, New York time."
    yield "# Every weekday that is not here is open from 09:30 to 16:00. Written by make_calendar.py."
    calendar = PackageCalendar(SHIPPED)
    day = SHIPPED_FIRST_ON
    while day <= SHIPPED_LAST_ON:
        hours = calendar.on(day)
        is_weekday = day.weekday() < _SATURDAY
        if hours is None:
            if is_weekday:
                yield f"{day} closed"
        else:
            opens, closes = (
                moment.astimezone(calendar.zone).time()
                for moment in (hours.opens_at, hours.closes_at)
            )
            if not is_weekday or opens != SHIPPED_OPENS or closes > SHIPPED_CLOSES:
                message = f"{day}: the table cannot tell {opens} to {closes}"
                raise ValueError(message)
            if closes != SHIPPED_CLOSES:
                yield f"{day} {closes:%H:%M}"
        day += timedelta(days=1)


def main() -> int:
    """Write the file."""
    text = "".join(f"{line}\n" for line in lines())
    SHIPPED_FILE.write_text(text, encoding="ascii")
    sys.stdout.write(f"{SHIPPED_FILE.name}: {text.count(chr(10))} lines\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
