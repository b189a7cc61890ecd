"""A request for bars, read and checked in the order in which TWS checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.prices import ONE_DAY
from bot.gateway.history.durations import (
    LEGAL_SIZES,
    Duration,
    DurationError,
    read_duration,
    read_size,
)
from bot.gateway.wire.moments import has_zone, read_moment
from bot.gateway.wire.refusals import invalid_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from bot.gateway.wire.requests import Request

#: Prices that are served.
SERVED: Final = ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST", "SCHEDULE")

#: Prices that TWS knows, too; here there is no data for them.
WITHOUT_DATA: Final = (
    "HISTORICAL_VOLATILITY",
    "OPTION_IMPLIED_VOLATILITY",
    "INDICATIVE_AUCTION_PRICE_SIZE",
    "NAV_LAST",
    "YIELD_ASK",
    "YIELD_BID",
    "YIELD_BID_ASK",
    "YIELD_MARK",
    "YIELD_LAST",
    "FEE_RATE",
    "AGGTRADES",
)

#: Prices of bars that go on.
LIVE: Final = ("TRADES", "MIDPOINT", "BID", "ASK")

#: Date formats: as a text, as seconds since 1970, as a text without the year.
DATE_FORMATS: Final = (1, 2, 3)

#: The years that TWS reads.
_YEARS: Final = range(1978, 3001)

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


class QueryError(ValueError):
    """TWS refuses the request.

    Attributes:
        code: Its error code.
        text: Its words.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def invalid(cause: str) -> QueryError:
    """Return the refusal of a request that makes no sense."""
    return QueryError(321, invalid_text(cause, "bM"))


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


@dataclass(frozen=True, slots=True)
class Query:
    """What a client wants.

    Attributes:
        end: Bars begin before this moment.
        duration: How far back they go.
        size: Length of a bar.
        kind: Which prices, as TWS names them, in capitals.
        date_format: How times are printed.
        is_kept_up: Whether new bars follow.
    """

    end: End
    duration: Duration
    size: timedelta
    kind: str
    date_format: int
    is_kept_up: bool

    def begins_at(self, zone: ZoneInfo) -> datetime:
        """Return the moment from which on bars are wanted, as TWS tells it: by the calendar."""
        return self.duration.before(self.end.at.astimezone(zone))


def read_query(request: Request, now: datetime) -> Query:
    """Read a request for bars.

    Raises:
        QueryError: If TWS would refuse it, with TWS's code and reason.
        MalformedRequestError: If a number or a flag is none.
    """
    end = read_end(request.text("end_time"), now)
    try:
        duration = read_duration(request.text("duration"))
    except DurationError as error:
        raise invalid(str(error)) from None
    kind = request.text("what_to_show").upper()
    size = _read_size(request.text("bar_size"), kind, end)
    if kind not in (*SERVED, *WITHOUT_DATA):
        cause = f"What to show value of {request.text('what_to_show')} rejected."
        raise invalid(cause)
    date_format = request.integer("date_format")
    if date_format not in DATE_FORMATS:
        cause = f"Date formatting selection of {date_format} rejected."
        raise invalid(cause)
    is_kept_up = request.flag("keep_up_to_date")
    if is_kept_up:
        _check_live(kind, end)
    if kind == "SCHEDULE" and size != ONE_DAY:
        cause = "Only daily resolution supported for Schedule requests"
        raise invalid(cause)
    request.flag("use_rth")  # only regular hours have bars here, but it has to be a flag
    return Query(end, duration, size, kind, date_format, is_kept_up)


def read_end(text: str, now: datetime) -> End:
    """Read the end of a request.

    A text without a zone is New York time, the gateway's own; one without a date is of today.

    Raises:
        QueryError: If it has none of the forms of TWS, or names a date or a zone that is none.
    """
    if not text.strip():
        return End(now, is_given=False, has_zone=True)
    at = read_moment(text, NEW_YORK, now)
    if at is None or at.year not in _YEARS:
        raise QueryError(10314, UNREADABLE)
    return End(min(at, now), is_given=True, has_zone=has_zone(text))


def _read_size(text: str, kind: str, end: End) -> timedelta:
    """Read the bar size, and check it against adjusted prices, which reach up to now."""
    is_adjusted = kind == "ADJUSTED_LAST"
    if is_adjusted and end.is_given:
        cause = "End date not supported with adjusted last"
        raise invalid(cause)
    size = read_size(text)
    if size is None:
        cause = f"Historical data bar size setting is invalid. Legal ones are: {LEGAL_SIZES}"
        raise invalid(cause)
    if is_adjusted and size > ONE_DAY:
        cause = "Multi day bar size not supported with adjusted last"
        raise invalid(cause)
    return size


def _check_live(kind: str, end: End) -> None:
    """Check that bars can be kept up to date."""
    if end.is_given:
        cause = "End date not supported with live updates"
        raise invalid(cause)
    if kind not in LIVE:
        cause = "Source price not supported with live updates"
        raise invalid(cause)
