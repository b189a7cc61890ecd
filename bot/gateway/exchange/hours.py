"""Trading hours as TWS prints them: `20200601:0930-20200601:1600;20200602:CLOSED`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.currencies import currencies_hours

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.sessions import Session, Sessions

#: Calendar days of which the hours are told, today included.
HOURS_DAYS: Final = 6

#: TWS has older names for the zones of the United States.
_ZONE_IDS: Final = MappingProxyType(
    {
        "America/New_York": "US/Eastern",
        "America/Chicago": "US/Central",
    }
)

#: The begin and the end of a time in which something trades.
_Span = tuple[datetime, datetime]


def zone_id(zone: ZoneInfo) -> str:
    """Return what TWS calls a zone."""
    return _ZONE_IDS.get(zone.key, zone.key)


def stock_hours(sessions: Sessions, now: datetime, *, extended: bool) -> str:
    """Return the hours of the exchange on the next days, in its own zone.

    Args:
        sessions: Its trading days.
        now: Aware moment; its date at the exchange is the first day told.
        extended: Whether to tell trading hours, before the open and after the close among them;
            else liquid hours. A pause at noon makes two spans of one day.
    """
    days = _days(now, sessions.zone)
    return ";".join(
        _day_text(day, _spans(sessions.on(day), extended), sessions.zone) for day in days
    )


def currency_hours(now: datetime) -> str:
    """Return the hours of currency pairs on the next days, in New York time.

    A trading day begins on the evening before its date. Sundays are not told: Saturday is the day
    without trading, and Sunday evening belongs to Monday.
    """
    parts = []
    for day in _days(now, NEW_YORK):
        span = currencies_hours(day)
        if span is not None:
            parts.append(_day_text(day, [span], NEW_YORK))
        elif currencies_hours(day + timedelta(days=1)) is None:
            parts.append(_day_text(day, [], NEW_YORK))
    return ";".join(parts)


def _days(now: datetime, zone: ZoneInfo) -> list[date]:
    """Return the dates that are told."""
    today = now.astimezone(zone).date()
    return [today + timedelta(days=offset) for offset in range(HOURS_DAYS)]


def _spans(session: Session | None, extended: bool) -> list[_Span]:  # noqa: FBT001
    """Return when a session trades."""
    if session is None:
        return []
    begins_at, ends_at = session.opens_at, session.closes_at
    if extended:
        begins_at, ends_at = session.extended_opens_at, session.extended_closes_at
    if session.break_starts_at is None or session.break_ends_at is None:
        return [(begins_at, ends_at)]
    return [(begins_at, session.break_starts_at), (session.break_ends_at, ends_at)]


def _day_text(day: date, spans: Iterable[_Span], zone: ZoneInfo) -> str:
    """Return the words about one day."""
    texts = [
        "-".join(f"{moment.astimezone(zone):%Y%m%d:%H%M}" for moment in span) for span in spans
    ]
    return ";".join(texts) or f"{day:%Y%m%d}:CLOSED"
