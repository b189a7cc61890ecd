"""Requests about accounts: values, portfolio, positions, profits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.subscriptions import Watch, WatchKind
from bot.gateway.wire.outgoing import (
    ACCOUNT_DOWNLOAD_END,
    ACCOUNT_SUMMARY_END,
    ACCOUNT_UPDATE_MULTI_END,
    POSITION_END,
)
from bot.gateway.wire.reference import POSITION_MULTI_END
from bot.gateway.wire.refusals import NO_DEFINITION, invalid_text

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request


def _is_refused(venue: Venue, client: Client, request_id: int, account: str) -> bool:
    """Refuse a code that means no account, and say so; with several accounts one must be named."""
    if venue.accounts.behind(account):
        return False
    if account:
        client.refuse(request_id, 321, f"Invalid account code '{account}'.")
    else:
        text = invalid_text("The account code is required for this operation.")
        client.refuse(request_id, 321, text)
    return True


def send_account_updates(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to one account, or end the subscription: a client has only one at a time."""
    watches, key = client.subscriptions.watches, (WatchKind.UPDATES, 0)
    code = request.text("account")
    if not request.flag("subscribe"):
        watches.pop(key, None)
        return
    before = watches.pop(key, None)
    if _is_refused(venue, client, -1, code):
        return
    if before is not None and before.accounts != code:
        text = "New account data requested from TWS.  API client has been unsubscribed from"
        client.refuse(-1, 2100, f"{text} account data.")
    venue.account_feed.subscribe(client, Watch(WatchKind.UPDATES, code))
    client.send(ACCOUNT_DOWNLOAD_END, account=code or venue.accounts.default)


def send_account_updates_multi(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to an account under a request id."""
    request_id, code = request.integer("request_id"), request.text("account")
    if _is_refused(venue, client, request_id, code):
        return
    watch = Watch(
        WatchKind.MULTI,
        code,
        request_id,
        model_code=request.text("model_code"),
        is_ledger_only=request.flag("ledger_and_nlv"),
    )
    venue.account_feed.subscribe(client, watch)
    client.send(ACCOUNT_UPDATE_MULTI_END, request_id=request_id)


def cancel_account_updates_multi(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to an account."""
    client.subscriptions.watches.pop((WatchKind.MULTI, request.integer("request_id")), None)


def send_account_summary(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to some values of all accounts, or of the one that stands in place of a group."""
    request_id, group = request.integer("request_id"), request.text("group") or "All"
    if _is_refused(venue, client, request_id, group):
        return
    tags = frozenset(tag.strip() for tag in request.text("tags").split(",") if tag.strip())
    venue.account_feed.subscribe(client, Watch(WatchKind.SUMMARY, group, request_id, tags=tags))
    client.send(ACCOUNT_SUMMARY_END, request_id=request_id)


def cancel_account_summary(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to some values."""
    client.subscriptions.watches.pop((WatchKind.SUMMARY, request.integer("request_id")), None)


def send_positions(venue: Venue, client: Client, _request: Request) -> None:
    """Subscribe to the positions of all accounts."""
    venue.account_feed.subscribe(client, Watch(WatchKind.POSITIONS))
    client.send(POSITION_END)


def send_positions_multi(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the positions of an account under a request id."""
    request_id, code = request.integer("request_id"), request.text("account")
    if _is_refused(venue, client, request_id, code):
        return
    model_code = request.text("model_code")
    watch = Watch(WatchKind.POSITIONS_MULTI, code, request_id, model_code=model_code)
    venue.account_feed.subscribe(client, watch)
    client.send(POSITION_MULTI_END, request_id=request_id)


def cancel_positions_multi(_venue: Venue, client: Client, request: Request) -> None:
    """End the subscription to the positions of an account."""
    watch_key = (WatchKind.POSITIONS_MULTI, request.integer("request_id"))
    client.subscriptions.watches.pop(watch_key, None)


def cancel_positions(_venue: Venue, client: Client, _request: Request) -> None:
    """End the subscription to positions."""
    client.subscriptions.watches.pop((WatchKind.POSITIONS, 0), None)


def send_profit(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the profit of an account."""
    request_id, code = request.integer("request_id"), request.text("account")
    if not _is_refused(venue, client, request_id, code):
        venue.account_feed.subscribe(client, Watch(WatchKind.PROFIT, code, request_id))


def cancel_profit(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to the profit of an account."""
    client.subscriptions.watches.pop((WatchKind.PROFIT, request.integer("request_id")), None)


def send_single_profit(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the profit with one position."""
    request_id, code = request.integer("request_id"), request.text("account")
    if _is_refused(venue, client, request_id, code):
        return
    contract_id = request.integer("contract_id")
    found = venue.market.universe.find_all(contract_id=contract_id)
    if not found:
        client.refuse(request_id, 200, NO_DEFINITION)
        return
    watch = Watch(WatchKind.SINGLE_PROFIT, code, request_id, symbol=found[0].key)
    venue.account_feed.subscribe(client, watch)


def cancel_single_profit(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to the profit with one position."""
    key = WatchKind.SINGLE_PROFIT, request.integer("request_id")
    client.subscriptions.watches.pop(key, None)
