"""Requests about market data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.handlers.contracts import find_instrument
from bot.gateway.ticks import start_ticks
from bot.gateway.wire.outgoing import TICK_SNAPSHOT_END

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request

#: Lines of market data that a real account has without paying for more.
_TICKERS_MAX: Final = 100


def send_market_data(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the quotes of an instrument, or send them once."""
    request_id = request.integer("request_id")
    tickers = client.subscriptions.tickers
    instrument = find_instrument(venue, request)
    if instrument is None:
        text = "No security definition has been found for the request"
        client.refuse(request_id, 200, text)
    elif request_id in tickers:
        client.refuse(
            request_id, 322, "Error processing request.-'gw' : cause - Duplicate ticker id"
        )
    elif len(tickers) >= _TICKERS_MAX:
        client.refuse(request_id, 101, "Max number of tickers has been reached")
    else:
        kind = venue.behaviour.quotes
        is_started = start_ticks(client, request_id, instrument, venue.market, kind)
        if request.flag("snapshot"):
            if is_started and kind != "silent":
                client.send(TICK_SNAPSHOT_END, request_id=request_id)
        elif is_started:
            tickers[request_id] = instrument


def cancel_market_data(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription."""
    request_id = request.integer("request_id")
    if client.subscriptions.tickers.pop(request_id, None) is None:
        client.refuse(request_id, 300, f"Can't find EId with tickerId:{request_id}")
