"""Requests about the account: values, portfolio, positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.wire.outgoing import (
    ACCOUNT_DOWNLOAD_END,
    ACCOUNT_SUMMARY_END,
    ACCOUNT_UPDATE_MULTI_END,
    POSITION_END,
)

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request


def _is_other_account(venue: Venue, account: str) -> bool:
    """Tell whether an account is named that is not ours."""
    return account not in ("", venue.config.account)


def send_account_updates(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the account, or end the subscription."""
    client.subscriptions.has_account = request.flag("subscribe")
    if not client.subscriptions.has_account:
        return
    if _is_other_account(venue, request.text("account")):
        client.subscriptions.has_account = False
        client.refuse(-1, 321, f"Invalid account code '{request.text('account')}'.")
        return
    venue.publisher.send_account(client, tuple(venue.accounts.of("").positions))
    client.send(ACCOUNT_DOWNLOAD_END, account=venue.config.account)


def send_account_updates_multi(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to the account under a request id."""
    request_id, model_code = request.integer("request_id"), request.text("model_code")
    if _is_other_account(venue, request.text("account")):
        client.refuse(request_id, 321, f"Invalid account code '{request.text('account')}'.")
        return
    client.subscriptions.updates_multi[request_id] = model_code
    venue.publisher.send_account_multi(client, request_id, model_code)
    client.send(ACCOUNT_UPDATE_MULTI_END, request_id=request_id)


def cancel_account_updates_multi(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to the account."""
    client.subscriptions.updates_multi.pop(request.integer("request_id"), None)


def send_account_summary(venue: Venue, client: Client, request: Request) -> None:
    """Subscribe to some values of the account."""
    request_id = request.integer("request_id")
    keys = frozenset(key.strip() for key in request.text("tags").split(",") if key.strip())
    client.subscriptions.summaries[request_id] = keys
    venue.publisher.send_summary(client, request_id, keys)
    client.send(ACCOUNT_SUMMARY_END, request_id=request_id)


def cancel_account_summary(_venue: Venue, client: Client, request: Request) -> None:
    """End a subscription to some values."""
    client.subscriptions.summaries.pop(request.integer("request_id"), None)


def send_positions(venue: Venue, client: Client, _request: Request) -> None:
    """Subscribe to positions."""
    client.subscriptions.has_positions = True
    venue.publisher.send_positions(client, tuple(venue.accounts.of("").positions))
    client.send(POSITION_END)


def cancel_positions(_venue: Venue, client: Client, _request: Request) -> None:
    """End the subscription to positions."""
    client.subscriptions.has_positions = False
