"""Requests about bars: historical ones, those that go on, and the first moment with data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.hours import zone_id
from bot.gateway.handlers.contracts import resolve
from bot.gateway.history.candles import Printer, candle_texts
from bot.gateway.history.durations import Duration
from bot.gateway.history.following import STEP, BarLine
from bot.gateway.history.pacing import SMALL
from bot.gateway.history.query import (
    DATE_FORMATS,
    IMPLIED_ZONE,
    LIVE,
    SERVED,
    End,
    Query,
    QueryError,
    invalid,
    read_query,
)
from bot.gateway.wire.history import BARS, HEAD, SCHEDULE
from bot.gateway.wire.moments import ZONES_SINCE, utc_text
from bot.gateway.wire.refusals import DUPLICATE_ID

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.venue import Venue
    from bot.gateway.wire.numbers import Rows
    from bot.gateway.wire.requests import Request

_SERVICE: Final = "Historical Market Data Service error message:"
_NO_FARM: Final = f"{_SERVICE}HMDS connection attempt failed.  Connection will be re-attempted..."

_FIVE: Final = 5

#: First server version with the answer about sessions.
_SCHEDULE_SINCE: Final = 165

#: More than two years of sessions are not listed.
_SESSIONS_MAX: Final = 550


def send_bars(venue: Venue, client: Client, request: Request) -> None:
    """Answer with bars, and keep them up to date if that is asked for."""
    request_id = request.integer("request_id")
    if venue.bar_feed.find(client, request_id) is not None:
        client.refuse(request_id, 322, DUPLICATE_ID)
        return
    try:
        query = read_query(request, venue.turns.now())
        if query.kind == "SCHEDULE" and client.version < _SCHEDULE_SINCE:
            cause = "What to show value of SCHEDULE rejected."
            raise invalid(cause)
    except QueryError as error:
        client.refuse(request_id, error.code, error.text)
        return
    if not query.end.has_zone and client.version >= ZONES_SINCE:
        client.refuse(request_id, 2174, IMPLIED_ZONE)
    instrument = resolve(venue, client, request, request_id)
    if instrument is None:
        return
    reason = _refusal(venue, request, instrument, query)
    if reason is not None:
        client.refuse(request_id, 162, reason)
    elif query.kind == "SCHEDULE":
        _send_schedule(venue, client, request_id, instrument, query)
    else:
        _send_candles(venue, client, request, instrument, query)


def _refusal(venue: Venue, request: Request, instrument: Instrument, query: Query) -> str | None:
    """Return why the data service gives nothing, or None."""
    if not venue.publisher.feed.farms.has_history:
        return _NO_FARM
    if venue.history.is_too_long(instrument, query):
        return f"{_SERVICE}Time length exceed max."
    if not venue.config.quotes.has_pacing or query.size > SMALL:
        return None
    identity = tuple(text for name, text in request.texts.items() if name != "request_id")
    series = (instrument.contract_id, request.text("exchange"), query.kind)
    now = venue.turns.now()
    is_refused = venue.pacing.is_too_fast(now, series, identity, query.kind)
    return f"{_SERVICE}Historical data request pacing violation" if is_refused else None


def _send_candles(
    venue: Venue, client: Client, request: Request, instrument: Instrument, query: Query
) -> None:
    """Send bars, and the last of them again whenever it changes if that is asked for."""
    request_id, now = request.integer("request_id"), venue.turns.now()
    candles = venue.history.candles(instrument, query, now)
    if not candles:
        exchange = request.text("exchange") or instrument.exchange
        series = f"{instrument.symbol}@{exchange} {query.kind.capitalize()}"
        client.refuse(request_id, 162, f"{_SERVICE}HMDS query returned no data: {series}")
        return
    printer = _printer(venue, client, instrument)
    rows: Rows = [
        (
            printer.bar(candle.at, query.size, query.date_format),
            *candle_texts(candle, instrument, client.version).values(),
        )
        for candle in candles
    ]
    client.send(
        BARS,
        request_id=request_id,
        start_time=printer.moment(query.begins_at(printer.zone)),
        end_time=printer.moment(query.end.at),
        bars=rows,
    )
    if query.is_kept_up:
        line = BarLine(client, request_id, instrument, query, printer, "update", candles[-1])
        venue.bar_feed.follow(line)


def _send_schedule(
    venue: Venue, client: Client, request_id: int, instrument: Instrument, query: Query
) -> None:
    """Send the sessions in the time that is asked for."""
    zone = venue.market.sessions.zone
    begin = venue.history.begin(instrument, query)
    sessions = [
        session
        for session in venue.history.sessions_before(query.end.at, _SESSIONS_MAX)
        if session.closes_at > begin
    ]
    rows: Rows = [
        (
            utc_text(session.opens_at.astimezone(zone)),
            utc_text(session.closes_at.astimezone(zone)),
            f"{session.day:%Y%m%d}",
        )
        for session in sessions
    ]
    client.send(
        SCHEDULE,
        request_id=request_id,
        start_time=rows[0][0] if rows else "",
        end_time=rows[-1][1] if rows else "",
        time_zone=zone_id(zone),
        sessions=rows,
    )


def cancel_bars(venue: Venue, client: Client, request: Request) -> None:
    """End a request that is kept up to date; any other one was answered at once."""
    request_id = request.integer("request_id")
    line = venue.bar_feed.find(client, request_id)
    if line is None or line.kind != "update":
        text = f"No historical data query found for ticker id:{request_id}"
        client.refuse(request_id, 366, text)
        return
    venue.bar_feed.end(line)
    text = f"{_SERVICE}API historical data query cancelled: {request_id}"
    client.refuse(request_id, 162, text)


def send_five_seconds(venue: Venue, client: Client, request: Request) -> None:
    """Begin a series of bars of five seconds. Outside of regular hours there are none."""
    request_id, kind = request.integer("request_id"), request.text("what_to_show").upper()
    request.flag("use_rth")
    if venue.bar_feed.find(client, request_id) is not None:
        client.refuse(request_id, 322, DUPLICATE_ID)
    elif kind not in LIVE or request.integer("bar_size") != _FIVE:
        cause = f"Bars of {request.text('bar_size')} seconds of {request.text('what_to_show')}"
        error = invalid(f"{cause} rejected.")
        client.refuse(request_id, error.code, error.text)
    else:
        instrument = resolve(venue, client, request, request_id)
        if instrument is None:
            return
        end = End(venue.turns.now(), is_given=False, has_zone=True)
        query = Query(end, Duration(_FIVE, "S"), STEP, kind, 1, is_kept_up=True)
        printer = _printer(venue, client, instrument)
        venue.bar_feed.follow(
            BarLine(client, request_id, instrument, query, printer, "five seconds")
        )


def cancel_five_seconds(venue: Venue, client: Client, request: Request) -> None:
    """End a series of bars of five seconds."""
    request_id = request.integer("request_id")
    line = venue.bar_feed.find(client, request_id)
    if line is None or line.kind != "five seconds":
        client.refuse(request_id, 300, f"Can't find EId with tickerId:{request_id}")
        return
    venue.bar_feed.end(line)


def send_head(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the first moment of which there is data."""
    request_id, kind = request.integer("request_id"), request.text("what_to_show").upper()
    request.flag("use_rth")
    date_format = request.integer("date_format")
    if kind not in SERVED or date_format not in DATE_FORMATS:
        error = invalid(f"What to show value of {request.text('what_to_show')} rejected.")
        client.refuse(request_id, error.code, error.text)
        return
    instrument = resolve(venue, client, request, request_id)
    if instrument is None:
        return
    if instrument.is_pair and kind in ("TRADES", "ADJUSTED_LAST"):
        client.refuse(request_id, 162, f"{_SERVICE}No head time stamp")
        return
    printer = _printer(venue, client, instrument)
    time = printer.head(venue.history.first_at(instrument), date_format)
    client.send(HEAD, request_id=request_id, time=time)


def _printer(venue: Venue, client: Client, instrument: Instrument) -> Printer:
    """Return what prints moments for a client, in the zone of an instrument."""
    zone = venue.market.zone(instrument)
    return Printer(client.version, zone, zone_id(zone))
