"""Requests about profits: of an account, and of one position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.handlers.account import is_refused
from bot.gateway.watches import Watch, WatchKind

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request


def send_profit(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the profit of an account."""
    request_id, code = request.integer("request_id"), request.text("account")
    if not is_refused(venue, client, request_id, code):
        venue.account_feed.subscribe(client, Watch(WatchKind.PROFIT, code, request_id))


def cancel_profit(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to the profit of an account."""
    client.subscriptions.watches.pop((WatchKind.PROFIT, request.integer("request_id")), None)


def send_single_profit(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the profit with one position."""
    request_id, code = request.integer("request_id"), request.text("account")
    if is_refused(venue, client, request_id, code):
        return
    contract_id = request.integer("contract_id")
    symbol = next(
        (
            name
            for name, item in venue.market.universe.by_symbol.items()
            if item.contract_id == contract_id
        ),
        None,
    )
    if symbol is None:
        client.refuse(request_id, 200, "No security definition has been found for the request")
        return
    watch = Watch(WatchKind.SINGLE_PROFIT, code, request_id, symbol=symbol)
    venue.account_feed.subscribe(client, watch)


def cancel_single_profit(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to the profit with one position."""
    key = WatchKind.SINGLE_PROFIT, request.integer("request_id")
    client.subscriptions.watches.pop(key, None)
