"""A request for bars, read and checked in the order in which TWS checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.prices import ONE_DAY
from bot.gateway.history.durations import Duration, DurationError, read_duration
from bot.gateway.history.moments import DATE_FORMATS, UNREADABLE, End, MomentError, read_end
from bot.gateway.history.sizes import LEGAL_SIZES, read_size

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

_LIVE: Final = ("TRADES", "MIDPOINT", "BID", "ASK")


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
    return QueryError(321, f"Error validating request.-'bM' : cause - {cause}")


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
    try:
        end = read_end(request.text("end_time"), now)
    except MomentError:
        raise QueryError(10314, UNREADABLE) from None
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
    if kind not in _LIVE:
        cause = "Source price not supported with live updates"
        raise invalid(cause)
