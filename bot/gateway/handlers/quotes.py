"""Requests about market data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.handlers.contracts import resolve
from bot.gateway.quotes.feed import EXCHANGE_MAP
from bot.gateway.quotes.generic_ticks import GenericTicksError, read_generic_ticks
from bot.gateway.subscriptions import Ticker
from bot.gateway.wire.outgoing import TICK_SNAPSHOT_END
from bot.gateway.wire.reference import SMART_COMPONENTS
from bot.gateway.wire.refusals import DUPLICATE_ID, invalid_text

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request

_DATA_TYPES: Final = (1, 2, 3, 4)

#: The letters that a quote of several exchanges names them by.
_LETTERS: Final = (("NASDAQ", "Q"), ("NYSE", "N"), ("ARCA", "P"))


def send_market_data(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the quotes of an instrument, or send them once."""
    request_id = request.integer("request_id")
    is_snapshot = request.flag("snapshot") or request.flag("regulatory_snapshot")
    instrument = resolve(venue, client, request, request_id)
    if instrument is None:
        return
    reason = _refusal(venue, client, request_id, is_snapshot=is_snapshot)
    if reason is not None:
        client.refuse(request_id, *reason)
        return
    try:
        generic = read_generic_ticks(request.text("generic_ticks"), instrument.security_type)
    except GenericTicksError as error:
        client.refuse(request_id, 321, invalid_text(str(error), "bQ"))
        return
    if is_snapshot and generic.numbers:
        cause = "Snapshot market data subscription is not applicable to generic ticks"
        client.refuse(request_id, 321, invalid_text(cause, "bQ"))
        return
    ticker = Ticker(
        request_id,
        instrument,
        client.subscriptions.data_type,
        generic.numbers,
        has_quotes=generic.has_quotes,
    )
    feed = venue.publisher.feed
    is_standing = feed.open(client, ticker)
    if not is_snapshot and is_standing:
        client.subscriptions.tickers[request_id] = ticker
    elif is_standing and feed.is_answering:
        client.send(TICK_SNAPSHOT_END, request_id=request_id)


def _refusal(
    venue: Venue, client: Client, request_id: int, *, is_snapshot: bool
) -> tuple[int, str] | None:
    """Return why there can be no further line under an id, or None; snapshots need no line."""
    tickers = client.subscriptions.tickers
    if request_id in tickers:
        return 322, DUPLICATE_ID
    if not is_snapshot and len(tickers) >= venue.config.quotes.lines_max:
        return 101, "Max number of tickers has been reached"
    return None


def cancel_market_data(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription."""
    request_id = request.integer("request_id")
    if client.subscriptions.tickers.pop(request_id, None) is None:
        client.refuse(request_id, 300, f"Can't find EId with tickerId:{request_id}")


def set_data_type(_venue: Venue, client: Client, request: Request) -> None:
    """Take note of the type of market data that further requests mean."""
    data_type = request.integer("type")
    if data_type not in _DATA_TYPES:
        cause = f"Market data type {data_type} is not one of 1, 2, 3 and 4"
        client.refuse(-1, 321, invalid_text(cause))
        return
    client.subscriptions.data_type = data_type


def send_smart_components(_venue: Venue, client: Client, request: Request) -> None:
    """Answer with the exchanges behind SMART; a map that no quote has named has none."""
    is_ours = request.text("exchange_map") == EXCHANGE_MAP
    rows = [(bit, name, letter) for bit, (name, letter) in enumerate(_LETTERS)] if is_ours else []
    client.send(SMART_COMPONENTS, request_id=request.integer("request_id"), components=rows)
